"""Rebuild an image: commit its edited sources, build, push, and commit the new tag."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.bump.chartpress import find_builder
from hubimages.hub_image.bump.publish import Publication, check_values, going_on, prepare, publish
from hubimages.hub_image.bump.report import Outcome, as_command, take_back
from hubimages.hub_image.choice import asked_images, chart_of_images
from hubimages.hub_image.layout import Image
from hubimages.hub_image.reading import read_layout
from hubimages.hub_image.work_tree import changed_files, check_whole_history, reader_of_head, refuse_changes
from hubimages.repository import changes, pull_request


@dataclass(frozen=True)
class RebuildRequest:
    """A request to rebuild an image. The commit's message has a default."""

    directory: Path
    image: str
    message: str | None = None
    branch: str | None = None
    push: bool = True
    builder: str | None = None
    platform: str | None = None
    open_pr: bool = False


@dataclass(frozen=True)
class Plan:
    """The files to commit, and what is built after it."""

    request: RebuildRequest
    publication: Publication
    message: str
    files: tuple[str, ...]

    def show(self) -> str:
        """The plan as a dry run prints it: the difference to HEAD of what is committed, and commands."""
        repo = self.publication.repo
        lines = []
        if self.files:
            lines.append(repo.read("diff", "--no-ext-diff", "HEAD", "--", *self.files).decode(errors="replace"))
            new = set(self.files) - set(repo.text("ls-files", "-z", "--", *self.files).split("\0"))
            lines += [f"# new file: {path}\n" for path in sorted(new)]
        if self.request.branch:
            lines.append(f"$ git switch -c {self.request.branch}\n")
        if self.files:
            lines.append(as_command(self.message, self.files))
        lines += self.publication.steps()
        return "".join([*lines, f"# not checked: engine{', login' if self.request.push else ''}\n"])


def plan_rebuild(request: RebuildRequest) -> Plan:
    """What a rebuild would do; nothing is changed. Raises BadInputError, RefusedError."""
    if not request.image:
        raise BadInputError("--image is missing: the name of an image in chartpress.yaml")
    repo = changes.deployment_repository(request.directory)
    check_whole_history(repo)
    changes.check_can_commit(repo, branch=request.branch)
    if request.open_pr:
        pull_request.check_can_open(repo, request.branch)
    layout = read_layout(repo)
    chart = chart_of_images(layout, [request.image])
    images = asked_images(layout, chart, [request.image])
    changed = changed_files(repo, [chart.values_file], untracked=True)
    builder = find_builder(request.builder, request.platform)
    publication = Publication(repo, chart, images, builder, request.push, reader_of_head(repo, changed))
    refuse_changes(repo, [chart.config], {}, ", and every image's tag depends on that file")
    files = changed_files(repo, sources(images), untracked=True)
    kept = [path for path in files if path in (chart.values_file, chart.chart_file)]
    if kept:
        raise RefusedError(f"{', '.join(kept)}: changes that are not committed, in a file that chartpress edits; "
                           "commit or stash them first")  # fmt: skip
    publication.check()
    check_values(publication, changed, interrupted=not files)
    return Plan(request, publication, request.message or f"Update the {images[0].name} image", files)


def sources(images: Sequence[Image]) -> list[str]:
    """What the images are built from, without the chartpress.yaml that all images share."""
    return sorted({path for image in images for path in image.sources})


def rebuild_hub_image(request: RebuildRequest) -> Outcome:
    """Commit the edited sources, build, push and commit the tag; see `bump`."""
    plan = plan_rebuild(request)
    publication = plan.publication
    repo = publication.repo
    chartpress = prepare(publication)
    base = pull_request.check_can_open(repo, request.branch) if request.open_pr else ""
    if request.branch:
        changes.switch(repo, request.branch)
    first = changes.commit_files(repo, plan.message, plan.files) if plan.files else ""
    console.step(f"committed {first[:12]}: {', '.join(plan.files)}" if first else "no edited file: building HEAD")
    built, second = going_on(lambda: publish(publication, chartpress), take_back(repo, first, ()))
    outcome = Outcome(publication, built, tuple(filter(None, [first, second])), ())
    return outcome.with_pull_request(plan.message, base, request.branch) if request.open_pr else outcome
