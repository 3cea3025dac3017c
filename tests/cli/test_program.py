"""The `hubimages` command as its users and other programs may rely on it: real processes, exit codes, both streams."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubimages import __version__
from hubimages.cli import command_line
from hubimages.cli.program import contexts
from hubimages.cli.tasks import GROUPS
from tests import command

TASKS = sorted(contexts())


# As a person's shell has it: unbuffered, Python would not try once more to write what it could not.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def hubimages(*args: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hubimages", *args],
        cwd=cwd,
        env={**ENVIRONMENT, **env},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_list_has_every_task_on_one_line_under_its_heading() -> None:
    done = hubimages("--list")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(listed) == TASKS
    assert [line for line in lines if line in GROUPS] == list(GROUPS)
    assert max(map(len, lines)) <= 100
    starts = {len(line) - len(line[2:].split(maxsplit=1)[1]) for line in lines if line.startswith("  ")}
    assert len(starts) == 1, "the one-line descriptions are aligned"


@pytest.mark.parametrize("args", [[], ["-l"], ["--help"], ["-h"]])
def test_the_overview_answers_every_way_of_asking_for_it(args: list[str]) -> None:
    done = hubimages(*args)
    assert (done.returncode, done.stdout) == (0, hubimages("--list").stdout)


@pytest.mark.parametrize(
    "args",
    [
        ["extract-image", "--help"],
        ["extract-image", "-h"],
        ["--help", "extract-image"],
        ["-h", "extract-image"],
        ["--help=extract-image"],
        ["extract-image", "source", "--help"],
        ["extract-image", "source", "dir", "dest", "--no-such-option", "--help"],
        ["extract-image", "--ref", "--help"],
    ],
)
def test_help_needs_no_arguments_and_minds_no_others(args: list[str]) -> None:
    done = hubimages(*args)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: hubimages extract-image SOURCE IMAGE_DIR DEST [options]\n")


@pytest.mark.parametrize("task", TASKS)
def test_help_explains_every_argument_of_every_task(task: str) -> None:
    shown = command.hubimages(task, "--help").stdout
    for argument in contexts()[task].args.values():
        assert argument.help, f"{task}: {argument.names[0]} has no help"
        assert " ".join(argument.help.split()) in " ".join(shown.split())
        assert len(command_line.spelling(argument)) <= 36  # the other column is the text


def test_what_stands_for_a_value_in_help_is_for_options_that_take_one() -> None:
    taking = {each.names[0] for task in TASKS for each in contexts()[task].args.values() if each.kind is not bool}
    assert set(command_line.VALUE_NAMES) <= taking
    assert command.hubimages("compare-locks", "a").stderr.startswith("error: compare-locks: missing AFTER; see: ")


def test_version() -> None:
    done = hubimages("--version")
    assert (done.returncode, done.stdout) == (0, f"hubimages {__version__}\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["extrct-image"], "no task 'extrct-image', did you mean extract-image?; see: hubimages --list"),
        (["extrct-image", "--help"], "no task 'extrct-image', did you mean extract-image?; see: hubimages --list"),
        (["--lsit"], "no option --lsit before the task, did you mean --list?; see: hubimages --list"),
        (["--list", "images"], "--list takes no other words, got 'images'; see: hubimages --list"),
        (["new-image-repo"], "new-image-repo: missing DEST; see: hubimages new-image-repo --help"),
        (
            ["check-registry", "a", "b"],
            "check-registry: takes [PATH]; 'b' is extra; see: hubimages check-registry --help",
        ),
        (["check-registry", ""], "check-registry: PATH is empty; see: hubimages check-registry --help"),
        (
            ["new-image-repo", "--dry-rum", "dest"],
            "new-image-repo: no option --dry-rum, did you mean --dry-run?; see: hubimages new-image-repo --help",
        ),
        (
            ["new-image-repo", "dest", "--dry-rum=x"],
            "new-image-repo: no option --dry-rum, did you mean --dry-run?; see: hubimages new-image-repo --help",
        ),
        (["new-image-repo", "-x"], "new-image-repo: no option -x; see: hubimages new-image-repo --help"),
        (
            ["new-image-repo", "dest", "--dry-run=no"],
            "new-image-repo: --dry-run takes no value; see: hubimages new-image-repo --help",
        ),
        (
            ["new-image-repo", "dest", "--origin", "--dry-run"],
            "new-image-repo: --origin needs a value (--origin=URL); see: hubimages new-image-repo --help",
        ),
        (
            ["new-image-repo", "dest", "--origin="],
            "new-image-repo: --origin needs a value (--origin=URL); see: hubimages new-image-repo --help",
        ),
        (
            ["new-image-repo", "dest", "--origin", "a", "--origin=b"],
            "new-image-repo: --origin is given twice; see: hubimages new-image-repo --help",
        ),
        (["new-image-repo", ""], "new-image-repo: DEST is empty; see: hubimages new-image-repo --help"),
        (
            ["new-image-repo", "dest", "extract-image"],
            "new-image-repo: takes DEST; 'extract-image' is extra; see: hubimages new-image-repo --help",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_one_line_and_the_remedy(
    args: list[str], message: str, tmp_path: Path
) -> None:
    done = hubimages(*args, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_looks_like_an_option_is_refused_after_two_dashes_too(tmp_path: Path) -> None:
    done = hubimages("new-image-repo", "--", "-dest", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("if it is a path, write ./-dest\n")


@pytest.mark.parametrize("broken", ["tasks: [", "tasks: 7", "run: {echo: true}"])
def test_configuration_of_invoke_is_not_read(broken: str, tmp_path: Path) -> None:
    for name in ("invoke.yaml", ".invoke.yaml"):
        (tmp_path / name).write_text(broken)
    variables = {"INVOKE_RUN_WATCHERS": "x", "INVOKE_RUNTIME_CONFIG": "absent.yaml", "INVOKE_TASKS_EXECUTOR_CLASS": "a"}
    done = hubimages("new-image-repo", "dest", "--push", cwd=tmp_path, HOME=str(tmp_path), **variables)
    assert (done.returncode, done.stderr) == (2, "error: --push needs an address to push to. Add --origin=URL\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as nobody_reads:
        done = subprocess.run(
            [sys.executable, "-m", "hubimages", "--list"],
            env=ENVIRONMENT,
            stdout=nobody_reads,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_stdout_has_its_exit_code() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hubimages", "--list"],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (74, 1)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_interrupted_ends_with_130_and_one_line(tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    os.mkfifo(answers)  # the task waits for what is never written
    writer = os.open(answers, os.O_RDWR)
    command = [sys.executable, "-m", "hubimages", "new-image-repo", "dest", "--answers", str(answers)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as running:
        try:
            wait_until_open(running.pid, answers)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=30)
        finally:
            running.kill()
    os.close(writer)
    assert (running.returncode, said) == (130, "interrupted\n")


def wait_until_open(pid: int, path: Path) -> None:
    for _ in range(500):
        if any(file.resolve() == path for file in Path(f"/proc/{pid}/fd").iterdir()):
            return
        time.sleep(0.02)
    pytest.fail(f"{path} was not opened")


WHILE_IMPORTING = """
import importlib.abc, os, runpy, signal, sys
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
runpy.run_module("hubimages", run_name="__main__")
"""


@pytest.mark.parametrize(
    "module",
    ["hubimages.cli", "hubimages.cli.program", "invoke", "invoke.config", "hubimages.run", "hubimages.cli.tasks.build"],
)
def test_ctrl_c_while_the_tasks_are_imported_is_one_line(module: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", WHILE_IMPORTING, module]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("text", ["quay.io/org/image:\x1b[2J", "quay.io/o\u202erg/image:1"])
def test_text_of_others_in_an_error_cannot_act_on_the_terminal(text: str, tmp_path: Path) -> None:
    done = hubimages("point-hubs", text, "--unchecked", f"--repo={tmp_path}")
    assert done.returncode == 2
    assert all(each.isprintable() or each == "\n" for each in done.stderr)
