"""Which hubs still have the broken version: one command, on a real registry."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubimages.contents import Cache, Wanted, attach_contents, folder
from hubimages.errors import LoginError, NoAnswerError
from hubimages.references.packages.search import PackageSearch
from tests.command import hubimages
from tests.contents.published import archive, files, push, requests_in
from tests.engine.registry import Registry
from tests.references.pointing import make_deployment
from tests.registry.conftest import configure, locked_registry, open_registry
from tests.registry.images import Publisher, entry

__all__ = ["configure", "locked_registry", "open_registry"]

HUBS = "name: uni\nhubs:\n" + "".join(
    f"  - {{name: {hub}, helm_chart_values_files: [{hub}.values.yaml]}}\n" for hub in ("one", "two", "three")
)
IMAGES = ("a:1", "b:1", "a:2")  # of the hubs


def run(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return hubimages("images", *words, cwd=root)


def deployment(tmp_path: Path, prefix: str, images: tuple[str, ...] = IMAGES) -> Path:
    """A deployment repository whose hubs `uni/one`, `uni/two`, `uni/three` run these images."""
    own = {"config/clusters/uni/cluster.yaml": HUBS}
    for hub, image in zip(("one", "two", "three"), images, strict=True):
        name, _, tag = image.partition(":")
        values = f"jupyterhub:\n  singleuser:\n    image: {{name: {prefix}{name}, tag: '{tag}'}}\n"
        own[f"config/clusters/uni/{hub}.values.yaml"] = values
    return make_deployment(tmp_path / "deployment", own)


@pytest.fixture
def searched(tmp_path: Path, open_registry: Registry) -> tuple[Path, str]:
    """A deployment repository, and what its images begin with: two of them have an SBOM."""
    prefix = f"{open_registry.address}/search/{tmp_path.name.replace('_', '-')}-"
    for name, tag, numpy in (("a", "1", "1.2.3"), ("b", "1", "1.2.3"), ("a", "2", "2.0.0")):
        push(Publisher(open_registry, f"{prefix.partition('/')[2]}{name}"), [archive(files(numpy=numpy))], tag)
    for image in ("a:1", "b:1"):
        attach_contents(f"{prefix}{image}", say=lambda line: None, agree=lambda question: True)
    return deployment(tmp_path, prefix), prefix


def test_hubs_images_and_versions_are_listed_and_then_known_without_a_registry(
    searched: tuple[Path, str], open_registry: Registry
) -> None:
    root, prefix = searched
    done = run(root, "--with", "numpy==1.2.3")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"{prefix}a:1\tconda\tnumpy\t1.2.3\tuni/one", f"{prefix}b:1\tconda\tnumpy\t1.2.3\tuni/two"],
    )
    said = done.stderr.splitlines()
    assert said[0].startswith("1 image without an SBOM: ")
    assert said[0].endswith(" in 1 layer must be read from the registries; nothing of it is stored")
    assert said[1:] == ["2 of 3 searched images have numpy==1.2.3; 2 hubs run them"]

    begun = len(open_registry.log.read_text())
    versions = run(root, "--with", "NumPy")
    assert [line.split("\t")[3] for line in versions.stdout.splitlines()] == ["1.2.3", "1.2.3", "2.0.0"]
    names = [f"{prefix.partition('/')[2]}{name}/manifests/{tag}" for name, tag in (("a", "1"), ("a", "2"), ("b", "1"))]
    assert sorted(requests_in(open_registry, begun)) == [f"HEAD /v2/{name}" for name in names]  # one for each tag

    begun = len(open_registry.log.read_text())
    offline = json.loads(run(root, "--with", "numpy>=2", "--offline", "--json").stdout)
    known = offline["found"][0].pop("known")
    assert datetime.now(UTC) - datetime.fromisoformat(known) < timedelta(minutes=10)
    row = {"image": f"{prefix}a:2", "kind": "conda", "name": "numpy", "version": "2.0.0", "hubs": ["uni/three"]}
    found = {"with": "numpy>=2", "searched": 3, "found": [row], "not_searched": []}
    assert offline == {"version": 1, **found}
    assert requests_in(open_registry, begun) == []


@pytest.mark.deep
def test_a_tag_that_moved_is_read_again(searched: tuple[Path, str], open_registry: Registry) -> None:
    root, prefix = searched
    assert run(root, "--with", "numpy", "--sboms-only").stdout.count("\t1.2.3\t") == 2
    publisher = Publisher(open_registry, f"{prefix.partition('/')[2]}b")
    push(publisher, [archive(files(numpy="9.9"))], "1")
    assert "\t9.9\tuni/two" in run(root, "--with", "numpy").stdout


@pytest.mark.deep
def test_an_index_is_known_by_its_own_digest(tmp_path: Path, open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "search/index")
    one = push(publisher, [archive(files())])
    other = push(publisher, [archive(files(numpy="7.0"))], architecture="arm64")
    publisher.index([entry(one), entry(other, architecture="arm64")], "1")
    root = deployment(tmp_path, f"{open_registry.address}/search/", ("index:1",) * 3)
    row = f"{open_registry.address}/search/index:1\tconda\tnumpy\t2.3.0\tuni/one, uni/three, uni/two\n"
    assert run(root, "--with", "numpy").stdout == row
    begun = len(open_registry.log.read_text())
    assert run(root, "--with", "numpy").stdout == row
    assert requests_in(open_registry, begun) == ["HEAD /v2/search/index/manifests/1"]


def test_offline_says_how_old_it_is_and_what_it_does_not_know(searched: tuple[Path, str]) -> None:
    root, prefix = searched
    run(root, "--with", "numpy", "--sboms-only")
    for file in (folder() / "tags").glob("*.json"):
        known = json.loads(file.read_text())
        known["time"] = (datetime.now(UTC) - timedelta(days=6, hours=1)).isoformat()
        file.write_text(json.dumps(known))
    done = run(root, "--with", "numpy", "--offline")
    assert done.stdout.splitlines()[0] == f"{prefix}a:1\tconda\tnumpy\t1.2.3\tuni/one\tas of 6 days ago"
    assert done.stderr.splitlines() == [
        "2 of 2 searched images have numpy; 2 hubs run them",
        f"not searched: {prefix}a:2: no earlier run read what is in it. Search without --offline",
    ]
    assert done.returncode == 75


def test_layers_are_left_out_on_request_and_named(searched: tuple[Path, str]) -> None:
    root, prefix = searched
    done = run(root, "--with", "numpy==2.0.0", "--sboms-only")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0] == "0 of 2 searched images have numpy==2.0.0; 0 hubs run them"
    assert done.stderr.splitlines()[1].startswith(f"not searched: {prefix}a:2: no SBOM, and ")


def test_500_mb_are_asked_about_before_any_byte_comes(tmp_path: Path, open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "search/large")
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": publisher.blob(b"x")}
    configuration = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": publisher.blob(b"{}"),
        "size": 2,
    }
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": configuration, "layers": [{**layer, "size": 600_000_000}],
    }  # fmt: skip
    publisher.manifest(manifest, "1")
    root = deployment(tmp_path, f"{open_registry.address}/search/", ("large:1",) * 3)
    done = run(root, "--with", "numpy")
    assert (done.returncode, done.stdout, done.stderr) == (
        3,
        "",
        "error: 1 image without an SBOM: 600.0 MB in 1 layer must be read from the registries. Go on? There is no "
        "terminal to ask on; answer with --yes, or --sboms-only\n",
    )


def test_what_cannot_be_searched_is_named_and_sets_the_exit_code(
    tmp_path: Path, open_registry: Registry, locked_registry: Registry
) -> None:
    push(Publisher(open_registry, "search/there"), [archive(files())], "1")
    there, hidden = f"{open_registry.address}/search/there", f"{locked_registry.address}/search/hidden"
    own = {"config/clusters/uni/cluster.yaml": HUBS}
    values = "jupyterhub:\n  singleuser:\n    image: {{name: {name}, tag: '{tag}'}}\n"
    for hub, name, tag in (("one", there, "1"), ("two", there, "gone"), ("three", hidden, "1")):
        own[f"config/clusters/uni/{hub}.values.yaml"] = values.format(name=name, tag=tag)
    root = make_deployment(tmp_path / "deployment", own)
    done = run(root, "--with", "numpy")
    assert done.stdout == f"{there}:1\tconda\tnumpy\t2.3.0\tuni/one\n"
    assert f"not searched: {there}:gone: {open_registry.address} has no {there}:gone" in done.stderr
    assert f"not searched: {hidden}:1: {locked_registry.address} does not show {hidden}:1" in done.stderr
    assert done.returncode == 77
    file = root / "config/clusters/uni/three.values.yaml"
    file.write_text(values.format(name="127.0.0.1:1/search/silent", tag="1"))
    assert run(root, "--with", "numpy").returncode == 75


@pytest.mark.deep
def test_a_cache_that_cannot_be_read_is_as_good_as_none(searched: tuple[Path, str]) -> None:
    root, _ = searched
    run(root, "--with", "numpy", "--sboms-only")
    cache = Cache(folder())
    for kind in ("images", "tags"):
        for number, file in enumerate(sorted((cache.place / kind).glob("*.json"))):
            file.write_text(("{", '{"packages": [[1]], "of_conda": [], "time": 3}', "[]")[number % 3])
    assert run(root, "--with", "numpy", "--sboms-only").stdout.count("\t1.2.3\t") == 2


def test_a_bad_specifier_is_one_line(tmp_path: Path) -> None:
    root = deployment(tmp_path, "quay.io/group/")
    done = run(root, "--with", "numpy=1.2")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: --with=numpy=1.2: write a name or a PEP 508 specifier, such as numpy or 'numpy==1.2.3'\n"
    )


def test_images_that_were_not_searched_for_one_reason_are_one_line() -> None:
    unread = NoAnswerError("no earlier run read what is in it. Search without --offline")
    missing = {f"a/b:{number}": unread for number in range(5)} | {"c/d:1": LoginError("c needs a login")}
    found = PackageSearch(Wanted.parse("numpy"), [], missing, 0, datetime.now(UTC))
    assert found.summary().splitlines()[1:] == [
        "not searched: a/b:0, a/b:1, a/b:2 and 2 more: no earlier run read what is in it. Search without --offline",
        "not searched: c/d:1: c needs a login",
    ]
    assert len(json.loads(found.as_json())["not_searched"]) == 6
