"""Which commands `each` takes, and what it refuses before a repository is cloned."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.fleet.command import Command
from hubimages.fleet.request import Request, Wanted
from tests.command import hubimages

CHECKOUT = Path(__file__).parents[2]


def each(*words: str, cwd: Path, program: str = "hubimages") -> subprocess.CompletedProcess[str]:
    if program == "hubimages":
        return hubimages("each", "--repos=repos", *words, cwd=cwd)
    argv = [sys.executable, "-m", program, "each", "--repos=repos", *words]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "each: missing TASK. Write it after the options: hubimages each [options] -- TASK ..."),
        (["--run"], 2, "each: missing PROGRAM."),
        (
            ["--", "check-enviroment"],
            2,
            "no task 'check-enviroment', did you mean check-environment?; a program",
        ),
        (["--", "sed", "-i"], 2, "each: no task 'sed'; a program of yours runs with --run"),
        (["--", "--run", "sed"], 2, "no option --run before the task"),
        (["--", "check-environment", "--fixx"], 2, "check-environment: no option --fixx, did you mean --fix?"),
        (["--", "check-environment", "here"], 2, "'here' is extra"),
        (["check-environment", "--dry-rum"], 2, "check-environment: no option --dry-rum, did you mean --dry-run?"),
        (["--dry-rum", "--", "check-environment"], 2, "each: no option --dry-rum, did you mean --dry-run?"),
        (["--", "images", "--repo=x"], 2, "each: leave out --repo of images: each gives it"),
        (["--", "bump-images", "--open-pr"], 2, "each: leave out --open-pr of bump-images: write it before the task"),
        (["--", "new-image-repo", "x"], 2, "new-image-repo does not work in one repository that is there"),
        (["--", "doctor"], 2, "doctor does not work in one repository that is there"),
        (["--", "each"], 2, "each does not work in one repository that is there"),
        (["--", "bump-hub-image"], 2, "bump-hub-image pushes an image wherever it runs. Add --no-push after the task"),
        (["--push", "--run", "--", "true"], 2, "--run with --commit, --push or --open-pr needs --branch=NAME"),
        (["--commit", "--branch=x", "--run", "true"], 2, "needs --message=TEXT"),
        (["--branch=a..b", "--", "check-environment"], 2, "--branch=a..b is not a valid branch name"),
        (["--jobs=-1", "--", "check-environment"], 2, "--jobs=-1: give a number from 1"),
        (["--jobs=two", "--", "check-environment"], 2, "each: --jobs=two: give a number"),
        (["--github=org", "--", "check-environment"], 2, "--repos and --github both name the repositories"),
        (["--push", "--", "check-environment"], 3, "Push to 1 repository? There is no terminal to ask on"),
    ],
)
def test_what_cannot_work_is_refused_with_one_line(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "repos").write_text("org/a\n")
    done = each(f"--cache={tmp_path / 'cache'}", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert said in done.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("program", ["hubimages", "invoke"])
def test_the_command_comes_after_two_dashes_with_the_words_as_they_are(program: str, tmp_path: Path) -> None:
    source = tmp_path / "image"
    for words in (
        ["init", "-q", "-b", "main", str(source)],
        ["-C", str(source), "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *words], check=True)
    (tmp_path / "repos").write_text(f"{source}\n")
    where = CHECKOUT if program == "invoke" else tmp_path
    options = (f"--repos={tmp_path / 'repos'}", f"--cache={tmp_path / 'cache'}", "--run")
    argv = [sys.executable, "-m", program, "each", *options, "--", "touch", "--", "--name"]
    done = subprocess.run(argv, cwd=where, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "diff --git a/--name b/--name" in done.stdout
    assert done.stdout.endswith("image\tchanged\t1 file\n")


def test_the_commit_of_a_long_command_has_a_short_subject_and_the_command_in_its_body(tmp_path: Path) -> None:
    words = ("lock-environment", *(f"--platform=linux/{name}" for name in ("amd64", "arm64", "ppc64le", "s390x")))
    request = Request(Command(words, "path"), Wanted(), tmp_path)
    subject, _, body = request.commit_message.partition("\n\n")
    assert subject == "Run hubimages lock-environment --platform=linux/amd64 ..."
    assert body == f"Run {request.command}"
    assert body.endswith("s390x")
    assert Request(Command(("x",), "path"), Wanted(), tmp_path).commit_message == "Run hubimages x"
