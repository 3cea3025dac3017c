"""The packages in a saved image are those that are visible in it, whatever its layers have in them."""

import io
import json
import tarfile
import tracemalloc
from collections.abc import Mapping
from typing import IO

import pytest

from hubimages.contents import Change, Comparison, Contents, Package, compare, read_saved_image
from hubimages.errors import BadInputError

SITE = "opt/conda/lib/python3.13/site-packages"
CONDA_META = "opt/conda/conda-meta"


def conda(name: str, version: str, build: str = "py_0", *files: str) -> str:
    return json.dumps({"name": name, "version": version, "build": build, "files": list(files)})


def dist(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not a header\n"


def deb(*packages: tuple[str, str], status: str = "install ok installed") -> str:
    form = "Package: {}\nStatus: {}\nArchitecture: amd64\nVersion: {}\nDescription: text\n Version: 0\n"
    return "\n".join(form.format(name, status, version) for name, version in packages)


def r(name: str, version: str) -> str:
    return f"Package: {name}\nVersion: {version}\nBuilt: R 4.5.1; ; 2026-01-01; unix\n"


def layer(files: Mapping[str, str | bytes | tarfile.TarInfo], mode: str = "w") -> bytes:
    """Return a layer with files, or with entries of one's own."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                archive.addfile(content)
                continue
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def entry(kind: bytes, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo()
    made.type, made.linkname = kind, target
    return made


def saved(*layers: bytes) -> IO[bytes]:
    """Return an image as `docker save` writes it, its layers in another order than they lie."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    files: dict[str, str | bytes | tarfile.TarInfo] = dict(reversed(list(zip(names, layers, strict=True))))
    return io.BytesIO(layer({**files, "manifest.json": json.dumps([{"Config": "c.json", "Layers": names}])}))


def read(*layers: Mapping[str, str | bytes | tarfile.TarInfo]) -> Contents:
    return read_saved_image(saved(*(layer(each) for each in layers))).contents


def names(contents: Contents) -> list[str]:
    return [f"{each.kind} {each.name} {each.version}" for each in contents.packages]


def test_each_package_manager_is_read_and_what_conda_installed_for_python_counts_once() -> None:
    found = read(
        {
            f"{CONDA_META}/numpy-2.3.0-py_0.json": conda(
                "numpy", "2.3.0", "py_0", "lib/python3.13/site-packages/numpy-2.3.0.dist-info/METADATA"
            ),
            f"{SITE}/numpy-2.3.0.dist-info/METADATA": dist("numpy", "2.3.0"),
            f"{SITE}/pyfiglet-1.0.3.dist-info/METADATA": dist("pyfiglet", "1.0.3"),
            f"{SITE}/old-0.1.egg-info/PKG-INFO": dist("old", "0.1"),
            f"{SITE}/pip/_vendor/requests-2.0.dist-info/METADATA": dist("requests", "2.0"),
            "opt/conda/pkgs/numpy-2.3.0-py_0/site-packages/numpy-2.3.0.dist-info/METADATA": dist("numpy", "2.3.0"),
            "var/lib/dpkg/status": deb(("git", "1:2.39.5-0+deb12u2"))
            + "\n"
            + deb(("gone", "1"), status="deinstall ok config-files"),
            "usr/lib/R/library/dplyr/DESCRIPTION": r("dplyr", "1.1.4"),
            "home/jovyan/mypackage/DESCRIPTION": "Package: mypackage\nVersion: 0.1\n",
        }
    )
    assert found == Contents(
        (
            Package("R", "dplyr", "1.1.4", place="usr/lib/R/library"),
            Package("conda", "numpy", "2.3.0", "py_0", "opt/conda"),
            Package("deb", "git", "1:2.39.5-0+deb12u2", "amd64"),
            Package("pip", "old", "0.1", place=SITE),
            Package("pip", "pyfiglet", "1.0.3", place=SITE),
        ),
        (Package("pip", "numpy", "2.3.0", place=SITE),),
    )


ONE = {f"{SITE}/a-1.dist-info/METADATA": dist("a", "1"), f"{CONDA_META}/b-1-0.json": conda("b", "1")}


@pytest.mark.parametrize(
    ("upper", "left"),
    [
        ({f"{SITE}/.wh.a-1.dist-info": ""}, ["conda b 1"]),
        ({f"{SITE}/a-1.dist-info/.wh.METADATA": ""}, ["conda b 1"]),
        ({"opt/.wh.conda": ""}, []),
        ({".wh.opt": ""}, []),
        ({"opt/conda/.wh..wh..opq": ""}, []),
        ({f"{SITE}/.wh..wh..opq": "", f"{SITE}/a-2.dist-info/METADATA": dist("a", "2")}, ["conda b 1", "pip a 2"]),
        ({f"./{SITE}/a-1.dist-info/METADATA": dist("a", "1.1")}, ["conda b 1", "pip a 1.1"]),
        ({SITE: entry(tarfile.SYMTYPE, "/elsewhere")}, ["conda b 1"]),
        ({f"{SITE}/.wh.a": "", "opt/.wh.cond": ""}, ["conda b 1", "pip a 1"]),
        ({f"../{SITE}/a-1.dist-info/.wh.METADATA": ""}, ["conda b 1", "pip a 1"]),
    ],
)
def test_a_layer_hides_what_it_removes_and_nothing_else(
    upper: Mapping[str, str | bytes | tarfile.TarInfo], left: list[str]
) -> None:
    assert names(read(ONE, upper)) == left


def test_what_a_layer_removes_is_there_again_if_a_later_one_brings_it() -> None:
    assert names(read(ONE, {".wh.opt": ""}, ONE)) == ["conda b 1", "pip a 1"]


def test_a_hard_link_has_the_content_of_the_file_it_is_linked_to() -> None:
    first = f"{SITE}/a-1.dist-info/METADATA"
    second = "usr/lib/python3/dist-packages/a-1.dist-info/METADATA"
    found = read({first: dist("a", "1"), second: entry(tarfile.LNKTYPE, first)})
    assert names(found) == ["pip a 1"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_layers_are_read_plain_and_compressed(mode: str) -> None:
    assert names(read_saved_image(saved(layer(ONE, mode))).contents) == ["conda b 1", "pip a 1"]


def test_a_compression_that_no_registry_has_is_refused() -> None:
    with pytest.raises(BadInputError, match="no layer that can be read"):
        read_saved_image(saved(layer(ONE, "w:xz")))


def test_paths_that_lead_out_of_the_image_are_left_out() -> None:
    files = {f"../../{SITE}/x-1.dist-info/METADATA": dist("x", "1"), f"/{SITE}/y-1.dist-info/METADATA": dist("y", "1")}
    assert names(read(files)) == ["pip y 1"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"name": 1, "version": 2, "build": 3}', "[" * 100_000, '{"name": "a"}'], ids=len
)
def test_a_record_that_cannot_be_read_is_no_package(content: str) -> None:
    files = {f"{CONDA_META}/broken-1-0.json": content, f"{SITE}/broken-1.dist-info/METADATA": content}
    assert read(files) == Contents(())


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_header_that_would_fill_the_memory_is_refused(kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 4 << 30
    with pytest.raises(BadInputError, match="an entry that no engine writes"):
        read_saved_image(saved(header.tobuf() + b"\0" * 10240))


def test_memory_is_bounded_whatever_a_layer_unpacks_to() -> None:
    bomb = layer({f"{SITE}/bomb-1.dist-info/METADATA": b"\0" * (17 << 20), "var/big": b"\0" * (24 << 20)}, "w:gz")
    image = saved(bomb)
    tracemalloc.start()
    try:
        assert read_saved_image(image).contents == Contents(())
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "image",
    [
        b"", b"no archive" * 1000, layer({}), layer({"manifest.json": "{"}), layer({"manifest.json": "[]"}),
        layer({"manifest.json": '[{"Layers": ["0/layer.tar"]}]'}), layer({"0/layer.tar": "no archive"}),
        layer({"manifest.json": "[{}, {}]"}), layer({"manifest.json": '[{"Layers": [{}]}]'}),
    ],
)  # fmt: skip
def test_what_is_no_image_is_one_message(image: bytes) -> None:
    with pytest.raises(BadInputError, match=r"image|layer"):
        read_saved_image(io.BytesIO(image))


def test_a_truncated_image_is_not_taken_for_a_smaller_one() -> None:
    whole = saved(layer(ONE), layer({"etc/x": "x" * 20_000})).read()
    with pytest.raises(BadInputError):
        read_saved_image(io.BytesIO(whole[: len(whole) // 2]))


def test_a_comparison_has_exactly_what_is_different() -> None:
    def package(kind: str, name: str, version: str, build: str = "0", place: str = "") -> Package:
        return Package(kind, name, version, build, place)

    before = Contents(
        (
            package("conda", "a", "1"),
            package("conda", "b", "1"),
            package("pip", "c", "1"),
            package("R", "e", "1", "", "x"),
        )
    )
    after = Contents(
        (
            package("conda", "b", "1", "1"),
            package("pip", "c", "2"),
            package("pip", "d", "1"),
            package("R", "e", "1", "", "y"),
        )
    )
    assert compare(before, after) == Comparison(
        (package("pip", "d", "1"),),
        (package("conda", "a", "1"),),
        (
            Change("conda", "b", (package("conda", "b", "1"),), (package("conda", "b", "1", "1"),)),
            Change("pip", "c", (package("pip", "c", "1"),), (package("pip", "c", "2"),)),
        ),
    )
    assert compare(before, before).same
    assert not compare(before, after).same
