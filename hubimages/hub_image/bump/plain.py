"""Bump the chart's version and the hub image's base in a repository without chartpress; something else builds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.hub_image.bump.helm_repository import Target, needs_lookup, refuse_own_chart
from hubimages.hub_image.bump.report import as_command
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.dockerfile import hub_bases, with_tags
from hubimages.hub_image.hubs import tracked_files
from hubimages.hub_image.jupyterhub.lookup import Asker, Effort
from hubimages.hub_image.jupyterhub.moving import locked_out
from hubimages.hub_image.plain import ChartVersion, HubDockerfile, chart_versions, hub_dockerfiles
from hubimages.hub_image.work_tree import changed_files, refuse_changes
from hubimages.references import find_references
from hubimages.repository import changes, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit, show
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest

if TYPE_CHECKING:
    from hubimages.hub_image.bump.chart_bump import BumpRequest

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class PlainOutcome:
    """What was committed, and what is left to do."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class PlainPlan:
    """The one commit of a bump without chartpress."""

    repo: Repo
    request: "BumpRequest"
    versions: tuple[ChartVersion, ...]
    dockerfiles: tuple[HubDockerfile, ...]
    target: Target
    edits: tuple[FileEdit, ...]
    locked_out: tuple[str, ...] = ()  # what does not go with the new version

    @property
    def commit(self) -> Commit:
        """Return the commit."""
        own = next(iter(self.request.messages), "")
        return Commit(own or f"Bump the jupyterhub chart to {self.target.version}\n", self.edits)

    def show(self) -> str:
        """Return the plan as a dry run prints it."""
        lines = [show(self.edits) or "# chart and Dockerfile already have this version\n"]
        if self.request.branch and (switch := changes.check_branch(self.repo, self.request.branch)):
            lines.append(f"$ {switch}\n")
        if self.edits:
            lines.append(as_command(self.commit.message, [edit.path for edit in self.edits]))
        lines += [f"# {line}\n" for line in self.left_to_do()]
        return "".join([*lines, "# not checked: that the Helm repository and the registry have this version\n"])

    def left_to_do(self) -> list[str]:
        """Return what does not go with the new version, what builds each image, and what hubs need to run it."""
        lines = [*self.locked_out]
        for dockerfile in self.dockerfiles:
            built = ", ".join(dockerfile.built_by)
            lines.append(
                f"{dockerfile.file}: built by {built}, which also decides its tag"
                if built
                else f"{dockerfile.file}: no workflow or script here builds it. Build and push it, then write its tag "
                "into the hub's values"
            )
        return lines

    def apply(self, ask: Ask) -> PlainOutcome:
        """Make the commit."""
        from hubimages.hub_image.bump.chart_bump import ask_to_go_back

        repo, request = self.repo, self.request
        if self.edits:
            ask_to_go_back(self.target.version, self.versions[0].value, str(self.versions[0]), ask)
        base = pull_request.check_can_open(repo, request.branch) if request.open_pr else ""
        lines = ["nothing to commit: chart and Dockerfile already have this version"]
        if self.edits:
            with changes.on_branch(repo, request.branch):
                made = changes.commit(repo, self.commit)
            lines = [f"committed {made[:12]} {self.commit.message.splitlines()[0]}"]
        if request.open_pr:
            subject, _, body = self.commit.message.partition("\n\n")
            lines.append(pull_request.open_pull_request(repo, PullRequest(base, request.branch or "", subject, body)))
        elif self.edits:
            lines.append(f"next: git push origin {changes.current_branch(repo)}")
        return PlainOutcome((*lines, *self.left_to_do()))


def plan_plain_bump(repo: Repo, request: "BumpRequest", read: Reader, *, dry_run: bool) -> PlainPlan:
    """Return the plan. Raises BadInputError if no file asks for the chart, or several versions of it are asked for."""
    files = tracked_files(repo)
    versions = chart_versions(files, read)
    if not versions:
        raise BadInputError(
            f"{repo.work_tree} has no chartpress.yaml and no file that asks for a version of the jupyterhub chart. "
            "Name a clone of the deployment repository with --repo"
        )
    if request.images:
        raise BadInputError("--image names an image of chartpress.yaml, and there is none. Leave it out")
    if len({version.value for version in versions}) > 1:
        places = ", ".join(f"{version} ({version.value})" for version in versions)
        raise BadInputError(f"several versions of the chart: {places}. Make them one, then run this again")
    for version in versions:
        refuse_own_chart(version.repository)
    target = Target(request.chart_version, request.chart_version)
    if needs_lookup(request.chart_version):
        raise BadInputError("without chartpress, --chart-version takes a release, 4.3.3 for example")
    dockerfiles = hub_dockerfiles(files, read)
    edits = edits_for(versions, dockerfiles, target, read)
    changed = changed_files(repo, [edit.path for edit in edits], untracked=True) if edits else ()
    changes.check_files(repo, [edit.path for edit in edits])
    refuse_changes(repo, list(changed), {edit.path: edit.after for edit in edits}, " in a file that this task edits")
    if not dry_run:
        console.step(f"bumping {console.count(len(edits), 'file')}")
    asker = Asker(Effort.NOTHING if dry_run else Effort.SBOMS, console.step)
    in_files = [version.file for version in versions]
    locked = locked_out(repo, find_references(repo.directory), in_files, target.version, "", asker)
    return PlainPlan(repo, request, tuple(versions), tuple(dockerfiles), target, edits, tuple(locked))


def edits_for(
    versions: Sequence[ChartVersion], dockerfiles: Sequence[HubDockerfile], target: Target, read: Reader
) -> tuple[FileEdit, ...]:
    """Return the edits of every version, and of every FROM of the published hub image."""
    after: dict[str, str] = {}
    for version in sorted(versions, key=lambda one: -one.start):  # from the end, so that places stay true
        if version.value != target.version:
            text = after.get(version.file) or read(version.file) or ""
            after[version.file] = version.bumped(text, target.version)
    for dockerfile in dockerfiles:
        text = read(dockerfile.file) or ""
        spans = {base.tag: target.hub_tag for base in hub_bases(dockerfile.file, dockerfile.bases, text) if base.tag}
        after[dockerfile.file] = with_tags(text, spans)
    edits = (FileEdit(path, read(path), text) for path, text in after.items())
    return tuple(edit for edit in edits if edit.before != edit.after)
