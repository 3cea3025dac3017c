"""Decide whether an image may leave the deployment repository: everything of it is published, and can be run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages import disk, registry
from hubimages.console import censor
from hubimages.errors import (
    BadInputError,
    HubImagesError,
    LoginError,
    NoAnswerError,
    ProgramFailedError,
    RefusedError,
    StorageError,
)
from hubimages.image_ref import ImageRef
from hubimages.migration.entries import Entry, Manifest
from hubimages.migration.extracting import Options, extract_images
from hubimages.migration.finishing import directory as image_directory
from hubimages.migration.finishing.tags import first_tag, image_of, published
from hubimages.migration.outcome import FAILED, Outcome
from hubimages.repository import changes
from hubimages.repository.git import Repo, TreeEntry
from hubimages.repository.web_address import web_address

BY_EXIT_CODE = {
    kind.exit_code: kind
    for kind in (BadInputError, RefusedError, ProgramFailedError, StorageError, NoAnswerError, LoginError)
}


@dataclass(frozen=True)
class Ready:
    """An image that has moved: where it is now, and what is left of it here."""

    entry: Entry
    directory: str  # as git spells it
    image: ImageRef  # at its first tag, with the digest
    commits: int  # that its repository has of it
    source_commit: str
    files: Sequence[TreeEntry]  # of the directory at HEAD

    @property
    def page(self) -> str:
        """Where people find its repository."""
        address = web_address(self.entry.remote)
        return address.page if address else censor(self.entry.remote)


def check_all(repo: Repo, manifest: Manifest, registries: registry.Registries) -> list[Ready]:
    """Return the images of the manifest that are wanted, all ready. Raises the problem of every one that is not."""
    wanted = manifest.wanted
    files = _here(repo, wanted)
    ready: list[Ready] = []
    problems: list[tuple[Entry, HubImagesError]] = []
    for outcome, entry in zip(_extracted(manifest), wanted, strict=True):
        try:
            ready.append(_check(repo, manifest.name, entry, outcome, files[entry.directory], registries))
        except HubImagesError as error:
            problems.append((entry, error))
    if problems:
        lines = [f"{entry.repository}: {error}" for entry, error in problems]
        if ready:
            options = " ".join(f"--image={one.entry.repository}" for one in ready)
            lines.append(f"Nothing was changed. To finish only those that are ready: {options}")
        raise type(problems[0][1])("\n".join(lines)) from problems[0][1]
    return ready


def selected(manifest: Manifest, repositories: Sequence[str]) -> Manifest:
    """Return the manifest with only these images. Raises BadInputError for one that it does not have."""
    known = {one.repository: one for one in manifest.entries}
    for name in repositories:
        if name not in known:
            raise BadInputError(f"--image={name}: {manifest.name} has no such repository. It has {', '.join(known)}")
        if known[name].skip:
            raise BadInputError(f"--image={name}: {manifest.place(known[name].line)} says `skip`. Take it away first")
    if not repositories:
        return manifest
    entries = tuple(one if one.repository in repositories else replace(one, skip=True) for one in manifest.entries)
    return replace(manifest, entries=entries)


def _here(repo: Repo, wanted: Sequence[Entry]) -> dict[str, list[TreeEntry]]:
    """Return the files of every directory. Raises an error for what can be seen without asking anybody."""
    if not wanted:
        raise BadInputError("the manifest skips every image. Take `skip` away from those that have moved")
    found = {}
    for entry in wanted:
        path = entry.directory
        if path in ("", "."):
            raise RefusedError("an image that is the whole repository leaves nothing behind. Archive the repository")
        if not entry.remote:
            raise BadInputError(
                f"{path} has no `remote`, where it has moved to. Add --remote=https://github.com/OWNER/{{repository}}"
                ".git, or `remote` to `defaults`"
            )
        if not image_directory.ever_was(repo, path):
            raise BadInputError(
                f"{path} is not in {repo.directory}, and never was. Name a clone of the deployment repository with "
                "--repo, on the branch to change"
            )
        changes.check_clean(repo, [path])
        found[path] = image_directory.files_in(repo, path)
    return found


def _extracted(manifest: Manifest) -> list[Outcome]:
    """Extract every image again, without writing anything, on top of what its remote has."""
    with disk.temporary_directory("extract") as folder:
        return list(
            extract_images(
                manifest, Path(folder) / "none", Options(push=True, dry_run=True, only_compares=True)
            ).outcomes
        )


def _check(
    repo: Repo,
    manifest: str,
    entry: Entry,
    outcome: Outcome,
    files: Sequence[TreeEntry],
    registries: registry.Registries,
) -> Ready:
    """Return the image if it is ready. Raises an error otherwise."""
    report = outcome.report
    if outcome.state == FAILED:
        raise BY_EXIT_CODE.get(outcome.exit_code, ProgramFailedError)(outcome.problem)
    if unanswered := report.get("not_checked"):
        raise NoAnswerError(f"{censor(entry.remote)}: not checked: {'; '.join(unanswered)}")
    if not report["nothing_to_do"]:
        brings = report["brings"]
        what = f"lacks {brings[0]}" if brings else "does not have the image"
        raise RefusedError(
            f"{censor(entry.remote)} {what}. Bring it there first: hubimages extract-images {manifest} DEST --push"
        )
    path = report["path"]
    if image_directory.has_image(list(files), path):
        ((tree, _, _),) = repo.batch_check([f"HEAD:{path}"])
        if tree != report["source_tree"]:
            raise RefusedError(
                f"{path} in {repo.directory} is not what was extracted from {report['ref']} at "
                f"{report['source_commit'][:12]}. Bring the clone and SOURCE to the same commit (git pull, git push), "
                "and run extract-images again"
            )
    there = published(entry.remote)
    image = first_tag(registries, image_of(entry, there), there.main)
    return Ready(entry, path, image, report["commits_kept"], report["source_commit"], files)
