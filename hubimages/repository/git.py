"""Run git in an explicit repository, without inherited state, with errors that say what to do.

Every function takes a `Repo`; nothing depends on the current directory. Output has NUL separators, so that every path
and name is read right.
"""

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
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
from hubimages.repository.packing import Object, not_among, packed
from hubimages.run import attempt, disk_failure, failure, started, with_reason

MINIMUM_VERSION = (2, 38)  # `merge-tree --write-tree`, `cat-file -z`

# Messages of git and of the programs that it calls (curl, ssh, the server), by what they mean for the user.
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
    r"|expected (flush|response end)|bad line length|premature end of pack"  # an answer that broke off
    r"|Empty reply|Failed to connect|Couldn't connect|Could not connect|Proxy"
    r"|\A\s*fatal: Could not read from remote repository",  # without a reason before it: the server went away
    re.IGNORECASE,
)
# GitHub's own line: "refusing to allow a GitHub App to create or update workflow `PATH` without `workflows` permission"
NO_WORKFLOWS = re.compile(r"refusing to allow (?P<who>.{1,300}?) to create or update workflow `?(?P<path>[^`\s]+)")
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
OPENSSH = re.compile(r"""(?:[\w./~+-]*/)?ssh(?:\.exe)?(?=\s|$)""")  # by git's own rule, the base name of the first word
# git's words for an object that is not there, or whose file a crash or a broken copy has spoilt
DAMAGED = re.compile(
    r"unable to (read|stream|parse) (\w+ ){0,3}[0-9a-f]{40}|could not read [0-9a-f]{40}|failed to traverse parents"
    r"|missing (\w+ ){1,2}'?[0-9a-f]{40}|object [0-9a-f]{40} .*is corrupt|object file \S.* is empty"
    r"|inflate: data stream error|bad (tree )?object",
    re.IGNORECASE,
)
NOT_FAST_FORWARD = re.compile(r"\[rejected\]|non-fast-forward|fetch first")


# What the output of commands depends on that we read, and what must not start while we do.
SETTINGS = {
    "gc.auto": "0",
    "maintenance.auto": "false",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "color.diff": "never",
    "color.ui": "never",
    "diff.mnemonicPrefix": "false",
    "diff.noprefix": "false",
    "diff.orderFile": "/dev/null",
    "diff.relative": "false",
    "diff.renames": "true",
    "log.follow": "false",
    "log.showRoot": "true",
    "log.showSignature": "false",
}


@dataclass(frozen=True, slots=True)  # of thousands of files
class TreeEntry:
    """A file, submodule or directory in a tree."""

    mode: str  # six digits: 040000 is a directory, 120000 a symlink, 160000 a submodule
    name: str  # the id of what is there
    path: str


@dataclass(frozen=True)
class Repo:
    """One repository, named by its git directory, and by its work tree if that is to be read or written.

    `config` has settings for these calls alone. git does not check who owns the repository: a person who names it by
    its path means it, and nothing in it is executed.
    """

    git_dir: Path
    work_tree: Path | None = None
    config: Mapping[str, str] = field(default_factory=dict)

    def packed_bytes(self) -> int:
        """Return the size of the repository's packs."""
        return sum(pack.stat().st_size for pack in (self.git_dir / "objects" / "pack").glob("*.pack"))

    def argv(self, *args: str) -> list[str]:
        """Return the full command line for git in this repository."""
        argv = ["git", f"--git-dir={self.git_dir}"]
        if self.work_tree is not None:
            argv.append(f"--work-tree={self.work_tree}")
        for name, value in {**SETTINGS, **self.config}.items():
            argv += ["-c", f"{name}={value}"]
        return [*argv, *args]

    @property
    def directory(self) -> Path:
        """The directory to start git in: the work tree, or the git directory of a bare repository."""
        return self.work_tree or self.git_dir

    def read(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run a git command without showing it and return its stdout. Raises ProgramFailedError if it fails."""
        argv = self.argv(*args)
        done = attempt(*argv, cwd=self.directory, stdin=stdin, env={**ENVIRONMENT, **(env or {})})
        if done.returncode:
            raise self.failure(args, done.returncode, done.stderr or done.stdout)
        return done.stdout

    def failure(self, args: Sequence[str], code: int, said: bytes) -> HubImagesError:
        """Return the error for a git command that failed; a full disk is one even if git does not say so."""
        error = with_reason(failure(["git", *args], code, said), self.git_dir)
        return damaged(str(error)) if type(error) is ProgramFailedError and DAMAGED.search(str(error)) else error

    def text(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Return the stdout of a git command as stripped text."""
        return self.read(*args, stdin=stdin, env=env).decode(errors="surrogateescape").strip()

    def answer(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Return the stdout of a git command whose exit code does not matter."""
        done = attempt(*self.argv(*args), cwd=self.directory, stdin=stdin, env={**ENVIRONMENT, **(env or {})})
        return done.stdout.decode(errors="surrogateescape")

    def succeeds(self, *args: str) -> bool:
        """Return True if the git command ends with exit code 0."""
        return attempt(*self.argv(*args), cwd=self.directory, env=ENVIRONMENT).returncode == 0

    def show(self, *args: str, stdin: bytes = b"") -> bytes:
        """Show the command as a person would type it, run it and return its stdout."""
        console.command(["git", "-C", str(self.directory), *args])
        return self.read(*args, stdin=stdin)

    def started(
        self,
        *args: str,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.PIPE,
        stderr: IO[bytes] | int = subprocess.PIPE,
    ) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        """Start a git command for a block, which waits for it with `finish`."""
        argv = self.argv(*args)
        return started(*argv, cwd=self.directory, env=ENVIRONMENT, stdin=stdin, stdout=stdout, stderr=stderr)

    def finish(self, process: "subprocess.Popen[bytes]") -> bytes:
        """Wait for a git command that `started` started and return its stdout. Raises what `read` raises."""
        output, errors = process.communicate()
        if process.returncode:
            assert isinstance(process.args, list | tuple)
            raise self.failure([str(word) for word in process.args[1:]], process.returncode, errors or output or b"")
        return output or b""

    def batch_check(self, names: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """Yield (id, type, size in bytes) for every object name; ("", "missing", 0) for a missing object.

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
        """Yield the content of every object named, in that order. All of them must exist."""
        if not names:
            return
        stdin = b"".join(name.encode(errors="surrogateescape") + b"\n" for name in names)
        output = self.read("cat-file", "--batch=%(objectsize)", "--buffer", stdin=stdin)
        position = 0
        for name in names:
            start = output.index(b"\n", position) + 1
            size = output[position : start - 1]
            if not size.isdigit():
                raise damaged(f"git cat-file: {name} is missing from the repository")
            yield output[start : start + int(size)]
            position = start + int(size) + 1

    def store(self, objects: Sequence[Object], known: Collection[str] = ()) -> list[str]:
        """Write objects as one pack, but those that are known; return the ids of all.

        No other pack is touched. git renews the time of a borrowed pack that has a loose object it is asked to write.
        """
        ids, new = not_among(objects, known)
        if new:
            self.read("index-pack", "--stdin", stdin=packed(list(new.values())))
        return ids

    def list_tree(self, treeish: str, *, recursive: bool = False) -> list[TreeEntry]:
        """Return what is directly in a tree; with `recursive` the files and submodules in it and below."""
        output = self.read("ls-tree", *(["-r"] if recursive else []), "-z", "--full-tree", treeish)
        entries = []
        for row in output.decode(errors="surrogateescape").split("\0")[:-1]:
            facts, path = row.split("\t", 1)
            mode, _, name = facts.split(" ")
            entries.append(TreeEntry(mode, name, path))
        return entries


# Replace refs and grafts are a private view of history; we read what everybody else has. And these commands stay on
# this machine: in a partial clone git would otherwise fetch a missing object, with whatever program the repository's
# own configuration names.
ENVIRONMENT = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # from git 2.44, and in the security releases before
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_OPTIONAL_LOCKS": "0",  # reading does not write the index, and takes no lock
}


def check_version() -> None:
    """Raise NotInstalledError unless a git new enough is on PATH, BadInputError if its configuration is broken."""
    done = attempt("git", "version", cwd=Path("/"))
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise BadInputError(f"git does not start: {said}")
    found = re.search(r"(?<!\d)(\d++)\.(\d+)", output)
    if not found or (int(found[1]), int(found[2])) < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        found_one = output.strip() or "no version"
        raise NotInstalledError(f"this needs git {wanted} or newer, and found {found_one}. Upgrade git")


@dataclass(frozen=True)
class Signature:
    """The author and the committer of commits that are made now, as commits have them."""

    author: bytes
    committer: bytes


def signature(directory: Path) -> Signature:
    """Return who commits here, now. Raises BadInputError where git does not know."""
    committer = _identity("GIT_COMMITTER_IDENT", directory)
    return Signature(_identity("GIT_AUTHOR_IDENT", directory), committer)


def check_identity(directory: Path) -> None:
    """Raise BadInputError unless git knows who commits here."""
    _identity("GIT_COMMITTER_IDENT", directory)


def _identity(variable: str, directory: Path) -> bytes:
    done = attempt("git", "var", variable, cwd=directory)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        if not re.search(r"who you are|ident|auto-detect", said):
            raise BadInputError(f"git cannot read its configuration: {said}")
        raise BadInputError(
            "git does not know who you are. Run: git config --global user.name 'Your Name' and "
            "git config --global user.email you@example.org"
        )
    return done.stdout.removesuffix(b"\n")


def remote_environment(directory: Path = Path("/")) -> dict[str, str]:
    """Return the variables for commands that talk to a remote: no questions where nobody can answer.

    What people have set stays in force (their variables, and `core.sshCommand` as git reads it in the directory):
    deploy keys, proxies, another ssh. OpenSSH gets one more option, other programs for ssh get none.
    """
    if console.is_interactive():
        return {}
    quiet = {name: value for name, value in QUIET.items() if name not in os.environ}
    if "GIT_SSH_COMMAND" in os.environ:
        command = os.environ["GIT_SSH_COMMAND"]
    else:
        done = attempt("git", "config", "--get", "core.sshCommand", cwd=directory)
        command = done.stdout.decode(errors="surrogateescape").strip()
        if not command and "GIT_SSH" in os.environ:
            return quiet  # a program's path, which takes no option
    if OPENSSH.match(command or "ssh"):
        quiet["GIT_SSH_COMMAND"] = f"{command or 'ssh'} -o BatchMode=yes"
    return quiet


class WorkflowRightError(LoginError):
    """GitHub refuses a push, because the token may not change workflows."""


def remote_failure(
    address: str, argv: Sequence[str], code: int, output: bytes, writes: Path | None = None
) -> HubImagesError:
    """Return the error for a git command that talked to a remote and failed; `writes`: the place of what it fetches."""
    shown = console.censor(address)
    lines = console.censor(output.decode(errors="replace")).strip().splitlines()
    said = next((line for line in reversed(lines) if re.search(r"fatal|error|denied|rejected", line)), "no message")
    if NOT_FAST_FORWARD.search(said + "\n".join(lines)):
        return RefusedError(f"{shown} has commits that this push lacks; nothing was pushed: {said}")
    text = "\n".join(lines)
    if "dubious ownership" in text:
        return RefusedError(
            f"git does not serve {shown}, which belongs to another user: give its directory, which is read in place"
        )
    if about_disk := disk_failure("\n".join(line for line in lines if not line.startswith("remote:"))):
        return about_disk  # first: the other side hears of it as a connection that broke
    if (refused := NO_WORKFLOWS.search(text)) or NO_RIGHT.search(text):
        return _no_right(shown, said, refused)
    if NOT_THERE.search(text):
        return BadInputError(f"no git repository at {shown} (or it is private and you are not logged in): {said}")
    if NO_ANSWER.search(text):
        error: HubImagesError = NoAnswerError(f"no answer from {shown}, try again later: {said}")
    else:
        error = failure(argv, code, output)
    return with_reason(error, writes) if writes else error


def _no_right(shown: str, said: str, workflow: re.Match[str] | None) -> LoginError:
    if workflow is None:
        return LoginError(f"{shown} refused the login, or the right is missing: {said}")
    return WorkflowRightError(
        f"{shown} refuses the push: {workflow['who']} may not change {workflow['path']}. It needs the permission "
        "Workflows (write), too"
    )


def damaged(said: str) -> ProgramFailedError:
    """Return the error for objects that are not there or not whole, with git's words.

    The repository is not named: it may be one of ours that borrows the person's objects.
    """
    remedy = "Use a new clone of the whole repository; git fsck names them"
    return ProgramFailedError(f"objects of the repository are missing or damaged. {remedy}\n{said}")
