"""Start programs: an argument list and an explicit directory, never a shell, never `chdir`."""

import contextlib
import errno
import os
import re
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

from hubimages import address_login, console, signals
from hubimages.errors import HubImagesError, NoAnswerError, NotInstalledError, ProgramFailedError, StorageError
from hubimages.transfer import is_transfer, subcommand, transfer

E = TypeVar("E", bound=Exception)

LAST_LINES = 12
EVERY = 1.0  # seconds between two lines of progress
LONGEST_LINE = 4096  # bytes
LITTLE_ROOM = 64 * 1024  # bytes; a disk with less is full

# What a place on the disk can be, whatever the code does: names too long, a loop of links, a broken or busy disk.
UNUSABLE = (
    errno.ENAMETOOLONG, errno.ELOOP, errno.EBUSY, errno.EIO, errno.ENOTDIR, errno.EISDIR, errno.ESTALE, errno.EMFILE,
    errno.ENFILE, errno.ETXTBSY, errno.EILSEQ, errno.ENXIO, errno.ENODEV, errno.EFBIG,
)  # fmt: skip

# Programs in Go write it in lower case. Those in Rust add the number, which tells a file's error from a server's word.
FULL = re.compile(r"no space left on device|disk quota exceeded|out of diskspace", re.IGNORECASE)
NOT_WRITABLE = re.compile(r"read-only file system|permission denied \(os error 13\)", re.IGNORECASE)

# Variables that tie git to one repository (`git rev-parse --local-env-vars`). A task that git starts, in a hook for
# example, must not inherit them. Variables for logins and identities are kept.
GIT_LOCAL = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_OBJECT_DIRECTORY", "GIT_DIR",
    "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_QUARANTINE_PATH",
    "GIT_DEFAULT_HASH", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
)  # fmt: skip


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without git's repository variables, with messages in English."""
    env = {name: value for name, value in os.environ.items() if name not in GIT_LOCAL}
    env.pop("LANGUAGE", None)
    env["LC_ALL"] = "C.UTF-8"
    env.update(extra or {})
    address_login.add_helpers(env)
    return env


def _told(argv: Sequence[str]) -> Sequence[str]:
    """Return the command line without what other users of the machine must not read."""
    return address_login.without_logins(argv) if argv[0] == "git" else argv


def run(
    *argv: str,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Show the command, run it and return its stdout.

    Raises ProgramFailedError with the program's last lines, NotInstalledError if the program is missing, StorageError
    if the disk is full.
    """
    console.command(argv)
    return read(*argv, cwd=cwd, stdin=stdin, env=env)


def read(
    *argv: str,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Run the command without showing it and return its stdout. Raises what `run` raises."""
    done = attempt(*argv, cwd=cwd, stdin=stdin, env=env)
    if done.returncode:
        raise failure(argv, done.returncode, done.stderr or done.stdout)
    return done.stdout


def attempt(
    *argv: str,
    cwd: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command and return its exit code and output; a failure is for the caller to judge.

    Raises subprocess.TimeoutExpired if it takes more than `seconds`; then it is killed.
    """
    told = _told(argv)
    with _errors_of_start(argv[0], cwd):
        if is_transfer(told):
            return transfer(told, cwd=cwd, stdin=stdin, env=environment(env))
        return signals.complete(told, stdin, seconds, cwd=cwd, env=environment(env), stderr=subprocess.PIPE)


@contextlib.contextmanager
def _errors_of_start(name: str, cwd: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        if not cwd.is_dir():
            raise
        raise NotInstalledError(f"{name} is not installed, or not on PATH") from missing
    except OSError as error:
        raise os_failure(error) from error


def watch(
    *argv: str, cwd: Path, said: Callable[[str], None], live: Callable[[bytes], None] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and once a second call `said` with its last line, even if that is unchanged.

    `stdout` of the result has both outputs of the program in the order in which they came; `live` gets all of it as it
    comes.
    """
    output, line = bytearray(), ""
    with started(*argv, cwd=cwd, stderr=subprocess.STDOUT) as process, selectors.DefaultSelector() as waiting:
        assert process.stdout is not None
        waiting.register(process.stdout, selectors.EVENT_READ)
        due = time.monotonic() + EVERY
        while True:
            if waiting.select(max(0.0, due - time.monotonic())):
                came = os.read(process.stdout.fileno(), 1 << 16)
                if not came:
                    break
                output += came
                if live is not None:
                    live(came)
            if time.monotonic() >= due:
                line = next(filter(None, map(str.strip, reversed(_tail(output).splitlines()))), line)
                said(console.censor(line))
                due = time.monotonic() + EVERY
        return subprocess.CompletedProcess(argv, process.wait(), bytes(output), b"")


def _tail(output: bytearray) -> str:
    return output[-LONGEST_LINE:].decode(errors="replace")


@contextlib.contextmanager
def started(
    *argv: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
    new_session: bool = False,
    pass_fds: Sequence[int] = (),
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program, which is killed if it still runs when the block ends.

    With `new_session` the terminal's Ctrl-C does not reach it.
    """
    with contextlib.ExitStack() as stack:
        with _errors_of_start(argv[0], cwd):
            program = signals.started(
                _told(argv), cwd=cwd, env=environment(env), stdin=stdin, stdout=stdout, stderr=stderr,
                start_new_session=new_session, pass_fds=pass_fds,
            )  # fmt: skip
            process = stack.enter_context(program)
        yield process


def failure(argv: Sequence[str], code: int, output: bytes) -> HubImagesError:
    """Return the error for a failed program: its name, exit code and last lines."""
    text = console.without_colours(console.censor(output.decode(errors="replace"))).strip()
    if about_disk := disk_failure(text):
        return about_disk
    shown = "\n".join(f"    {line}" for line in text.splitlines()[-LAST_LINES:])
    name = git_command(argv) if argv[0] == "git" else argv[0]
    return ProgramFailedError(f"{name} failed (exit code {code})" + (f":\n{shown}" if shown else ""))


def with_reason(error: E, place: Path) -> E | StorageError:
    """Return StorageError for a program that failed where the disk of `place` is full; else the same error.

    Not every program gives the reason, and of one that ended we may see first that it no longer reads.
    """
    if isinstance(error, ProgramFailedError | NoAnswerError | BrokenPipeError) and is_full(place):
        return StorageError(f"the disk is full: free some space, or choose another place ({error})")
    return error


def is_full(place: Path) -> bool:
    """Return True if the disk of a place has next to no room left."""
    try:
        facts = os.statvfs(place)
    except OSError:
        return False
    return facts.f_bavail * facts.f_frsize < LITTLE_ROOM or (facts.f_files > 0 and facts.f_favail == 0)


def disk_failure(text: str) -> StorageError | None:
    """Return the error if what a program or a library says is that the disk is full or not writable."""
    for what, means in ((FULL, "the disk is full"), (NOT_WRITABLE, "cannot write")):
        if said := next(filter(what.search, text.splitlines()), ""):
            return StorageError(f"{means}: {said}")
    return None


def tells_of_full_disk(text: str) -> bool:
    """Return True if a program says that there is no space left."""
    return FULL.search(text) is not None


def git_command(argv: Sequence[str]) -> str:
    """Return `git SUBCOMMAND` for a command line with settings before the subcommand."""
    place = subcommand(argv)
    return f"git {argv[place]}" if place else "git"


def os_failure(error: OSError) -> HubImagesError | OSError:
    """Return the error that a user should see for a failed system call, or the same error for a bug."""
    is_copy = isinstance(error, shutil.Error)  # of a directory: with the reasons for each file as texts
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or (is_copy and tells_of_full_disk(str(error))):
        return StorageError("the disk is full: free some space, or choose another place")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"cannot write {error.filename}: {error.strerror}")
    if error.errno in UNUSABLE and error.filename is not None:
        return StorageError(f"cannot use {error.filename}: {error.strerror}")
    return error
