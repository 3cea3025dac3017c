"""Clones that are kept from run to run: fetched again, and with the files of the default branch before a task runs."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError
from hubimages.fleet.address import Target
from hubimages.fleet.programs import Programs
from hubimages.repository.git import Repo
from hubimages.repository.proposals import talking
from hubimages.repository.writable import operation_in_progress
from hubimages.run import os_failure

CHECKOUT = {"GIT_LFS_SKIP_SMUDGE": "1"}  # pointers stay pointers: large files are neither needed nor changed


@dataclass(frozen=True)
class Clone:
    """A kept clone on its default branch `base`, at `commit`, the same as the remote's."""

    target: Target
    repo: Repo
    base: str
    commit: str

    @property
    def directory(self) -> Path:
        """The work tree."""
        assert self.repo.work_tree is not None
        return self.repo.work_tree


def default_cache() -> Path:
    """Return the directory in which clones are kept, by the rules of the XDG base directories."""
    home = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(home) if home.startswith("/") else Path("~/.cache").expanduser()) / "hubimages" / "repositories"


@contextmanager
def fresh_clone(cache: Path, target: Target, programs: Programs) -> Iterator[Clone]:
    """Give the clone of a repository, with nothing in it but what the remote has now.

    What an earlier run left there is gone: local branches, changed files, a git that was killed. Within the block no
    other run gets it. Raises RefusedError if another run has it, and what `remote_failure` gives for the address.
    """
    place = cache / target.slug
    with _locked(place):
        if place.exists():
            try:
                clone = _fetched(target, place, programs)
            except _BrokenError:
                shutil.rmtree(place)
                clone = _cloned(target, place, programs)
        else:
            clone = _cloned(target, place, programs)
        yield clone


class _BrokenError(Exception):
    """The kept clone cannot be used; another one takes its place."""


def talk(programs: Programs, address: str, *argv: str, cwd: Path, asked: str | None = None) -> None:
    """Run a git command that talks to the remote. Raises what `remote_failure` gives for its address."""
    talking.talk(address, *argv, cwd=cwd, asked=asked, run=programs.run, variables=CHECKOUT)


def _cloned(target: Target, place: Path, programs: Programs) -> Clone:
    """Clone beside the place and move there, so that a clone that is there is whole."""
    partial = place.with_name(place.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        # A clone of a directory shares no files with it: what a task does to objects would reach the source.
        argv = ("git", "clone", "-q", "--no-hardlinks", "--no-tags", "--", target.address, str(partial))
        talk(programs, target.address, *argv, cwd=place.parent)
        partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    try:
        return _pristine(target, place)
    except _BrokenError as error:
        raise RefusedError(f"{target.name} cannot be checked out: {error}") from error


def _fetched(target: Target, place: Path, programs: Programs) -> Clone:
    repo = _opened(place)
    if not repo.succeeds("rev-parse", "--git-dir"):
        raise _BrokenError("not a repository")
    for lock in repo.git_dir.rglob("*.lock"):  # of a git that was killed: no other one runs here
        lock.unlink(missing_ok=True)
    here = ("git", "-C", str(place))
    branches = "+refs/heads/*:refs/remotes/origin/*"
    try:
        talk(programs, target.address, *here, "fetch", "-q", "--prune", "--no-tags", "origin", branches, cwd=place)
    except ProgramFailedError as error:  # not for want of the remote, then: a broken object, say
        raise _BrokenError(str(error)) from error
    try:
        talk(programs, target.address, *here, "remote", "set-head", "origin", "--auto", cwd=place)
    except ProgramFailedError:  # the remote's HEAD is a branch that is not there
        repo.succeeds("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    return _pristine(target, place)


def _opened(place: Path) -> Repo:
    return Repo(place / ".git", place)


def _pristine(target: Target, place: Path) -> Clone:
    """Check out the default branch as the remote has it, and remove everything else.

    Raises RefusedError for a repository without a commit, _BrokenError if git cannot do it.
    """
    repo = _opened(place)
    base = repo.answer("symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD").strip().removeprefix("origin/")
    commit = (
        repo.answer("rev-parse", "--verify", "-q", f"refs/remotes/origin/{base}^{{commit}}").strip() if base else ""
    )
    if base and not commit:
        raise _BrokenError(f"{base} is not there")
    if not commit:
        raise RefusedError(f"{target.name} has no commit on a default branch yet. Push the first one")
    try:
        repo.read("reset", "-q", "--hard", env=CHECKOUT)  # ends a merge or cherry-pick
        repo.read("checkout", "-q", "-f", "--detach", commit, env=CHECKOUT)
        local = repo.text("for-each-ref", "--format=delete %(refname)", "refs/heads", "refs/tags")
        repo.read("update-ref", "--stdin", stdin=f"{local}\n".encode(errors="surrogateescape") if local else b"")
        repo.read("checkout", "-q", "-f", "--no-track", "-B", base, commit, env=CHECKOUT)
        repo.read("clean", "-q", "-ffdx")
    except HubImagesError as error:
        raise _BrokenError(str(error)) from error
    if operation_in_progress(repo) is not None or repo.text("rev-parse", "HEAD") != commit:
        raise _BrokenError("an operation is in progress")
    return Clone(target, repo, base, commit)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(place.with_name(place.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise os_failure(error) from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(f"another run works in {place}. Wait until it ends, or name another --cache") from error
        yield
    finally:
        os.close(held)
