"""Every `run:` step that a workflow can have runs as it is in the rendered file."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import DEBIAN, Engine
from tests.engine.registry import Registry
from tests.engine.stand_ins import PYTHON, bases, stand_ins
from tests.histories import git
from tests.template.all_workflows import different_workflows, parsed
from tests.template.published import PUBLISHED

# What GitHub starts a step with when the workflow names no shell:
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
SHELL = ("bash", "-e", "-c")
POINT_HUBS = (
    'hubimages point-hubs "$IMAGE" --repo hubs --all --if-referenced --because "$CHANGE" '
    '--commit --branch "$REPOSITORY-${IMAGE##*:}" --open-pr'
)
LOCK = "nox -s lock -- --open-pr"
INSTALL = "hubimages[github] @ git+"  # tests/installed runs this step, against a local clone
CANNOT_RUN = {
    'az acr login --name "$REGISTRY"': "asks Azure: it needs Azure's command line, an account and a registry there",
    POINT_HUBS: "opens a pull request on GitHub; another test looks whether the task takes these options",
    "nox -s remove_previews": "asks GitHub; tests/template/test_remove_previews.py runs it with a server here",
    "hubimages update-image-repo . --yes --open-pr": "opens a pull request; tests/update/test_open_pr.py does",
    'nox -s scan -- "$REFERENCE"': "asks Grype; tests/template/test_scan.py runs it with a program in its place",
    LOCK: "opens a pull request on GitHub; tests/environment/test_proposing.py does so with a repository here",
}
BY_OTHERS = ("for branch in",)  # tests/template/test_lock_workflow.py
# These change the machine, so they run in a container that has sudo and what they remove.
CHANGE_THE_MACHINE = ("sudo ",)
RUNNER = f"""\
FROM {DEBIAN}
RUN printf '#!/bin/sh\\nexec "$@"\\n' > /usr/bin/sudo && chmod 0755 /usr/bin/sudo
RUN cd /usr/local && mkdir -p lib/android/sdk .ghcup/bin /usr/share/dotnet/sdk /usr/share/swift/usr && touch lib/kept
"""
REMOVED = ("/usr/local/lib/android", "/usr/local/.ghcup", "/usr/share/dotnet", "/usr/share/swift")
# In this order: later steps use what earlier ones made. Others come at the end.
ORDER = (
    "python -m pip install --quiet --requirement", "nox -s settings", "nox -s lint", "nox -s build", "nox -s build --",
    "nox -s arguments", "nox -s test", "nox -s push", "nox -s join",
)  # fmt: skip

pytestmark = [pytest.mark.usefixtures("no_container_left"), pytest.mark.random_order(disabled=True)]


@dataclass(frozen=True)
class Step:
    """A step's script, the names of its variables, and answers with which it is rendered."""

    run: str
    variables: tuple[str, ...]
    answers: Mapping[str, str] = field(compare=False)

    @property
    def id(self) -> str:
        return "-".join([self.run.splitlines()[0], *self.variables])


@cache
def rendered_steps() -> list[Step]:
    """Return all different steps of all combinations of answers."""
    found: dict[Step, None] = {}
    for (name, text), answers in different_workflows().items():
        for job in parsed(text)["jobs"].values():
            for step in job["steps"]:
                assert "shell" not in step and "working-directory" not in step, name  # not known here
                if "run" in step and INSTALL not in step["run"]:
                    given = {**job.get("env", {}), **step.get("env", {})}
                    # only the steps that push a preview ask for it
                    asks = "push" in step["run"] or step["run"] == "nox -s settings"
                    given = given if asks else step.get("env", {})
                    if step["run"] == "nox -s settings":  # only builds and pushes read it
                        given = {name: value for name, value in given.items() if name != "REFRESH"}
                    found.setdefault(Step(step["run"], tuple(given), answers))

    def place(step: Step) -> int:
        fits = [number for number, start in enumerate(ORDER) if step.run.startswith(start)]
        return max(fits, default=len(ORDER))

    return sorted(found, key=place)


NUMBER = 45  # of steps: to render them takes a second, which a process that runs none of these tests need not wait


@dataclass(frozen=True)
class Runner:
    """A checkout of a generated repository on a machine with Python, and the variables of its steps."""

    path: Path
    image: str
    env: Mapping[str, str]

    def run(self, step: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SHELL, step], cwd=self.path, env={**self.env, **env}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    @property
    def digests(self) -> dict[str, str]:
        """Return the digest of each architecture's image, from the steps' output."""
        told = Path(self.env["GITHUB_OUTPUT"]).read_text()
        return dict(re.findall(r"^(a\w+64)=(\S+)$", told, re.MULTILINE))


@pytest.fixture(scope="module")
def runner(engine: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Return a generated repository with its own Python, as actions/setup-python leaves it."""
    folder = tmp_path_factory.mktemp("runner")
    template.plan_new_repository(folder / "image", {"python_version": PYTHON, "arm64": "yes"}).apply()
    # the contract takes long; another test runs it on each starter
    (folder / "image/image-contract/test_contract.py").write_text("def test_it():\n    pass\n")
    git("-C", folder / "image", "commit", "--all", "--quiet", "--message", "Ask nothing of the image")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
    image = f"{registry.address}/our/runner"
    files = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
    env = environment({**engine.env, "IMAGE": image, "REGISTRY": "", **files})
    env["PATH"] = f"{folder}/python/bin{os.pathsep}{env['PATH']}"
    with stand_ins(engine, *bases(folder / "image")):
        yield Runner(folder / "image", image, env)
        made = engine.docker("image", "ls", "--quiet", image).split()
        engine.try_docker("image", "rm", "--force", *set(made))


def test_the_list_of_steps_that_cannot_run_names_only_steps_that_are_there() -> None:
    assert set(CANNOT_RUN) <= {step.run for step in rendered_steps()}


def test_every_step_is_run_or_listed_with_a_reason() -> None:
    known = ("nox -s", "python -m pip", "sudo", "df", "echo", *BY_OTHERS, *CANNOT_RUN)
    assert [step.run for step in rendered_steps() if not step.run.startswith(known)] == []
    assert len(rendered_steps()) == NUMBER


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_step_runs(  # noqa: PLR0912
    engine: Engine,
    runner: Runner,
    registry: Registry,
    password_registry: Registry,
    tmp_path: Path,
    number: int,
) -> None:
    """Run one test for each step: later ones use what earlier ones made."""
    step = rendered_steps()[number]
    if step.run in CANNOT_RUN:
        pytest.skip(CANNOT_RUN[step.run])
    if step.run.startswith(BY_OTHERS):
        pytest.skip("another test runs it, with a program in place of gh")
    if any(word in step.run for word in CHANGE_THE_MACHINE):
        check_in_a_container(engine, tmp_path, step)
        return
    if step.run in ("nox -s settings", "nox -s arguments", "nox -s solve"):  # what these do depends on the answers
        template.plan_new_repository(tmp_path / "image", step.answers, made_from=PUBLISHED).apply()
        runner = replace(runner, path=tmp_path / "image")
    values = dict.fromkeys(step.variables, "set")
    if step.run == "nox -s login":
        runner = replace(runner, env={**runner.env, "IMAGE": f"{password_registry.address}/our/runner"})
        values = {"REGISTRY_USERNAME": password_registry.username, "REGISTRY_PASSWORD": password_registry.password}
    if step.run == "nox -s join":
        values = {"AMD64": runner.digests["amd64"], "ARM64": push_for_arm(engine, registry, runner, tmp_path)}
    if "ARCHITECTURE" in step.variables:
        values = {"ARCHITECTURE": "amd64"}
    if "PREVIEW" in step.variables:
        values["PREVIEW"] = "pr-12"
    if "PRIVATE" in step.variables:
        values["PRIVATE"] = "false"
    if "RESULTS" in step.variables:
        values = {"RESULTS": "success skipped", "TESTED": "true"}
    done = runner.run(step.run, **values)
    if step.run == "nox -s login":
        engine.logout(password_registry)
    if step.run.startswith('echo "::error::'):
        assert done.returncode == 1
        assert re.match("::error::(Images are only pushed from|Locks are only proposed for) set", done.stdout)
        return
    assert done.returncode == 0, f"{step.id}\n{done.stdout}"
    if step.run == "nox -s settings":
        asked = [name for name in step.variables if name not in ("PREVIEW", "PRIVATE")]  # these GitHub gives
        refused = runner.run(step.run, **dict.fromkeys(step.variables, ""))
        assert refused.returncode == (1 if asked else 0)
        assert all(f" {name} is not set" in refused.stdout for name in asked)
    if "RESULTS" in step.variables:
        for results, tested in (
            ("failure skipped", "true"),
            ("skipped skipped", "false"),
            ("success cancelled", "true"),
        ):
            assert runner.run(step.run, RESULTS=results, TESTED=tested).returncode == 1


def test_the_task_that_points_hubs_takes_the_steps_options() -> None:
    known = subprocess.run([sys.executable, "-m", "hubimages", "--list"], capture_output=True, text=True, check=True)
    if "point-hubs" not in known.stdout:
        pytest.skip("this version has no task point-hubs")
    argv = [sys.executable, "-m", "hubimages", "point-hubs", "--help"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert [option for option in re.findall(r"--[a-z-]+", POINT_HUBS) if option not in told] == []


def push_for_arm(engine: Engine, registry: Registry, runner: Runner, folder: Path) -> str:
    """Push an image as the other runner would, go on to a commit whose tag is free, and return the image's digest."""
    git("-C", runner.path, "commit", "--allow-empty", "--quiet", "--message", "Join")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    engine.build(folder, f"{runner.image}:arm64", "--platform", "linux/arm64")
    engine.docker("push", f"{runner.image}:arm64")
    engine.docker("image", "rm", f"{runner.image}:arm64")
    return registry.digest(runner.image.partition("/")[2], "arm64")


def check_in_a_container(engine: Engine, folder: Path, step: Step) -> None:
    """Run a step that removes files in a container, and check that it removes nothing else."""
    (folder / "Dockerfile").write_text(RUNNER)
    engine.build(folder, "runner:1")
    try:
        look = f"for each in {' '.join(REMOVED)} /usr/local/lib/kept; do test -e $each && echo $each; done; true"
        there = engine.docker("run", "--rm", "runner:1", *SHELL, look).split()
        assert there == [*REMOVED, "/usr/local/lib/kept"]
        said = engine.docker("run", "--rm", "runner:1", *SHELL, f"{step.run}\n{look}")
    finally:
        engine.docker("image", "rm", "runner:1")
    assert "Filesystem" in said  # df
    assert said.split()[-1] == "/usr/local/lib/kept"
    assert not any(line in REMOVED for line in said.splitlines())


def test_what_the_steps_pushed_is_what_they_tested(registry: Registry, runner: Runner) -> None:
    name = runner.image.partition("/")[2]
    joined, tag = (commit[:12] for commit in git("-C", runner.path, "log", "-2", "--format=%H").split())
    pushed = [joined, tag, f"{tag}-amd64", f"pr-12-{tag}"]
    assert registry.tags(name) == sorted([*pushed, "arm64"])
    page = Path(runner.env["GITHUB_STEP_SUMMARY"]).read_text()
    for each in pushed:
        assert f"```\n{runner.image}:{each}\n```" in page
        assert registry.digest(name, each) in page
