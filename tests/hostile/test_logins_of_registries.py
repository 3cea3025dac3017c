"""A login for a registry or a Helm repository reaches it, and nothing else: no argument, no file, no message."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests import deployments
from tests.deployments import AT_ROOT
from tests.engine import process
from tests.engine.plugin import serve
from tests.engine.registry import Registry
from tests.hostile.secrets import ENVIRONMENT, USER, in_address, keep_logins, places, secret, spied
from tests.serving import serving


@pytest.fixture(scope="module", params=[secret("docker"), "another one"], ids=["right", "wrong"])
def locked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Registry]:
    """A real registry that wants this password."""
    yield from serve(tmp_path_factory.mktemp("locked"), username=USER, password=request.param)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    for name in ("temporary", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "home/.gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    named = {"TMPDIR": str(tmp_path / "temporary"), "HOME": str(tmp_path / "home")}
    kept = {name: value for name, value in os.environ.items() if name != "DOCKER_CONFIG"}
    return {**kept, **ENVIRONMENT, **named}


@pytest.mark.parametrize("task", ["check-images", "check-registry", "image-contents", "point-hubs"])
def test_the_login_of_a_registry(task: str, locked: Registry, tmp_path: Path, env: dict[str, str]) -> None:
    keep_logins(tmp_path / "home", locked.address)
    image = f"{locked.address}/group/image"
    text = f"image: {{name: {image}, tag: '1'}}\n"
    there = deployments.make(tmp_path / "there", {"config.yaml": text, "noxfile.py": f"IMAGE = {image!r}\n"})
    words = {
        "check-images": ["--json"], "check-registry": ["--json"], "image-contents": [f"{image}:1", "--json"],
        "point-hubs": [f"{image}:2", "--all", "--yes"],
    }  # fmt: skip
    done = spied(task, *words[task], cwd=there, env=env, log=tmp_path / "log")
    if task in ("check-registry", "image-contents"):
        is_right = locked.password == secret("docker")
        assert ("does not accept the login" in done.said) != is_right, done.said
    assert done.leaks() == []
    assert places(there) == []
    assert places(tmp_path / "temporary") == []


def answering(status: int, place: str = "") -> type[BaseHTTPRequestHandler]:
    """A server that answers every question with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler


@pytest.mark.parametrize(("status", "code"), [(401, 77), (404, 2), (500, 75), (302, 75), (200, 75), (0, 75)])
def test_the_login_in_the_address_of_a_helm_repository(
    status: int, code: int, tmp_path: Path, env: dict[str, str]
) -> None:
    with serving(answering(status, f"http://{in_address('other')}@127.0.0.1:1/" if status == 302 else "")) as served:
        host = served if status else f"127.0.0.1:{process.free_port()}"
        helm = f"http://{in_address('address')}@{host}/charts"
        there = deployments.make(tmp_path / "there", AT_ROOT, helm=helm)
        words = ("bump-hub-image", "--chart-version=latest", "--dry-run")
        done = spied(*words, cwd=there, env=env, log=tmp_path / "log")
    assert done.code == code, done.said
    assert done.leaks() == []
    assert places(tmp_path / "temporary") == []


def test_a_chart_of_a_repository_with_a_login_is_missing(tmp_path: Path, env: dict[str, str]) -> None:
    helm = f"http://{in_address('address')}@127.0.0.1:{process.free_port()}/charts"
    there = deployments.make(
        tmp_path / "there",
        {
            "helm-charts/basehub/Chart.yaml": "apiVersion: v2\nname: basehub\nversion: '1'\ndependencies:\n"
            "- {name: jupyterhub, version: 4.1.0, repository: '@helm@'}\n",
            "config/clusters/uni/cluster.yaml": "name: uni\nhubs:\n- name: prod\n  helm_chart: basehub\n"
            "  helm_chart_values_files: [v.yaml]\n",
            "config/clusters/uni/v.yaml": "jupyterhub: {hub: {}}\n",
        },
        helm=helm,
    )
    words = ("check-imagebuilding-hub", "--cluster=uni", "--hub=prod", "--json")
    done = spied(*words, cwd=there, env={**env, "XDG_CACHE_HOME": str(tmp_path / "cache")}, log=tmp_path / "log")
    assert "chart jupyterhub: no answer from 127.0.0.1" in done.said, done.said
    assert done.leaks() == []
    assert places(tmp_path / "temporary") == []
