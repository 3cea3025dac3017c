"""An image in a registry is read layer by layer as it comes, without pulling it."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from hubimages.contents import Cache
from hubimages.errors import BadInputError, NotInstalledError, RefusedError
from hubimages.registry import HiddenError, NotThereError
from tests import command
from tests.contents.published import SITE, ZSTD, archive, dist, files, push, read, requests_in
from tests.engine.registry import Registry
from tests.registry.conftest import Configure
from tests.registry.images import Publisher, entry, sha256

ALL = [
    "R base 4.5.1", "R dplyr 1.1.4", "conda numpy 2.3.0", "conda python 3.13.1", "deb git 1:2.39.5-0+deb12u2",
    "pip jupyterhub 5.2.1", "pip pyfiglet 1.0.3",
]  # fmt: skip


@pytest.fixture
def image(open_registry: Registry) -> str:
    """An image with one layer."""
    push(Publisher(open_registry, "layers/one"), [archive(files())], "1")
    return f"{open_registry.address}/layers/one:1"


def test_packages_versions_user_and_variables_are_read_from_the_registry(image: str) -> None:
    found = read(image)
    (facts,) = found.facts
    assert found.rows() == ALL
    assert facts.versions() == {"Python": "3.13.1", "R": "4.5.1", "JupyterHub": "5.2.1"}
    assert (facts.name, facts.platform, facts.user, facts.source) == (image, "linux/amd64", "jovyan", "layers")
    assert facts.environment == {"PATH": "/opt/conda/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    known = {each.name: (each.size, each.licence) for each in facts.contents.packages}
    assert known["numpy"] == (1000, "BSD-3-Clause")
    assert known["pyfiglet"] == (1000, "MIT")
    assert known["git"] == (12 * 1024, "")
    assert known["dplyr"] == (0, "GPL-3")
    assert [re.sub(r"\d+ bytes", "N bytes", line) for line in found.said] == [
        f"{image}: no SBOM, so N bytes in 1 layer must be read from the registry; nothing of it is stored"
    ]


def test_whiteouts_of_higher_layers_hide_what_is_below(open_registry: Registry) -> None:
    upper = {f"{SITE}/.wh.pyfiglet-1.0.3.dist-info": "", "usr/lib/R/library/.wh..wh..opq": ""}
    push(Publisher(open_registry, "layers/two"), [archive(files()), archive(upper)], "1")
    assert read(f"{open_registry.address}/layers/two:1").rows() == [
        "conda numpy 2.3.0", "conda python 3.13.1", "deb git 1:2.39.5-0+deb12u2", "pip jupyterhub 5.2.1"
    ]  # fmt: skip


@pytest.mark.parametrize("frames", [1, 3])
def test_layers_compressed_with_zstd_are_read(open_registry: Registry, frames: int) -> None:
    plain = archive(files())
    step = len(plain) // frames + 1
    whole = b"".join(zstandard.compress(plain[at : at + step]) for at in range(0, len(plain), step))
    push(Publisher(open_registry, "layers/zstd"), [b"\x50\x2a\x4d\x18\x03\0\0\0abc" + whole], "1", media_type=ZSTD)
    assert read(f"{open_registry.address}/layers/zstd:1").rows() == ALL


def test_a_zstd_layer_that_needs_much_memory_is_refused(open_registry: Registry) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    blob = made.compress(archive(files())) + made.flush()
    push(Publisher(open_registry, "layers/window"), [blob], "1", media_type=ZSTD)
    with pytest.raises(BadInputError, match="is no layer that can be read"):
        read(f"{open_registry.address}/layers/window:1")


def test_without_the_library_for_zstd_the_line_that_installs_it_is_shown(
    open_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(Publisher(open_registry, "layers/zstd"), [zstandard.compress(archive({"a": "b"}))], "1", media_type=ZSTD)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NotInstalledError, match=r"pip install 'hubimages\[contents\]'"):
        read(f"{open_registry.address}/layers/zstd:1")


def test_what_was_read_once_is_not_transferred_again(open_registry: Registry, image: str) -> None:
    first = read(image)
    before = len(open_registry.log.read_text())
    again = read(image)
    assert again.facts == first.facts
    assert again.said == []
    assert [line.rpartition("/")[0] for line in requests_in(open_registry, before)] == ["GET /v2/layers/one/manifests"]


def test_a_layer_that_two_images_share_is_transferred_once(open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "layers/shared")
    below = archive(files())
    push(publisher, [below], "1")
    push(publisher, [below, archive({f"{SITE}/new-1.dist-info/METADATA": dist("new", "1")})], "2")
    before = len(open_registry.log.read_text())
    found = read(*(f"{open_registry.address}/layers/shared:{tag}" for tag in "12"))
    assert set(found.rows(1)) - set(found.rows(0)) == {"pip new 1"}
    layer = sha256(gzip.compress(below, mtime=0))
    assert requests_in(open_registry, before).count(f"GET /v2/layers/shared/blobs/{layer}") == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"records": 1}'])
def test_a_damaged_cache_is_as_good_as_none(image: str, tmp_path: Path, damage: str) -> None:
    cache = Cache(tmp_path)
    whole = read(image, cache=cache).facts
    for file in tmp_path.rglob("*.json"):
        file.write_text(damage)
    assert read(image, cache=cache).facts == whole


def test_a_cache_that_cannot_be_written_stops_nothing(image: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read(image, cache=Cache(tmp_path / "file/below")).rows() == ALL


def test_the_cache_keeps_what_was_used_last_below_its_limit(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=250)
    for number, name in enumerate(("a", "b", "c")):
        cache.put("layers", name, "x" * 98)  # 100 bytes
        os.utime(cache.file("layers", name), (number, number))
        if name == "b":
            cache.get("layers", "a")  # used now, so b is the oldest
    cache.put("layers", "d", "x" * 98)
    assert sorted(file.stem for file in tmp_path.rglob("*.json")) == ["a", "d"]


@pytest.mark.parametrize("answer", [True, False])
def test_from_500_megabytes_on_it_is_asked_before(
    open_registry: Registry, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    push(Publisher(open_registry, "layers/large"), [archive(files())], "1")
    monkeypatch.setattr("hubimages.contents.reading.ASK_FROM", 100)
    before = len(open_registry.log.read_text())
    reference = f"{open_registry.address}/layers/large:1"
    if answer:
        found = read(reference)
        assert re.fullmatch(rf"{reference}: no SBOM, so [\d.]+ \w+ in 1 layer must be read from the registry. Go on\?",
                            found.asked[0])  # fmt: skip
        assert found.rows() == ALL
    else:
        with pytest.raises(RefusedError, match="nothing was read"):
            read(reference, answer=False)
        assert not [line for line in requests_in(open_registry, before) if "/blobs/" in line]


@pytest.fixture
def two_platforms(open_registry: Registry) -> str:
    """An image for arm64 and s390x, and one for amd64 as well."""
    publisher = Publisher(open_registry, "layers/many")
    amd = push(publisher, [archive(files())])
    arm = push(publisher, [archive(files(numpy="2.3.1"))], architecture="arm64")
    other = push(publisher, [archive(files(numpy="2.3.2"))], architecture="s390x")
    variant = {**entry(arm, "linux", "arm64")}
    variant["platform"]["variant"] = "v8"
    publisher.index([variant, entry(other, "linux", "s390x"), entry(amd, "unknown", "unknown")], "few")
    publisher.index([variant, entry(amd)], "usual")
    return f"{open_registry.address}/layers/many"


@pytest.mark.parametrize(
    ("tag", "platform", "numpy"),
    [("usual", "", "2.3.0"), ("usual", "linux/arm64", "2.3.1"), ("few", "linux/s390x", "2.3.2")],
)
def test_the_platform_can_be_chosen_and_is_said(two_platforms: str, tag: str, platform: str, numpy: str) -> None:
    found = read(f"{two_platforms}:{tag}", platform=platform)
    assert f"conda numpy {numpy}" in found.rows()
    said = f"{two_platforms}:{tag} is for several platforms; this is about linux/amd64"
    assert (said in found.said) == (not platform)


@pytest.mark.parametrize(
    ("tag", "platform", "message"),
    [
        ("few", "", "is for linux/arm64/v8, linux/s390x. Choose one: --platform linux/arm64/v8"),
        ("usual", "windows/amd64", "is not for windows/amd64, but for linux/arm64/v8, linux/amd64"),
    ],
)
def test_a_platform_that_is_not_there_is_one_message(two_platforms: str, tag: str, platform: str, message: str) -> None:
    with pytest.raises(BadInputError) as raised:
        read(f"{two_platforms}:{tag}", platform=platform)
    assert str(raised.value) == f"{two_platforms}:{tag} {message}"


def test_an_image_for_one_platform_is_not_taken_for_another(image: str) -> None:
    with pytest.raises(BadInputError, match=f"{image} is for linux/amd64, not linux/arm64"):
        read(image, platform="linux/arm64")


BAD_LAYERS = {
    "no archive": (b"no archive" * 1000, "is no layer that can be read"),
    "a cut layer": (gzip.compress(archive(files()))[:-200], "is no layer that can be read"),
    "a damaged layer": (gzip.compress(archive(files()))[:200] + b"\0" * 900, "is no layer that can be read"),
    "a layer with bzip2": (b"BZh9" + b"\0" * 100, "is no layer that can be read"),
}


@pytest.mark.parametrize("name", BAD_LAYERS)
def test_a_layer_that_cannot_be_read_is_one_message(open_registry: Registry, name: str) -> None:
    blob, message = BAD_LAYERS[name]
    push(Publisher(open_registry, "layers/bad"), [blob], "1")
    with pytest.raises(BadInputError) as raised:
        read(f"{open_registry.address}/layers/bad:1")
    assert str(raised.value).startswith(f"layer {sha256(blob)} of {open_registry.address}/layers/bad {message}")
    assert "\n" not in str(raised.value)


def test_a_bomb_is_not_read_to_its_end(open_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive({"var/a": b"\0" * (30 << 20), "var/b": b"\0" * (30 << 20)})
    push(Publisher(open_registry, "layers/bomb"), [bomb], "1")
    monkeypatch.setattr("hubimages.contents.layer.SUSPICIOUS", 20 << 20)
    with pytest.raises(BadInputError, match=r"is larger than any layer that an engine writes\. It is not read further"):
        read(f"{open_registry.address}/layers/bomb:1")


def test_what_would_fill_the_memory_is_not_remembered(open_registry: Registry) -> None:
    long = "x" * 90_000
    names = {f"{SITE}/.wh.{number}{long}": "" for number in range(300)}  # 27 MB of names
    push(Publisher(open_registry, "layers/names"), [archive(names)], "1")
    with pytest.raises(BadInputError, match="is larger than any layer that an engine writes"):
        read(f"{open_registry.address}/layers/names:1")


def test_paths_that_lead_out_are_left_out(open_registry: Registry) -> None:
    layer = archive({f"../../{SITE}/x-1.dist-info/METADATA": dist("x", "1"), "../.wh.opt": ""})
    push(Publisher(open_registry, "layers/out"), [archive(files()), layer], "1")
    assert read(f"{open_registry.address}/layers/out:1").rows() == ALL


def test_no_such_image_and_a_private_one_are_two_answers(
    open_registry: Registry, locked_registry: Registry, configure: Configure, image: str
) -> None:
    push(Publisher(locked_registry, "layers/secret"), [archive(files())], "1")
    secret = f"{locked_registry.address}/layers/secret:1"
    with pytest.raises(NotThereError, match=f"has no {open_registry.address}/layers/one:2"):
        read(f"{open_registry.address}/layers/one:2")
    with pytest.raises(HiddenError, match=f"{locked_registry.address} does not show {secret} without a login"):
        read(secret)
    configure({locked_registry.address: "robot:correct horse"})
    assert read(secret).rows() == ALL


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("quay.io/a/b", "neither a tag nor a digest. Write quay.io/a/b:TAG"),
        ("quay.io/A/b:1", "is not an image reference"),
    ],
)
def test_what_is_no_reference_is_one_message(reference: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(reference)


def test_what_is_no_image_is_one_message(open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "layers/none")
    publisher.index([], "index")
    with pytest.raises(BadInputError, match="is an index that lists no image"):
        read(f"{open_registry.address}/layers/none:index")


WRITE_NOTHING = """
import sys
from hubimages.contents import Cache, read_images
from pathlib import Path
(facts,) = read_images([sys.argv[1]], say=print, agree=lambda question: True, cache=Cache(Path("/proc/none")))
import re
most = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(len(facts.contents.packages), int(most[1]) // 1024)
"""


def test_memory_stays_below_150_megabytes_whatever_is_in_a_layer(open_registry: Registry, tmp_path: Path) -> None:
    entries = ",".join('{"a":1}' for _ in range(90_000))
    hostile = '{"name": "a", "version": "1", "build": "0", "files": [], "x": [' + entries + "]}"
    wide = '{"name": "b", "version": "1", "build": "0", "x": [' + ",".join(f'"{n:07}"' for n in range(590_000)) + "]}"
    too_many = '{"name": "c", "version": "1", "build": "0", "x": [' + ",".join("[]" for _ in range(4_000_000)) + "]}"
    layer = {
        "opt/conda/conda-meta/a-1-0.json": hostile,
        "opt/conda/conda-meta/b-1-0.json": wide,
        "opt/conda/conda-meta/c-1-0.json": too_many,
        "var/lib/dpkg/status": "\n".join(f"Package: p{n}\nVersion: 1\nX: {'y' * 100}\n" for n in range(60_000)),
        "var/large": b"\0" * (60 << 20),
    }
    push(Publisher(open_registry, "layers/memory"), [archive(layer)], "1")
    reference = f"{open_registry.address}/layers/memory:1"
    done = subprocess.run(
        [sys.executable, "-c", WRITE_NOTHING, reference], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    packages, memory = map(int, done.stdout.splitlines()[-1].split())
    assert packages == 60_003
    assert memory < 150
    assert [*tmp_path.iterdir()] == []


def test_without_an_engine_an_image_for_this_machine_is_read_from_the_registry_and_that_is_said(image: str) -> None:
    env = {**os.environ, "DOCKER_HOST": "unix:///no/engine"}
    done = command.hubimages("image-contents", "--local", image, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("not looked for on this machine: Docker ")
