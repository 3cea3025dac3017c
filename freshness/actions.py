"""The newest releases of the actions that workflows pin by commit."""

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from freshness.findings import Behind, Edit, Unknown, read
from freshness.sources import Sources, refs, why
from hubimages.errors import HubImagesError

PINNED = re.compile(
    r"uses: (?P<action>[\w.-]+/[\w.-]+(?:/[\w.-]+)*)@(?P<commit>[0-9a-f]{40})"
    r" # (?P<said>v[\d.]+|newest commit of master)"
)
TAG = re.compile(r"refs/tags/(v\d+\.\d+\.\d+)")
FOLDERS = ("<<cookiecutter.repo>>/.github/workflows", "templates", "deployment-workflows", ".github")
MASTER = "newest commit of master"


def pinned(root: Path) -> dict[tuple[str, str, str], list[str]]:
    """Return the files that pin each action: its name, the commit, and what the comment says."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.y*ml")):
            path = str(file.relative_to(root))
            for match in PINNED.finditer(read(root, path)):
                files = found.setdefault((match["action"], match["commit"], match["said"]), [])
                files.extend([path] if path not in files else [])
    return found


def repository_of(action: str) -> str:
    """Return OWNER/NAME of an action, which can be in a folder of its repository."""
    return "/".join(action.split("/")[:2])


def check(root: Path, sources: Sources) -> Iterator[Behind | Unknown | None]:
    """Compare each pin with the newest release, and the commit with that of its own tag."""
    for (action, commit, said), files in pinned(root).items():
        address = f"{sources.github}/{repository_of(action)}"
        try:
            there = refs(address, "refs/heads/master" if said == MASTER else "refs/tags/v*")
        except HubImagesError as error:
            yield Unknown(action, why(error))
            continue
        yield _compared(action, commit, said, files, address, there)


def _compared(
    action: str, commit: str, said: str, files: list[str], address: str, there: dict[str, str]
) -> Behind | Unknown | None:
    if said == MASTER:
        newest, current = MASTER, there.get("refs/heads/master", "")
    else:
        releases = {found[1]: there[name] for name in there if (found := TAG.fullmatch(name))}
        newest = max(releases, key=Version, default="")
        current = releases.get(newest, "")
        if newest and releases.get(said, commit) != commit:
            now = releases[said][:12]
            remedy = f"The tag {said} is at another commit now, {now}: find out why before you change the pin"
            return Behind(
                action, f"{said} at {commit[:12]}", f"{said} at {releases[said][:12]}", address, remedy=remedy
            )
        if newest and Version(newest) < Version(said):
            return Unknown(action, f"{address} has no {said}")
    if not current:
        return Unknown(action, f"{address} has no release")
    if current == commit:
        return None
    edits = tuple(Edit(path, f"{action}@{commit} # {said}", f"{action}@{current} # {newest}") for path in files)
    shown = commit[:12] if said == MASTER else said
    now = current[:12] if said == MASTER else newest
    return Behind(action, shown, now, address, edits, f"`{action}` {now} (was {shown}).")
