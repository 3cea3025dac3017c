"""Tasks under plain `invoke`, and what they do with what is given to them."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from invoke import Context, Exit

from hubimages import errors
from hubimages.cli.task import operator_errors
from tests import command
from tests.histories import git

CHECKOUT = Path(__file__).parents[2]


def invoke(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *args]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_invoke_lists_the_same_tasks_in_a_checkout() -> None:
    done = invoke("--list")
    assert done.returncode == 0
    assert "Make an image repository from the template." in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("args", "taken_for"),
    [
        (["extract-image", "--dry-rum", "a", "b"], "SOURCE"),
        (["extract-image", "a", "-x", "b"], "IMAGE_DIR"),
        (["new-image-repo", "--dry-rum"], "DEST"),
        (["new-image-repo", "d", "--origin", "--psuh"], "--origin"),
        (["new-image-repo", "d", "--set", "--psuh"], "--set"),
    ],
)
def test_plain_invoke_runs_no_task_with_an_option_as_a_value(args: list[str], taken_for: str) -> None:
    done = invoke(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"was read as the value of {taken_for}." in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_positional_is_refused_since_it_would_mean_the_current_directory() -> None:
    done = invoke("new-image-repo", "")
    assert (done.returncode, done.stderr) == (2, "error: DEST is empty\n")


def every_error() -> list[type[errors.HubImagesError]]:
    return [errors.HubImagesError, *errors.HubImagesError.__subclasses__()]


@pytest.mark.parametrize("kind", every_error())
def test_an_error_becomes_its_message_and_its_exit_code(kind: type[errors.HubImagesError]) -> None:
    @operator_errors
    def task(c: Context) -> None:
        raise kind("what and how to mend it")

    with pytest.raises(Exit) as ended:
        task(Context())
    assert (ended.value.message, ended.value.code) == ("error: what and how to mend it", kind.exit_code)


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    codes = {kind.__name__: kind.exit_code for kind in every_error() if kind.__module__ == "hubimages.errors"}
    assert codes == {
        "HubImagesError": 1,
        "BadInputError": 2,
        "RefusedError": 3,
        "ProgramFailedError": 4,
        "NotInstalledError": 69,
        "StorageError": 74,
        "NoAnswerError": 75,
        "LoginError": 77,
    }


def test_a_full_disk_is_told_and_a_bug_keeps_its_traceback() -> None:
    @operator_errors
    def task(c: Context, number: int) -> None:
        raise OSError(number, "said by the system")

    with pytest.raises(Exit) as ended:
        task(Context(), errno.ENOSPC)
    assert ended.value.code == 74
    with pytest.raises(OSError, match="said by the system"):
        task(Context(), errno.EBADF)


@pytest.mark.parametrize(
    "words",
    [
        ["new-image-repo", "x", "--answers=none"],
        ["new-imagebuilding-hub", "--values=values.yaml", "--answers=none"],
        ["each", "--repos=none", "--", "update-image-repo"],
        ["images", "--hubs=none"],
        ["check-registry", "file"],
        ["extract-image", "file/x", "image", "y"],
        ["extract-image", ".", "image", "y", "--replace-text=none"],
        ["lock-environment", ".", "--made=none"],
        ["compare-locks", "none", "file"],
        ["find-images", ".", "--update=none"],
        ["test-image", "quay.io/a/b:1", "--repo=none"],
    ],
    ids=" ".join,
)
def test_a_file_that_cannot_be_read_is_told_in_words(words: list[str], tmp_path: Path) -> None:
    git("init", "--quiet", tmp_path)
    (tmp_path / "file").touch()
    done = command.hubimages(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) in {(2, ""), (69, "")}
    assert "Errno" not in done.stderr
