"""Rebuild an image: commit its edited sources, build, push, and commit the new tag."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.building.chartpress import Chartpress, find_builder, tags_of
from hubimages.hub_image.building.graph import chart_of, connected
from hubimages.hub_image.building.labels import find_there
from hubimages.hub_image.building.run_lock import alone
from hubimages.hub_image.bump.chart_bump import second
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.publish import Ask, expected_labels, going_on, prepare, publish
from hubimages.hub_image.bump.report import Outcome, as_command, undo_hint
from hubimages.hub_image.bump.tags import check_values
from hubimages.hub_image.choice import asked_images, chart_of_images, command_name
from hubimages.hub_image.layout import Image
from hubimages.hub_image.reading import read_layout
from hubimages.hub_image.values import image_values
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, refuse_changes
from hubimages.image_ref import ImageRef
from hubimages.markdown import name
from hubimages.repository import changes, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.writable import check_flags

MARK = "# Rebuilt: "  # a comment, which gives the image a new commit and so a new tag


@dataclass(frozen=True)
class RebuildRequest:
    """A request to rebuild an image. The commit's message has a default."""

    directory: Path
    image: str
    messages: Sequence[str] = ()
    branch: str | None = None
    push: bool = True
    builder: str | None = None
    platforms: Sequence[str] = ()
    open_pr: bool = False
    pr_to: str = ""
    config: str = ""
    chartpress: str = ""
    verbose: bool = False


@dataclass(frozen=True)
class RebuildPlan:
    """The plan of a rebuild: the files to commit, and what is built after that."""

    request: RebuildRequest
    publication: Publication
    message: str
    files: tuple[str, ...]

    def show(self) -> str:
        """Return the plan as a dry run prints it: the difference to HEAD of what is committed, and commands."""
        repo = self.publication.repo
        lines = []
        if self.files:
            lines.append(repo.read("diff", "--no-ext-diff", "HEAD", "--", *self.files).decode(errors="replace"))
            new = set(self.files) - set(repo.text("ls-files", "-z", "--", *self.files).split("\0"))
            lines += [f"# new file: {path}\n" for path in sorted(new)]
        if self.request.branch and (switch := changes.check_branch(repo, self.request.branch)):
            lines.append(f"$ {switch}\n")
        if self.files:
            lines.append(as_command(self.message, self.files))
        elif self.request.push:
            dockerfile = self.publication.images[0].dockerfile
            lines.append(f"# if the registry has the tag already: a line `{MARK}TIME` in {dockerfile}, committed\n")
        lines += self.publication.steps()
        return "".join([*lines, f"# not checked: engine{', login' if self.request.push else ''}\n"])


def plan_rebuild(request: RebuildRequest) -> RebuildPlan:
    """Return what a rebuild would do, without changing anything. Raises BadInputError, RefusedError."""
    repo = changes.deployment_repository(request.directory)
    layout = read_layout(repo, config=request.config)
    if not request.image:
        names = ", ".join(command_name(layout, image) for image in layout.images) or "no image"
        raise BadInputError(f"--image is missing. chartpress.yaml has {names}")
    check_whole_history(repo)
    changes.check_can_commit(repo, branch=request.branch)
    if request.open_pr:
        pull_request.check_can_open(repo, request.branch, request.pr_to)
    chart = chart_of_images(layout, [request.image])
    asked = asked_images(layout, chart, [request.image])
    images = tuple(one for one in connected(layout, asked) if one in asked or above(one, asked))
    changed = changed_files(repo, [chart.values_file], untracked=True)
    builder = find_builder(request.builder, request.platforms)
    publication = Publication(
        repo, chart, images, builder, request.push, reader_of_head(repo, changed), (), second(request.messages),
        request.chartpress, request.verbose, layout,
    )  # fmt: skip
    refuse_changes(repo, [chart.config], {}, ", and every image's tag depends on that file")
    publication.check()
    check_flags(repo, sources(asked))
    files = changed_files(repo, sources(asked), untracked=True)
    kept = [path for path in files if path in (chart.values_file, chart.chart_file)]
    if kept:
        raise RefusedError(
            f"{', '.join(kept)}: uncommitted changes in a file that chartpress edits. Commit or stash them first"
        )
    check_values(publication, changed, interrupted=not files)
    message = next(iter(request.messages), "") or f"Update the {name(asked[0].name)} image"
    return RebuildPlan(request, publication, message, files)


def above(image: Image, asked: Sequence[Image]) -> bool:
    """Return True if the image builds from one that is asked for, itself or through others."""
    return any(one.repository in image.own_bases for one in asked)


def sources(images: Sequence[Image]) -> list[str]:
    """Return what the images are built from, without the chartpress.yaml that all images share."""
    return sorted({path for image in images for path in image.sources})


def rebuild_hub_image(request: RebuildRequest, ask: Ask) -> Outcome:
    """Commit the edited sources, build, push and commit the tag; see `bump`."""
    plan = plan_rebuild(request)
    publication = plan.publication
    repo = publication.repo
    with alone(repo):
        chartpress = prepare(publication, ask)
        base = pull_request.check_can_open(repo, request.branch) if request.open_pr else ""
        mark = None if plan.files or not request.push else new_tag_edit(publication, chartpress)
        with changes.on_branch(repo, request.branch):
            if plan.files:
                first = changes.commit_files(repo, plan.message, plan.files)
            else:
                first = changes.commit(repo, Commit(f"{plan.message}\n", [mark])) if mark else ""
            edited = ", ".join(plan.files) or (mark.path if mark else "")
            console.step(f"committed {first[:12]}: {edited}" if first else "no edited file: building HEAD")
            hint = functools.partial(undo_hint, repo, first, plan.files)
            built, others = going_on(lambda: publish(publication, chartpress), hint)
        outcome = Outcome(publication, built, tuple(filter(None, [first, *others])), ())
        return outcome.with_pull_request(plan.message, base, request) if request.open_pr else outcome


def new_tag_edit(publication: Publication, chartpress: Chartpress) -> FileEdit | None:
    """Return an edit that gives the image a new tag, where the registry has the present one; None if none is needed.

    None is needed for the image of a run that was interrupted after its push: the registry has just what would be
    built, and no file names it yet.
    """
    repo, image = publication.repo, publication.images[0]
    (tagged,) = tags_of(repo, chart_of(publication.layout, image), [image], chartpress=chartpress)
    reference = ImageRef.parse(str(tagged))
    there = find_there([(reference, expected_labels(publication, image))]).get(reference)
    if there is None:
        return None
    if there.labelled and not there.differs and not is_named(publication, image, tagged.tag):
        return None
    text = publication.read(image.dockerfile) or ""
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith(MARK)]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    console.step(f"{reference} is in the registry already: a comment in {image.dockerfile} gives the image a new tag")
    return FileEdit(image.dockerfile, text, "".join([*kept, f"{MARK}{now}\n"]))


def is_named(publication: Publication, image: Image, tag: str) -> bool:
    """Return True if a values file names the image with this tag."""
    if any(reference.tag == tag for reference in publication.elsewhere if reference.repository == image.repository):
        return True
    values = publication.read(image.values_file) or ""
    return bool(image.values_paths) and any(
        (place.current_name, place.current_tag) == (image.repository, tag) for place in image_values(image, values)
    )
