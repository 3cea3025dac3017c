"""What an image contains is attached to it in the registry, and read from there with few requests."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.contents import Cache, as_cyclonedx, attach_contents, compare_facts
from hubimages.errors import LoginError, NotInstalledError
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries
from tests.contents.oci_1_1 import Store, as_registry, oci_1_1
from tests.contents.published import archive, files, push, read, requests_in
from tests.engine.registry import Registry
from tests.registry.conftest import Configure
from tests.registry.images import MANIFEST, Publisher, entry, sha256
from tests.registry.scripted import Scripted

CYCLONEDX = "application/vnd.cyclonedx+json"


def attach(reference: str, **options: str | bool) -> str:
    return attach_contents(reference, say=lambda line: None, agree=lambda question: True, **options)  # type: ignore[arg-type]


def fresh(tmp_path: Path) -> Cache:
    """A cache that has nothing, as on another machine."""
    return Cache(tmp_path / "another machine")


@pytest.fixture
def api() -> Iterator[tuple[Scripted, Store]]:
    with oci_1_1() as both:
        yield both


def test_a_registry_with_the_referrers_api_lists_the_sbom(api: tuple[Scripted, Store], tmp_path: Path) -> None:
    server, store = api
    digest = push(Publisher(as_registry(server), "a/b"), [archive(files())], "1")
    before = dict(store.tags)
    layers = read(f"{server.host}/a/b:1").facts[0]
    done = attach(f"{server.host}/a/b:1")
    assert done.startswith("attached an SBOM of 7 packages (")
    assert store.tags == before  # no tag for it
    server.asked.clear()
    found = read(f"{server.host}/a/b:1", cache=fresh(tmp_path))
    assert found.said == []
    assert found.facts[0].source == "SBOM"
    assert compare_facts(layers, found.facts[0]).same
    assert found.facts[0].contents == layers.contents
    assert found.facts[0].layers == layers.layers
    assert len(server.lines) == 5
    assert server.lines[0] == "GET /v2/a/b/manifests/1"
    assert sorted(line.partition(":")[0] for line in server.lines[1:3]) == [
        f"GET /v2/a/b/manifests/sha256-{digest[7:]}", "GET /v2/a/b/referrers/sha256"
    ]  # fmt: skip


def test_a_registry_without_it_has_a_tag_and_the_image_stays_the_same(open_registry: Registry, tmp_path: Path) -> None:
    digest = push(Publisher(open_registry, "sbom/one"), [archive(files())], "1")
    reference = f"{open_registry.address}/sbom/one:1"
    attach(reference)
    assert open_registry.digest("sbom/one", "1") == digest
    assert open_registry.tags("sbom/one") == ["1", f"sha256-{digest[7:]}"]
    before = len(open_registry.log.read_text())
    found = read(reference, cache=fresh(tmp_path))
    assert (found.said, found.facts[0].source, len(found.rows())) == ([], "SBOM", 7)
    asked = requests_in(open_registry, before)
    assert len(asked) == 5
    assert not [line for line in asked if "tags/list" in line]


def test_the_same_image_gives_the_same_bytes_and_is_attached_once(open_registry: Registry) -> None:
    digest = push(Publisher(open_registry, "sbom/twice"), [archive(files())], "1")
    reference = f"{open_registry.address}/sbom/twice:1"
    assert attach(reference) == attach(reference)
    index = json.loads(open_registry.request(f"sbom/twice/manifests/sha256-{digest[7:]}")[0])
    assert [each["artifactType"] for each in index["manifests"]] == [CYCLONEDX]


def test_what_others_attached_stays(open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "sbom/others")
    digest = push(publisher, [archive(files())], "1")
    theirs = {**entry(push(publisher, [archive({})])), "artifactType": "application/vnd.example"}
    publisher.index([theirs], f"sha256-{digest[7:]}")
    attach(f"{open_registry.address}/sbom/others:1")
    index = json.loads(open_registry.request(f"sbom/others/manifests/sha256-{digest[7:]}")[0])
    assert [each["artifactType"] for each in index["manifests"]] == ["application/vnd.example", CYCLONEDX]


def test_each_platform_has_its_own_and_six_requests_read_it(api: tuple[Scripted, Store], tmp_path: Path) -> None:
    server, _ = api
    publisher = Publisher(as_registry(server), "a/b")
    arm = push(publisher, [archive(files(numpy="2.3.1"))], architecture="arm64")
    amd = push(publisher, [archive(files())])
    publisher.index([entry(arm, "linux", "arm64"), entry(amd)], "1")
    for platform in ("linux/amd64", "linux/arm64"):
        attach(f"{server.host}/a/b:1", platform=platform)
    server.asked.clear()
    found = read(f"{server.host}/a/b:1", platform="linux/arm64", cache=fresh(tmp_path))
    assert "conda numpy 2.3.1" in found.rows()
    assert (found.facts[0].source, len(server.lines)) == ("SBOM", 6)


def test_a_dry_run_attaches_nothing(open_registry: Registry) -> None:
    push(Publisher(open_registry, "sbom/dry"), [archive(files())], "1")
    assert attach(f"{open_registry.address}/sbom/dry:1", dry_run=True).startswith("would attach an SBOM of 7 packages")
    assert open_registry.tags("sbom/dry") == ["1"]


def test_without_a_login_that_may_push_nothing_is_attached(locked_registry: Registry, configure: Configure) -> None:
    push(Publisher(locked_registry, "sbom/locked"), [archive(files())], "1")
    reference = f"{locked_registry.address}/sbom/locked:1"
    with pytest.raises(LoginError):
        attach(reference)
    configure({locked_registry.address: "robot:correct horse"})
    attach(reference)
    assert len(locked_registry.tags("sbom/locked")) == 2


DOCUMENTS = {
    "not JSON": (b"\x00", "it is no JSON"),
    "SPDX": (b'{"spdxVersion": "SPDX-2.3"}', "it is no CycloneDX document"),
    "another program's": (b'{"bomFormat": "CycloneDX", "components": []}', "another program wrote it"),
    "of another image": (None, "it is about another image (sha256:"),
    "broken": (None, "it is broken (TypeError: 5 is not text)"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_sbom_that_cannot_be_used_is_named_and_the_layers_are_read(
    api: tuple[Scripted, Store], tmp_path: Path, name: str
) -> None:
    server, _ = api
    publisher = Publisher(as_registry(server), "a/b")
    digest = push(publisher, [archive(files())], "1")
    content, message = DOCUMENTS[name]
    if content is None:
        ours = json.loads(as_cyclonedx(read(f"{server.host}/a/b:1").facts[0]))
        if name == "broken":
            ours["components"][0]["version"] = 5
        else:
            text = json.dumps(ours).replace(digest, sha256(b"another"))
            ours = json.loads(text)
        content = json.dumps(ours).encode()
    subject = {"mediaType": MANIFEST, "digest": digest, "size": 1}
    made = {
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": CYCLONEDX, "subject": subject,
        "config": {"digest": publisher.blob(b"{}"), "mediaType": "application/vnd.oci.empty.v1+json", "size": 2},
        "layers": [{"mediaType": CYCLONEDX, "digest": publisher.blob(content), "size": len(content)}],
    }  # fmt: skip
    publisher.manifest(made)
    found = read(f"{server.host}/a/b:1", cache=fresh(tmp_path))
    assert found.said[0].startswith(f"the SBOM of {server.host}/a/b:1 is not used: {message}")
    assert "no SBOM, so" in found.said[1]
    assert (found.facts[0].source, len(found.rows())) == ("layers", 7)


def test_the_document_is_what_the_specification_asks_for(open_registry: Registry) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    push(Publisher(open_registry, "sbom/valid"), [archive(files())], "1")
    text = as_cyclonedx(read(f"{open_registry.address}/sbom/valid:1").facts[0])
    try:
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    except Exception as error:
        if type(error).__name__ != "MissingOptionalDependencyException":
            raise
    content = json.loads(text)
    bsd, mit, gpl = (
        [{"license": {"id": "BSD-3-Clause"}}],
        [{"license": {"id": "MIT"}}],
        [{"license": {"name": "GPL-3"}}],
    )
    found = {each["purl"]: (each["version"], each.get("licenses")) for each in content["components"]}
    assert found == {
        "pkg:conda/numpy@2.3.0?build=py_0": ("2.3.0", bsd),
        "pkg:conda/python@3.13.1?build=0": ("3.13.1", bsd),
        "pkg:cran/base@4.5.1": ("4.5.1", gpl),
        "pkg:cran/dplyr@1.1.4": ("1.1.4", gpl),
        "pkg:deb/debian/git@1:2.39.5-0%2Bdeb12u2?arch=amd64": ("1:2.39.5-0+deb12u2", None),
        "pkg:pypi/jupyterhub@5.2.1": ("5.2.1", mit),
        "pkg:pypi/pyfiglet@1.0.3": ("1.0.3", mit),
    }


def test_without_the_library_the_line_that_installs_it_is_shown(
    open_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(Publisher(open_registry, "sbom/extra"), [archive(files())], "1")
    (facts,) = read(f"{open_registry.address}/sbom/extra:1").facts
    monkeypatch.setitem(sys.modules, "cyclonedx.model.bom", None)
    with pytest.raises(NotInstalledError, match=r"pip install 'hubimages\[contents\]'"):
        as_cyclonedx(facts)


def test_a_tag_that_lists_what_is_attached_is_no_tag_of_the_image(open_registry: Registry) -> None:
    digest = push(Publisher(open_registry, "sbom/tags"), [archive(files())], "1")
    attach(f"{open_registry.address}/sbom/tags:1")
    with Registries() as registries:
        assert registries.tags(ImageRef(open_registry.address, "sbom/tags")) == ["1"]
    assert f"sha256-{digest[7:]}" in open_registry.tags("sbom/tags")
