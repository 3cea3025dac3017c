"""What bump-images keeps and says, and what makes it move."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import helm_python
import pytest

from tests.engine.registry import Registry
from tests.references.pointing import changed_lines, git, hubimages, make_deployment
from tests.registry.images import Publisher

DAY = datetime(2026, 1, 1, tzinfo=UTC)
OLD_DIGEST = f"sha256:{'0' * 64}"


def publish(registry: Registry, **images: str) -> str:
    """Put the tags of each image there, the older ones first, and return the address."""
    for name, tags in images.items():
        for number, tag in enumerate(tags.split()):
            Publisher(registry, f"keeps/{name}").image({"created": (DAY + timedelta(days=number)).isoformat()}, tag)
    return f"{registry.address}/keeps"


def deployment(tmp_path: Path, files: Mapping[str, str], address: str) -> Path:
    return make_deployment(
        tmp_path / "deployment", {name: text.replace("REG", address) for name, text in files.items()}
    )


def test_a_jump_is_kept_and_the_rest_done_until_it_is_accepted(tmp_path: Path, open_registry: Registry) -> None:
    address = publish(open_registry, jumping="3.2.1 2024.1.0", going="1.0.0 1.1.0")
    text = "singleuser:\n  image: {name: REG/jumping, tag: 3.2.1}\n  profileList:\n  - slug: a\n"
    text += "    kubespawner_override: {image: 'REG/going:1.0.0'}\n"
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    accept = f"--accept-jump={address}/jumping:2024.1.0"
    done = hubimages(root, "bump-images", "--yes", "--commit")
    assert (done.returncode, git(root, "log", "-1", "--format=%s")) == (0, f"Use {address}/going:1.1.0\n")
    assert (
        f"kept: hub.yaml:2 {address}/jumping:3.2.1: 2024.1.0 would be a jump. To take it, add {accept}" in done.stdout
    )
    again = hubimages(root, "bump-images", "--yes")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "nothing to do: 1 place keeps its tag, as listed")
    missing = hubimages(root, "bump-images", "--yes", f"--accept-jump={address}/jumping:2025.1.0")
    assert (missing.returncode, "has no" in missing.stderr) == (2, True)
    assert hubimages(root, "bump-images", "--yes", accept).returncode == 0
    assert [line.rpartition("tag: ")[2] for line in changed_lines(root)] == ["3.2.1}", "2024.1.0}"]
    other = hubimages(root, "bump-images", "--yes", f"--accept-jump={address}/going:1.1.0")
    assert other.returncode == 0, "it has this tag already"
    wrong = hubimages(root, "bump-images", "--yes", f"--accept-jump={address}/going:1.0.0")
    assert (wrong.returncode, "waits for a jump" in wrong.stderr) == (2, True)


def test_another_flavour_that_the_user_names_is_taken_for_a_tag_without_an_order(
    tmp_path: Path, open_registry: Registry
) -> None:
    address = publish(open_registry, edition="2024-spring 2025-spring")
    root = deployment(tmp_path, {"hub.yaml": "singleuser: {image: {name: REG/edition, tag: 2024-spring}}\n"}, address)
    shown = hubimages(root, "bump-images", "--dry-run")
    assert "`2024-spring` is in no format that has an order, so no tag can be called newer" in shown.stdout
    done = hubimages(root, "bump-images", "--yes", f"--accept-jump={address}/edition:2025-spring")
    assert done.returncode == 0, done.stderr
    assert "tag: 2025-spring" in (root / "hub.yaml").read_text()


def test_check_images_calls_no_choice_outdated_and_names_what_has_no_order(
    tmp_path: Path, open_registry: Registry
) -> None:
    address = publish(open_registry, chosen="1.0.0 1.1.0 1.2.0", word="x1 y2 z3", far="3.2.1 2024.1.0")
    text = "singleuser:\n  profileList:\n"
    for slug, image in (("old", "chosen:1.0.0"), ("new", "chosen:1.1.0"), ("word", "word:y2"), ("far", "far:3.2.1")):
        text += f"  - {{slug: {slug}, kubespawner_override: {{image: 'REG/{image}'}}}}\n"
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    said = json.loads(hubimages(root, "check-images", "--json").stdout)
    assert [(each["code"], each["line"], each["message"]) for each in said["findings"]] == [
        ("newer-tag", 4, f"{address}/chosen: 1.2.0 is newer than 1.1.0")
    ]
    assert said["not_checked"] == [
        f"{address}/far:3.2.1: whether 2024.1.0 is newer: it would be a jump",
        f"{address}/word:y2: whether a tag is newer: `y2` is in no format that has an order",
    ]


def test_the_command_that_is_listed_moves_an_old_choice(tmp_path: Path, open_registry: Registry) -> None:
    address = publish(open_registry, moved="1.0.0 1.1.0")
    choices = "{old: {kubespawner_override: {image: 'REG/moved:1.0.0'}}, "
    choices += "new: {kubespawner_override: {image: 'REG/moved:1.1.0'}}}"
    text = f"singleuser: {{profileList: [{{slug: p, profile_options: {{image: {{choices: {choices}}}}}}}]}}\n"
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    (kept,) = json.loads(hubimages(root, "bump-images", "--json", "--yes").stdout)["kept"]
    assert kept["remedy"] == f"To move it: hubimages point-hubs {address}/moved:1.1.0 --file=hub.yaml --choice=old"
    assert hubimages(root, *kept["remedy"].partition("hubimages ")[2].split()).returncode == 0
    assert (root / "hub.yaml").read_text().count(":1.1.0") == 2


def test_an_image_that_cannot_be_edited_is_kept_and_the_others_go_on(tmp_path: Path, open_registry: Registry) -> None:
    address = publish(open_registry, first="1.0.0 1.1.0", second="1.0.0 1.2.0", third="1.0.0 1.3.0")
    text = "singleuser:\n  image: {name: REG/first, tag: &tag 1.0.0}\n  profileList:\n  - slug: a\n"
    text += "    kubespawner_override: {image: {name: REG/second, tag: *tag}}\n"
    text += "  - slug: b\n    kubespawner_override: {image: 'REG/third:1.0.0'}\n"
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    said = json.loads(hubimages(root, "bump-images", "--json", "--yes").stdout)
    assert {each["image"]: each["after"] for each in said["changes"]} == {f"{address}/third": "1.3.0"}
    assert {each["image"] for each in said["kept"]} == {f"{address}/first", f"{address}/second"}
    assert (root / "hub.yaml").read_text() == text.replace("REG", address).replace("third:1.0.0", "third:1.3.0")


def test_what_flux_keeps_up_to_date_moves_only_when_that_is_asked_for(tmp_path: Path, open_registry: Registry) -> None:
    address = publish(open_registry, owned="1.0.0 1.1.0")
    text = 'singleuser:\n  image:\n    name: REG/owned\n    tag: 1.0.0 # {"$imagepolicy": "flux-system:hub:tag"}\n'
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    done = hubimages(root, "bump-images", "--yes")
    assert (done.returncode, git(root, "status", "--porcelain")) == (0, "")
    assert (
        "Flux image policy flux-system:hub keeps it up to date. To move it anyway, add --also-automated" in done.stdout
    )
    assert hubimages(root, "bump-images", "--yes", "--also-automated").returncode == 0
    assert "tag: 1.1.0 #" in (root / "hub.yaml").read_text()


def test_an_alias_that_changes_with_a_tag_is_listed(tmp_path: Path, open_registry: Registry) -> None:
    address = publish(open_registry, aliased="1.0.0 1.1.0")
    text = "singleuser:\n  image: {name: REG/aliased, tag: &tag 1.0.0}\n  extraEnv:\n    VERSION: *tag\n"
    root = deployment(tmp_path, {"hub.yaml": text}, address)
    shown = hubimages(root, "bump-images", "--dry-run")
    assert "note: an alias of a tag changes with it: hub.yaml:4 singleuser.extraEnv.VERSION" in shown.stdout


# A file that is read line by line, and what Helm reads after {{ }} is gone.
LINES = {
    "digits": ("image:\n  name: REG/digits\n  tag: abcdef1", "abcdef1 5115e56", {"tag": "5115e56"}),
    "number": ("image:\n  repository: REG/number\n  tag: v1.9-x", "v1.9-x v1.10-x", {"tag": "v1.10-x"}),
    "zeros": ("image:\n  name: REG/zeros\n  tag: 2026.9 # now", "2026.9 2026.10", {"tag": "2026.10"}),
    "quoted": ("image:\n  name: 'REG/quoted'\n  tag: \"1.9\"", "1.9 1.10", {"tag": "1.10"}),
    "digest": (f"image:\n  name: REG/digest\n  tag: 1.0.0\n  digest: {OLD_DIGEST}", "1.0.0 1.1.0", {"tag": "1.1.0"}),
    "sha": (f"image:\n  sha: '{OLD_DIGEST}'\n  name: REG/sha\n  tag: 1.0.0", "1.0.0 1.1.0", {"tag": "1.1.0"}),
}


@pytest.mark.parametrize("name", LINES)
def test_helm_reads_the_tag_and_the_digest_that_a_template_gets(
    name: str, tmp_path: Path, open_registry: Registry
) -> None:
    text, tags, expected = LINES[name]
    address = publish(open_registry, **{name: tags})
    files = {"chart/templates/pod.yaml": f"{{{{ if .Values.x }}}}\n{text}\n{{{{ end }}}}\n"}
    root = deployment(tmp_path, files, address)
    done = hubimages(root, "bump-images", "--yes", f"--pattern={address}/{name}")
    assert done.returncode == 0, done.stderr
    rendered = (
        (root / "chart/templates/pod.yaml").read_text().replace("{{ if .Values.x }}", "").replace("{{ end }}", "")
    )
    image = helm_python.values_from_yaml(rendered)["image"]
    assert {"tag": image["tag"]} == expected
    assert image.get("digest", image.get("sha")) in (None, open_registry.digest(f"keeps/{name}", image["tag"]))
