"""The workflows for deployment repositories: sound by every checker, and their own steps really run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hubimages.template import deployment_workflow, find_origin, template_directory
from tests import schemas
from tests.engine.registry import Registry
from tests.github import GitHub, answering
from tests.references.pointing import FILES, changed_lines, git, make_deployment
from tests.registry.images import Publisher

FOLDER = Path(__file__).parents[2] / "deployment-workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yaml"))


def run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_the_workflow_passes_the_checkers(workflow: Path) -> None:
    bin_directory = Path(sys.executable).parent
    run(str(bin_directory / "zizmor"), "--offline", "--no-progress", "--persona=regular", str(workflow))
    assert schemas.problems("github-workflows", workflow) == []


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = YAML(typ="safe").load(workflow)["jobs"].values()
    return [step for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_installed_by_a_name_alone(workflow: Path) -> None:
    installs = {step["run"] for step in steps(workflow) if "install" in step["run"]}
    assert installs == {'pip install "hubimages[github] @ git+ADDRESS@COMMIT"'}


@pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS])
def test_the_task_prints_the_workflow_and_refuses_where_this_copy_has_no_address(name: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hubimages", name, "--workflow"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    if find_origin(template_directory()).commit:
        assert (done.returncode, done.stdout) == (0, deployment_workflow(name=name))
    else:
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert "has no address and commit" in done.stderr


def test_the_step_opens_a_pull_request_once_day_after_day(tmp_path: Path, open_registry: Registry) -> None:
    for name in ("daily", "daily-long"):  # one values file has both
        image = Publisher(open_registry, f"group/{name}")
        image.image({"created": "2026-01-01T00:00:00Z"}, "0a1b2c3d4e5f")
        image.image({"created": "2026-01-02T00:00:00Z"}, "111111111aaa")
    host = open_registry.address
    files = {name: text.replace("quay.io/group/image", f"{host}/group/daily") for name, text in FILES.items()}
    first = make_deployment(tmp_path / "first", files)
    served = tmp_path / "served"
    (served / "org").mkdir(parents=True)
    git(first, "clone", "-q", "--bare", str(first), str(served / "org/deployment.git"))
    git(first, "config", "--global", f"url.{served}/.insteadOf", "https://github.com/")
    _, step = steps(FOLDER / "bump-images.yaml")
    github = GitHub()
    with answering(github) as address:
        said = []
        for day in ("monday", "tuesday"):
            clone = tmp_path / day
            git(first, "clone", "-q", "https://github.com/org/deployment.git", str(clone))
            env = {**os.environ, **step["env"], "GH_TOKEN": "ghs_of-this-test", "GITHUB_API_URL": address}
            env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
            env["GIT_COMMITTER_DATE"] = env["GIT_AUTHOR_DATE"] = f"2026-01-0{len(said) + 5}T00:00:00Z"
            done = subprocess.run(
                step["run"], shell=True, cwd=clone, env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            said.append(done.stdout.splitlines()[-1])
    assert said == [
        "opened https://github.com/org/deployment/pull/7",
        "already open: https://github.com/org/deployment/pull/7",
    ]
    (opened,) = github.opened
    assert (opened["base"], opened["title"]) == ("main", "Use newer tags of 2 images")
    assert "3 places in 2 files, 3 hubs" in opened["body"]
    git(first, "fetch", "-q", str(served / "org/deployment.git"), f"{opened['head']}:proposed")
    assert git(first, "log", "--format=%s", "main..proposed").splitlines() == [
        f"Use {host}/group/daily:111111111aaa",
        f"Use {host}/group/daily-long:111111111aaa",
    ]
    proposed = [line for line in changed_lines(first, "main", "proposed") if "111111111aaa" in line]
    assert (len(proposed), opened["body"].count(" -> 111111111aaa")) == (4, 4)


def test_the_step_promotes_what_staging_has_run_for_a_week(tmp_path: Path, open_registry: Registry) -> None:
    image = Publisher(open_registry, "group/promoted")
    image.image({"created": "2026-01-02T00:00:00Z"}, "111111111aaa")
    host = open_registry.address
    own = "jupyterhub:\n  singleuser:\n    image: {name: HOST/group/promoted, tag: 0a1b2c3d4e5f}\n".replace(
        "HOST", host
    )
    staging, prod = (f"config/clusters/uni/{name}.values.yaml" for name in ("staging", "prod"))
    cluster = "".join(
        f"  - name: {name}\n    helm_chart_values_files: [{name}.values.yaml]\n" for name in ("staging", "prod")
    )
    files = {"config/clusters/uni/cluster.yaml": f"name: uni\nhubs:\n{cluster}", staging: own, prod: own}
    root = make_deployment(tmp_path / "first", files)
    for day, args in (("01", ["--amend", "--no-edit"]), ("05", ["-am", "Try"])):
        dates = dict.fromkeys(("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE"), f"2026-01-{day}T00:00:00Z")
        subprocess.run(["git", "-C", str(root), "commit", "-q", *args], env={**os.environ, **dates}, check=True)
        (root / staging).write_text(own.replace("0a1b2c3d4e5f", "111111111aaa"))
    served = tmp_path / "served/org"
    served.mkdir(parents=True)
    git(root, "clone", "-q", "--bare", str(root), str(served / "deployment.git"))
    git(root, "config", "--global", f"url.{served.parent}/.insteadOf", "https://github.com/")
    clone = tmp_path / "clone"
    git(root, "clone", "-q", "https://github.com/org/deployment.git", str(clone))
    _, step = steps(FOLDER / "promote-images.yaml")
    github = GitHub()
    with answering(github) as address:
        env = {**os.environ, **step["env"], "GH_TOKEN": "ghs_of-this-test", "GITHUB_API_URL": address}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        done = subprocess.run(step["run"], shell=True, cwd=clone, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (opened,) = github.opened
    assert f"uni/staging has run {host}/group/promoted:111111111aaa for " in opened["body"]
    git(root, "fetch", "-q", str(served / "deployment.git"), f"{opened['head']}:proposed")
    assert changed_lines(root, "main", "proposed") == [
        f"{prod} -    image: {{name: {host}/group/promoted, tag: 0a1b2c3d4e5f}}",
        f"{prod} +    image: {{name: {host}/group/promoted, tag: 111111111aaa}}",
    ]
