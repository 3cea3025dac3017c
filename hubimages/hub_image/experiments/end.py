"""End an experiment: remove its requirements and its entry; with a roll-out, give all hubs what it tried."""

import posixpath
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, markdown, yaml_text
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.experiments import requirements
from hubimages.hub_image.experiments.listing import (
    Use,
    experimental,
    main_image,
    requirements_argument,
    requirements_file,
    uses,
)
from hubimages.hub_image.experiments.requirements_file import check_included, put
from hubimages.hub_image.layout import Image, Layout
from hubimages.hub_image.reading import read_layout
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, refuse_changes
from hubimages.repository import changes, file_edit, pull_request
from hubimages.repository.changes import Commit, deployment_repository
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest

ENDED = "End the experimental hub image"


@dataclass(frozen=True)
class EndExperiment:
    """The plan: a commit that rolls the experiment out, and one that removes it; either can be missing."""

    repo: Repo
    main: Image
    name: str
    commits: Sequence[Commit]
    branch: str | None
    open_pr: bool
    pr_to: str
    rolled_out: bool
    uses: Sequence[Use]
    notes: Sequence[str]
    command: Sequence[str] = ()

    def show(self) -> str:
        """The plan: diffs, commands, and what comes next."""
        switch = changes.check_branch(self.repo, self.branch) if self.branch else ""
        lines = [f"$ {switch}"] if switch else []
        for commit in self.commits:
            lines += [file_edit.show(commit.edits).rstrip("\n"), f"$ git commit -m '{commit.message.splitlines()[0]}'"]
        return "\n".join([*lines, *self.next_steps()])

    def apply(self) -> str:
        """Make the commits, and return what is left to do."""
        base = pull_request.check_can_open(self.repo, self.branch) if self.open_pr else ""
        if not self.commits:
            return "\n".join(self.next_steps())
        titles = [commit.message.strip() for commit in self.commits]
        asked = PullRequest(base, self.branch or "", titles[0], "\n".join(titles), self.pr_to, self.command)
        with pull_request.pending(self.repo, asked) if self.open_pr else nullcontext():
            with changes.on_branch(self.repo, self.branch):
                made = changes.commit_all(self.repo, self.commits)
            for commit, name in zip(self.commits, made, strict=False):  # one id where another run has made them all
                console.step(f"committed {name[:12]}: {commit.message.splitlines()[0]}")
            opened = [pull_request.open_pull_request(self.repo, asked)] if self.open_pr else []
        return "\n".join([*opened, *self.next_steps()])

    def next_steps(self) -> list[str]:
        """Return what is left to do."""
        lines = list(self.notes)
        if self.rolled_out:
            lines.append(f"next: run hubimages rebuild-hub-image --image {self.main.name}, then deploy all hubs")
        if self.uses:
            lines.append(f"hubs still use {self.name}: {', '.join(map(str, self.uses))}")
            lines.append(
                f"when they run the new image: remove those lines, then run hubimages end-hub-experiment {self.name}"
            )
        elif self.commits:
            lines.append(f"removed {self.name} from this repository; its images stay in the registry")
        return lines


def plan_end_experiment(
    directory: Path,
    name: str,
    *,
    roll_out: bool = False,
    image: str | None = None,
    branch: str | None = None,
    open_pr: bool = False,
    pr_to: str = "",
    config: str = "",
    command: Sequence[str] = (),
) -> EndExperiment:
    """Return the plan that ends the experiment in the deployment repository that contains the directory.

    Without commits where an earlier run has ended it. `command` is what the user ran.
    Raises BadInputError if there is no such experiment, RefusedError while hubs use it (with `roll_out` it is rolled
    out and stays), if edited files have uncommitted changes, and if both sides changed a requirement.
    """
    repo = deployment_repository(directory)
    changes.check_can_commit(repo, branch=branch)
    head = reader_of_head(repo, changed_files(repo))
    layout = read_layout(repo, head, config)
    main = main_image(repo, layout, image)
    experiments = {one.name: one for one in experimental(layout, main)}
    if name not in experiments:
        requirements_argument(main)  # raises the reason if there can be no experiment
        if done := ended_in(repo, name):
            note = f"{name} is not in this repository any more; {done} ended it"
            return EndExperiment(repo, main, name, [], branch, open_pr, pr_to, False, [], [note])
        there = ", ".join(experiments) or "none"
        raise BadInputError(f"{main.config} has no experiment {name!r} of {main.name}. It has {there}")
    ended = experiments[name]
    used = uses(repo, [ended.repository], ended.config)[ended.repository]
    if used and not roll_out:
        raise RefusedError(f"hubs use {name}: {', '.join(map(str, used))}. Remove those lines first, or add --roll-out")
    commits: list[Commit] = []
    notes: list[str] = []
    if roll_out:
        edit = rolled_out(repo, main, ended, head, notes)
        if edit.before != edit.after:
            commits.append(
                Commit(f"Roll out the experiment {markdown.name(name)} to {markdown.name(main.name)}\n", [edit])
            )
    moved = bool(commits)
    if not used:
        commits.append(Commit(f"{subject(name)}\n", removal(layout, main, ended, head)))
    if open_pr:
        pull_request.check_can_open(repo, branch, pr_to)
    edits = [edit for commit in commits for edit in commit.edits]
    expected = {edit.path: edit.after for edit in edits}
    changes.check_files(repo, list(expected))
    refuse_changes(repo, list(expected), expected, " in a file that this task edits")
    return EndExperiment(repo, main, name, commits, branch, open_pr, pr_to, moved, used, notes, command)


def subject(name: str) -> str:
    """Return the first line of the commit that ends an experiment."""
    return f"{ENDED} {markdown.name(name)}"


def ended_in(repo: Repo, name: str) -> str:
    """Return the commit that ended an experiment; "" if there is none."""
    found = repo.text("log", "--format=%h %s", f"--grep=^{ENDED}", "HEAD").split("\n")
    return next((commit for commit, _, line in (each.partition(" ") for each in found) if line == subject(name)), "")


def rolled_out(repo: Repo, main: Image, ended: Image, head: Reader, notes: list[str]) -> FileEdit:
    """The main image's requirements with what the experiment tried. Raises RefusedError where that clashes."""
    main_file, file = requirements_file(main, main), requirements_file(ended, main)
    now, tried = head(main_file) or "", head(file) or ""
    found = requirements.difference(as_it_began(repo, file, main_file), tried, now)
    if found.clashing:
        raise RefusedError(
            f"{main_file} has changed since the experiment began, in what the experiment changed, too: "
            f"{', '.join(found.clashing)}. Write into {file} what all hubs are to get, commit it, and roll out again"
        )
    if found.absent:
        notes.append(f"{main_file} keeps lines that the experiment does not have: {', '.join(found.absent)}")
    if not found.moved:
        notes.append(f"{main_file} already has everything that the experiment tried")
    check_included(main_file, now, found.moved, head)
    return FileEdit(main_file, now, put(now, found.moved, main_file))


def as_it_began(repo: Repo, file: str, main_file: str) -> str:
    """Return the main image's requirements when the experiment began. Raises RefusedError in a shallow clone."""
    check_whole_history(repo)
    added = repo.text("log", "-1", "--diff-filter=A", "--no-renames", "--format=%H", "--", file)
    name = f"{added}:{main_file}"
    if not added or next(iter(repo.batch_check([name])))[1] != "blob":
        return ""
    return next(iter(repo.contents([name]))).decode(errors="replace")


def removal(layout: Layout, main: Image, ended: Image, head: Reader) -> list[FileEdit]:
    """Return the edits that remove the entry, and its requirements if no other image uses them."""
    before = head(ended.config) or ""
    edits = [FileEdit(ended.config, before, yaml_text.remove(before, ended.entry))]
    file = requirements_file(ended, main)
    argument = requirements_argument(main)
    others = [one for one in layout.images if one != ended and argument in one.build_args]
    text = head(file)
    if text is not None and file not in {posixpath.join(one.context, one.build_args[argument]) for one in others}:
        edits.append(FileEdit(file, text, None))
    return edits
