"""What the template becomes with given answers.

cookiecutter runs in another process (`renderer`), with its own home directory: the user's cookiecutter configuration
could change the delimiters, and cookiecutter writes a replay file into the home directory. Whoever has other work to do
first starts that process early: half of its time are imports.
"""

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages import disk, signals, yaml_text
from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, StorageError
from hubimages.repository import git, staging
from hubimages.run import failure, os_failure, started
from hubimages.template.answers import read_answers
from hubimages.template.checking import check_answers
from hubimages.template.origin import Origin, find_origin
from hubimages.template.questions import RECORD, questions, template_context, template_directory

AS_RENDERED = {"core.attributesFile": "/dev/null", "core.autocrlf": "false", "core.safecrlf": "false"}


@dataclass(frozen=True)
class RenderedFile:
    """The bytes of one file, and whether it is executable."""

    data: bytes
    executable: bool


@dataclass(frozen=True)
class Rendering:
    """A rendered repository: every answer it was made with, defaults included, and its files by path (with `/`).

    `origin` is where its workflows install hubimages from; without a commit, no job of theirs does.
    """

    answers: Mapping[str, str]
    files: Mapping[str, RenderedFile]
    origin: Origin

    def write(self, directory: Path) -> None:
        """Write the files into a new directory. Raises StorageError."""
        try:
            directory.mkdir()
            for name, file in self.files.items():
                path = directory / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.data)
                if file.executable:
                    path.chmod(path.stat().st_mode | (path.stat().st_mode & 0o444) >> 2)  # as the umask allows
        except OSError as error:
            raise os_failure(error) from error

    def add(self, repo: git.Repo, env: Mapping[str, str] | None = None) -> None:
        """Add exactly these files to git's index.

        By force, so that a person's own global ignore file cannot keep a file of the template out, and as rendered,
        whatever their settings say about line ends.
        """
        repo = replace(repo, config={**repo.config, **AS_RENDERED})
        paths = "".join(f"{name}\0" for name in self.files)
        repo.read("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=paths.encode(), env=env)


def render(answers: Mapping[str, str], parent: Path) -> Path:
    """Render the template into `parent/<repo>`, whole or not at all, and return that directory.

    Raises BadInputError for a bad answer, with one line that says which and why; RefusedError when the directory is
    in use.
    """
    rendering = render_files(answers)
    with staging.beside(parent / rendering.answers["repo"]) as stage:
        rendering.write(stage.path / "repository")
        stage.publish(stage.path / "repository")
        return stage.dest


@contextlib.contextmanager
def renderer() -> Iterator["subprocess.Popen[bytes]"]:
    """Start the process that renders; it waits for what `render_files` tells it, and ends with the block."""
    environment = {"PYTHONIOENCODING": "utf-8"}
    program = Path(__file__).with_name("renderer.py")
    argv = (sys.executable, "-P", str(program))  # -P: not with the modules beside it
    with started(*argv, cwd=Path("/"), env=environment, stdin=subprocess.PIPE) as process:
        yield process


@contextlib.contextmanager
def rendering_server(clients: int) -> Iterator[list[socket.socket]]:
    """Start one process that renders for several clients, and yield a connection for each of them.

    A client is one thread or process at a time; it gives its connection to `render_files`. The process ends when all
    connections are closed. It is a fork, which shares with us what both have imported.
    """
    pairs = [socket.socketpair() for _ in range(clients)]
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    with disk.temporary_directory("renderer", disk.in_memory()) as home, contextlib.ExitStack() as stack:
        gc.freeze()  # the collector would write into what both share
        with signals.postponed() as as_before:  # until it is known for whom to wait
            arguments = (as_before, home, ours, theirs)
            server = multiprocessing.get_context("fork").Process(target=_serve, args=arguments, daemon=True)
            server.start()
            stack.callback(server.join)
            for each in ours:
                stack.enter_context(each)
            for each in theirs:
                each.close()
        yield ours


def _serve(
    as_before: Callable[[], None], home: Path, others: Sequence[socket.socket], connections: Sequence[socket.socket]
) -> None:
    as_before()
    gc.disable()
    for each in others:
        each.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.chdir("/")
    with contextlib.suppress(KeyboardInterrupt):
        importlib.import_module("hubimages.template.renderer").serve(str(home), connections)


def render_files(
    answers: Mapping[str, str],
    origin: Origin | None = None,
    started: "subprocess.Popen[bytes] | socket.socket | None" = None,
) -> Rendering:
    """Render the template in memory; nothing is left on disk. Raises BadInputError for a bad answer.

    `origin` is that of the template, unless another is given; `started` is a `renderer` that has been started already,
    or a connection to a `rendering_server`.
    """
    check_answers(answers)
    origin = origin or find_origin(template_directory())
    place = disk.in_memory()
    try:
        rendering = _rendered(answers, origin, place, started)
    except (StorageError, OSError):
        if place is None:
            raise
        rendering = _rendered(answers, origin, None, None)  # others may have filled it meanwhile
    for key, value in answers.items():  # the record is what an update will start from
        if rendering.answers[key] != value:
            raise ProgramFailedError(f"the template recorded {key} as {rendering.answers[key]!r}, not as {value!r}")
    return rendering


def _rendered(
    answers: Mapping[str, str],
    origin: Origin,
    place: Path | None,
    started: "subprocess.Popen[bytes] | socket.socket | None",
) -> Rendering:
    """Return what the template becomes; the files are below `place` meanwhile, or in TMPDIR."""
    with disk.temporary_directory("render", place) as temporary:
        done = run_cookiecutter(template_directory(), {**answers, **_private(origin)}, Path(temporary), started)
        if done.returncode:
            raise _refusal(done.returncode, done.stderr, done.stdout)
        return read_rendering(Path(temporary, "output"), origin)


def run_cookiecutter(
    source: Path,
    values: Mapping[str, str],
    temporary: Path,
    started: "subprocess.Popen[bytes] | socket.socket | None" = None,
) -> "subprocess.CompletedProcess[bytes]":
    """Render a template's directory into `temporary/output`, and return how cookiecutter ended."""
    home = temporary / "home"
    home.mkdir(parents=True)
    asked = {"template": str(source), "output": str(temporary / "output"), "home": str(home), "answers": dict(values)}
    if isinstance(started, socket.socket):
        return _asked(started, asked)
    with contextlib.nullcontext(started) if started is not None else renderer() as process:
        stdout, stderr = process.communicate(json.dumps(asked).encode())
        return subprocess.CompletedProcess(["cookiecutter"], process.returncode, stdout, stderr)


def _asked(connection: socket.socket, asked: Mapping[str, object]) -> "subprocess.CompletedProcess[bytes]":
    """Return how a rendering ended that a server was asked for."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(json.dumps(asked).encode() + b"\n")
        with connection.makefile("rb") as answers:
            for line in answers:
                answer = json.loads(line)
                if answer["output"] == asked["output"]:  # not what somebody asked for who gave up
                    stdout, stderr = (answer[name].encode(errors="replace") for name in ("stdout", "stderr"))
                    return subprocess.CompletedProcess(["cookiecutter"], answer["code"], stdout, stderr)
    raise ProgramFailedError("the process that renders the template has ended. Run the task again")


def _private(origin: Origin) -> dict[str, str]:
    """The template's own variables about its origin; plain cookiecutter asks git for them."""
    address = origin.address or template_context()["_address"]
    return {"__template": address, "__commit": origin.commit, "__problem": origin.problem}


def read_rendering(output: Path, origin: Origin) -> Rendering:
    """Return what cookiecutter rendered into a directory. Raises ProgramFailedError unless it is one repository."""
    directories = list(output.iterdir())
    if len(directories) != 1:
        raise ProgramFailedError(f"cookiecutter made {len(directories)} directories instead of one")
    (directory,) = directories
    files = {
        path.relative_to(directory).as_posix(): RenderedFile(path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    return Rendering(_recorded(directory / RECORD), files, origin)


def _recorded(record: Path) -> dict[str, str]:
    """Return the answers in a record as `read_answers` does; libyaml reads one in which all are texts 20 times faster.

    The template writes them in quotes. What another version of it wrote without them may be a number to libyaml.
    """
    with contextlib.suppress(yaml_text.UnreadableYamlError, OSError, ValueError):
        loaded = yaml_text.load(record.read_text(encoding="utf-8"))
        answers = loaded.get("answers") if isinstance(loaded, dict) else None
        if isinstance(answers, dict) and all(isinstance(one, str) for row in answers.items() for one in row):
            return answers
    return read_answers(record)


def _refusal(code: int, stderr: bytes, stdout: bytes) -> HubImagesError:
    """Return the error for the template's one line. cookiecutter adds lines of its own about a failed hook."""
    keys = tuple(f"{question.key}: " for question in questions())
    for line in (stderr + b"\n" + stdout).decode(errors="replace").splitlines():
        if line.startswith(keys):
            return BadInputError(line)
    return failure(["cookiecutter"], code, stderr or stdout)
