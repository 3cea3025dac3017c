"""An extracted image gets the starter that adopt-image-repo guesses for the same files."""

from pathlib import Path

import pytest

from hubimages.extract.sources.open import open_source
from hubimages.extract.starter import starter_of
from hubimages.template import image_directory, read_answers
from hubimages.update.adopting.files import read_files
from tests.extract.taking import IMAGE, take
from tests.histories import Commit, git, make

IMAGES = {
    "conda": ({"environment.yml": "dependencies: [python=3.12]\n"}, "environment.yml"),
    "R by conda": ({"environment.yml": "dependencies:\n  - python=3.12\n  - r-base=4.4\n"}, "r"),
    "R with a channel": ({"environment.yml": 'dependencies:\n- "conda-forge::r-base"\n'}, "r"),
    "R by repo2docker": ({"runtime.txt": "r-4.4-2025-01-15\n", "install.R": "install.packages('x')\n"}, "r"),
    "R without a version": ({"install.R": "install.packages('x')\n", "apt.txt": "git\n"}, "r"),
    "R beside conda": ({"install.R": "x", "environment.yml": "dependencies: [python]\n"}, "environment.yml"),
    "pip": ({"requirements.txt": "numpy\n"}, "environment.yml"),
    "docker-stacks": ({"Dockerfile": "FROM quay.io/jupyter/scipy-notebook:2025-01-13\n"}, "docker-stacks"),
    "Rocker": ({"Dockerfile": "# R\nARG X=1\nFROM rocker/binder:4.4\n", "install.R": "x"}, "docker-stacks"),
    "no base": ({"Dockerfile": "# nothing yet\n"}, "docker-stacks"),
    "Pangeo": ({"Dockerfile": "FROM pangeo/base-image-onbuild:2025.01.24\n"}, "pangeo-onbuild"),
    "pixi": ({"Dockerfile": "FROM ghcr.io/prefix-dev/pixi:0.40\n", "pixi.toml": "[project]\n"}, "pixi"),
    "in binder": ({"binder/runtime.txt": "r-4.3-2024-01-10\n", "environment.yml": "dependencies: []\n"}, "r"),
    "in .binder": ({".binder/Dockerfile": "FROM jupyter/base-notebook\n", "x.ipynb": "{}"}, "docker-stacks"),
    "binder is a file": ({"binder": "b", "environment.yml": "dependencies: [r-base]\n"}, "environment.yml"),
    "not an image": ({"notes.md": "n\n"}, None),
}  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with all of them."""
    place = tmp_path_factory.mktemp("starters") / "s"
    files = {f"{name}/{path}": text for name, (image, _) in IMAGES.items() for path, text in image.items()}
    make(place, [Commit("images", [], files)])
    return place


@pytest.mark.parametrize("name", IMAGES)
def test_it_is_what_adopt_guesses(source: Path, tmp_path: Path, name: str) -> None:
    files, expected = IMAGES[name]
    opened = open_source(str(source), None, tmp_path)
    found = starter_of(opened, git("-C", source, "rev-parse", f"HEAD:{name}"))
    folder = image_directory(files)
    read = read_files(files, folder) if folder is not None else ()
    adopted = next((one.value for one in read if one.key == "starter"), None)
    assert (found.get("starter"), adopted) == (expected, expected)


@pytest.mark.parametrize("address", ["path", "file://"])
def test_an_extracted_r_image_is_recorded_as_one(tmp_path: Path, address: str) -> None:
    files, _ = IMAGES["R by repo2docker"]
    make(tmp_path / "s", [Commit("r", [], {f"{IMAGE}/{path}": text for path, text in files.items()})])
    source = (tmp_path / "s").as_uri() if address == "file://" else str(tmp_path / "s")
    take(source, tmp_path / "d", template=True)
    assert read_answers(tmp_path / "d")["starter"] == "r"
    take(source, tmp_path / "other", template=True, answers={"starter": "environment.yml"})
    assert read_answers(tmp_path / "other")["starter"] == "environment.yml"
