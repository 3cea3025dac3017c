"""`nox -s lint` of a generated repository: what breaks the image or leaks is an error, everything else a warning."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template
from tests.sample import some

HOME = Path.home()  # read when tests are collected
PYTHON = "channels:\n  - conda-forge\ndependencies:\n  - {}\n  - pip\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated repository in which lint has been run."""
    path = tmp_path_factory.mktemp("lint") / "image"
    template.plan_new_repository(path, {"image": "our-org/image", "preview": "yes", "binder_badge": "yes"}).apply()
    done = lint(path, "-s")
    assert done.returncode == 0, done.stdout
    return path


def lint(path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    with_hubimages = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    cache = os.environ.get("PIP_CACHE_DIR", str(HOME / ".cache/pip"))
    # pip takes three times as long; tests/engine have the workflows' own
    env = {**os.environ, "PATH": with_hubimages, "PIP_CACHE_DIR": cache, "NOX_DEFAULT_VENV_BACKEND": "uv|virtualenv"}
    argv = [sys.executable, "-m", "nox", *options, "lint"]
    return subprocess.run(
        argv, cwd=path, env=env, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


# tests/environment tries each reading of a version.
@pytest.mark.parametrize(
    "text",
    some([
        *(PYTHON.format(line) for line in ("python=3.12", "python==3.11.*", "python=3.12.*", "python = 3.13")),
        PYTHON.format("python"),
        *(PYTHON.format(line) for line in ("'python=3.13'", "'python==3.12.4' # exact", '"python=3.11=*_cpython"')),
        "channels:\n- conda-forge\ndependencies:\n- python=3.11   \n-   numpy\n- pip:\n      - python-dotenv>=1\n",
        "dependencies: [ python=3.12,numpy ]\n\n\n\n\n",
        "dependencies:\r\n  - python=3.12\r\n  - numpy",
        "dependencies:\n  - python=3.12\n  #comment\n  - python-dateutil>=2.9\n  - r-base=4.4",
    ], 10),
)  # fmt: skip
def test_what_repo2docker_reads_passes_whatever_its_style(repository: Path, text: str) -> None:
    (repository / "environment.yml").write_bytes(text.encode())
    done = lint(repository, "-R", "-s")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    some([
        (
            PYTHON.format("python>=3.12"),
            "environment.yml:4: repo2docker does not read the version in 'python>=3.12'",
        ),
        (PYTHON.format("python 3.12"), "'python 3.12'"),
        (PYTHON.format("python~=3.12"), "'python~=3.12'"),
        (PYTHON.format("conda-forge::python=3.12"), "'conda-forge::python=3.12'"),
        (PYTHON.format("\"python[version='>=3.12']\""), "python[version"),
        ("dependencies:\n  - python=3.12\n dependencies: []\n", "syntax error"),
        ("dependencies:\n  - python=3.12\ndependencies: []\n", "duplication of key"),
    ], 0),
)  # fmt: skip
def test_what_it_does_not_read_is_refused(repository: Path, text: str, said: str) -> None:
    (repository / "environment.yml").write_text(text)
    done = lint(repository, "-R", "-s")
    assert done.returncode == 1
    assert said in done.stdout


def write(repository: Path, files: dict[str, str]) -> None:
    """Start from the repository as it was made, and add files that git tracks."""
    for words in (["reset", "--quiet", "--hard"], ["clean", "--quiet", "--force", "-d"]):
        subprocess.run(["git", "-C", str(repository), *words], check=True)
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes(text.encode())
    subprocess.run(["git", "-C", str(repository), "add", "--all"], check=True)


THEIRS = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo hello
"""
APT = """\
FROM quay.io/jupyter/scipy-notebook:2026-07-28
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends PACKAGE && rm -rf /var/lib/apt/lists/*
USER ${NB_UID}
"""
ADVISED = {
    "another person's workflow": {".github/workflows/theirs.yml": THEIRS},
    "our own comment on Debian packages": {"Dockerfile": APT},
    "a base image without a tag": {"Dockerfile": "FROM quay.io/jupyter/scipy-notebook\n"},
    "postBuild in Python": {"postBuild": "#!/usr/bin/env python3\nprint(f'{1 + 1}')\n"},
    "postBuild in R": {"postBuild": "#!/usr/bin/env Rscript\nx <- c(1, 2)\n"},
    "postBuild in fish": {"postBuild": "#!/usr/bin/fish\nset x (date)\n"},
    "CRLF and blanks in YAML": {"_config.yml": "a: 1  \r\nb: 2\r\n\r\n\r\n"},
    "Helm templates": {"chart/templates/x.yaml": "a: {{ .Values.a }}\n{{- if .Values.b }}\nb: 1\n{{- end }}\n"},
    "a start script with exec in a branch": {"start": '#!/bin/bash\nif true; then exec "$@"; fi\n'},
    "files that repo2docker ignores": {"binder/environment.yml": "dependencies: [python=3.12]\n"},
}
REFUSED = {
    "a start script without exec": ({"start": '#!/bin/bash\necho hello # exec "$@"\n'}, "it never starts the server"),
    "a carriage return in a script": ({"postBuild": "#!/bin/bash\r\necho hello\r\n"}, "SC1017"),
    "a Dockerfile that cannot be read": ({"Dockerfile": "FROM a:1\nRUNN x\n"}, "Dockerfile:2"),
    "a stranger's text in a script": (
        {".github/workflows/x.yml": THEIRS.replace("echo hello", "echo ${{ github.head_ref }}").replace(
            "on: push", "on: pull_request")}, "error: code injection via template expansion (template-injection)",
    ),
    "the rights of main for a stranger": (
        {".github/workflows/y.yml": THEIRS.replace("on: push", "on: pull_request_target")}, "(dangerous-triggers)",
    ),
    "a workflow that GitHub refuses": (
        {".github/workflows/z.yml": THEIRS.replace("runs-on", "run-on")}, "run-on",
    ),
    "the Python version in binder": (
        {"binder/environment.yml": PYTHON.format("python>=3.12")},
        "binder/environment.yml:4: repo2docker does not read",
    ),
    "a file with another alphabet": ({".github/données.yml": "a: [\n"}, "syntax error"),
}  # fmt: skip


# In one run what are different files: it passes only if each does.
TOGETHER = [
    ("another person's workflow", "our own comment on Debian packages", "postBuild in Python", "Helm templates",
     "CRLF and blanks in YAML", "a start script with exec in a branch"),
    ("a base image without a tag", "postBuild in R"), ("postBuild in fish",), ("files that repo2docker ignores",),
]  # fmt: skip
assert sorted(case for cases in TOGETHER for case in cases) == sorted(ADVISED)


@pytest.mark.parametrize("cases", some([(cases,) for cases in TOGETHER], 0), ids=", ".join)
def test_what_is_only_risk_or_taste_passes(repository: Path, cases: tuple[str, ...]) -> None:
    write(repository, {name: text for case in cases for name, text in ADVISED[case].items()})
    done = lint(repository, "-R", "-s")
    assert done.returncode == 0, done.stdout


# Each alone, and in every run several at once, of which each is said.
SAID_TOGETHER = [
    ("a start script without exec", "a carriage return in a script", "a stranger's text in a script",
     "the rights of main for a stranger", "a file with another alphabet"),
    ("a Dockerfile that cannot be read", "a workflow that GitHub refuses"),
]  # fmt: skip


@pytest.mark.parametrize(
    "cases",
    some([*((cases,) for cases in SAID_TOGETHER), *(((case,),) for case in REFUSED)], 0, 1, 8),
    ids=", ".join,
)
def test_what_breaks_the_image_or_leaks_is_refused(repository: Path, cases: tuple[str, ...]) -> None:
    write(repository, {name: text for case in cases for name, text in REFUSED[case][0].items()})
    done = lint(repository, "-R", "-s")
    assert done.returncode == 1, done.stdout
    for case in cases:
        assert REFUSED[case][1] in done.stdout, case
    assert "Traceback" not in done.stdout


def test_what_is_not_there_is_not_checked(repository: Path) -> None:
    write(repository, {})
    (repository / "dangling.yaml").symlink_to("nowhere")
    subprocess.run(["git", "-C", str(repository), "add", "dangling.yaml"], check=True)
    (repository / ".github/workflows/test.yaml").unlink()  # deleted, and not committed yet
    done = lint(repository, "-R", "-s")
    assert done.returncode == 0, done.stdout


def test_a_repository_without_yaml_passes(repository: Path) -> None:
    write(repository, {"apt.txt": "nano\n"})
    tracked = subprocess.run(["git", "-C", str(repository), "ls-files"], check=True, capture_output=True, text=True)
    for name in tracked.stdout.splitlines():
        if name.endswith((".yml", ".yaml")):
            (repository / name).unlink()
    done = lint(repository, "-R", "-s")
    write(repository, {})
    assert done.returncode == 0, done.stdout
