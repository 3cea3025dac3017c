"""git, as this project calls it: an explicit repository, no inherited state, and errors that say what to do.

Every function takes the repository as a `Repo`; nothing depends on the current directory. Output is asked for with
NUL separators, so any path and any name is read right.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from hubimages import console
from hubimages.errors import (
    BadInputError,
    HubImagesError,
    LoginError,
    NoAnswerError,
    NotInstalledError,
    ProgramFailedError,
    RefusedError,
)
from hubimages.run import attempt, failure, start

MINIMUM_VERSION = (2, 38)  # `merge-tree --write-tree`, `cat-file -z`

# What git and the programs it calls (curl, ssh, the server) say, and what that means for the person who waits.
NO_RIGHT = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied \(|HTTP 401|HTTP 403|error: 40[13]"
    r"|Permission to .* denied|terminal prompts disabled|Host key verification failed"
    r"|Invalid username or (password|token)",
    re.IGNORECASE,
)
NOT_THERE = re.compile(
    r"does not appear to be a git repository|repository '.*' (not found|does not exist)|Repository not found"
    r"|error: 404|does not exist|not a git repository|No such remote|transport '.*' not allowed"
    r"|unable to find remote helper|is not a git command|strange (pathname|hostname)|no path specified"
    r"|is this a git repository|protocol '.*' is not supported",
    re.IGNORECASE,
)
NO_ANSWER = re.compile(
    r"Could not resolve|Connection (refused|timed out|reset)|Network is unreachable|No route to host|early EOF"
    r"|unexpected disconnect|RPC failed|error: (429|5\d\d)|Operation timed out|SSL|gnutls|the remote end hung up"
    r"|Empty reply|Failed to connect|Couldn't connect|Could not connect|Proxy",
    re.IGNORECASE,
)
NOT_FAST_FORWARD = re.compile(r"\[rejected\]|non-fast-forward|fetch first")


@dataclass(frozen=True)
class Repo:
    """One repository, named by its git directory (and its work tree, where one is to be written).

    `config` holds settings for these calls alone. Ownership is not asked about: who names a repository by its path
    means that repository, and nothing in it is executed.
    """

    git_dir: Path
    work_tree: Path | None = None
    config: Mapping[str, str] = field(default_factory=dict)

    def argv(self, *args: str) -> list[str]:
        """The full command line for git in this repository."""
        argv = ["git", f"--git-dir={self.git_dir}"]
        if self.work_tree is not None:
            argv.append(f"--work-tree={self.work_tree}")
        settings = {
            "gc.auto": "0",
            "maintenance.auto": "false",
            "core.fsmonitor": "false",
            "core.quotePath": "false",
            **self.config,
        }
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return [*argv, *args]

    @property
    def directory(self) -> Path:
        """Where git is started: the work tree, or the git directory of a bare repository."""
        return self.work_tree or self.git_dir

    def read(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """The stdout of a git command that is not worth showing. Raises ProgramFailedError when it fails."""
        argv = self.argv(*args)
        done = attempt(*argv, cwd=self.directory, stdin=stdin, env={**ENVIRONMENT, **(env or {})})
        if done.returncode:
            raise failure(["git", *args], done.returncode, done.stderr or done.stdout)
        return done.stdout

    def text(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """The stdout of a git command as stripped text."""
        return self.read(*args, stdin=stdin, env=env).decode(errors="surrogateescape").strip()

    def succeeds(self, *args: str) -> bool:
        """Whether a git command whose failure is an answer ends with exit code 0."""
        return attempt(*self.argv(*args), cwd=self.directory, env=ENVIRONMENT).returncode == 0

    def show(self, *args: str, stdin: bytes = b"") -> bytes:
        """Show the command as a person would type it, run it, return its stdout."""
        console.command(["git", "-C", str(self.directory), *args])
        return self.read(*args, stdin=stdin)

    def start(
        self,
        *args: str,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.PIPE,
        stderr: IO[bytes] | int = subprocess.PIPE,
    ) -> "subprocess.Popen[bytes]":
        """Start a git command that works while we go on; the caller waits for it (`finish`)."""
        return start(*self.argv(*args), cwd=self.directory, env=ENVIRONMENT, stdin=stdin, stdout=stdout, stderr=stderr)

    def batch_check(self, names: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """For every object name: (id, type, size in bytes); ("", "missing", 0) where there is no such object.

        Names may be any extended SHA-1 expression (`<commit>:<path>`), without a newline in it.
        """
        if not names:
            return
        stdin = b"".join(name.encode(errors="surrogateescape") + b"\n" for name in names)
        form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        output = self.read("cat-file", form, "--buffer", stdin=stdin)
        for line in output.split(b"\n")[:-1]:
            parts = line.rsplit(b" ", 2)
            if line.endswith((b" missing", b" ambiguous")) or len(parts) != 3 or not parts[2].isdigit():
                yield "", "missing", 0
            else:
                yield parts[0].decode(), parts[1].decode(), int(parts[2])

    def contents(self, names: Sequence[str]) -> Iterator[bytes]:
        """The content of every object named, in that order. All of them must exist."""
        if not names:
            return
        stdin = b"".join(name.encode(errors="surrogateescape") + b"\n" for name in names)
        output = self.read("cat-file", "--batch=%(objectsize)", "--buffer", stdin=stdin)
        position = 0
        for name in names:
            start = output.index(b"\n", position) + 1
            size = output[position : start - 1]
            if not size.isdigit():
                raise ProgramFailedError(f"git cat-file: {name} is missing from the repository")
            yield output[start : start + int(size)]
            position = start + int(size) + 1


# Replace refs and grafts are a private view of history; what we read is what everybody else has. And these commands
# work here alone: in a partial clone git would otherwise fetch a missing object by itself, with whatever program the
# repository's own configuration names for that.
ENVIRONMENT = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # from git 2.44, and in the security releases before
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_OPTIONAL_LOCKS": "0",  # to look at a repository is not to write into it, nor to be in somebody's way
}


def check_version() -> None:
    """Raise NotInstalledError unless a git new enough is on PATH."""
    output = attempt("git", "version", cwd=Path("/")).stdout.decode()
    found = re.search(r"(\d+)\.(\d+)", output)
    if not found or (int(found[1]), int(found[2])) < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise NotInstalledError(f"git {wanted} or newer is needed, this is {output.strip() or 'unknown'}: upgrade git")


def check_identity(directory: Path) -> None:
    """Raise BadInputError unless git knows who commits here."""
    if attempt("git", "var", "GIT_COMMITTER_IDENT", cwd=directory).returncode:
        raise BadInputError(
            "git does not know who you are: git config --global user.name 'Your Name' and "
            "git config --global user.email you@example.org"
        )


def remote_environment() -> dict[str, str]:
    """Settings for commands that talk to a remote: no question is put where nobody can answer."""
    if console.is_interactive():
        return {}
    return {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes", "GCM_INTERACTIVE": "never"}


def remote_failure(address: str, argv: Sequence[str], code: int, output: bytes) -> HubImagesError:
    """The error for a git command that talked to a remote and failed."""
    shown = console.censor(address)
    lines = console.censor(output.decode(errors="replace")).strip().splitlines()
    said = next((line for line in reversed(lines) if re.search(r"fatal|error|denied|rejected", line)), "no message")
    if NOT_FAST_FORWARD.search(said + "\n".join(lines)):
        return RefusedError(f"{shown} has commits that are not in what would be pushed; nothing was pushed: {said}")
    text = "\n".join(lines)
    if "dubious ownership" in text:
        return RefusedError(
            f"git does not serve {shown}, which belongs to another user: give its directory, which is read in place"
        )
    if NO_RIGHT.search(text):
        return LoginError(f"{shown} refused the login, or the right is missing: {said}")
    if NO_ANSWER.search(text) and not NOT_THERE.search(text):
        return NoAnswerError(f"no answer from {shown}, try again later: {said}")
    if NOT_THERE.search(text):
        return BadInputError(f"no git repository at {shown} (or it is private and you are not logged in): {said}")
    return failure(argv, code, output)
