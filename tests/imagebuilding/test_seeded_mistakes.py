"""Each of many mistakes is found by name, in hubs of two layouts and in plain files; good hubs give no finding."""

import copy
from pathlib import Path
from typing import Any

import pytest

from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import operation as check
from hubimages.imagebuilding.check.finding import Finding
from hubimages.imagebuilding.hubs import find_hub, plain_hub
from tests.imagebuilding import good_hubs
from tests.imagebuilding.conftest import Deployment
from tests.imagebuilding.good_hubs import Data
from tests.imagebuilding.seeds import BS, GONE, RENAME, SEEDS, Seed

pytest.importorskip("kubespawner")
OF_A_REPOSITORY = ("prefix-shared", "password-in-clear", "oauth-redirect-uri")
ACCESS_ENV = {"name": "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "value": '["access:services!service=binder"]'}


def seeded(hub: Data, secret: Data, seed: Seed) -> None:
    """Put the mistake into the values; an encrypted value that it replaces is taken out of the secret file."""
    path = seed.path
    if path.endswith("+env"):
        path = path.removesuffix("+env")
        hub[BS]["extraEnv"].append(ACCESS_ENV)
    steps: list[Any] = [int(step) if step.isdigit() else step for step in path.split(".")]
    there: Any = secret
    for step in steps[:-1]:
        there = there.get(step, {}) if isinstance(there, dict) else {}
    if isinstance(there, dict):
        there.pop(steps[-1], None)
    there = hub
    for step in steps[:-1]:
        there = there.setdefault(step, {}) if isinstance(there, dict) else there[step]
    if seed.value is GONE:
        del there[steps[-1]]
    elif isinstance(seed.value, str) and seed.value.startswith(RENAME):
        there[seed.value.removeprefix(RENAME)] = there.pop(steps[-1])
    else:
        there[steps[-1]] = copy.deepcopy(seed.value)


def found(root: Path, charts: Path) -> list[Finding]:
    hub = find_hub(root, "earth", "staging")
    return list(check.check_hubs([hub], ChartSources(charts, offline=True), today=good_hubs.TODAY).findings)


@pytest.mark.parametrize("layout", good_hubs.LAYOUTS)
def test_a_good_hub_gives_no_finding(deployment: Deployment, charts: Path, layout: str) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET, layout=layout)
    assert found(root, charts) == []


@pytest.mark.parametrize("layout", good_hubs.LAYOUTS)
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_mistake_is_found_by_name(deployment: Deployment, charts: Path, seed: Seed, layout: str) -> None:
    hub, secret = copy.deepcopy(good_hubs.OF_HUB), copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    root = deployment(hub, secret, layout=layout)
    findings = found(root, charts)
    assert seed.code in {finding.code for finding in findings}
    for finding in findings:
        assert (root / finding.place.file).is_file()
        assert 1 <= finding.place.line <= len((root / finding.place.file).read_text().splitlines())
        assert finding.why
        assert finding.remedy
        assert "hunter2" not in str(finding)


def in_plain_files(seed: Seed) -> bool:
    """Whether plain files are enough to find it: no other hubs, no domain."""
    return seed.code not in OF_A_REPOSITORY and seed.name != "API of another hub"


@pytest.mark.parametrize("seed", list(filter(in_plain_files, SEEDS)), ids=lambda seed: seed.name)
def test_a_mistake_is_found_in_plain_files_too(tmp_path: Path, charts: Path, seed: Seed) -> None:
    hub = good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB)
    secret = copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    files = plain_files(tmp_path, hub, secret)
    assert seed.code in {finding.code for finding in found_in(files, charts)}


def test_good_plain_files_give_no_finding(tmp_path: Path, charts: Path) -> None:
    hub = good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB)
    files = plain_files(tmp_path, hub, good_hubs.SECRET)
    assert found_in(files, charts) == []


def found_in(files: list[Path], charts: Path) -> list[Finding]:
    return list(
        check.check_hubs([plain_hub(files)], ChartSources(charts, offline=True), today=good_hubs.TODAY).findings
    )


def plain_files(folder: Path, hub: Data, secret: Data) -> list[Path]:
    """The values of Zero to JupyterHub and of binderhub-service in a file each, dask's beside them."""
    made = {"z2jh.yaml": hub["jupyterhub"], "binder.yaml": hub["binderhub-service"]}
    made["dask.yaml"] = {"jupyterhub": {}, "dask-gateway": hub["dask-gateway"]}
    made["secret.yaml"] = {**secret, "sops": good_hubs.SOPS}
    for name, data in made.items():
        good_hubs.write(folder / name, data)
    return [folder / name for name in made]
