"""Hooks of the deployment repository that fix Dockerfile, chart and values while a bump commits."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import HubImagesError
from tests import command
from tests.deployments import NEW, OLD, git
from tests.hooks import FIX, write_hook

FILES = {
    "helmfile.yaml": f"releases:\n  - name: hub\n    chart: jupyterhub/jupyterhub\n    version: {OLD}\n",
    "hub/Dockerfile": f"FROM jupyterhub/k8s-hub:{OLD}   \nRUN true\n",
    "hub/values.yaml": "singleuser: {}\n",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "r"
    for name, text in FILES.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    git(clone, "init", "-q", "-b", "main")
    git(clone, "add", "--all")
    git(clone, "commit", "-q", "-m", "Begin")
    (tmp_path / "fix.py").write_text(FIX)
    return clone


def bump(clone: Path) -> "subprocess.CompletedProcess[str]":
    return command.hubimages("bump-hub-image", "--chart-version", NEW, f"--repo={clone}")


@pytest.mark.parametrize("kind", ["refuse", "add"])
def test_what_a_hook_fixes_goes_with_the_bump_and_a_second_run_changes_nothing(clone: Path, kind: str) -> None:
    write_hook(clone, "pre-commit", f"{sys.executable} {clone.parent}/fix.py {kind} $(git diff --cached --name-only)")
    done = bump(clone)
    assert done.returncode == 0, done.stderr
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "--format=%s").splitlines() == [f"Bump the jupyterhub chart to {NEW}", "Begin"]
    assert git(clone, "show", "HEAD:hub/Dockerfile") == f"FROM jupyterhub/k8s-hub:{NEW}\nRUN true"
    assert "hub/Dockerfile" in done.stderr, "what the hook changed is said"
    head = git(clone, "rev-parse", "HEAD")
    assert bump(clone).returncode == 0
    assert git(clone, "rev-parse", "HEAD") == head


def test_a_hook_that_refuses_leaves_everything_as_it_was(clone: Path) -> None:
    write_hook(clone, "pre-commit", "echo no such commit; exit 1")
    done = bump(clone)
    assert done.returncode == 4
    assert "no such commit" in done.stderr
    assert (git(clone, "status", "--porcelain"), git(clone, "log", "--format=%s")) == ("", "Begin")
    (clone / ".git/hooks/pre-commit").unlink()
    assert bump(clone).returncode == 0


def test_going_back_is_asked_about_without_chartpress_too(clone: Path) -> None:
    with pytest.raises(HubImagesError, match=f"not bumped: helmfile.yaml:4 stays at {OLD}"):
        hub_image.bump_hub_image(hub_image.BumpRequest(clone, "1.0.0"), lambda question: False)
    assert git(clone, "status", "--porcelain") == ""
