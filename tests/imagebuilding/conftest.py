"""Deployment repositories and plain files with good hubs, charts of the right shape, and a server that has them."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.imagebuilding import good_hubs, small_charts
from tests.imagebuilding.encryption import fingerprint, key, sops_program
from tests.serving import serving

__all__ = ["fingerprint", "key", "sops_program"]  # fixtures

REAL = os.environ.get("HUBIMAGES_CHARTS")
CLUSTERS = "config/clusters"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def own_charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small charts of the shape of the real ones."""
    folder = tmp_path_factory.mktemp("charts")
    small_charts.write_charts(folder)
    return folder


@pytest.fixture(scope="session", params=["small charts", *(["real charts"] if REAL else [])])
def charts(request: pytest.FixtureRequest, own_charts: Path) -> Path:
    """The folder of charts; the same tests run on the real ones, basehub too, where HUBIMAGES_CHARTS has them."""
    return Path(str(REAL)) if request.param == "real charts" else own_charts


@pytest.fixture(scope="session")
def published(own_charts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small charts as a chart repository: archives and an index."""
    helm = pytest.importorskip("helm_python")
    folder = tmp_path_factory.mktemp("published")
    entries: dict[str, list[dict[str, Any]]] = {}
    for name in small_charts.VERSIONS:
        archive = Path(helm.package(str(own_charts / name), destination=str(folder)))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        entries[name] = [{"name": name, "version": small_charts.VERSIONS[name], "apiVersion": "v2",
                          "created": "2026-01-01T00:00:00Z", "digest": digest, "urls": [archive.name]}]  # fmt: skip
    (folder / "index.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "entries": entries}))
    return folder


@pytest.fixture
def repository(published: Path) -> Iterator[str]:
    """The address of a chart repository on loopback."""
    with serving(partial(_Quiet, directory=str(published))) as address:
        yield f"http://{address}/"


Deployment = Callable[..., Path]


@pytest.fixture
def deployment(tmp_path: Path, request: pytest.FixtureRequest) -> Deployment:
    """Makes a deployment repository with the hubs earth/staging, out of the given values, and mars/prod."""
    asked = request.getfixturevalue("charts") if "charts" in request.fixturenames else None
    real = asked / "basehub" if asked is not None and (asked / "basehub").is_dir() else None

    def make(
        hub: good_hubs.Data, secret: good_hubs.Data, *, layout: str = "one file", chart: good_hubs.Data | None = None,
        repository: str = "http://127.0.0.1:9/",
    ) -> Path:  # fmt: skip
        root = tmp_path / "deployment"
        earth, mars = root / CLUSTERS / "earth", root / CLUSTERS / "mars"
        files = good_hubs.LAYOUTS[layout](earth, hub, secret, [good_hubs.ENC])
        entry = {"name": "staging", "domain": "staging.example.org", "helm_chart": "basehub",
                 "helm_chart_values_files": files}  # fmt: skip
        good_hubs.write(earth / "cluster.yaml", {"name": "earth", "provider": "aws", "hubs": [entry]})
        other = {"binderhub-service": {"config": {"BinderHub": {"image_prefix": "quay.io/example-hubs/mars-"}}}}
        good_hubs.write(mars / "prod.values.yaml", other)
        good_hubs.write(
            mars / "cluster.yaml", {"hubs": [{"name": "prod", "helm_chart_values_files": ["prod.values.yaml"]}]}
        )
        values = yaml.safe_dump(chart if chart is not None else good_hubs.OF_CHART, sort_keys=False)
        if real is not None:
            shutil.copytree(real, root / "helm-charts" / "basehub")
        else:
            small_charts.write_basehub(root / "helm-charts" / "basehub", values, repository)
        return root

    return make
