"""Put the template's files beside those of the repository: what stays, what comes, what goes."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hubimages.template import IMAGE_FILES
from hubimages.update.adopting.files import LICENCE, README
from hubimages.update.objects import Files, Objects

BUILDING = "BUILDING.md"  # the template's README where the repository has its own
JOINED = (".gitignore", ".dockerignore")
MACHINERY = re.compile(r"\.hubimages\.yaml|noxfile\.py|\.github/(image_build/|requirements-).*|image-contract/.*")
EXAMPLES = re.compile(r"(image|hub)-tests/(notebooks/example\.ipynb|test_r\.py|packages\.R)")
TESTS = ("image-tests/", "hub-tests/", "browser-tests/")


@dataclass(frozen=True)
class Combined:
    """The files of the branch, and what becomes of those that both sides have."""

    files: Files
    stays: tuple[tuple[str, str], ...]  # path, and why it is the owner's
    added: tuple[str, ...]
    in_the_way: tuple[tuple[str, str], ...]  # path of the owner's, and what the template needs there


def own_files(ours: Files, theirs: Files, superseded: Collection[str]) -> list[str]:
    """Return the template's paths that are left to the owner, for the answer `own_files`."""
    own: list[str] = []
    folders = [folder for folder in TESTS if _has(ours, folder) and _has(theirs, folder)]
    for path in theirs:
        if ours.get(path) == theirs[path] or path in superseded or MACHINERY.fullmatch(path):
            continue
        folder = next((folder for folder in folders if path.startswith(folder)), "")
        if folder or path in IMAGE_FILES or EXAMPLES.fullmatch(path) or _is_own(path, ours):
            own.append(folder or path)
    if "README.md" in own and BUILDING in ours:
        own.append(BUILDING)
    return list(dict.fromkeys(own))


def _is_own(path: str, ours: Files) -> bool:
    for kind in (README, LICENCE):
        if kind.fullmatch(path) and any(kind.fullmatch(name) for name in ours):
            return True
    return path in ours and not path.startswith(".github/workflows/")


def _has(files: Files, folder: str) -> bool:
    return any(path.startswith(folder) for path in files)


def combine(objects: Objects, ours: Files, theirs: Files, ignored: Files, superseded: Mapping[str, str]) -> Combined:
    """Return the files of both sides. `ignored` has the template's lists of ignored files, whose lines are added."""
    kept = {path: entry for path, entry in ours.items() if path not in superseded}
    in_the_way = tuple(_in_the_way(kept, theirs))
    files = {**kept, **theirs}
    stays = []
    for path, entry in ignored.items():
        if path in kept and (lines := _missing(objects, kept[path][1], entry[1])):
            files[path] = (kept[path][0], lines)
            stays.append((path, "with the template's lines at its end"))
    added = tuple(path for path in sorted(theirs) if path not in ours)
    return Combined(files, tuple(stays), added, in_the_way)


def _in_the_way(kept: Files, theirs: Files) -> Iterator[tuple[str, str]]:
    """What of the repository is where the template must have something else."""
    folders = {path[:end] for path in theirs for end in _slashes(path)}
    for path, entry in kept.items():
        if path in theirs and theirs[path] != entry:
            yield path, path
        elif path in folders:
            yield path, f"{path}/"
        elif above := next((path[:end] for end in _slashes(path) if path[:end] in theirs), ""):
            yield path, above


def _slashes(path: str) -> list[int]:
    return [place for place, letter in enumerate(path) if letter == "/"]


def _missing(objects: Objects, first: str, second: str) -> str:
    """Return a blob with the lines of the second at the end of the first; "" if it has them all."""
    read = objects.repo.read
    one, two = (read("cat-file", "blob", blob, env=objects.environment) for blob in (first, second))
    end = b"\r\n" if b"\r\n" in one else b"\n"
    there = {line.strip() for line in one.splitlines()}
    lines = [line for line in two.splitlines() if line.strip() and line.strip() not in there]
    lines = [line for line in lines if not line.startswith(b"#")]
    if not lines:
        return ""
    text = one if not one or one.endswith(b"\n") else one + end
    return objects.blobs([text + b"".join(line + end for line in lines)])[0]
