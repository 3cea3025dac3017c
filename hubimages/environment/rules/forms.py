"""What conda and pip cannot read, or pass over: keys, lists, and how a package is written."""

import difflib
import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from hubimages.environment.requested import REQUIREMENTS
from hubimages.environment.specs import URL, EnvironmentFile, conda_spec
from hubimages.environment.surroundings import Surroundings
from hubimages.findings import ERROR, WARNING, Finding

LISTS = ("dependencies", "channels")
KEYS = (*LISTS, "name", "prefix", "variables", "platforms", "category")  # conda's, and two of conda-lock's
# What neither conda nor mamba nor py-rattler reads as versions; `^...$` is a regular expression of conda.
NO_VERSION = re.compile(r"[{};@\"'%&]|\$.|[=<>]\s*[<>^]|~(?!=)|[=<>!]\s+=|[<>=!]\s*(?:[,|]|$)|,\s*$")
EXTRA = re.compile(r"[\w.-]+\s*\[[^=\]]*\]")
COMMENT, OPTION = re.compile(r"(?:^|\s)#.*"), re.compile(r"\s--?\w.*", re.DOTALL)
FILE = re.compile(r".*(?:[/\\]|\$\{|\.(?:whl|zip|tar\.gz)\s*$)", re.DOTALL)


def keys(here: Surroundings) -> Iterator[Finding]:
    """Keys of an environment file that nothing reads, and those whose value is no list: nothing of it is installed."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    for name, line, kind, anchored in file.keys:
        if name in LISTS and kind == "other":
            remedy = "write each entry on a line of its own, after a hyphen"
            yield Finding("no-list", f"`{name}` is not a list", remedy, file.path, line)
        elif name not in KEYS and not anchored:
            meant = difflib.get_close_matches(name.lower(), LISTS, 1, 0.8)
            remedy = f"write {meant[0]}" if meant else "remove it"
            grade = ERROR if meant else WARNING
            yield Finding("unknown-key", f"nothing reads `{name}`", remedy, file.path, line, grade)


def packages(here: Surroundings) -> Iterator[Finding]:
    """Packages in a form that conda or pip refuses."""
    if isinstance(here.environment, EnvironmentFile):
        for spec in here.environment.specs:
            yield from (_pip if spec.pip else _conda)(here.environment.path, spec.line, spec.text)
    text = here.text(REQUIREMENTS)
    if text is not None and here.path(REQUIREMENTS) in (here.choice.reads or ()):
        for found in re.finditer(r"(?:[^\\\n]|\\.)*(?:\\\r?\n(?:[^\\\n]|\\.)*)*", text):
            line = text.count("\n", 0, found.start()) + 1
            yield from _pip(here.path(REQUIREMENTS), line, re.sub(r"\\\r?\n", " ", found[0]))


def _conda(path: str, line: int, text: str) -> Iterator[Finding]:
    """Yield a finding for a package that conda cannot read."""
    spec = conda_spec(text)
    if EXTRA.match(text):
        message = f"conda has no extras, and passes over the brackets of {text!r}"  # py-rattler refuses them
        remedy = "list what the extra needs, or move the package below `pip:`"
        yield Finding("no-extras", message, remedy, path, line, WARNING)
    elif spec and "[" not in text and NO_VERSION.search(spec.version.strip()):
        message = f"conda cannot read the version in {text!r}"
        yield Finding("unreadable-package", message, f"write it as in {spec.name}=2.3", path, line)


def _pip(path: str, line: int, text: str) -> Iterator[Finding]:
    """Yield a finding for a requirement that pip cannot read; not for an option, an address or a file."""
    bare = OPTION.sub("", COMMENT.sub("", text)).strip().lstrip("\ufeff")
    if not bare or URL.match(bare) or FILE.match(bare) or bare.startswith("."):
        return
    try:
        Requirement(bare)
    except InvalidRequirement:
        name, equals, version = (part.strip() for part in bare.partition("="))
        one = equals and re.fullmatch(r"[\w.-]+", name) and re.fullmatch(r"=?\s*[\w.!+*]+(?:=\w+)?", version)
        remedy = f"write {name}=={version.lstrip('= ').partition('=')[0]}" if one else "write it as in numpy==2.3"
        yield Finding("unreadable-package", f"pip cannot read {bare!r}", remedy, path, line)
