"""`nox -s changes` of a generated repository says whether a pull request, checked out as GitHub does, needs a build."""

import fnmatch
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hubimages import template
from tests.histories import git
from tests.sample import some

CANNOT = ("README.md", "LICENSE", ".gitignore", ".github/dependabot.yml", "CONTRIBUTING.md")
CAN = (
    "environment.yml", "apt.txt", "docs/page.md", "image-tests/README.md", ".github/workflows/build.yaml", "noxfile.py",
    ".github/requirements-repo2docker.txt", "LICENSE.txt", ".dockerignore", "README.md.sh",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("changes") / "our-image"
    template.plan_new_repository(path, {}).apply()
    return path


def merge(made: Path, changed: list[str], *, of_target: str = "", removed: str = "") -> None:
    """Check out GitHub's merge of a pull request that changes some files, or removes one."""
    first = git("-C", made, "rev-list", "--max-parents=0", "HEAD").strip()
    git("-C", made, "checkout", "--quiet", "--detach", "--force", first)
    for name in changed:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        with (made / name).open("a") as file:
            file.write("\n# more\n")
    if removed:
        (made / removed).unlink()
    git("-C", made, "add", "--all")
    git("-C", made, "commit", "--quiet", "--allow-empty", "--message", "Change")
    pull = git("-C", made, "rev-parse", "HEAD").strip()
    git("-C", made, "checkout", "--quiet", "--detach", first)
    if of_target:
        (made / of_target).write_text("# theirs\n")
        git("-C", made, "add", "--all")
    git("-C", made, "commit", "--quiet", "--allow-empty", "--message", "On the target branch")
    git("-C", made, "merge", "--quiet", "--no-ff", "--message", "Merge", pull)


def said(made: Path, output: Path, event: str = "pull_request") -> str:
    output.touch()
    env = {**os.environ, "GITHUB_EVENT_NAME": event, "GITHUB_OUTPUT": str(output)}
    argv = [sys.executable, "-m", "nox", "-s", "changes"]
    subprocess.run(argv, cwd=made, env=env, check=True, capture_output=True)
    return output.read_text()


@pytest.mark.parametrize("name", some(CANNOT, 0, 3))
def test_a_file_that_cannot_change_the_image_needs_no_build(made: Path, tmp_path: Path, name: str) -> None:
    merge(made, [name], of_target="environment.yml")
    assert said(made, tmp_path / "output") == "image=false\n"


@pytest.mark.parametrize("name", some(CAN, 0, 3, 5, 7))
def test_any_other_file_needs_a_build(made: Path, tmp_path: Path, name: str) -> None:
    merge(made, ["README.md", name])
    assert said(made, tmp_path / "output") == "image=true\n"


def test_what_is_removed_or_renamed_counts(made: Path, tmp_path: Path) -> None:
    merge(made, [], removed="environment.yml")
    assert said(made, tmp_path / "removed") == "image=true\n"
    merge(made, [], removed="README.md")
    assert said(made, tmp_path / "readme") == "image=false\n"


def test_what_is_no_merge_of_a_pull_request_is_built(made: Path, tmp_path: Path) -> None:
    merge(made, ["README.md"])
    assert said(made, tmp_path / "group", "merge_group") == "image=true\n"
    git("-C", made, "checkout", "--quiet", "--detach", "HEAD^2")
    assert said(made, tmp_path / "commit") == "image=true\n"


def test_a_pull_request_that_changes_nothing_is_built(made: Path, tmp_path: Path) -> None:
    merge(made, [])
    assert said(made, tmp_path / "output") == "image=true\n"


def test_a_push_ignores_the_same_files(made: Path) -> None:
    merge(made, [])
    on = YAML(typ="safe").load((made / ".github/workflows/build.yaml").read_text())["on"]
    program = "from image_build.changes import NOT_BUILT; print(*NOT_BUILT)"
    env = {**os.environ, "PYTHONPATH": str(made / ".github")}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert on["push"]["paths-ignore"] == done.stdout.split()
    assert all(any(fnmatch.fnmatch(name, each) for each in done.stdout.split()) for name in CANNOT)
