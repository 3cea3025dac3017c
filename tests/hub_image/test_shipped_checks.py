"""The pre-commit hook and the step for GitHub Actions, run as they are shipped."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.hub_image.trials import Deployment, deployment

CHECKOUT = Path(__file__).parent.parent.parent
ACTION = CHECKOUT / ".github/actions/check-hub-image/action.yml"


@pytest.fixture
def hub(tmp_path: Path) -> Deployment:
    return deployment(tmp_path / "repo")


def test_the_hook_stops_a_commit_that_brings_image_and_chart_out_of_step(hub: Deployment) -> None:
    hooks = YAML(typ="safe").load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [each for each in hooks if each["id"] == "check-hub-image"]
    program, *arguments = hook["entry"].split()
    assert program == "hubimages"
    # Installed already, so not installed once more into an environment of pre-commit's own.
    hook |= {"language": "system", "entry": f"{sys.executable} -m hubimages {' '.join(arguments)}"}
    (hub.path / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]}))
    hub.commit("Configure pre-commit")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=hub.path, check=True, capture_output=True)

    def commit() -> "subprocess.CompletedProcess[str]":
        hub.git("add", "--all")
        return subprocess.run(
            ["git", "commit", "-m", "Bump"], cwd=hub.path, check=False, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip

    hub.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")
    refused = commit()
    assert refused.returncode == 1
    assert "the chart is 4.4.0, the image is 4.3.3" in refused.stderr + refused.stdout
    hub.edit("images/hub/Dockerfile", "4.3.3", "4.4.0")
    passed = commit()
    assert passed.returncode == 0, passed.stderr
    (hub.path / "README.md").write_text("x")
    assert "(no files to check)Skipped" in commit().stderr


def step(number: int) -> Mapping[str, str]:
    read: Mapping[str, str] = YAML(typ="safe").load(ACTION.read_text())["runs"]["steps"][number]
    return read


def test_the_action_installs_the_checkout_that_it_is_in() -> None:
    path = step(0)["run"].split('"$GITHUB_ACTION_PATH/')[1].split('"')[0]
    assert (ACTION.parent / path).resolve() == CHECKOUT


def test_the_action_shows_findings_beside_their_lines_and_fails(hub: Deployment, tmp_path: Path) -> None:
    program = tmp_path / "hubimages/bin/hubimages"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hubimages "$@"\n')
    program.chmod(0o755)
    hub.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")

    def run() -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, "RUNNER_TEMP": str(tmp_path), "REPO": str(hub.path), "OFFLINE": "true"}
        command = ["bash", "-e", "-o", "pipefail", "-c", step(1)["run"]]  # as GitHub runs `shell: bash`
        return subprocess.run(command, cwd=CHECKOUT, env=env, check=False, capture_output=True, text=True)

    done = run()
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=helm-charts/images/hub/Dockerfile,line=2,title=versions-differ::")
    hub.edit("basehub/Chart.yaml", "4.4.0", "4.3.3")
    done = run()
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "1 hub image in step: hub")


def test_the_action_is_sound() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [str(zizmor), "--offline", "--no-progress", str(ACTION)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
