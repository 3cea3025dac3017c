"""A run spread over several runners: the shipped workflow's own steps really run, shard by shard."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hubimages.errors import BadInputError
from hubimages.fleet import Report, job_matrix, join
from hubimages.fleet.address import targets
from hubimages.template import deployment_workflow, find_origin, template_directory
from tests import command, needs
from tests.fleet.hosting import Hosting

WORKFLOW = Path(__file__).parents[2] / "deployment-workflows/each.yaml"
OLD = "dependencies:\n- python=3.12\n"
Run = Callable[..., Report]


def step(job: str) -> dict[str, Any]:
    """The step of a job that calls hubimages."""
    (found,) = [each for each in YAML(typ="safe").load(WORKFLOW)["jobs"][job]["steps"] if "env" in each]
    return dict(found)


def run_step(job: str, place: Path, given: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the step as a runner does, with bash, and with values for the expressions in its environment."""
    told = step(job)
    if "jq " in told["run"]:
        needs.JQ.program("jq")
    assert set(given) == {name for name, value in told["env"].items() if "${{" in value} - {"GH_TOKEN"}
    plain = {name: value for name, value in told["env"].items() if "${{" not in value}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    files = {"GITHUB_OUTPUT": str(place / "output"), "GITHUB_STEP_SUMMARY": str(place / "summary")}
    env = {**os.environ, **plain, **given, **files, "PATH": path}
    argv = ["bash", "-e", "-o", "pipefail", "-c", told["run"]]
    return subprocess.run(argv, cwd=place, env=env, capture_output=True, text=True, check=False)


def test_the_workflow_runs_the_shards_and_joins_their_tables(hosting: Hosting, tmp_path: Path) -> None:
    for letter in "abcd":
        hosting.make(f"org/{letter}", {"environment.yml": OLD})
    hosting.archived.add("org/d")
    (tmp_path / "repos.txt").write_text("org/a\norg/b\norg/c\norg/gone\norg/d\n")
    done = run_step("shards", tmp_path, {"GITHUB": "", "REPOS": "repos.txt", "SHARDS": "3"})
    assert done.returncode == 0, done.stderr
    matrix = (tmp_path / "output").read_text().removeprefix("matrix=")
    jobs = json.loads(matrix)["include"]
    assert [len(job["repositories"].split()) for job in jobs] == [2, 2, 1]
    options = {"RUN": "true", "OPEN_PR": "true", "BRANCH": "use-313", "MESSAGE": "Use Python 3.13, or '3.14'"}
    task = "sed -i 's/python=3.12/python = 3.13; $(touch hacked)/' environment.yml"
    codes = []
    for job in jobs[:2]:  # the third runner never came
        place = tmp_path / f"runner-{job['shard']}"
        place.mkdir()
        given = {"REPOSITORIES": job["repositories"], "SHARD": str(job["shard"]), "TASK": task, **options}
        codes.append(run_step("each", place, given).returncode)
        results = tmp_path / "join/results"
        results.mkdir(parents=True, exist_ok=True)
        [(results / file.name).write_bytes(file.read_bytes()) for file in place.glob("each-*.json")]
        assert not (place / "hacked").exists()
    assert all(codes)  # org/gone, org/d
    assert hosting.pulls["org/a"][0]["title"] == options["MESSAGE"]
    assert "python = 3.13; $(touch hacked)" in hosting.file("org/a", "environment.yml", "use-313")
    (tmp_path / "join/summary").touch()
    done = run_step("join", tmp_path / "join", {"MATRIX": matrix})
    assert done.returncode == 4
    lines = (tmp_path / "join/summary").read_text().splitlines()
    assert lines[0].endswith("`: 5 repositories: 2 opened, 3 failed")
    table = dict(line.strip("| ").split(" | ", 1) for line in lines[4:])
    assert {name: rest.partition(" | ")[0] for name, rest in table.items()} == {
        "org/gone": "failed", "org/d": "failed", "org/c": "failed", "org/a": "opened", "org/b": "opened",
    }  # fmt: skip
    assert table["org/a"] == "opened | <https://github.com/org/a/pull/1>"
    assert table["org/c"] == "failed | no result: its job was stopped, or did not start"


def test_a_matrix_is_one_line_of_json_and_has_no_more_jobs_than_github_takes() -> None:
    some = targets([f"https://github.com/org/{number}" for number in range(3)])
    assert job_matrix(some, 2) == (
        '{"include": [{"shard": 1, "repositories": "https://github.com/org/0\\nhttps://github.com/org/2"}, '
        '{"shard": 2, "repositories": "https://github.com/org/1"}]}'
    )
    assert len(json.loads(job_matrix(some, 256))["include"]) == 3
    for number in (-1, 257):
        with pytest.raises(BadInputError, match=f"--matrix={number}: give a number from 1 to 256"):
            job_matrix(some, number)
    with pytest.raises(BadInputError, match="the address of org/a has a login, which a matrix would show"):
        job_matrix(targets(["https://me:secret@github.com/org/a"]), 2)


def test_reports_that_cannot_be_joined_are_named(
    hosting: Hosting, run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hosting.make("org/a", {"environment.yml": OLD})
    folder = tmp_path / "results"
    with pytest.raises(BadInputError, match="no directory"):
        join(folder, ())
    folder.mkdir()
    repositories = targets(["https://github.com/org/a.git", "https://github.com/org/b.git"])
    (folder / "1.json").write_text(run(["org/a"], "true").as_json())
    (folder / "2.json").write_text('{"repositories": [{"address": 7}]}')
    (folder / "3.json").write_text("")
    joined = join(folder, repositories)
    assert [(row.repository, row.state) for row in joined.outcomes] == [("org/a", "nothing to do"), ("org/b", "failed")]
    assert (joined.command, joined.exit_code) == ("true", 75)
    said = capfd.readouterr().err
    assert "2.json is no report of each: KeyError" in said
    assert "3.json is no report of each: Expecting value: line 1 column 1\n" in said
    (folder / "2.json").write_text(run(["org/a"], "true", "again").as_json())
    with pytest.raises(BadInputError, match="has reports of several commands: true, true again"):
        join(folder, repositories)


def test_the_task_prints_the_workflow_and_takes_no_command_with_it(tmp_path: Path) -> None:
    def each(*words: str) -> tuple[int, str, str]:
        done = command.hubimages("each", *words, cwd=tmp_path)
        return done.returncode, done.stdout, done.stderr

    if find_origin(template_directory()).commit:
        assert each("--workflow") == (0, deployment_workflow(name="each"), "")
    else:
        assert each("--workflow")[:2] == (3, "")
    refused = each("--workflow", "--", "images")
    assert refused == (2, "", "error: each: --workflow runs nothing. Leave out images\n")
    assert each("--matrix=2", "--join=x")[2].startswith("error: each: --matrix and --join contradict each other")
