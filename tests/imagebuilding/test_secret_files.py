"""Secret files: listed for the hub, for others or for none; encrypted by value or as a whole."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubimages.imagebuilding.charts import ChartSources
from hubimages.imagebuilding.check import all_hubs, report
from hubimages.imagebuilding.hubs import find_hub
from tests import needs
from tests.imagebuilding import good_hubs
from tests.imagebuilding.conftest import Deployment

needs.installed("kubespawner", "imagebuilding")
FOLDER = "config/clusters/earth"
PUSH = "binderhub-service.buildPodsRegistryCredentials.password"
LOOKUP = "binderhub-service.config.DockerRegistry.password"
PULL = "jupyterhub.imagePullSecret.password"
COMMON = "enc-common.secret.values.yaml"
# Each program's first bytes; what follows them cannot be read.
OPAQUE = {
    "git-crypt": b"\0GITCRYPT\0\x93\xff\x00\x9e",
    "ansible-vault": b"$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "age": b"age-encryption.org/v1\n-> X25519 \xff\n",
    "gpg": b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n",
    "sops": f"data: {good_hubs.ENCRYPTED}\nsops:\n  mac: {good_hubs.ENCRYPTED}\n".encode(),
}


def relisted(root: Path, *, secret: str, hub: list[str], others: dict[str, list[str]]) -> None:
    """Rename the secret file, and list these files for the hub and for other hubs of its cluster."""
    (root / FOLDER / good_hubs.ENC).rename(root / FOLDER / secret)
    listing = root / FOLDER / "cluster.yaml"
    data = yaml.safe_load(listing.read_text())
    data["hubs"][0]["helm_chart_values_files"] = hub
    for name, files in others.items():
        for file in files:
            if file != secret:
                good_hubs.write(root / FOLDER / file, {"jupyterhub": {"custom": {}}})
        data["hubs"].append({"name": name, "helm_chart": "basehub", "helm_chart_values_files": files})
    good_hubs.write(listing, data)


def found(root: Path, charts: Path) -> list[tuple[str, str, str]]:
    hub = find_hub(root, "earth", "staging")
    made = all_hubs.check_hubs([hub], ChartSources(charts, offline=True), today=good_hubs.TODAY)
    return [(finding.code, finding.grade, finding.message) for finding in made.findings]


@pytest.mark.parametrize(
    "others", [{}, {"prod": [COMMON, "a.values.yaml"], "workshop": [COMMON, "b.values.yaml"]}],
    ids=["no hub lists it", "other hubs list it"],
)  # fmt: skip
def test_a_file_with_the_missing_passwords_that_the_hub_does_not_list_is_one_error(
    deployment: Deployment, own_charts: Path, others: dict[str, list[str]]
) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    relisted(root, secret=COMMON, hub=["staging.values.yaml"], others=others)
    message = f"earth/staging does not list {COMMON}, which sets {PUSH}, {LOOKUP}, {PULL}"
    assert found(root, own_charts) == [("secret-file-unlisted", "error", message)]
    listing = root / FOLDER / "cluster.yaml"
    data = yaml.safe_load(listing.read_text())
    data["hubs"][0]["helm_chart_values_files"].append(COMMON)
    good_hubs.write(listing, data)
    assert found(root, own_charts) == []


def test_a_file_with_only_the_password_of_the_lookup_is_a_warning(deployment: Deployment, own_charts: Path) -> None:
    secret = copy.deepcopy(good_hubs.SECRET)
    lookup = {"binderhub-service": {"config": secret["binderhub-service"].pop("config")}}
    root = deployment(good_hubs.OF_HUB, secret)
    good_hubs.write(root / FOLDER / COMMON, {**lookup, "sops": good_hubs.SOPS})
    message = f"earth/staging does not list {COMMON}, which sets {LOOKUP}"
    assert found(root, own_charts) == [("secret-file-unlisted", "warning", message)]


def test_another_hubs_own_file_is_not_taken_for_a_forgotten_one(deployment: Deployment, own_charts: Path) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    secret = "enc-prod.secret.values.yaml"
    relisted(root, secret=secret, hub=["staging.values.yaml"], others={"prod": ["a.values.yaml"]})
    assert {(code, grade) for code, grade, _ in found(root, own_charts)} == {
        ("push-password-missing", "error"), ("pull-secret-missing", "error"), ("registry-password-missing", "warning"),
        ("secret-file-unused", "warning"),
    }  # fmt: skip


def test_a_file_that_no_hub_lists_and_no_hub_needs_is_a_warning(deployment: Deployment, own_charts: Path) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    good_hubs.write(root / FOLDER / COMMON, {**good_hubs.SECRET, "sops": good_hubs.SOPS})
    message = f"no hub in {FOLDER}/cluster.yaml lists this file"
    assert found(root, own_charts) == [("secret-file-unused", "warning", message)]


@pytest.mark.parametrize("program", OPAQUE)
def test_what_a_file_encrypted_as_a_whole_may_set_is_no_error(
    deployment: Deployment, own_charts: Path, program: str
) -> None:
    root = deployment(good_hubs.OF_HUB, good_hubs.SECRET)
    (root / FOLDER / good_hubs.ENC).write_bytes(OPAQUE[program])
    hub = find_hub(root, "earth", "staging")
    made = all_hubs.check_hubs([hub], ChartSources(own_charts, offline=True), today=good_hubs.TODAY)
    assert {(finding.code, finding.grade) for finding in made.findings} == {
        ("push-password-missing", "warning"), ("pull-secret-missing", "warning"),
        ("registry-password-missing", "warning"),
    }  # fmt: skip
    unless = f"unless {FOLDER}/{good_hubs.ENC} ({program}) sets it: it is encrypted as a whole"
    assert all(unless in finding.message for finding in made.findings)
    assert made.not_checked == (
        f"{FOLDER}/{good_hubs.ENC}: encrypted as a whole by {program}, so its values are unknown",
    )
    assert "unless" in report.as_text(made)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("config.DockerRegistry.username", None, {"registry-username-missing": "warning"}),
        ("config.DockerRegistry.username", "_json_key",
         {"registry-account-wrong": "warning", "credentials-differ": "warning"}),
        ("config.DockerRegistry.url", "https://ghcr.io", {"registry-host-differs": "warning"}),
        ("config.DockerRegistry.url", "quay.io", {"registry-url-scheme": "error"}),
        ("buildPodsRegistryCredentials.username", None, {"push-username-missing": "error"}),
        ("buildPodsRegistryCredentials.username", "_json_key",
         {"registry-account-wrong": "error", "credentials-differ": "warning"}),
        ("buildPodsRegistryCredentials.server", "https://ghcr.io", {"registry-host-differs": "error"}),
    ],
)  # fmt: skip
def test_a_lookup_that_the_registry_refuses_is_a_warning_and_a_push_an_error(
    deployment: Deployment, own_charts: Path, path: str, value: Any, expected: dict[str, str]
) -> None:
    hub = copy.deepcopy(good_hubs.OF_HUB)
    *above, last = path.split(".")
    there = hub["binderhub-service"]
    for step in above:
        there = there[step]
    there[last] = value
    graded = {code: grade for code, grade, _ in found(deployment(hub, good_hubs.SECRET), own_charts)}
    assert graded == expected
