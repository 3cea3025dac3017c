"""What a comment holds is not bumped, is listed by check-images with what is wrong there, and nothing else is held."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubimages.references import check_images, find_references
from hubimages.references.keep.covering import covering
from tests.engine.registry import Registry
from tests.references.deployment import deployment
from tests.references.pointing import COMMON, FILES, OTHER, changed_lines, hubimages, make_deployment
from tests.registry.images import Publisher

OLD, NEW = "0a1b2c3d4e5f", "111111111aaa"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
CLUSTER = "config/clusters/other/cluster.yaml"


@pytest.fixture
def files(open_registry: Registry) -> dict[str, str]:
    """A deployment's files, with newer tags of its images in the registry."""
    for name in ("kept", "kept-long"):
        image = Publisher(open_registry, f"group/{name}")
        image.image({"created": "2026-01-01T00:00:00Z"}, OLD)
        image.image({"created": "2026-01-02T00:00:00Z"}, NEW)
    host = open_registry.address
    return {name: text.replace("quay.io/group/image", f"{host}/group/kept") for name, text in FILES.items()}


def test_bump_images_keeps_what_a_comment_beside_the_tag_holds(files: dict[str, str], tmp_path: Path) -> None:
    files[COMMON] = files[COMMON].replace(
        f"tag: {OLD}  # {OLD}", f"tag: {OLD}  # hubimages: keep until 2099-12-20: end of term"
    )
    root = make_deployment(tmp_path / "deployment", files)
    done = hubimages(root, "bump-images", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    (kept,) = [each for each in json.loads(done.stdout)["kept"] if "keep until" in each["reason"]]
    assert (kept["file"], kept["line"], kept["newer"]) == (COMMON, 5, NEW)
    assert kept["reason"] == f"keep until 2099-12-20: end of term ({COMMON}:5)"
    assert "point-hubs" in kept["remedy"]
    changed = changed_lines(root)
    assert len([line for line in changed if line.startswith(OTHER)]) == 2
    assert not any(line.startswith(f"{COMMON} +      tag:") for line in changed)


@pytest.mark.parametrize(
    ("where", "old", "new"),
    [
        (CLUSTER, "  - name: prod\n", "  # hubimages: keep: the lecturer asked\n  - name: prod\n"),
        (OTHER, "basehub:", "# hubimages: keep\nbasehub:"),
        (OTHER, "basehub:", "# hubimages: keep\n\nbasehub:"),
    ],
)
def test_above_a_hub_or_a_file_it_holds_all_of_its_places(
    where: str, old: str, new: str, files: dict[str, str], tmp_path: Path
) -> None:
    files[where] = files[where].replace(old, new, 1)
    root = make_deployment(tmp_path / "deployment", files)
    done = hubimages(root, "bump-images", "--yes")
    assert done.returncode == 0, done.stderr
    changed = changed_lines(root)
    assert changed
    assert [line for line in changed if line.startswith(OTHER)] == []


def test_a_rule_that_is_past_holds_nothing_and_is_a_finding(tmp_path: Path) -> None:
    text = FILES[OTHER].replace("basehub:", "# hubimages: keep until 2020-01-01\nbasehub:")
    root = deployment(tmp_path / "deployment", {**FILES, OTHER: text})
    inventory = find_references(root)
    (reference,) = [each for each in inventory.references if each.file == OTHER]
    assert covering(inventory).of(reference, NOW) is None
    report = check_images(inventory, online=False)
    assert [(each.code, each.file, each.line, each.grade) for each in report.findings] == [
        ("keep-past", OTHER, 1, "warning")
    ]
    assert report.kept == ()


@pytest.mark.parametrize(
    ("comment", "code", "says"),
    [
        ("# hubimages: kepe", "keep-misspelt", "`kepe`: it is none of"),
        ("# hubimages: keep until 20.12.2026", "keep-misspelt", "`20.12.2026` is no date"),
    ],
)
def test_a_misspelt_comment_is_a_finding(comment: str, code: str, says: str, tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {**FILES, OTHER: f"{comment}\n{FILES[OTHER]}"})
    (found,) = check_images(find_references(root), online=False).findings
    assert (found.code, found.file, found.line) == (code, OTHER, 1)
    assert says in found.message


def test_a_comment_about_nothing_is_a_finding(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", {**FILES, "other.yaml": "# hubimages: keep\nname: value\n"})
    (found,) = check_images(find_references(root), online=False).findings
    assert (found.code, found.file, found.line) == ("keep-nothing", "other.yaml", 1)


def test_check_images_lists_what_is_kept_with_what_is_wrong_there(tmp_path: Path) -> None:
    values = "singleuser:\n  image:  # hubimages: keep until 2099-01-01: exams\n    name: gcr.io/a/b\n    tag: v1\n"
    root = deployment(tmp_path / "deployment", {**FILES, OTHER: values})
    done = hubimages(root, "check-images", "--offline", "--json")
    (kept,) = json.loads(done.stdout)["kept"]
    assert (kept["line"], kept["until"], kept["reason"], kept["findings"]) == (
        4, "2099-01-01", "exams", ["deprecated-registry"],
    )  # fmt: skip
    text = hubimages(root, "check-images", "--offline").stdout
    assert f"kept: {OTHER}:4 gcr.io/a/b:v1: keep until 2099-01-01: exams ({OTHER}:2). Known: gcr.io/a/b: gcr.io" in text


def test_the_closest_comment_counts(tmp_path: Path) -> None:
    text = "# hubimages: keep\n\nsingleuser:\n  image:\n    name: quay.io/a/b\n    tag: v1 # hubimages: follow prod\n"
    root = deployment(tmp_path / "deployment", {**FILES, OTHER: text})
    inventory = find_references(root)
    (reference,) = [each for each in inventory.references if each.file == OTHER]
    held = covering(inventory).of(reference, NOW)
    assert held is not None
    assert (held.line, held.rule.kind) == (6, "follow")
