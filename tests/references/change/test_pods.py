"""What bump-images does to the images that pods get, as Helm says, over many hubs in one run."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.registry import Registry
from tests.references.change.pods import pods
from tests.references.change.specimens import SPECIMENS, Specimen
from tests.references.pointing import git, hubimages, make_deployment
from tests.registry.images import Publisher
from tests.sample import some

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def filled(text: str, name: str, registry: Registry) -> str:
    """Return a text of a specimen with the addresses of its images."""
    parts = {"REGHOST": registry.address, "REGPATH": slug(name), "REG/": f"{registry.address}/{slug(name)}/"}
    for placeholder, address in parts.items():
        text = text.replace(placeholder, address)
    return text


@dataclass(frozen=True)
class Bumped:
    """The deployment repository of all specimens after one run of bump-images, and what that printed."""

    root: Path
    charts: Path
    registry: Registry
    before: Mapping[str, Mapping[str, str]]  # specimen: pod: image
    printed: Mapping[str, Any]

    def files(self, name: str) -> list[Path]:
        return [self.root / f"config/clusters/{slug(name)}/{file}" for file in SPECIMENS[name].texts]


@pytest.fixture(scope="module")
def bumped(open_registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Bumped:
    """One run over a cluster for each specimen, with all of its images in a real registry."""
    files: dict[str, str] = {}
    for name, specimen in SPECIMENS.items():
        folder = f"config/clusters/{slug(name)}"
        hub = {"name": "hub", "helm_chart_values_files": list(specimen.texts)}
        files[f"{folder}/cluster.yaml"] = json.dumps({"name": slug(name), "hubs": [hub]}) + "\n"
        files |= {f"{folder}/{file}": filled(text, name, open_registry) for file, text in specimen.texts.items()}
        for image, tags in specimen.images.items():
            publisher = Publisher(open_registry, f"{slug(name)}/{image}")
            for number, tag in enumerate(tags):
                created = {} if tag.startswith("-") else {"created": (DAY + timedelta(days=number)).isoformat()}
                publisher.image({**created, "author": tag}, tag.removeprefix("-"))
    folder = tmp_path_factory.mktemp("pods")
    root = make_deployment(folder / "deployment", files)
    state = Bumped(root, folder / "charts", open_registry, {}, {})
    before = {name: pods(state.charts / slug(name), state.files(name)) for name in SPECIMENS}
    done = hubimages(root, "bump-images", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    return Bumped(root, state.charts, open_registry, before, json.loads(done.stdout))


def expected(name: str, specimen: Specimen, bumped: Bumped) -> dict[str, str]:
    """The images after the run: the names as before, with the tags of the specimen."""
    images = {}
    for pod, tag in specimen.after.items():
        was = bumped.before[name][pod]
        path = was.partition("@")[0].removeprefix(bumped.registry.address).rpartition(":")[0]
        digest = bumped.registry.digest(path.strip("/"), tag.partition("@")[0]) if tag.endswith("@DIGEST") else ""
        new = tag.replace("DIGEST", digest)
        images[pod] = f"{bumped.registry.address}{path}:{new}" if path else filled(new, name, bumped.registry)
    return images


@pytest.mark.parametrize("name", some([*SPECIMENS], *range(0, len(SPECIMENS), 2)))
def test_every_pod_gets_the_tag_that_is_right_for_it(name: str, bumped: Bumped) -> None:
    assert pods(bumped.charts / slug(name), bumped.files(name)) == expected(name, SPECIMENS[name], bumped)


@pytest.mark.parametrize("name", SPECIMENS)
def test_what_keeps_its_tag_is_listed_with_what_it_could_have(name: str, bumped: Bumped) -> None:
    mine = [each for each in bumped.printed["kept"] if f"/{slug(name)}/" in each["file"]]
    assert {each["tag"]: each["newer"] for each in mine} == SPECIMENS[name].kept


def test_printed_written_and_found_again_are_the_same_places(bumped: Bumped) -> None:
    changes = bumped.printed["changes"]
    listed = json.loads(hubimages(bumped.root, "images", "--json").stdout)["references"]
    found = {(each["file"], each["path"]): each["tag"] for each in listed}
    assert {(each["file"], each["path"]): each["after"] for each in changes}.items() <= found.items()
    changed = git(bumped.root, "diff", "--name-only").splitlines()
    digests = {str(file.relative_to(bumped.root)) for name in SPECIMENS for file in bumped.files(name)}
    assert {each["file"] for each in changes} <= set(changed) <= digests


def test_a_second_run_changes_nothing_and_lists_the_same(bumped: Bumped) -> None:
    before = git(bumped.root, "diff")
    git(bumped.root, "commit", "-qam", "Newer")
    again = hubimages(bumped.root, "bump-images", "--yes", "--json")
    git(bumped.root, "reset", "-q", "--mixed", "HEAD~")
    assert (again.returncode, git(bumped.root, "diff")) == (0, before)
    said = json.loads(again.stdout)
    assert said["changes"] == []
    told = [{(each["file"], each["path"], each["newer"]) for each in one["kept"]} for one in (bumped.printed, said)]
    assert told[1] == told[0]
