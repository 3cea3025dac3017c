"""Add a released version of the template: `nox -s release-template` runs it in a checkout."""

import json
import lzma
import sys
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, HubImagesError
from hubimages.repository.git import Repo
from hubimages.update.released import PARTS, Release, changes_between, directory, installed_version, releases


def add_release(root: Path, commit: str = "HEAD") -> Release:
    """Write the template at a commit as the next release: its archive, and its line in releases.json.

    Raises BadInputError if that version is released already or has no changelog.
    """
    repo = Repo(root / ".git", root)
    commit = repo.text("rev-parse", "--verify", f"{commit}^{{commit}}")
    release = Release(version_at(repo, commit), commit)
    if any(each.version == release.version for each in releases()):
        raise BadInputError(
            f"version {release.version} is released. Raise __template_version in cookiecutter.json, add a section to "
            "docs/template-changes.md, and commit both"
        )
    if not changes_between(release.version - 1, release.version):
        raise BadInputError(
            f"docs/template-changes.md has no section {release.version}: what does it change for owners?"
        )
    release.archive.write_bytes(lzma.compress(archive_of(repo, commit), preset=9 | lzma.PRESET_EXTREME))
    listed = [{"version": each.version, "commit": each.commit} for each in (*releases(), release)]
    (directory() / "releases.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    releases.cache_clear()
    return release


def archive_of(repo: Repo, commit: str) -> bytes:
    """Return the template's files at a commit as a tar archive, the same bytes every time."""
    present = repo.read("ls-tree", "-z", "--name-only", commit, "--", *PARTS).decode().split("\0")[:-1]
    return repo.read("archive", "--format=tar", commit, "--", *present)


def version_at(repo: Repo, commit: str) -> int:
    """Return the version that the template has at a commit."""
    (text,) = repo.contents([f"{commit}:cookiecutter.json"])
    return int(json.loads(text).get("__template_version", 1))


if __name__ == "__main__":
    try:
        added = add_release(Path(__file__).parents[2], *sys.argv[1:2])
    except HubImagesError as error:
        sys.exit(f"error: {error}")
    size = added.archive.stat().st_size
    console.result(f"Version {added.version} is commit {added.commit[:12]}, {size:,} bytes. Commit {directory()}")
    console.result(f"The installed template is version {installed_version()}.")
