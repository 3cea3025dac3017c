"""`hubimages help TOPIC`: what people look up that is not about one task."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import errors
from hubimages.cli.topics import TOPICS, text

CHECKOUT = Path(__file__).parents[2]
NOT_FOR_PEOPLE = {  # what hubimages sets for programs that it starts, or reads in an image, a server or a workflow
    "GITHUB_ACTIONS", "GITHUB_REPOSITORY", "GIT_CONFIG_COUNT", "GIT_SSH_COMMAND", "HUBIMAGES_PREVIEW", "IMAGE",
    "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL", "PATH", "PYTHON_VERSION", "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR", "X_IMAGE",
}  # fmt: skip


def hubimages(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hubimages", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_without_a_topic_there_is_a_list_of_all() -> None:
    done = hubimages("help")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")] == list(TOPICS)
    assert f"lists them: {', '.join(TOPICS)}." in " ".join(hubimages("help", "--help").stdout.split())


def test_an_unknown_topic_is_one_line_with_those_there_are() -> None:
    done = hubimages("help", "exitcodes")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"error: no topic exitcodes; there are {', '.join(TOPICS)}. About a task: hubimages TASK --help\n"
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_a_terminal_of_100_columns(topic: str) -> None:
    assert max(map(len, text(topic).splitlines())) <= 100


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_names_only_tasks_and_options_that_exist(topic: str) -> None:
    reference = (CHECKOUT / "docs/reference.md").read_text()
    options = set(re.findall(r"`(--[a-z-]+)", reference)) | {"--help"}
    assert set(re.findall(r"(?<!\w)--[a-z-]+", text(topic))) <= options
    tasks = set(re.findall(r"^### ([\w-]+)$", reference, re.MULTILINE)) | set(TOPICS) | {"TASK", "TOPIC"}
    assert set(re.findall(r"(?:^  |: *)hubimages ([\w-]+)", text(topic), re.MULTILINE)) <= tasks


def test_every_exit_code_is_there() -> None:
    codes = {kind.exit_code for kind in errors.HubImagesError.__subclasses__()} | {0, 1, 129, errors.INTERRUPTED, 143}
    assert {int(number) for number in re.findall(r"^ +(\d+)  ", text("exit-codes"), re.MULTILINE)} == codes


def test_every_variable_that_the_code_reads_is_named() -> None:
    read = set()
    for file in (CHECKOUT / "hubimages").rglob("*.py"):
        code = file.read_text()
        constants = dict(re.findall(r'^([A-Z_]+) = "([A-Z_]+)"', code, re.MULTILINE))
        read |= set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', code))
        read |= {constants[name] for name in re.findall(r"environ(?:\.get\(|\[)([A-Z_]+)\b", code) if name in constants}
    assert read - set(re.findall(r"[A-Z_]{4,}", text("environment"))) - set(text("logins").split()) <= NOT_FOR_PEOPLE
