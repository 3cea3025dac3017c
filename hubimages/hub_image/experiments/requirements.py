"""Requirements of pip, as lines of a file: read, pinned, and one file's changes carried over to another.

Only what is needed to tell which project a line is about; pip itself says whether the rest can be installed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.repository.git import remote_environment
from hubimages.run import attempt

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
SPEC = re.compile(rf"(?P<name>{NAME.pattern})\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*(?P<rest>.*)")
RELEASE = re.compile(r"\(?\s*(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;)]+\s*,?\s*)+\)?\s*(?:;.*)?|;.*|")
COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
GIT = "git+"
FROM_GIT = re.compile(rf"(?:{NAME.pattern}\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*@\s*)?git\+\S+(?:\s+;.*)?")
ANSWER_TIME = 20  # seconds that a git server may take to say what a branch stands for


@dataclass(frozen=True)
class GitRequirement:
    """`git+URL@REVISION#fragment`; the revision is empty where none is given."""

    url: str
    revision: str

    @property
    def project(self) -> str:
        """The repository's name, which most projects share with what pip installs from them."""
        return canonical(Path(urlsplit(self.url).path).name.removesuffix(".git"))


def canonical(name: str) -> str:
    """The one spelling of a project's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project(line: str) -> str:
    """The project that a line of a requirements file asks for; empty for comments, options and what is unclear."""
    text = re.sub(r"(^|\s)#.*", "", line).strip()
    if text.startswith(GIT):
        fragment = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", text)
        return canonical(fragment[1]) if fragment else git_requirement(text).project
    found = SPEC.match(text)
    return canonical(found["name"]) if found and "://" not in text.split("@")[0] else ""


def git_requirement(spec: str) -> GitRequirement:
    """The address and the revision in a requirement that has a `git+` address in it."""
    address = spec[spec.index(GIT) + len(GIT) :].partition(" ;")[0].partition("#")[0].strip()
    parts = urlsplit(address)
    path, at, revision = parts.path.rpartition("@")  # as pip does: a branch can have a slash in it
    return GitRequirement(parts._replace(path=path).geturl(), revision) if at else GitRequirement(address, "")


def check(spec: str, *, ask: bool) -> str:
    """The requirement as it will stand in the file.

    Raises BadInputError where it is none, and where it takes from git anything but a full commit id: what a branch or
    a tag stands for can change, and the image could never be built again. With `ask` the git server is asked for the
    commit that it stands for now, to be named in the message.
    """
    spec = spec.strip()
    if not spec or "\n" in spec or "\r" in spec:
        raise BadInputError(f"{spec!r} is no requirement: one line, such as 'jupyterhub-fancy-profiles==0.6.0'")
    if GIT in spec:
        if not FROM_GIT.fullmatch(spec):
            raise BadInputError(f"{console.censor(spec)!r} is no requirement: write 'NAME @ git+https://...@COMMIT'")
        check_pin(spec, ask=ask)
        return spec
    found = SPEC.fullmatch(spec)
    if not found or not (RELEASE.fullmatch(found["rest"]) or re.match(r"@\s*https?://\S+", found["rest"])):
        hint = " (a git repository is written git+https://...@COMMIT)" if "://" in spec else ""
        raise BadInputError(f"{console.censor(spec)!r} is no requirement{hint}: for example 'oauthenticator==17.3.0'")
    return spec


def check_pin(spec: str, *, ask: bool) -> None:
    """Raise BadInputError unless the git requirement names a full commit id."""
    wanted = git_requirement(spec)
    if console.censor(wanted.url) != wanted.url and "://git@" not in wanted.url:
        raise BadInputError(f"{console.censor(spec)}: no password in a requirement, where all can read it")
    if COMMIT.fullmatch(wanted.revision):
        return
    what = f"{wanted.revision!r} can change" if wanted.revision else "without a commit it can change"
    commit = commit_of(wanted.url, wanted.revision or "HEAD") if ask else ""
    remedy = f"it is {commit} now: write @{commit}" if commit else "write the full commit id, 40 characters, after @"
    raise BadInputError(f"{console.censor(spec)}: {what}, and the image could not be built again; {remedy}")


def commit_of(url: str, revision: str) -> str:
    """The commit that a branch or tag stands for at the git server; empty where it does not say."""
    if not re.match(r"(https?|ssh|git|file)://", url) or revision.startswith("-"):
        return ""
    names = (f"refs/heads/{revision}", f"refs/tags/{revision}^{{}}", f"refs/tags/{revision}", "HEAD")
    wanted = names if revision == "HEAD" else names[:3]
    quick = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": str(ANSWER_TIME)}
    done = attempt("git", "ls-remote", "--", url, *wanted, cwd=Path("/"), env={**remote_environment(), **quick})
    if done.returncode:
        return ""
    there = {name: commit for commit, _, name in (line.partition("\t") for line in done.stdout.decode().splitlines())}
    return next((there[name] for name in wanted if name in there), "")


def put(text: str, specs: Sequence[str]) -> str:
    """The requirements file with these requirements: in the place of the same project's line, else at the end."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for spec in specs:
        places = [place for place, line in enumerate(lines) if project(line) and project(line) == project(spec)]
        if places:
            lines[places[0]] = spec + end
        else:
            lines.append(spec + end)
        for place in reversed(places[1:]):
            del lines[place]
    return "".join(lines)


@dataclass(frozen=True)
class Difference:
    """What an experiment's requirements have that the main image's have not.

    `moved` are lines for the main image. `clashing` are projects that both sides have changed since the experiment
    began. `absent` are lines of the main image that the experiment never had.
    """

    moved: Sequence[str]
    clashing: Sequence[str]
    absent: Sequence[str]


def difference(began: str, experiment: str, main: str) -> Difference:
    """What is to be moved from the experiment's file to the main one.

    `began` is the main file's text when the experiment began: a line that has not changed since then in the
    experiment, but has in the main file, is older than the main one, and is not moved.
    """
    first, tried, now = (_requirements(text) for text in (began, experiment, main))
    moved, clashing = [], []
    for name, line in tried.items():
        if line == now.get(name) or line == first.get(name):
            continue
        if now.get(name) != first.get(name):
            clashing.append(name)
        else:
            moved.append(line)
    return Difference(moved, clashing, [line for name, line in now.items() if name not in tried])


def _requirements(text: str) -> dict[str, str]:
    """The lines that ask for something, by project; a line whose project is unclear stands for itself."""
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    return {project(line) or line: line for line in lines if line}
