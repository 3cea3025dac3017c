"""A requirements file as pip reads it, line by line, with every character kept.

https://pip.pypa.io/en/stable/reference/requirements-file-format/: lines continued by a backslash, comments, options,
requirements with options of their own (`--hash`), addresses and paths. What a requirement means, `packaging` says.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hubimages import systems
from hubimages.errors import BadInputError, NotInstalledError, RefusedError

COMMENT = re.compile(r"(^|(?<!\s)\s++)#.*$")
OWN_OPTIONS = re.compile(r"\s--?[A-Za-z].*$", re.DOTALL)  # of one requirement: --hash, --config-settings
EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*+(?:\[[^\]]*+\])?+\s*+@")
INCLUDED = re.compile(r"(?:-r|--requirement|-c|--constraint)[ =]*(?P<file>\S+)")
EDITABLE = re.compile(r"(?:-e|--editable)[ =]*")
GIT = "git+"

ReadFile = Callable[[str], str | None]


@dataclass(frozen=True)
class Entry:
    """A logical line: its text with all line ends, what pip reads in it, and the project it asks for (empty: none)."""

    text: str
    content: str
    project: str

    @property
    def is_hashed(self) -> bool:
        """Return True if pip checks a hash of it."""
        return "--hash" in self.content


def packaging_requirements() -> Any:
    """Return packaging.requirements. Raises NotInstalledError with the line that installs it."""
    try:
        from packaging import requirements
    except ImportError:
        raise NotInstalledError(f"packaging is not installed. Run {systems.install_line('hub-image')}") from None
    return requirements


def canonical(name: str) -> str:
    """Return the one spelling of a project's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(text: str) -> list[Entry]:
    """Return the logical lines of a requirements file. Their texts, joined, are the file."""
    found = []
    waiting = ""
    for line in text.splitlines(keepends=True):
        waiting += line
        bare = line.rstrip("\r\n")
        if bare.endswith("\\") and not bare.lstrip().startswith("#"):
            continue
        found.append(entry(waiting))
        waiting = ""
    return [*found, entry(waiting)] if waiting else found


def entry(text: str) -> Entry:
    """Return one logical line."""
    parts = [COMMENT.sub("", line.rstrip("\r\n")) for line in text.removeprefix("\ufeff").splitlines()]
    content = "".join(part.removesuffix("\\") if number < len(parts) - 1 else part for number, part in enumerate(parts))
    content = re.sub(r"\s+", " ", content.removesuffix("\\")).strip()
    return Entry(text, content, project_of(content))


def project_of(content: str) -> str:
    """Return the project that a line without comments asks for; empty for options and what only pip can tell."""
    content = EDITABLE.sub("", content, count=1) if content.startswith(("-e", "--editable")) else content
    if not content or content.startswith("-"):
        return ""
    wanted = OWN_OPTIONS.sub("", content).strip()
    module = packaging_requirements()
    try:
        return canonical(module.Requirement(wanted).name)
    except module.InvalidRequirement:
        pass
    if named := NAMED.match(wanted) or EGG.search(wanted):
        return canonical(named[1])
    path = (
        urlsplit(wanted.split(" ")[0].partition(";")[0]).path if "://" in wanted else wanted.partition(";")[0].strip()
    )
    name = posixpath.basename(path.rstrip("/"))
    if wanted.startswith(GIT):
        return canonical(name.partition("@")[0].removesuffix(".git"))
    return canonical(name.partition("-")[0]) if name.endswith(".whl") else ""


def put(text: str, specs: Sequence[str], file: str = "requirements") -> str:
    """Return the file with these requirements: in the place of the same project's line, else at the end.

    Every other line stays as it is. Raises RefusedError where a line cannot be placed: the file has hashes, which pip
    then wants for every line, or several lines for the project.
    """
    lines = entries(text)
    hashed = next((line for line in lines if line.is_hashed), None)
    if hashed is not None and specs:
        raise RefusedError(
            f"{file} has hashes ({hashed.content.split(' ')[0]}), and pip then refuses lines without one. Write the "
            "new requirements into what the file is compiled from, and compile it again"
        )
    end = "\r\n" if "\r\n" in text else "\n"
    for spec in specs:
        new = entry(spec + end)
        places = [number for number, line in enumerate(lines) if line.project and line.project == new.project]
        if len(places) > 1:
            raise RefusedError(f"{file} has {len(places)} lines for {new.project}: change it by hand, and commit that")
        if places:
            lines[places[0]] = new
        elif not any(line.content == new.content for line in lines):
            if lines and not lines[-1].text.endswith("\n"):
                lines[-1] = entry(lines[-1].text + end)
            lines.append(new)
    return "".join(line.text for line in lines)


def included(text: str) -> Iterator[str]:
    """Yield the files that a requirements file includes, as it names them."""
    for line in entries(text):
        if found := INCLUDED.match(line.content):
            yield found["file"]


def check_included(file: str, text: str, specs: Sequence[str], read: ReadFile) -> None:
    """Raise RefusedError if a file that this one includes asks for one of the projects, too: pip then refuses both."""
    wanted = {entry(spec).project for spec in specs} - {""}
    waiting = [(file, name) for name in included(text)]
    seen: set[str] = set()
    while waiting:
        by, name = waiting.pop()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(by), name))
        content = None if "://" in name or path in seen else read(path)
        seen.add(path)
        for line in entries(content or ""):
            if line.project in wanted:
                raise RefusedError(
                    f"{path}, which {by} includes, has {line.content}, and pip refuses a second line for "
                    f"{line.project}: change it there, and commit that"
                )
        waiting += [(path, inner) for inner in included(content or "")]


def by_key(text: str) -> dict[str, str]:
    """Return what the file asks for: by project, or by the line itself where there is none, or several lines."""
    lines = [line for line in entries(text) if line.content]
    counts = [line.project for line in lines]
    return {
        line.project if line.project and counts.count(line.project) == 1 else line.content: line.content
        for line in lines
    }


def check_requirement(spec: str, shown: str) -> None:
    """Raise BadInputError unless pip's own library takes the text for a requirement from an index or an address."""
    module = packaging_requirements()
    try:
        wanted = module.Requirement(spec)
    except module.InvalidRequirement:
        wanted = None
    if wanted is None or (wanted.url and not wanted.url.startswith(("http://", "https://"))):
        hint = " (write a git repository as git+https://...@COMMIT)" if "://" in spec else ""
        raise BadInputError(f"{shown!r} is not a requirement{hint}. Write 'oauthenticator==17.3.0', for example")
