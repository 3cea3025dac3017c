"""The packages of an environment file: duplicates, contradictions, and how they are pinned."""

import re
from collections import defaultdict
from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile, Spec
from hubimages.environment.surroundings import Surroundings
from hubimages.environment.versions import admits, release_of
from hubimages.findings import ERROR, WARNING, Finding

MOST_NAMED = 5


def duplicates(here: Surroundings) -> Iterator[Finding]:
    """Packages listed twice, and versions that exclude one another."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    seen: dict[tuple[bool, str], Spec] = {}
    for spec in file.specs:
        if not spec.name:
            continue
        first = seen.setdefault((spec.pip, spec.name), spec)
        if first is spec:
            continue
        if excludes(first, spec):
            message = f"{spec.text!r} contradicts {first.text!r} in line {first.line}"
            yield Finding("contradiction", message, "keep one of the two", file.path, spec.line, ERROR)
        else:
            message = f"{spec.name} stands in line {first.line} already"
            yield Finding("duplicate", message, "remove one of the two", file.path, spec.line, WARNING)
    for (pip, name), spec in seen.items():
        other = seen.get((False, name)) if pip else None
        if other:
            message = f"pip installs {name} over conda's of line {other.line}"
            yield Finding("conda-and-pip", message, "keep one of the two", file.path, spec.line, WARNING)


def excludes(one: Spec, other: Spec) -> bool:
    """Return whether no version fits both. Only versions that are pinned with = or == are compared."""
    for pinned, against in ((one, other), (other, one)):
        release = release_of(pinned.version) if re.match(r"\s*(=|\d)", pinned.version) else ()
        if (
            release
            and "|" not in pinned.version
            and "," not in pinned.version
            and admits(against.version, release) is False
        ):
            return True
    return False


def pins(here: Surroundings) -> Iterator[Finding]:
    """Packages without a version, and with more than a version."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    groups: dict[str, list[Spec]] = defaultdict(list)
    for spec in file.specs:
        if spec.name and not spec.version and not spec.build and spec.name not in ("pip", "python"):
            groups["free"].append(spec)
        if spec.build and "*" not in spec.build:
            groups["build"].append(spec)
    if free := groups["free"]:
        every = sum(1 for spec in file.specs if spec.name)
        message = f"{len(free)} of {every} packages have no version, so every build can install others: {_names(free)}"
        yield Finding(
            "unpinned",
            message,
            "pin those that matter, as in numpy=2.3, or lock them all",
            file.path,
            free[0].line,
            WARNING,
            style=True,
        )
    if built := groups["build"]:
        message = f"{len(built)} packages name a build, which one platform has and channels may remove: {_names(built)}"
        yield Finding(
            "build-pinned",
            message,
            "pin versions (conda env export --no-builds), and lock for exact builds",
            file.path,
            built[0].line,
            WARNING,
        )


def _names(specs: list[Spec]) -> str:
    names = list(dict.fromkeys(spec.name for spec in specs))
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def entries(here: Surroundings) -> Iterator[Finding]:
    """Entries that are no package, a repeated `pip:`, and pip packages without pip."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    for _, line, text in file.others:
        if text and "://" not in text:
            yield Finding("no-package", f"{text!r} is no package", _instead(text), file.path, line)
    for spec in file.specs:
        if not spec.pip and re.search(r"\s-\s+[\w'\"]", spec.text):
            message = f"{spec.text!r} is one entry, since the next line is indented further"
            yield Finding("no-package", message, "begin all entries in one column", file.path, spec.line)
    pip = [spec for spec in file.specs if spec.pip]
    for spec in pip:
        wanted = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]\s*([^\s#]+)|(\.{1,2}/[^\s#\[]*)", spec.text)
        name = (wanted[1] or wanted[2]) if wanted else ""
        if name and "://" not in name and not (here.root / here.directory / name).exists():
            message = f"{spec.text!r}: there is no {name} in this repository"
            yield Finding("no-file", message, "add the file, or remove the line", file.path, spec.line)
    if pip and here.choice.kind == "docker" and not file.named("pip"):
        message = "packages are installed with pip, but pip is not listed"
        yield Finding("no-pip", message, "add pip to the dependencies", file.path, pip[0].line, WARNING)
    sections = list(dict.fromkeys(spec.path[:2] for spec in pip))
    if len(sections) > 1:
        line = next(spec.line for spec in pip if spec.path[:2] == sections[1])
        yield Finding("pip-twice", "there are two lists of pip packages", "put them into one", file.path, line, WARNING)


def _instead(text: str) -> str:
    """Return the remedy for an entry that is no package."""
    name, colon, version = text.partition(": ")
    if not colon:
        return "correct or remove it"
    return "write its packages as a list below it, each after a hyphen" if name == "pip" else f"write {name}={version}"
