"""Versions of the chart and the hub image they run, from a Helm repository on loopback."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from hubimages.errors import BadInputError, HubImagesError, NoAnswerError
from hubimages.hub_image.bump.helm_repository import Target, entry_in, resolve, versions_in
from hubimages.hub_image.versions import is_older, newest, order, release_notes
from tests import deployments
from tests.deployments import DEVELOPMENT, DEVELOPMENT_HUB, NEW

VERSIONS = {
    "0.7-fd73c61": "4b122ad",
    "v0.6": "v0.6",
    "1.1.3-n654.hf843296b": "1.1.3-n646.ha7953cb5",
    NEW: NEW,
    DEVELOPMENT: DEVELOPMENT_HUB,
    "74.4.0-beta.2": "74.4.0-beta.2",
    "9.10.0": "9.10.0",
}


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("latest", Target(NEW, NEW)),
        ("latest-dev", Target(DEVELOPMENT, DEVELOPMENT_HUB)),
        ("9.10.0", Target("9.10.0", "9.10.0")),
        ("74.4.0-beta.2", Target("74.4.0-beta.2", "74.4.0-beta.2")),
        ("v0.6", Target("v0.6", "v0.6")),
        ("1.1.3-n654.hf843296b", Target("1.1.3-n654.hf843296b", "1.1.3-n646.ha7953cb5")),
    ],
)
def test_a_version_has_the_hub_image_that_its_chart_runs(tmp_path: Path, asked: str, target: Target) -> None:
    with deployments.helm_repository(tmp_path, VERSIONS) as address:
        assert resolve(asked, address.rstrip("/")) == target


def test_the_tag_that_the_index_lists_spares_the_package(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path, VERSIONS) as address:
        index = tmp_path / "index.yaml"
        listed = (
            "  - annotations:\n      artifacthub.io/images: |\n        - image: quay.io/jupyterhub/k8s-hub:from-index\n"
        )
        whole = index.read_text().replace(
            f"  - apiVersion: v2\n    appVersion: 5.0.0\n{after(index, DEVELOPMENT)}", listed
        )
        index.write_text(whole)
        for package in tmp_path.glob("*.tgz"):
            package.unlink()
        assert resolve(DEVELOPMENT, address) == Target(DEVELOPMENT, "from-index")


def after(index: Path, version: str) -> str:
    """The lines of a version's entry that come before its name."""
    entry = index.read_text().partition(f"    - jupyterhub-{version}.tgz")[0]
    return entry.rpartition("    appVersion: 5.0.0\n")[2].partition("    name:")[0]


WRITTEN = {
    "by helm": lambda text: text,
    "as JSON": lambda text: json.dumps(yaml.safe_load(text)),
    "with indented lists": lambda text: re.sub(r"^(?=  - |    )", "  ", text, flags=re.MULTILINE),
    "in quotes": lambda text: re.sub(r"version: (.*)", r'version: "\1"', text),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_an_index_is_read_however_it_is_written(written: str) -> None:
    text = WRITTEN[written](deployments.index(VERSIONS)[0])
    assert versions_in(text) == list(VERSIONS)
    assert entry_in(text, NEW)["urls"] == [f"jupyterhub-{NEW}.tgz"]


FAILURES: dict[str, tuple[Callable[[Path], object], type[HubImagesError], str]] = {
    "no such version": (
        lambda folder: None,
        BadInputError,
        f"has no jupyterhub chart 1.2.3-dev; the latest release is {NEW}",
    ),
    "no index": (lambda folder: (folder / "index.yaml").unlink(), BadInputError, "does not exist"),
    "no chart": (
        lambda folder: (folder / "index.yaml").write_text("entries: {}\n"),
        BadInputError,
        "has no chart jupyterhub",
    ),
    "a page": (
        lambda folder: (folder / "index.yaml").write_text("<html>Log in"),
        NoAnswerError,
        "not an index of charts",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_repository_without_the_version_says_so(tmp_path: Path, failure: str) -> None:
    spoil, kind, message = FAILURES[failure]
    with deployments.helm_repository(tmp_path, VERSIONS) as address:
        spoil(tmp_path)
        with pytest.raises(kind) as refused:
            resolve("1.2.3-dev", address)
    assert message in str(refused.value)


def test_a_package_that_is_not_what_the_index_says_is_not_believed(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path, VERSIONS) as address:
        (tmp_path / f"jupyterhub-{DEVELOPMENT}.tgz").write_bytes(deployments.package("another"))
        with pytest.raises(NoAnswerError, match="digest"):
            resolve(DEVELOPMENT, address)


def test_nobody_at_the_address_is_no_answer(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path) as address:
        pass
    with pytest.raises(NoAnswerError):
        resolve("latest", address)


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ("@jupyterhub", "Run helm repo add jupyterhub ADDRESS"),
        ("alias:jupyterhub", "Run helm repo add jupyterhub ADDRESS"),
        ("file://../jupyterhub", "Bump that chart, then rebuild the image"),
        ("", "Write the repository's https:// address there"),
    ],
)
def test_versions_of_a_repository_without_address_cannot_be_looked_up(address: str, remedy: str) -> None:
    with pytest.raises(BadInputError, match=remedy):
        resolve("latest", address)


def test_versions_are_in_the_order_of_helm() -> None:
    rising = [
        "v0.6",
        "0.7-fd73c61",
        "1.0.0-beta.2",
        "1.0.0-beta.10",
        "1.0.0",
        "1.0.1-0.dev.git.9.ha",
        "1.0.1-0.dev.git.10.ha",
    ]
    assert [version for _, version in sorted((order(version) or (), version) for version in rising)] == rising
    assert newest([*rising, "set-by-chartpress"], development=False) == "1.0.0"
    assert is_older("3.3.8", "4.0.0-beta.1") and not is_older("4.0.0", "4.0.0")


def test_release_notes_name_the_majors_in_between() -> None:
    assert release_notes("2.0.1-0.dev.git.6079.h0a84ecb0", "4.3.3") == (
        "https://z2jh.jupyter.org/en/stable/administrator/upgrading/upgrade-2-to-3.html",
        "https://z2jh.jupyter.org/en/stable/administrator/upgrading/upgrade-3-to-4.html",
        "https://z2jh.jupyter.org/en/stable/changelog.html",
        "https://github.com/jupyterhub/zero-to-jupyterhub-k8s/compare/0a84ecb0...4.3.3",
    )
