"""Bump the jupyterhub chart and its hub image in one commit; build, push, and commit the tag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, yaml_text
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.bump.chartpress import find_builder
from hubimages.hub_image.bump.helm_repository import LATEST, LATEST_DEVELOPMENT, Target, needs_lookup, resolve
from hubimages.hub_image.bump.publish import Publication, check_values, going_on, prepare, publish
from hubimages.hub_image.bump.report import Outcome, as_command, take_back
from hubimages.hub_image.choice import asked_images, chart_of_hub, only_dependency
from hubimages.hub_image.dependencies import Dependency, Place, Reader
from hubimages.hub_image.dockerfile import Span, hub_bases, with_tags
from hubimages.hub_image.layout import Chart, Image
from hubimages.hub_image.reading import read_layout
from hubimages.hub_image.versions import is_older, is_version, release_notes
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, unexpected
from hubimages.image_ref import TAG
from hubimages.repository import changes, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit, show
from hubimages.repository.git import Repo

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
    platform: str | None = None
    open_pr: bool = False
    release_notes: bool = False


@dataclass(frozen=True)
class Plan:
    """The plan of a bump: the first commit, the build, and the places of the tag."""

    request: BumpRequest
    publication: Publication
    dependency: Dependency
    target: Target
    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...]

    @property
    def commit(self) -> Commit:
        return Commit(
            f"Bump the jupyterhub chart to {self.target.version}\n\n"
            f"The hub image builds upon k8s-hub:{self.target.hub_tag}, which that chart runs.\n",
            self.edits,
        )

    def show(self) -> str:
        """Return the plan as a dry run prints it: diffs, commands, what follows, what was not checked."""
        lines = [show(self.edits) or "# chart and Dockerfile are there already\n"]
        if self.request.branch:
            lines.append(f"$ git switch -c {self.request.branch}\n")
        if self.edits:
            lines.append(as_command(self.commit.message, [edit.path for edit in self.edits]))
        lines += self.publication.steps()
        lines += [f"# {note}\n" for note in self.notes]
        if not needs_lookup(self.request.chart_version):
            lines.append(f"# not checked: that {self.dependency.repository} has {self.target.version}\n")
        lines.append(f"# not checked: engine{', login' if self.request.push else ''}\n")
        return "".join(lines + self.links())

    def links(self) -> list[str]:
        if not self.request.release_notes:
            return []
        return [f"{link}\n" for link in release_notes(self.dependency.version.scalar.value, self.target.version)]


def plan_bump(request: BumpRequest, *, dry_run: bool) -> Plan:
    """Return what a bump would do to what HEAD has, without changing anything.

    A dry run asks no server, except for `latest`, `latest-dev` and development versions, of which only the Helm
    repository knows what they stand for. Raises BadInputError, RefusedError, NoAnswerError.
    """
    asked = request.chart_version
    if not asked:
        raise BadInputError(
            f"--chart-version is missing. Give a version of the jupyterhub chart, {LATEST} or {LATEST_DEVELOPMENT}"
        )
    if asked not in (LATEST, LATEST_DEVELOPMENT) and not is_version(asked):
        raise BadInputError(
            f"--chart-version={asked} is not a version. Use a version such as 4.3.3, {LATEST} or {LATEST_DEVELOPMENT}"
        )
    repo = changes.deployment_repository(request.directory)
    check_whole_history(repo)
    changes.check_can_commit(repo, branch=request.branch)
    if request.open_pr:
        pull_request.check_can_open(repo, request.branch)
    read = reader_of_head(repo, changed_files(repo))
    layout = read_layout(repo, read)
    chart = chart_of_hub(layout, request.images)
    dependency = only_dependency(chart)
    images = asked_images(layout, chart, request.images)
    target = Target(asked, asked)
    if needs_lookup(asked) or not dry_run:
        target = resolve(asked, dependency.repository)
    builder = find_builder(request.builder, request.platform)
    publication = Publication(repo, chart, images, builder, request.push, read)
    edits = edits_for(dependency, images, target, read)
    changes.check_no_links(repo, [edit.path for edit in edits])
    check_unchanged(repo, publication, edits)
    publication.check()
    return Plan(request, publication, dependency, target, edits, notes_on(chart, images, target))


def edits_for(dependency: Dependency, images: Sequence[Image], target: Target, read: Reader) -> tuple[FileEdit, ...]:
    """Return the edits of the chart's version and of every FROM. Raises what `hub_bases` raises."""
    if not TAG.fullmatch(target.hub_tag):
        raise BadInputError(f"{target.hub_tag!r} cannot be the tag of an image")
    after: dict[str, str] = {}
    spans: dict[str, dict[Span, str]] = {}
    arguments: list[tuple[Image, Span]] = []
    for image in images:
        for base in hub_bases(image.dockerfile, image.bases or ()):
            assert base.tag is not None  # hub_bases has looked
            if base.tag.build_arg:
                arguments.append((image, base.tag))
            else:
                spans.setdefault(image.dockerfile, {})[base.tag] = target.hub_tag
    place = dependency.version
    after[place.file] = yaml_text.replace(read(place.file) or "", {place.scalar: target.version})
    if place.scalar.value == target.version:
        after[place.file] = read(place.file) or ""
    for dockerfile, tags in spans.items():
        after[dockerfile] = with_tags(read(dockerfile) or "", tags)
    for image, span in arguments:
        after[image.config] = with_argument(image, span, after.get(image.config) or read(image.config) or "", target)
    edits = (FileEdit(path, read(path), text) for path, text in after.items())
    return tuple(edit for edit in edits if edit.before != edit.after)


def with_argument(image: Image, span: Span, config: str, target: Target) -> str:
    """The text of chartpress.yaml with the tag in one of the image's buildArgs."""
    path = (*image.entry, "buildArgs", span.build_arg)
    scalar = next((one for one in yaml_text.scalars(config) if one.path == path and not one.document), None)
    if scalar is None or scalar.also:
        raise RefusedError(
            f"{image.config}:{image.line}: {span.build_arg} of {image.name} is shared through an anchor: write it out"
        )
    value = image.build_args[span.build_arg]
    new = value[: span.start] + target.hub_tag + value[span.end :]
    return config if scalar.value == new else yaml_text.replace(config, {scalar: new})


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


def notes_on(chart: Chart, images: Sequence[Image], target: Target) -> tuple[str, ...]:
    """Return what a person should know about files that the plan does not change."""
    notes = []
    if chart.lock_file:
        notes.append(f"{chart.lock_file} goes on naming the old version: helm dependency update {chart.directory}")
    chosen = [image.name for image in images]
    for image in chart.images:
        if image.name in chosen or not image.is_hub:
            continue
        if image.dockerfile in [one.dockerfile for one in images]:
            notes.append(f"{image.name} also builds from {image.dockerfile}, and is not rebuilt")
        elif any(base.is_hub and not base.text.endswith(f":{target.hub_tag}") for base in image.bases or ()):
            notes.append(f"{image.name} ({image.dockerfile}) is not bumped: --image={image.name} does that")
    return tuple(notes)


def bump_hub_image(request: BumpRequest, ask: Ask) -> Outcome:
    """Bump, build, push and commit. Run again after an interruption, it goes on where that came.

    Raises what `plan_bump` and `prepare` raise, before anything is changed; after the first commit what `publish`
    raises, with how to go on.
    """
    plan = plan_bump(request, dry_run=False)
    repo, publication = plan.publication.repo, plan.publication
    place: Place = plan.dependency.version
    if plan.edits and is_older(plan.target.version, place.scalar.value):
        question = (
            f"{plan.target.version} is older than {place.scalar.value} ({place}): a hub's database that the newer "
            "JupyterHub has upgraded cannot be downgraded. Continue?"
        )
        if not ask(question):
            raise RefusedError(f"not bumped: {place} stays at {place.scalar.value}")
    chartpress = prepare(publication)
    for note in plan.notes:
        console.step(f"note: {note}")
    base = pull_request.check_can_open(repo, request.branch) if request.open_pr else ""
    if request.branch:
        changes.switch(repo, request.branch)
    first = changes.commit(repo, plan.commit) if plan.edits else ""
    if first:
        console.step(f"committed {first[:12]}: {plan.commit.message.splitlines()[0]}")
    hint = take_back(repo, first, [edit.path for edit in plan.edits])
    built, second = going_on(lambda: publish(publication, chartpress), hint)
    outcome = Outcome(publication, built, tuple(filter(None, [first, second])), tuple(plan.links()))
    return outcome.with_pull_request(plan.commit.message, base, request.branch) if request.open_pr else outcome
