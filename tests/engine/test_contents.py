"""The packages read from an image's layers are those that the package managers inside list."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.contents import compare, read_local_image
from hubimages.errors import BadInputError
from tests.engine.engine import Engine
from tests.engine.stand_ins import stand_ins

BASE = "quay.io/jupyter/minimal-notebook:2025-01-10"
NAME = "127.0.0.1:9/our/contents"
LIST = """\
import importlib.metadata, json, pathlib, subprocess, sys
distributions = sorted({(one.metadata["Name"], one.version) for one in importlib.metadata.distributions()})
conda = [json.loads(path.read_text()) for path in pathlib.Path(sys.prefix, "conda-meta").glob("*.json")]
form = "${Package}\\t${Version}\\t${db:Status-Status}\\n"
dpkg = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True).stdout
pip = subprocess.run([sys.executable, "-m", "pip", "list", "--format=json"], capture_output=True, text=True).stdout
print(json.dumps({
    "prefix": sys.prefix, "pip": json.loads(pip), "conda": sorted([p["name"], p["version"], p["build"]] for p in conda),
    "deb": [line.split("\\t")[:2] for line in dpkg.splitlines() if line.endswith("\\tinstalled")],
}))
"""


@pytest.fixture(autouse=True)
def this_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hubimages find the tests' engine."""
    for name, value in engine.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def images(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two images: a base with Python packages, and one more where a package is new, one older, and one removed."""
    folder: Path = tmp_path_factory.mktemp("contents")
    with stand_ins(engine, BASE):
        lines = (f"FROM {BASE}", "RUN pip install --no-cache-dir pyfiglet==1.0.4 cowsay==6.1")
        (folder / "Dockerfile").write_text("\n".join(lines))
        engine.build(folder, f"{NAME}:1")
        more = "RUN pip install --no-cache-dir pyfiglet==1.0.3 text-unidecode==1.3 && pip uninstall --yes cowsay"
        (folder / "Dockerfile").write_text("\n".join([*lines, more]))
        engine.build(folder, f"{NAME}:2")
        yield f"{NAME}:1", f"{NAME}:2"
        engine.try_docker("image", "rm", "--force", f"{NAME}:1", f"{NAME}:2")


def test_the_list_is_what_pip_conda_and_dpkg_say_inside(engine: Engine, images: tuple[str, str]) -> None:
    said = engine.docker("run", "--rm", "--network", "none", images[1], "python", "-c", LIST)
    inside = json.loads(said.splitlines()[-1])
    found = read_local_image(images[1]).contents
    prefix = inside["prefix"].strip("/") + "/"
    listed = [
        each for each in (*found.packages, *found.of_conda) if each.kind == "pip" and each.place.startswith(prefix)
    ]
    assert {(each.name, each.version) for each in listed} == {(one["name"], one["version"]) for one in inside["pip"]}
    conda = sorted([each.name, each.version, each.build] for each in found.packages if each.kind == "conda")
    assert conda == inside["conda"]
    assert sorted([each.name, each.version] for each in found.packages if each.kind == "deb") == sorted(inside["deb"])


def test_a_comparison_has_the_rows_that_changed(images: tuple[str, str]) -> None:
    found = compare(*(read_local_image(image).contents for image in images))
    assert [(each.name, each.version) for each in found.added] == [("text-unidecode", "1.3")]
    assert [(each.name, each.version) for each in found.removed] == [("cowsay", "6.1")]
    changed = [(each.name, each.before[0].version, each.after[0].version) for each in found.changed]
    assert changed == [("pyfiglet", "1.0.4", "1.0.3")]


def test_the_tasks_print_the_list_and_the_rows_that_changed(engine: Engine, images: tuple[str, str]) -> None:
    def hubimages(*args: str) -> str:
        argv = [sys.executable, "-m", "hubimages", *args]
        return subprocess.run(argv, env={**os.environ, **engine.env}, capture_output=True, text=True, check=True).stdout

    *around, size, changed, added, removed = hubimages("compare-images", "--local", *images).splitlines()
    assert around == []
    assert re.fullmatch(r"size .* MB -> .* MB; a node with the first image pulls .* MB unpacked: 1 of \d+ layers", size)
    assert [changed, added, removed] == [
        "~ pip pyfiglet 1.0.4 -> 1.0.3 (downgrade)",
        "+ pip text-unidecode 1.3",
        "- pip cowsay 6.1",
    ]
    facts = json.loads(hubimages("compare-images", "--local", images[0], images[0], "--json"))
    assert (facts["added"], facts["removed"], facts["changed"]) == ([], [], [])
    rows = [line.split("\t") for line in hubimages("image-contents", "--local", images[1]).splitlines()]
    assert [row[:3] for row in rows if row[1] == "pyfiglet"] == [["pip", "pyfiglet", "1.0.3"]]
    assert len(json.loads(hubimages("image-contents", "--local", images[1], "--json"))["packages"]) == len(rows)


def test_an_image_that_is_not_there_is_one_message() -> None:
    told = r"no image 127\.0\.0\.1:9/our/none:1 on this machine \(.*(does not exist|No such image).*Get it: docker pull"
    with pytest.raises(BadInputError, match=told):
        read_local_image("127.0.0.1:9/our/none:1")
