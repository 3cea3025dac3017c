"""Bump the jupyterhub chart and its hub image in one commit; build, push, and commit the tag."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.building.chartpress import find_builder
from hubimages.hub_image.building.graph import connected
from hubimages.hub_image.building.run_lock import alone
from hubimages.hub_image.bump.edits import edits_for
from hubimages.hub_image.bump.helm_repository import (
    LATEST,
    LATEST_DEVELOPMENT,
    Target,
    needs_lookup,
    refuse_own_chart,
    resolve,
)
from hubimages.hub_image.bump.notes import notes_on, notes_on_hubs, notes_on_vendored
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.publish import going_on, prepare, publish
from hubimages.hub_image.bump.report import Outcome, as_command, undo_hint
from hubimages.hub_image.bump.tags import check_values
from hubimages.hub_image.choice import asked_images, chart_of_hub, only_dependency
from hubimages.hub_image.dependencies import Dependency, ScalarPlace
from hubimages.hub_image.hubs import tracked_files
from hubimages.hub_image.jupyterhub.lookup import Asker, Effort
from hubimages.hub_image.jupyterhub.moving import locked_out
from hubimages.hub_image.reading import chartpress_files, read_layout
from hubimages.hub_image.upgrade.report import changes_of_chart
from hubimages.hub_image.versions import is_older, is_version, release_notes
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, unexpected
from hubimages.references import find_references
from hubimages.repository import changes, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit, show
from hubimages.repository.git import Repo
from hubimages.repository.objects import UnchangedRepo

if TYPE_CHECKING:
    from hubimages.hub_image.bump.plain import PlainOutcome, PlainPlan

BUILT_FROM = " in a source of the image, which chartpress would not see"

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class BumpRequest:
    """A request to bump. `images` are names in chartpress.yaml; none means the chart's hub images."""

    directory: Path
    chart_version: str
    images: Sequence[str] = ()
    branch: str | None = None
    push: bool = True
    builder: str | None = None
    platforms: Sequence[str] = ()
    open_pr: bool = False
    pr_to: str = ""
    release_notes: bool = False
    messages: Sequence[str] = ()
    config: str = ""
    chartpress: str = ""
    verbose: bool = False


@dataclass(frozen=True)
class BumpPlan:
    """The plan of a bump: the first commit, the build, and the places of the tag."""

    request: BumpRequest
    publication: Publication
    dependency: Dependency
    target: Target
    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...]
    upgrade: tuple[str, ...] = ()  # what the new chart changes here

    @property
    def commit(self) -> Commit:
        own = next(iter(self.request.messages), "")
        return Commit(
            own
            or f"Bump the jupyterhub chart to {self.target.version}\n\n"
            f"The hub image builds from k8s-hub:{self.target.hub_tag}, which that chart runs.\n",
            self.edits,
        )

    def show(self) -> str:
        """Return the plan as a dry run prints it: diffs, commands, what follows, what was not checked."""
        lines = [show(self.edits) or "# chart and Dockerfile already have this version\n"]
        if self.request.branch and (switch := changes.check_branch(self.publication.repo, self.request.branch)):
            lines.append(f"$ {switch}\n")
        if self.edits:
            lines.append(as_command(self.commit.message, [edit.path for edit in self.edits]))
        lines += self.publication.steps()
        lines += [f"# {note}\n" for note in (*self.notes, *self.upgrade)]
        if not needs_lookup(self.request.chart_version):
            lines.append(f"# not checked: that {self.dependency.repository} has {self.target.version}\n")
        lines.append(f"# not checked: engine{', login' if self.request.push else ''}\n")
        return "".join(lines + self.links())

    def links(self) -> list[str]:
        if not self.request.release_notes:
            return []
        return [f"{link}\n" for link in release_notes(self.dependency.version.scalar.value, self.target.version)]


def plan_bump(request: BumpRequest, *, dry_run: bool) -> "BumpPlan | PlainPlan":
    """Return what a bump would do to what HEAD has, without changing anything.

    A dry run asks no server, except for `latest`, `latest-dev` and development versions, of which only the Helm
    repository knows what they stand for. Raises BadInputError, RefusedError, NoAnswerError.
    """
    asked = asked_version(request)
    repo = changes.deployment_repository(request.directory)
    check_whole_history(repo)
    changes.check_can_commit(repo, branch=request.branch)
    if request.open_pr:
        pull_request.check_can_open(repo, request.branch, request.pr_to)
    read = reader_of_head(repo, changed_files(repo))
    if not request.config and not chartpress_files(tracked_files(repo)):
        from hubimages.hub_image.bump.plain import plan_plain_bump

        return plan_plain_bump(repo, request, read, dry_run=dry_run)
    layout = read_layout(repo, read, request.config)
    chart = chart_of_hub(layout, request.images)
    dependency = only_dependency(chart)
    refuse_own_chart(dependency.repository)
    images = connected(layout, asked_images(layout, chart, request.images))
    target = Target(asked, asked)
    if needs_lookup(asked) or not dry_run:
        target = resolve(asked, dependency.repository)
    builder = find_builder(request.builder, request.platforms)
    publication = Publication(
        repo, chart, images, builder, request.push, read, (target.hub_tag,), second(request.messages),
        request.chartpress, request.verbose, layout,
    )  # fmt: skip
    notes: list[str] = []
    edits = edits_for(chart, dependency, images, target, read, notes)
    changes.check_files(repo, [edit.path for edit in edits])
    check_unchanged(repo, publication, edits)
    publication.check()
    notes += notes_on(layout, chart, images, edits, read)
    inventory = find_references(repo.directory)
    asker = Asker(Effort.NOTHING if dry_run else Effort.SBOMS, console.step)
    with closing(UnchangedRepo.of(repo)) as seen:  # which files there are is asked several times
        notes += notes_on_hubs(seen, inventory, layout, dependency, images, target, read)
        notes += notes_on_vendored(seen, chart, target)
        upgrade = changes_of_chart(seen, chart, dependency, target.version, read, download=not dry_run)
        upgrade += locked_out(seen, inventory, [dependency.version.file], target.version, dependency.repository, asker)
    return BumpPlan(request, publication, dependency, target, edits, tuple(notes), tuple(upgrade))


def asked_version(request: BumpRequest) -> str:
    """Return the version that is asked for. Raises BadInputError if it is none."""
    asked = request.chart_version
    if not asked:
        raise BadInputError(
            f"--chart-version is missing. Give a version of the jupyterhub chart, {LATEST} or {LATEST_DEVELOPMENT}"
        )
    if asked not in (LATEST, LATEST_DEVELOPMENT) and not is_version(asked):
        raise BadInputError(
            f"--chart-version={asked} is not a version. Use a version such as 4.3.3, {LATEST} or {LATEST_DEVELOPMENT}"
        )
    return asked


def second(messages: Sequence[str]) -> str:
    """Return the message of the second commit; empty if none is given. Raises BadInputError for more than two."""
    if len(messages) > 2:
        raise BadInputError("--message can be given at most twice: for the edited files, and for the new tag")
    return f"{messages[1].rstrip()}\n" if len(messages) > 1 else ""


def check_unchanged(repo: Repo, publication: Publication, edits: Sequence[FileEdit]) -> None:
    """Raise RefusedError for uncommitted changes in these files, except those of an interrupted run."""
    expected = {edit.path: edit.after or "" for edit in edits}
    sources = [path for image in publication.images for path in image.paths]
    values = publication.chart.values_file
    changed = changed_files(repo, sorted({*expected, *sources, values}), untracked=True)
    for path in unexpected(repo, [path for path in changed if path != values], expected):
        why = " in a file that this task edits" if path in expected else BUILT_FROM
        raise RefusedError(f"{path}: uncommitted changes{why}. Commit or stash them first")
    check_values(publication, changed, interrupted=not edits)


def bump_hub_image(request: BumpRequest, ask: Ask) -> "Outcome | PlainOutcome":
    """Bump, build, push and commit. Run again after an interruption, it continues from there.

    Raises what `plan_bump` and `prepare` raise, before anything is changed; after the first commit what `publish`
    raises, with how to continue.
    """
    plan = plan_bump(request, dry_run=False)
    if not isinstance(plan, BumpPlan):
        return plan.apply(ask)
    repo, publication = plan.publication.repo, plan.publication
    with alone(repo):
        place: ScalarPlace = plan.dependency.version
        if plan.edits:
            ask_to_go_back(plan.target.version, place.scalar.value, str(place), ask)
        chartpress = prepare(publication, ask)
        for note in (*plan.notes, *plan.upgrade):
            console.step(f"note: {note}")
        base = pull_request.check_can_open(repo, request.branch) if request.open_pr else ""
        with changes.on_branch(repo, request.branch):
            first = changes.commit(repo, plan.commit) if plan.edits else ""
            if first:
                console.step(f"committed {first[:12]}: {plan.commit.message.splitlines()[0]}")
            built, others = going_on(lambda: publish(publication, chartpress), lambda: undo_hint(repo, first))
        outcome = Outcome(
            publication, built, tuple(filter(None, [first, *others])), tuple(plan.links()), plan.notes, plan.upgrade
        )
        return outcome.with_pull_request(plan.commit.message, base, request) if request.open_pr else outcome


def ask_to_go_back(new: str, old: str, place: str, ask: Ask) -> None:
    """Ask before the chart goes back to an older version. Raises RefusedError if the answer is no."""
    if not is_older(new, old):
        return
    question = (
        f"{new} is older than {old} ({place}): a hub's database that the newer JupyterHub has upgraded cannot be "
        "downgraded. Continue?"
    )
    if not ask(question):
        raise RefusedError(f"not bumped: {place} stays at {old}")
