"""Begin an experiment: its own requirements, an entry in chartpress.yaml, and the image built from both.

values.yaml and Chart.yaml stay as they are: hubs that try the image name it in their own values.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages import console, markdown, yaml_text
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.building.chartpress import find_builder
from hubimages.hub_image.building.run_lock import alone
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.publish import Ask, going_on, prepare, publish
from hubimages.hub_image.experiments import requirements
from hubimages.hub_image.experiments.listing import main_image, requirements_argument
from hubimages.hub_image.experiments.requirements_file import check_included, put
from hubimages.hub_image.layout import Chart, Image, Layout
from hubimages.hub_image.reading import read_layout, work_tree_reader
from hubimages.hub_image.values import values_path
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, refuse_changes
from hubimages.image_ref import ImageRef
from hubimages.repository import changes, file_edit, pull_request
from hubimages.repository.changes import Commit, deployment_repository
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest

NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
KEPT_OPTIONS = ("extraBuildCommandOptions", "paths", "rebuildOnContextPathChanges", "skipPlatforms")


@dataclass(frozen=True)
class NewExperiment:
    """The plan of an experiment. `edits` are empty if an earlier run has committed them."""

    publication: Publication
    main: Image
    edits: Sequence[FileEdit]
    branch: str | None
    open_pr: bool
    pr_to: str = ""
    own_message: str = ""

    @property
    def image(self) -> Image:
        return self.publication.images[0]

    @property
    def message(self) -> str:
        """Return the message of the commit."""
        return (
            self.own_message
            or f"Add the experimental hub image {self.image.name}\n\n"
            f"It is tried beside {markdown.name(self.main.repository)}.\n"
        )

    def body(self, built: str) -> str:
        """Return the text of the pull request, with the image that was built."""
        said = self.message.partition("\n\n")[2]
        return f"{said}\n- {markdown.code(built)}\n"

    def show(self) -> str:
        """Return the plan as a dry run prints it."""
        lines = [file_edit.show(self.edits).rstrip("\n")] if self.edits else []
        if self.branch and (switch := changes.check_branch(self.publication.repo, self.branch)):
            lines.append(f"$ {switch}")
        if self.edits:
            lines.append(f"$ git commit -m '{self.message.splitlines()[0]}'")
        steps = "".join(self.publication.steps())
        where = ImageRef.parse(self.image.repository)
        public = f"# once: make the repository {where.repository} in the registry, public, so that clusters can pull it"
        return "\n".join([*lines, steps.rstrip("\n"), public, snippet(self.main, self.image.repository, "TAG")])

    def apply(self, ask: Ask) -> str:
        """Commit, build and push; return what to paste into a hub's values, and what is left to do.

        Raises what git, chartpress and the registry fail with; the commit then stays, and a second run continues.
        """
        repo = self.publication.repo
        with alone(repo):
            program = prepare(self.publication, ask)
            base = pull_request.check_can_open(repo, self.branch) if self.open_pr else ""
            with changes.on_branch(repo, self.branch):
                if self.edits:
                    made = changes.commit(repo, Commit(self.message, self.edits))
                    console.step(f"committed {made[:12]}: {self.message.splitlines()[0]}")
                hint = (
                    f"The commit of {self.image.name} stays. Run the command again to continue, or undo it with "
                    f"hubimages end-hub-experiment {self.image.name}"
                )
                ((*_, built), _) = going_on(lambda: publish(self.publication, program), lambda: hint)
            lines = [f"{built} was there already: {built.was_there}" if built.was_there else f"pushed {built}"]
            if not self.publication.push:
                lines = [f"built, not pushed: {built}"]
            if self.open_pr:
                subject = self.message.partition("\n\n")[0]
                asked = PullRequest(base, self.branch or "", subject, self.body(str(built)), self.pr_to)
                lines.append(pull_request.open_pull_request(repo, asked))
            elif self.publication.push:
                lines.append(f"next: git push origin {changes.current_branch(repo)}")
        lines += [f"In the values of a hub that tries it:\n\n{snippet(self.main, built.name, built.tag)}"]
        return "\n".join(lines)


def plan_new_experiment(
    directory: Path,
    name: str,
    requires: Sequence[str],
    *,
    image: str | None = None,
    branch: str | None = None,
    open_pr: bool = False,
    push: bool = True,
    builder: str | None = None,
    platforms: Sequence[str] = (),
    look_up: bool = True,
    image_name: str = "",
    message: str = "",
    pr_to: str = "",
    config: str = "",
    chartpress: str = "",
    verbose: bool = False,
) -> NewExperiment:
    """Plan the experiment in the deployment repository that the directory is in.

    With `look_up`, git servers are asked what a refused branch stands for. Raises BadInputError for a name or a
    requirement that cannot be taken, RefusedError for a shallow clone, for changes that are not committed, and where
    another image has the name.
    """
    if not NAME.fullmatch(name):
        raise BadInputError(
            f"{name!r} is not a valid image name. Use lower case letters and digits, with -, _ or . between them"
        )
    repo = deployment_repository(directory)
    check_whole_history(repo)
    main = main_image(repo, read_layout(repo, config=config), image)
    argument = requirements_argument(main)
    specs = [requirements.check(spec, ask=look_up) for spec in requires]
    if not specs:
        raise BadInputError("an experiment needs something to try: --require 'oauthenticator==17.3.0', for example")
    changes.check_can_commit(repo, branch=branch)
    if open_pr:
        pull_request.check_can_open(repo, branch, pr_to)
    edits = planned_edits(repo, main, name, argument, specs, image_name)
    layout, chart, made = read_made(repo, main, name, edits, config)
    refuse_changes(
        repo, made.paths, {edit.path: edit.after for edit in edits}, " in a file that the image is built from"
    )
    edits = [edit for edit in edits if edit.before != edit.after]
    head = reader_of_head(repo, changed_files(repo, [chart.values_file]))
    publication = Publication(
        repo, chart, (made,), find_builder(builder, platforms), push, head, (), "", chartpress, verbose, layout
    )
    publication.check()
    changes.check_files(repo, [edit.path for edit in edits])
    return NewExperiment(publication, main, edits, branch, open_pr, pr_to, message)


def planned_edits(
    repo: Repo, main: Image, name: str, argument: str, specs: Sequence[str], image_name: str
) -> list[FileEdit]:
    """Return the edits of the requirements file and the entry; unchanged texts if they are there, as planned."""
    value = posixpath.join(posixpath.dirname(main.build_args[argument]), f"{name}-requirements.txt")
    file = posixpath.join(main.context, value)
    main_file = posixpath.join(main.context, main.build_args[argument])
    head = reader_of_head(repo, changed_files(repo, [main.config, main_file, file], untracked=True))
    everything = (head(main_file) or "").removeprefix("\ufeff")
    end = "\r\n" if "\r\n" in everything else "\n"
    check_included(main_file, everything, specs, head)
    title = f"# The experiment {name}, beside {posixpath.basename(main_file)}{end}"
    text = title + put(everything, specs, main_file)
    there, before = head(file), head(main.config) or ""
    if there not in (None, text):
        raise RefusedError(f"{file} exists already, with other requirements. Choose another name")
    images = main.entry[:-1]
    tree = yaml_text.compose(before)
    options = yaml_text.data(tree.find(main.entry) or tree.documents[0]) or {}
    entry = planned_entry(options, main, argument, value, image_name)
    existing = tree.find((*images, name))
    if existing is None:
        after = yaml_text.add_key(before, images, name, entry)
    elif yaml_text.data(existing) == entry and there == text:
        after = before
    else:
        raise RefusedError(f"{main.config}:{existing.line}: there is an image {name} already. Choose another name")
    return [FileEdit(file, there, text), FileEdit(main.config, before, after)]


def planned_entry(options: Any, main: Image, argument: str, value: str, image_name: str) -> dict[str, Any]:
    """The entry in chartpress.yaml: the main image's, but for the requirements, and without a place in values.yaml."""
    folder = posixpath.dirname(main.config) or "."
    return {
        **({"imageName": image_name} if image_name else {}),
        "buildArgs": {**(options.get("buildArgs") or {}), argument: value},
        "contextPath": posixpath.relpath(main.context, folder),
        "dockerfilePath": posixpath.relpath(main.dockerfile, folder),
        **{key: options[key] for key in KEPT_OPTIONS if key in options},
    }


def read_made(
    repo: Repo, main: Image, name: str, edits: Sequence[FileEdit], config: str
) -> tuple[Layout, Chart, Image]:
    """Return layout, chart and new image as chartpress will read them. Raises RefusedError if that is not the plan."""
    texts = {edit.path: edit.after for edit in edits}
    there = work_tree_reader(repo)
    layout = read_layout(repo, lambda path: texts[path] if path in texts else there(path), config)
    chart = next(one for one in layout.charts if (one.config, one.name) == (main.config, main.chart))
    made = next((one for one in chart.images if one.name == name), None)
    if made is None or made.values_paths or (made.context, made.dockerfile) != (main.context, main.dockerfile):
        raise RefusedError(f"{main.config} would not have the image {name} as planned. Add it by hand")
    return layout, chart, made


def snippet(main: Image, name: str, tag: str) -> str:
    """What a hub's values say to have this image."""
    path = values_path(main.values_paths[0]) if main.values_paths else ("jupyterhub", "hub", "image")
    lines = [f"{'  ' * depth}{part}:" for depth, part in enumerate(path)]
    indent = "  " * len(path)
    return "\n".join([*lines, f"{indent}name: {name}", f'{indent}tag: "{tag}"'])
