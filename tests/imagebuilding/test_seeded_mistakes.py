"""Each of many mistakes is found by name and mended by its remedy, on hubs of several kinds; good hubs give nothing."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import all_hubs as check
from hubimages.imagebuilding.check.finding import Finding
from hubimages.imagebuilding.check.helm import Helm
from hubimages.imagebuilding.hubs import Hub, find_hub, plain_hub
from tests import needs
from tests.imagebuilding import good_hubs
from tests.imagebuilding.conftest import Deployment
from tests.imagebuilding.good_hubs import Data
from tests.imagebuilding.seeds import BS, GONE, LAYERS, PAGE_SEEDS, RENAME, SEEDS, Seed, layer_of
from tests.sample import some

needs.installed("kubespawner", "imagebuilding")
OF_A_REPOSITORY = ("prefix-shared", "password-in-clear", "oauth-redirect-uri", "binderhub-service-off")
ACCESS_ENV = {"name": "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "value": '["access:services!service=binder"]'}
FOLDER = "config/clusters/earth"
# What disagrees with another value, of the hub, the chart or the secret file, and is shown there.
ELSEWHERE = ("binder-service-port", "binderhub-service-off", "build-node-selector", "docker-storage-limit",
             "key-misspelt", "page-auth-differs", "page-role-users", "pull-secret-incomplete")  # fmt: skip
EVERY = 4  # which of the mistakes are also tried in the other layouts
# What a reader of the remedy puts for its words in capitals.
WORDS = {
    "CLUSTER-HUB": "earth-staging", "ORGANISATION": "example-hubs", "REGION": "us-central1", "PROJECT": "project",
    "REPOSITORY": "repository", "BINDER-DOMAIN": good_hubs.PAGE_DOMAIN, "HUB-DOMAIN": "staging.example.org",
    "TAG": "2026.01", "REGISTRY": "quay.io", "ROBOT": "image_builder",
}  # fmt: skip
# Remedies that only a person can carry out, by code: values to set.
BY_HAND: dict[str, dict[tuple[str | int, ...], Any]] = {
    "hub-image-without-fancy-profiles": {("jupyterhub", "hub", "image", "name"): "quay.io/example/hub"},
    "fancy-profiles-old": {("jupyterhub", "hub", "image", "tag"): "z2jh-4.3.3-fancy-profiles-0.6.0"},
    "role-name": {("jupyterhub", "hub", "loadRoles", "Builders"): None, ("jupyterhub", "hub", "loadRoles", "ab"): None},
    "role-shape": {("jupyterhub", "hub", "loadRoles", "more"): None},
    "scope-unknown": {("jupyterhub", "hub", "loadRoles", "more"): None},
    "service-shape": {("jupyterhub", "hub", "services", "other"): None},
    "schema": {("jupyterhub", "hub", "colour"): None, (BS, "service", "port"): 8090},
    "manifest": {
        (BS, "nodeSelector", "cpus"): None, (BS, "dockerApi", "storage"): {"emptyDir": {"sizeLimit": "15Gi"}},
        (BS, "dockerApi", "resources"): None, ("jupyterhub", "hub", "extraVolumeMounts"): None,
        (BS, "extraEnv", 1): None,
    },
    "choice-pod": {("jupyterhub", "singleuser", "memory"): None, ("jupyterhub", "singleuser", "storage"): None},
    "form-shape": {("jupyterhub", "singleuser", "profileList"): good_hubs.PROFILES},
}  # fmt: skip


@dataclass(frozen=True)
class Charts:
    """A folder of charts, and the Helm that renders them."""

    folder: Path
    helm: Helm


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
    renamed = isinstance(seed.value, str) and seed.value.startswith(RENAME)
    if isinstance(there, dict) and not renamed:
        there.pop(steps[-1], None)
    there = hub
    for step in steps[:-1]:
        there = there.setdefault(step, {}) if isinstance(there, dict) else there[step]
    last, value = steps[-1], copy.deepcopy(seed.value)
    if value is GONE or seed.value is GONE:
        del there[last]
    elif renamed:
        there[value.removeprefix(RENAME)] = there.pop(last)
    elif last == "+" or (isinstance(there, list) and last >= len(there)):
        there.append(value)
    else:
        there[last] = value


def mended(hub: Data, finding: Finding) -> None:
    """Carry out the remedy of a finding."""
    change = finding.change or BY_HAND.get(finding.code)
    assert change, f"{finding.code} has no change, and none by hand"
    for path, value in change.items():
        put(hub, list(path), filled(value))


def filled(value: Any) -> Any:
    if isinstance(value, str):
        for word, text in WORDS.items():
            value = value.replace(word, text)
        return value
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else copy.deepcopy(value)


def put(there: Any, path: list[Any], value: Any) -> None:
    *above, last = path
    for step in above:
        if isinstance(there, dict):
            if value is None and step not in there:
                return
            if not isinstance(there.get(step), dict | list):
                there[step] = {}
        elif step >= len(there):
            return
        there = there[step]
    if value is not None:
        there[last] = value
    elif isinstance(there, list):
        if last < len(there):
            there.pop(last)
    else:
        there.pop(last, None)


@pytest.fixture(scope="module")
def rendered(charts: Path) -> Iterator[Charts]:
    """The folder of charts, with one Helm for all mistakes."""
    with Helm() as helm:
        yield Charts(charts, helm)


def found(root: Path, rendered: Charts) -> list[Finding]:
    return checked(find_hub(root, "earth", "staging"), rendered)


def checked(hub: Hub, rendered: Charts) -> list[Finding]:
    sources = ChartSources(rendered.folder, offline=True)
    return list(check.check_hubs([hub], sources, today=good_hubs.TODAY, started=rendered.helm).findings)


@pytest.mark.parametrize("layout", good_hubs.LAYOUTS)
@pytest.mark.parametrize("hub", [good_hubs.OF_HUB, good_hubs.OF_PAGE], ids=["form", "page"])
def test_a_good_hub_gives_no_finding(deployment: Deployment, rendered: Charts, hub: Data, layout: str) -> None:
    root = deployment(hub, good_hubs.SECRET, layout=layout)
    assert [str(finding) for finding in found(root, rendered)] == []


def test_there_are_mistakes_of_many_kinds() -> None:
    assert len(SEEDS) + len(PAGE_SEEDS) >= 120
    assert len({seed.code for seed in (*SEEDS, *PAGE_SEEDS)}) >= 100
    assert len({seed.name for seed in (*SEEDS, *PAGE_SEEDS)}) == len(SEEDS) + len(PAGE_SEEDS)


def test_the_documents_count_the_mistakes_of_each_layer() -> None:
    every = (*SEEDS, *PAGE_SEEDS)
    shown = [f"| {layer} | {len(mine)} | {len({seed.code for seed in mine})} |"
             for layer in LAYERS if (mine := [seed for seed in every if layer_of(seed) == layer])]  # fmt: skip
    page = Path(__file__).parents[2].joinpath("docs/imagebuilding-hub.md").read_text("utf-8")
    table = page.partition("| layer | mistakes | findings |\n| --- | --- | --- |\n")[2].partition("\n\n")[0]
    assert table.splitlines() == shown
    assert f"of {len(every)} mistakes" in page


@pytest.mark.parametrize(
    "seed", some([(seed,) for seed in SEEDS], *range(0, len(SEEDS), 8)), ids=lambda seed: seed.name
)
def test_a_mistake_is_found_at_its_line_and_its_remedy_mends_it(
    deployment: Deployment, rendered: Charts, seed: Seed
) -> None:
    found_and_mended(deployment, rendered, seed, good_hubs.OF_HUB)


@pytest.mark.parametrize(
    "seed", some([(seed,) for seed in PAGE_SEEDS], *range(0, len(PAGE_SEEDS), 3)), ids=lambda seed: seed.name
)
def test_a_mistake_on_a_page_is_found_at_its_line_and_its_remedy_mends_it(
    deployment: Deployment, rendered: Charts, seed: Seed
) -> None:
    found_and_mended(deployment, rendered, seed, good_hubs.OF_PAGE)


def found_and_mended(deployment: Deployment, rendered: Charts, seed: Seed, good: Data) -> None:
    hub, secret = copy.deepcopy(good), copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    root = deployment(hub, secret)
    findings = found(root, rendered)
    mine = [finding for finding in findings if finding.code == seed.code]
    assert mine, [str(finding) for finding in findings]
    for finding in findings:
        text = (root / finding.place.file).read_text()
        assert 1 <= finding.place.line <= len(text.splitlines())
        assert finding.why
        assert finding.remedy
        assert "hunter2" not in str(finding)
    values = (root / "config/clusters/earth/staging.values.yaml").read_text()
    if seed.code not in ELSEWHERE and not seed.path.endswith("+env"):
        lines = near_lines(values, seed.path.split("."))
        own = f"{FOLDER}/staging.values.yaml"
        assert any(one.place.line in lines and one.place.file == own for one in mine), (mine, lines)
    for finding in mine:
        mended(hub, finding)
    good_hubs.write(root / "config/clusters/earth/staging.values.yaml", hub)
    left = [str(finding) for finding in found(root, rendered) if finding.code == seed.code]
    assert left == []


def near_lines(text: str, path: list[str]) -> set[int]:
    """The lines of the value at a path with the keys above it; of the nearest one above, if there is none."""
    for length in range(len(path), 0, -1):
        try:
            lines = set(block(text, path[:length]))
        except (StopIteration, AssertionError, IndexError, ValueError):
            continue
        return lines | {block(text, path[:above]).start for above in range(max(length - 2, 1), length)}
    return set()


def block(text: str, path: list[str]) -> range:
    """The lines of the value at a path, its key included."""
    node = yaml.compose(text)
    start = 0
    for step in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
            start = node.start_mark.line
            continue
        assert isinstance(node, yaml.MappingNode)
        key, node = next((key, value) for key, value in node.value if key.value == step)
        start = key.start_mark.line
    assert node is not None
    return range(start + 1, node.end_mark.line + 2)


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if seed.path != BS][::EVERY], ids=lambda seed: seed.name)
def test_a_mistake_is_found_in_another_layout(deployment: Deployment, rendered: Charts, seed: Seed) -> None:
    layout = "two files, other order"
    hub, secret = copy.deepcopy(good_hubs.OF_HUB), copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    assert seed.code in {finding.code for finding in found(deployment(hub, secret, layout=layout), rendered)}


def in_plain_files(seed: Seed) -> bool:
    """Whether plain files are enough to find it: no other hubs, no domain, no chart around the charts."""
    return seed.code not in OF_A_REPOSITORY and seed.name != "API of another hub" and seed.path != BS


@pytest.mark.parametrize("seed", list(filter(in_plain_files, SEEDS))[1::EVERY], ids=lambda seed: seed.name)
def test_a_mistake_is_found_in_plain_files_too(tmp_path: Path, rendered: Charts, seed: Seed) -> None:
    hub = good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB)
    secret = copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    files = plain_files(tmp_path, hub, secret)
    assert seed.code in {finding.code for finding in found_in(files, rendered)}


def test_good_plain_files_give_no_finding(tmp_path: Path, rendered: Charts) -> None:
    hub = good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB)
    files = plain_files(tmp_path, hub, good_hubs.SECRET)
    assert found_in(files, rendered) == []


def test_binderhub_alone_is_checked_without_a_hub(tmp_path: Path, rendered: Charts) -> None:
    service = good_hubs.merged(good_hubs.OF_CHART, good_hubs.OF_HUB)[BS]
    secret = good_hubs.SECRET[BS]
    good_hubs.write(tmp_path / "binder.yaml", good_hubs.merged(service, secret))
    assert found_in([tmp_path / "binder.yaml"], rendered) == []
    service["config"]["DockerRegistry"]["url"] = "quay.io"
    good_hubs.write(tmp_path / "binder.yaml", good_hubs.merged(service, secret))
    assert [finding.code for finding in found_in([tmp_path / "binder.yaml"], rendered)] == ["registry-url-scheme"]


MISSPELT = [seed for seed in SEEDS if str(seed.value).startswith(RENAME) and seed.code != "option-key"]


@pytest.mark.parametrize("seed", MISSPELT, ids=lambda seed: seed.name)
def test_a_misspelt_key_is_the_only_finding(deployment: Deployment, rendered: Charts, seed: Seed) -> None:
    hub, secret = copy.deepcopy(good_hubs.OF_HUB), copy.deepcopy(good_hubs.SECRET)
    seeded(hub, secret, seed)
    assert [finding.code for finding in found(deployment(hub, secret), rendered)] == [seed.code]


def found_in(files: list[Path], rendered: Charts) -> list[Finding]:
    return checked(plain_hub(files), rendered)


def plain_files(folder: Path, hub: Data, secret: Data) -> list[Path]:
    """The values of Zero to JupyterHub and of binderhub-service in a file each, dask's beside them."""
    made = {"z2jh.yaml": hub["jupyterhub"], "binder.yaml": hub["binderhub-service"]}
    made["dask.yaml"] = {"jupyterhub": {}, "dask-gateway": hub["dask-gateway"]}
    made["secret.yaml"] = {**secret, "sops": good_hubs.SOPS}
    for name, data in made.items():
        good_hubs.write(folder / name, data)
    return [folder / name for name in made]
