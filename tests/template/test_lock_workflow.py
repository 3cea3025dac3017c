"""The workflow that proposes a lock starts the tests of its pull request; pixi's new lock is made elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hubimages import template
from tests.histories import git
from tests.template.all_workflows import Renderer

# Answers with the commit that each branch has on GitHub, and writes down which workflows it is asked to run.
GH = """\
#!/bin/sh
case "$1 $2" in
  "api repos/our-org/our-image/commits/"*) cat "$PUSHED/${2##*/}" ;;
  "workflow run") echo "$*" >> "$PUSHED/asked" ;;
  *) exit 1 ;;
esac
"""
PIXI_DOCKER = """\
#!/bin/sh
test "$1" = run || exit 0
printf %s "$LOCKED" > pixi.lock
"""
MADE = """\
import sys
sys.path.insert(0, sys.argv[1])
from image_build import pixi
class Session:
    def log(self, text): print(text)
with pixi.new_lock(Session()) as made:
    from pathlib import Path
    print(Path(made).name, Path(made).read_text(), Path("pixi.lock").is_file() and Path("pixi.lock").read_text())
"""


def script() -> str:
    """Return the step that starts the tests."""
    (step,) = [
        step
        for step in YAML(typ="safe").load(Renderer().render({"lock": "monthly"})["lock.yaml"])["jobs"]["lock"]["steps"]
        if step["name"] == "Start the tests of the pull request"
    ]
    return str(step["run"])


def program(folder: Path, name: str, text: str) -> dict[str, str]:
    """Write a program, and return an environment in which it is found first."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("proposed", ["now", "before", "nothing"])
def test_the_tests_start_for_a_lock_that_this_run_proposed(tmp_path: Path, proposed: str) -> None:
    repository, pushed = tmp_path / "image", tmp_path / "pushed"
    pushed.mkdir()
    git("init", "--quiet", "--initial-branch=main", repository)
    git("-C", repository, "commit", "--quiet", "--allow-empty", "--message", "Start")
    if proposed != "nothing":
        git("-C", repository, "switch", "--quiet", "--create", "hubimages/lock-01234567")
        git("-C", repository, "commit", "--quiet", "--allow-empty", "--message", "Refresh conda-lock.yml")
        commit = git("-C", repository, "rev-parse", "HEAD").strip() if proposed == "now" else "0" * 40
        (pushed / "lock-01234567").write_text(f"{commit}\n")
    env = program(tmp_path / "bin", "gh", GH) | {"PUSHED": str(pushed), "GITHUB_REPOSITORY": "our-org/our-image"}
    subprocess.run(["bash", "-e", "-c", script()], cwd=repository, env=env, check=True)
    asked = (pushed / "asked").read_text() if (pushed / "asked").exists() else ""
    assert asked == ("workflow run test.yaml --ref hubimages/lock-01234567\n" if proposed == "now" else "")


def test_the_tests_that_the_workflow_starts_can_be_started() -> None:
    rendered = {lock: Renderer().render({"lock": lock}) for lock in ("monthly", "never")}
    assert "workflow_dispatch" in YAML(typ="safe").load(rendered["monthly"]["test.yaml"])["on"]
    assert "workflow_dispatch" not in YAML(typ="safe").load(rendered["never"]["test.yaml"])["on"]
    assert "lock.yaml" not in rendered["never"]


@pytest.mark.parametrize("before", ["old", ""])
def test_pixis_new_lock_is_made_elsewhere(tmp_path: Path, before: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM ghcr.io/prefix-dev/pixi:0.60.0 AS build\n")
    if before:
        (tmp_path / "pixi.lock").write_text(before)
    env = program(tmp_path / "bin", "docker", PIXI_DOCKER) | {"LOCKED": "new"}
    code = template.template_directory() / "<<cookiecutter.repo>>/.github"
    argv = [sys.executable, "-B", "-c", MADE, str(code)]
    done = subprocess.run(argv, cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
    assert done.stdout == f"pixi.lock has changed. Commit it\npixi.lock new {before or False}\n"
    assert (tmp_path / "pixi.lock").exists() == bool(before)
