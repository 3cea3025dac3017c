"""`hubimages doctor`: what is here and what is not, without the network, and never a secret."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import systems
from hubimages.doctor import examine
from hubimages.doctor.programs import Program
from hubimages.doctor.report import Item
from hubimages.hub_image.building.chartpress import OURS
from tests.command import hubimages


def doctor(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    if "PYTHONPATH" not in env:  # which a forked process has read before
        return hubimages("doctor", *words, env={**os.environ, **env})
    argv = [sys.executable, "-m", "hubimages", "doctor", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, **env})


def program(folder: Path, name: str, text: str) -> None:
    """Put a program on the machine."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def items(*words: str, **env: str) -> dict[str, dict[str, object]]:
    report = json.loads(doctor("--json", *words, **env).stdout)
    return {item["name"]: item for item in [*report["programs"], *report["extras"]]}


def test_on_a_machine_with_nothing_everything_is_named_with_the_line_that_gets_it(tmp_path: Path) -> None:
    done = doctor(PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Logins\n  none\n  needed by check-registry, bump-hub-image, rebuild-hub-image, " in done.stdout
    for name in ("git", "container engine", "buildx", "sops", "Node.js", "JupyterHub's proxy", "browser"):
        assert f"  --  {name}" in done.stdout
    found = items(PATH=str(tmp_path))
    missing = [item for item in found.values() if item["state"] != "there"]
    assert len(missing) >= 7
    assert all(item["tasks"] and item["get"] for item in missing)
    assert found["Python"]["state"] == "there"


def test_what_answers_is_there_with_its_version(tmp_path: Path) -> None:
    program(tmp_path, "git", "echo git version 2.47.1")
    program(
        tmp_path, "docker", 'case "$1" in version) echo 28.0.4 ;; *) echo github.com/docker/buildx v0.21.2 abc ;; esac'
    )
    program(tmp_path, "node", "echo v22.14.0")
    found = items(PATH=str(tmp_path))
    shown = {
        name: (found[name]["state"], found[name]["found"]) for name in ("git", "container engine", "buildx", "Node.js")
    }
    assert shown == {
        "git": ("there", "2.47.1"),
        "container engine": ("there", "28.0.4"),
        "buildx": ("there", "0.21.2"),
        "Node.js": ("there", "22.14.0"),
    }


def test_a_plug_in_that_docker_does_not_have_is_missing(tmp_path: Path) -> None:
    line = "docker: 'buildx' is not a docker command."
    program(tmp_path, "docker", f'case "$1" in version) echo 28.0.4 ;; *) echo "{line}" >&2; exit 1 ;; esac')
    found = items(PATH=str(tmp_path))
    assert {name: found[name]["state"] for name in ("container engine", "buildx")} == {
        "container engine": "there",
        "buildx": "missing",
    }


def test_what_is_too_old_or_does_not_answer_is_not_there(tmp_path: Path) -> None:
    program(tmp_path, "git", "echo git version 2.30.2")
    program(tmp_path, "docker", "echo Cannot connect to the Docker daemon >&2; echo more >&2; exit 1")
    program(tmp_path, "node", "exec /bin/sleep 30")
    found = items(PATH=str(tmp_path))
    assert (found["git"]["state"], found["git"]["found"]) == ("too old", "2.30.2; 2.38 or newer is needed")
    assert (found["container engine"]["state"], found["container engine"]["found"]) == (
        "does not answer",
        "Cannot connect to the Docker daemon",
    )
    assert found["Node.js"]["state"] == "does not answer"


def test_a_tool_counts_beside_python_only_where_its_task_looks_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    name = Path(sys.executable).name
    assert Program("x", (name,), (), "").look() == Item("x", "missing", "", (), "")
    assert Program("x", (name,), (), "", beside_python=True).look().is_there
    assert OURS.parent == Path(sys.executable).parent


def test_extras_name_what_they_lack(tmp_path: Path) -> None:
    info = tmp_path / "hubimages-9.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.4", "Name: hubimages", "Version: 9", "Provides-Extra: github", "Provides-Extra: new"]
    lines += ['Requires-Dist: no-such-package>=2; extra == "github"', "Requires-Dist: pytest>=8; extra == 'new'"]
    (info / "METADATA").write_text("\n".join([*lines, "Requires-Dist: invoke>=3", ""]))
    found = items(PYTHONPATH=str(tmp_path))
    assert (found["github"]["state"], found["github"]["found"]) == ("missing", "lacks no-such-package")
    assert found["github"]["get"] == systems.install_line("github")
    assert found["new"]["state"] == "there"


def test_logins_are_named_by_host_and_never_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    secret = base64.b64encode(b"robot:correct horse").decode()
    (home / ".docker").mkdir()
    settings = {
        "auths": {"quay.io": {"auth": secret}, "https://index.docker.io/v1/": {"auth": secret}},
        "credHelpers": {"us-docker.pkg.dev": "gcloud"},
    }
    (home / ".docker/config.json").write_text(json.dumps(settings))
    report = json.loads(doctor("--json").stdout)
    file = str(home / ".docker/config.json")
    assert report["logins"] == [
        {"host": "index.docker.io", "kept_in": file},
        {"host": "quay.io", "kept_in": file},
        {"host": "us-docker.pkg.dev", "kept_in": "docker-credential-gcloud"},
    ]
    said = doctor().stdout + json.dumps(report)
    assert not [word for word in (secret, "robot", "correct horse") if word in said]


def test_a_configuration_that_cannot_be_read_is_told_and_is_no_failure(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    (home / "config.json").write_text("{")
    done = doctor()
    assert done.returncode == 0
    assert f"the logins in {home}/config.json cannot be read" in done.stdout


def test_it_asks_nothing_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert examine().programs
