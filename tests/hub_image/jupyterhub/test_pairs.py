"""Which hubs and servers really fail together is what the rule says: hubs and servers of every major, as processes."""

import os
import shutil
from pathlib import Path

import pytest

from hubimages.findings import ERROR
from hubimages.hub_image.jupyterhub.rule import verdict
from tests import needs
from tests.hub_image.jupyterhub.pairs import MADE_ON, install, running, try_server

HUBS = [version for version in MADE_ON if version != "0.7.2"]  # its proxy is no longer there


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an environment for each version."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("needs uv: pip install uv")
    needs.PROXY.program("configurable-http-proxy")
    folder = tmp_path_factory.mktemp("jupyterhubs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache/uv")))
        for version in MADE_ON:
            install(uv, folder, version)
    return folder


@pytest.mark.deep
@pytest.mark.parametrize("hub", HUBS)
def test_servers_of_every_major_work_or_fail_as_the_rule_says(environments: Path, tmp_path: Path, hub: str) -> None:
    with running(tmp_path / "hub", environments, hub) as address:
        outcomes = {server: try_server(address, server) for server in MADE_ON}
    for server, outcome in outcomes.items():
        print(f"hub {hub}, server {server}: {outcome}")  # noqa: T201  # pytest -s shows the table
    found = {server: outcome.works for server, outcome in outcomes.items()}
    rule = {server: verdict(hub, server) for server in MADE_ON}
    assert found == {server: wrong is None or wrong.grade != ERROR for server, wrong in rule.items()}
