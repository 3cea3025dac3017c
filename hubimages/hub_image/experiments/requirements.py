"""Requirements of an experiment: pinned, and carried over from its file to the main one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.hub_image.experiments.requirements_file import by_key, canonical, check_requirement
from hubimages.repository.git import remote_environment
from hubimages.run import attempt

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
GIT = "git+"
FROM_GIT = re.compile(rf"(?:{NAME.pattern}\s*+(?:\[[A-Za-z0-9._,\s-]*+\])?+\s*+@\s*+)?git\+\S++(?:\s++;.*)?")
ANSWER_TIME = 20  # seconds that a git server may take to say what a branch stands for


@dataclass(frozen=True)
class GitRequirement:
    """`git+URL@REVISION#fragment`; the revision is empty where none is given."""

    url: str
    revision: str

    @property
    def project(self) -> str:
        """Return the repository's name, which most projects share with what pip installs from them."""
        return canonical(Path(urlsplit(self.url).path).name.removesuffix(".git"))


def git_requirement(spec: str) -> GitRequirement:
    """Return the address and the revision of a requirement with a `git+` address."""
    address = spec[spec.index(GIT) + len(GIT) :].partition(" ;")[0].partition("#")[0].strip()
    parts = urlsplit(address)
    path, at, revision = parts.path.rpartition("@")  # as pip does: a branch can have a slash in it
    return GitRequirement(parts._replace(path=path).geturl(), revision) if at else GitRequirement(address, "")


def check(spec: str, *, ask: bool) -> str:
    """Return the requirement as it will stand in the file.

    Raises BadInputError where it is none, and where it takes from git anything but a full commit id: what a branch or
    a tag stands for can change, and the image could never be built again. With `ask` the git server is asked for the
    commit that it stands for now, to be named in the message.
    """
    spec = spec.strip()
    if not spec or "\n" in spec or "\r" in spec:
        raise BadInputError(
            f"{spec!r} is not a requirement. Write one line, 'jupyterhub-fancy-profiles==0.6.0' for example"
        )
    if GIT in spec:
        if not FROM_GIT.fullmatch(spec):
            raise BadInputError(f"{console.censor(spec)!r} is not a requirement. Write 'NAME @ git+https://...@COMMIT'")
        check_pin(spec, ask=ask)
        return spec
    check_requirement(spec, console.censor(spec))
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
    """Return the commit that a branch or tag means at the git server; empty if it does not tell."""
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


@dataclass(frozen=True)
class Difference:
    """What an experiment's requirements have that the main image's do not have.

    `moved` are lines for the main image. `clashing` are projects that both sides have changed since the experiment
    began. `absent` are lines of the main image that the experiment never had.
    """

    moved: Sequence[str]
    clashing: Sequence[str]
    absent: Sequence[str]


def difference(began: str, experiment: str, main: str) -> Difference:
    """Return what a roll-out moves from the experiment's file to the main one.

    `began` is the main file's text when the experiment began: a line that has not changed since then in the
    experiment, but has in the main file, is older than the main one, and is not moved.
    """
    first, tried, now = (by_key(text) for text in (began, experiment, main))
    moved, clashing = [], []
    for name, line in tried.items():
        if line == now.get(name) or line == first.get(name):
            continue
        if now.get(name) != first.get(name):
            clashing.append(name)
        else:
            moved.append(line)
    return Difference(moved, clashing, [line for name, line in now.items() if name not in tried])
