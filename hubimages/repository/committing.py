"""Run `git commit` as the owner of a repository would, and find out what came of it.

A signal ends git wherever it is. git moves the branch first and writes the index after it, so its exit code does not
tell whether there is a commit. HEAD does.
"""

import difflib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hubimages import console, disk, signals
from hubimages.errors import HubImagesError
from hubimages.repository.git import Repo
from hubimages.run import attempt, started

RUN = f"hubimages {os.urandom(4).hex()}"  # as git's log of HEAD names this run's commits, whatever hooks write
LINES = 12  # of a diff that are shown
LOCK_STAYS = 0.5  # seconds; another git holds its locks for milliseconds
ENVIRONMENT = {"GIT_LITERAL_PATHSPECS": "1"}


@dataclass(frozen=True)
class Attempt:
    """What came of one `git commit`: the commit ("" if there is none), the error, the signal that ended it."""

    commit: str
    error: HubImagesError | None
    signal: int | None

    def raise_signal(self) -> None:
        """Raise what the signal would have raised in Python, if there was one."""
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise signals.Ended(self.signal)


def try_commit(repo: Repo, message: str, paths: Sequence[str]) -> Attempt:
    """Commit the files as they are in the work tree and nothing else; what else is staged stays staged.

    The caller holds signals back: they reach us while git runs, and are told with the result.

    With a commit, the index has these files as the commit does, whatever a hook or a signal did in between.
    """
    before = repo.text("rev-parse", "--verify", "HEAD")
    settings = ("-c", "i18n.commitEncoding=UTF-8", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
    argv = (*settings, "commit", "-q", "--only", "-F", "-", "--", *paths)
    code, said, caught = _run(repo, argv, message.encode("utf-8", "surrogateescape"))
    made = _first_commit(repo, before)
    error = repo.failure(argv, code, said) if code else None
    if made:
        try:
            _align_index(repo, paths)
            error = None
        except HubImagesError as trouble:
            error = type(trouble)(f"commit {made[:12]} is made, but the index could not be written: {trouble}")
    return Attempt(made, error, caught)


def _first_commit(repo: Repo, before: str) -> str:
    """The commit on top of `before`; a hook may have put others on top of it. "" if there is none."""
    listed = repo.answer("rev-list", "--first-parent", "--parents", f"{before}..HEAD", "--").split("\n")[:-1]
    commit, *parents = listed[-1].split(" ") if listed else [""]
    return commit if parents and parents[0] == before else ""


def git(repo: Repo, *args: str) -> None:
    """Run a git command with the repository's own settings and hooks. Raises ProgramFailedError, StorageError."""
    assert repo.work_tree is not None
    done = attempt("git", "-C", str(repo.work_tree), *args, cwd=repo.work_tree, env=ENVIRONMENT)
    if done.returncode:
        raise repo.failure(args, done.returncode, done.stderr or done.stdout)


def set_index(repo: Repo, paths: Sequence[str]) -> None:
    """Have the index say what HEAD says about the files, without a look at them: a filter may be missing."""
    listed = repo.read("ls-tree", "-r", "-z", "HEAD", "--", *paths).decode(errors="surrogateescape").split("\0")[:-1]
    nothing = "0" * len(repo.text("rev-parse", "HEAD"))
    gone = [f"0 {nothing}\t{path}" for path in paths]  # what HEAD has of them comes after it
    lines = "".join(f"{entry}\0" for entry in [*gone, *listed])
    repo.read("update-index", "-z", "--index-info", stdin=lines.encode(errors="surrogateescape"))


def uncommitted(repo: Repo, paths: Sequence[str]) -> bool:
    """Return True if one of the files differs from what HEAD has."""
    if not paths:
        return False  # to git, no path means every file
    return bool(repo.read("status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *paths))


def diff(path: str, before: str | None, after: str | None) -> str:
    """Return the lines that differ, as a person reads them."""
    lines = difflib.unified_diff((before or "").split("\n"), (after or "").split("\n"), n=0, lineterm="")
    shown = [f"    {line}" for line in lines if not line.startswith(("---", "+++"))]
    return "\n".join([f"  {path}", *shown[:LINES], *(["    ..."] if shown[LINES:] else [])])


def merged(*, base: str | None, ours: str | None, theirs: str | None) -> str | None:
    """Return the text with the changes of both sides; None if they are in the way of each other."""
    if base is None or ours is None or theirs is None:
        return None
    with disk.temporary_directory("merge") as folder:
        files = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for file, text in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = attempt("git", "merge-file", "-p", *map(str, files), cwd=Path(folder))
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


def _align_index(repo: Repo, paths: Sequence[str]) -> None:
    """Have the index say what HEAD says about the files: a person had nothing staged in them before the commit."""
    if repo.read("diff-index", "--cached", "--name-only", "-z", "HEAD", "--", *paths):
        set_index(repo, paths)


def _run(repo: Repo, args: Sequence[str], stdin: bytes) -> tuple[int, bytes, int | None]:
    """Run git to its end; its exit code, what it said, and the signal that we passed on to it.

    Its output goes to a file: a hook that outlives git would keep a pipe open.
    """
    assert repo.work_tree is not None
    argv = ("git", "-C", str(repo.work_tree), *args)
    with disk.unnamed_file() as said, disk.unnamed_file() as given:
        given.write(stdin)
        given.seek(0)
        began = time.time()
        alone = not _has_terminal()
        program = started(
            *argv, cwd=repo.work_tree, env={**ENVIRONMENT, "GIT_REFLOG_ACTION": RUN}, stdin=given, stdout=said,
            stderr=said, new_session=alone,
        )  # fmt: skip
        with _signals_passed_on(group=alone) as passed, signals.let_through(), program as process:
            passed.process = process
            passed.send()  # one that came before there was a program
            code = process.wait()
        with suppress(OSError):  # git's index for `--only`, which a signal may leave behind
            (repo.git_dir / f"next-index-{process.pid}.lock").unlink()
        if passed.signal is not None:
            _remove_locks(repo, began)
        said.seek(0)
        return code, said.read(), passed.signal


def _remove_locks(repo: Repo, began: float) -> None:
    """Remove the locks that a git which a signal ended has left: of the index, of HEAD and of its branch.

    git removes its locks at a signal, but not one that it is creating when the signal comes. One of another git goes
    by itself; only what stays as it is counts as left.
    """
    branch = repo.answer("symbolic-ref", "-q", "HEAD").strip()
    asked = [word for name in ("index", "HEAD", branch) for word in ("--git-path", f"{name}.lock")]
    places = [repo.directory / line for line in repo.answer("rev-parse", *asked).splitlines()]
    seen = {place: found for place in places if (found := _made_since(place, began)) is not None}
    if seen:
        time.sleep(LOCK_STAYS)
    for place, found in seen.items():
        if _made_since(place, began) == found:
            with suppress(OSError):
                place.unlink()


def _made_since(place: Path, began: float) -> tuple[int, int, int] | None:
    """Return what tells a file from another one of its name; None if there is none, or it is older."""
    try:
        facts = place.lstat()
    except OSError:
        return None
    # Time stamps of files can be a tick of the kernel behind its clock.
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns) if facts.st_mtime >= began - 0.02 else None


class _Passed:
    """The program that gets our signals, and the last one that it got."""

    def __init__(self, *, group: bool) -> None:
        self.process: object = None
        self.signal: int | None = None
        self.group = group

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        self.send()

    def send(self) -> None:
        if self.process is None or self.signal is None:
            return
        pid = self.process.pid  # type: ignore[attr-defined]
        with suppress(ProcessLookupError):
            (os.killpg if self.group else os.kill)(pid, self.signal)


@contextmanager
def _signals_passed_on(*, group: bool) -> Iterator[_Passed]:
    """Within the block Ctrl-C, SIGTERM and SIGHUP end the program, and hooks with `group`; we wait for that."""
    passed = _Passed(group=group)
    if threading.current_thread() is not threading.main_thread():
        yield passed
        return
    before: Mapping[int, object] = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        for number in before:
            signal.signal(number, passed)
        yield passed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def _has_terminal() -> bool:
    """Whether hooks and signing may ask questions: then git stays in the terminal's group, which gets Ctrl-C itself."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def note(text: str) -> None:
    """Tell a person what a hook of theirs did."""
    console.step(f"note: {text}")
