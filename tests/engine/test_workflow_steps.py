"""Every `run:` step of the rendered workflows is really executed, as it stands in the rendered file."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import DEBIAN, Engine
from tests.engine.registry import Registry
from tests.engine.stand_ins import PYTHON, bases, stand_ins
from tests.histories import git

WORKFLOWS = (".github/workflows/build.yaml", ".github/workflows/test.yaml")
# What GitHub starts a step with when the workflow names no shell:
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
SHELL = ("bash", "-e", "-c")
CANNOT_RUN = {
    "az acr login --name yourregistry": "asks Azure: it needs Azure's command line, an account and a registry there",
}
# A machine that is not to be changed: these run in a container that has what they remove, and sudo.
CHANGE_THE_MACHINE = ("sudo ",)
RUNNER = f"""\
FROM {DEBIAN}
RUN printf '#!/bin/sh\\nexec "$@"\\n' > /usr/bin/sudo && chmod 0755 /usr/bin/sudo
RUN cd /usr/local && mkdir -p lib/android/sdk .ghcup/bin /usr/share/dotnet/sdk /usr/share/swift/usr && touch lib/kept
"""
REMOVED = ("/usr/local/lib/android", "/usr/local/.ghcup", "/usr/share/dotnet", "/usr/share/swift")

pytestmark = pytest.mark.usefixtures("no_container_left")


@dataclass(frozen=True)
class Step:
    """What a step runs, the names of the variables it is given, and a registry for which it is there."""

    run: str
    variables: tuple[str, ...]
    registry: str = field(compare=False)


def rendered_steps() -> list[Step]:
    """All different steps, in the order in which they stand, over all registries and builders."""
    questions = {question.key: question.choices for question in template.questions()}
    found: dict[Step, None] = {}  # in order
    for builder, registry in itertools.product(questions["builder"], questions["registry"]):
        rendering = template.render_files({"registry": registry, "builder": builder})
        for workflow, text in ((name, rendering.files[name].data.decode()) for name in WORKFLOWS):
            for job in YAML(typ="safe").load(text)["jobs"].values():
                for step in job["steps"]:
                    assert "shell" not in step and "working-directory" not in step, workflow  # not known here
                    if "run" in step:
                        found.setdefault(Step(step["run"], tuple(step.get("env", {})), registry))
    return list(found)


STEPS = rendered_steps()


@dataclass(frozen=True)
class Runner:
    """A checkout of a generated repository on a machine that has Python, and what its steps are given."""

    path: Path
    image: str
    env: Mapping[str, str]

    def run(self, step: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SHELL, step], cwd=self.path, env={**self.env, **env}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture(scope="module")
def runner(engine: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A generated repository, and a Python of its own, as actions/setup-python leaves it."""
    folder = tmp_path_factory.mktemp("runner")
    template.plan_new_repository(folder / "image", {"python_version": PYTHON}).apply()
    # the contract itself takes its time, and is run on each starter by another test
    (folder / "image/image-contract/test_contract.py").write_text("def test_it():\n    pass\n")
    git("-C", folder / "image", "commit", "--all", "--quiet", "--message", "Ask nothing of the image")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
    image = f"{registry.address}/our/runner"
    env = environment({**engine.env, "IMAGE": image, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")})
    env["PATH"] = f"{folder}/python/bin{os.pathsep}{env['PATH']}"
    with stand_ins(engine, *bases(folder / "image")):
        yield Runner(folder / "image", image, env)


def test_the_list_of_steps_that_cannot_run_names_only_steps_that_are_there() -> None:
    assert set(CANNOT_RUN) <= {step.run for step in STEPS}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.run.splitlines()[0])
def test_the_step_runs(engine: Engine, runner: Runner, tmp_path: Path, step: Step) -> None:
    """One test for each step, in the order of the workflows: later ones use what earlier ones have made."""
    if step.run in CANNOT_RUN:
        pytest.skip(CANNOT_RUN[step.run])
    if any(word in step.run for word in CHANGE_THE_MACHINE):
        check_in_a_container(engine, tmp_path, step)
        return
    if step.registry != STEPS[0].registry:
        template.plan_new_repository(tmp_path / "image", {"registry": step.registry}).apply()
        runner = replace(runner, path=tmp_path / "image")
    done = runner.run(step.run, **dict.fromkeys(step.variables, "set"))
    assert done.returncode == 0, done.stdout
    if step.variables:
        refused = runner.run(step.run, **dict.fromkeys(step.variables, ""))
        assert refused.returncode == 1
        assert all(f" {name} is not set" in refused.stdout for name in step.variables)


def check_in_a_container(engine: Engine, folder: Path, step: Step) -> None:
    """Run a step where it can remove what it wants to; nothing else of the machine may be gone."""
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
    (tag,) = registry.tags(name)
    page = Path(runner.env["GITHUB_STEP_SUMMARY"]).read_text()
    assert f"```\n{runner.image}:{tag}\n```" in page
    assert registry.digest(name, tag) in page
