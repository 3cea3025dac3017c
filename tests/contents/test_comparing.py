"""Two images are compared by what a person decides by: majors first, then the rest, sizes, variables, user."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.contents import (
    Cache,
    Contents,
    Facts,
    Package,
    compare,
    compare_facts,
    images_as_json,
    images_as_text,
    write_comparison,
)
from hubimages.contents.version_order import order
from tests import command
from tests.contents.published import SETTINGS, SITE, archive, dist, files, push, read
from tests.engine.registry import Registry
from tests.registry.images import Publisher

BASE = archive({"usr/bin/x": b"\0" * 1000})


@pytest.fixture
def pair(open_registry: Registry) -> tuple[str, str]:
    """An image, and one in which one package of each kind changed."""
    publisher = Publisher(open_registry, "compare/pair")
    push(publisher, [BASE, archive(files())], "1")
    changed = files(numpy="2.3.1", pyfiglet="1.0.4", git="1:2.47.3-0+deb13u1", dplyr="1.1.3")
    push(publisher, [BASE, archive(changed)], "2")
    return f"{open_registry.address}/compare/pair:1", f"{open_registry.address}/compare/pair:2"


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line[:2] in ("~ ", "+ ", "- ")]


def test_one_changed_package_of_each_kind_is_exactly_four_rows(pair: tuple[str, str]) -> None:
    found = compare_facts(*read(*pair).facts)
    assert rows(images_as_text(found)) == [
        "~ R dplyr 1.1.4 -> 1.1.3 (downgrade)",
        "~ conda numpy 2.3.0 -> 2.3.1",
        "~ deb git 1:2.39.5-0+deb12u2 -> 1:2.47.3-0+deb13u1",
        "~ pip pyfiglet 1.0.3 -> 1.0.4",
    ]
    assert (found.packages.added, found.packages.removed) == ((), ())


def test_an_image_is_the_same_as_itself(pair: tuple[str, str]) -> None:
    found = compare_facts(*read(pair[0], pair[0]).facts)
    assert found.same
    assert images_as_text(found).splitlines() == [
        f"size {found.before.size} bytes -> {found.after.size} bytes; a node with the first image pulls nothing",
        "both images have the same packages, with the same versions and builds",
    ]


def test_what_a_node_pulls_are_the_layers_it_has_not(pair: tuple[str, str]) -> None:
    found = compare_facts(*read(*pair).facts)
    shared, new = found.after.layers
    assert found.new_layers == (new,)
    assert (found.pull, shared in found.before.layers) == (new.size, True)
    assert json.loads(images_as_json(found))["pull"] == new.size


def test_user_variables_and_versions_are_compared(open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "compare/settings")
    push(publisher, [archive(files())], "1")
    other = {"User": "0", "Env": [SETTINGS["Env"][0], "SHELL=/bin/bash"]}
    newer = {
        f"{SITE}/.wh.jupyterhub-5.2.1.dist-info": "",
        f"{SITE}/jupyterhub-6.0.0.dist-info/METADATA": dist("jupyterhub", "6.0.0"),
    }
    push(publisher, [archive(files()), archive(newer)], "2", config=other)
    found = compare_facts(*read(*(f"{open_registry.address}/compare/settings:{tag}" for tag in "12")).facts)
    assert found.versions == {"Python": ("3.13.1", "3.13.1"), "JupyterHub": ("5.2.1", "6.0.0"), "R": ("4.5.1", "4.5.1")}
    assert found.environment == {"LANG": ("C.UTF-8", None), "SHELL": (None, "/bin/bash")}
    text = images_as_text(found)
    assert [line for line in text.splitlines() if not line.startswith("size")] == [
        "JupyterHub 5.2.1 -> 6.0.0",
        "user jovyan -> 0",
        "environment LANG: C.UTF-8 -> not set",
        "environment SHELL: not set -> /bin/bash",
        "~ pip jupyterhub 5.2.1 -> 6.0.0 (major)",
    ]


def test_python_is_the_one_that_path_leads_to() -> None:
    def facts(path: str) -> Facts:
        packages = tuple(
            Package("conda", name, version, "0", place)
            for name, version, place in (
                ("python", "3.12.1", "srv/conda"), ("python", "3.11.2", "srv/conda/envs/notebook"),
                ("jupyterhub-base", "4.1.6", "srv/conda"), ("jupyterhub-base", "5.2.1", "srv/conda/envs/notebook"),
            )
        )  # fmt: skip
        return Facts("a/b:1", "", "linux/amd64", Contents(packages), environment={"PATH": path})

    both = "/srv/conda/envs/notebook/bin:/srv/conda/bin:/usr/bin"
    assert facts(both).versions() == {"Python": "3.11.2", "JupyterHub": "5.2.1"}
    assert facts("/srv/conda/bin:/usr/bin").versions() == {"Python": "3.12.1", "JupyterHub": "4.1.6"}


@pytest.mark.parametrize(
    ("kind", "older", "newer"),
    [
        ("pip", "1.0rc1", "1.0"), ("pip", "1.9", "1.10"), ("conda", "2026.1", "2026.1.post1"), ("conda", "9e", "9f"),
        ("deb", "1:1.0-1", "2:0.1-1"), ("deb", "1.0~rc1-1", "1.0-1"), ("deb", "1.0-1", "1.0-1+deb13u1"),
        ("deb", "2.9-1", "2.10-1"), ("R", "1.1.4", "1.1-10"), ("R", "0.9-8", "0.9-10"),
    ],
)  # fmt: skip
def test_versions_are_ordered_as_the_package_manager_orders_them(kind: str, older: str, newer: str) -> None:
    assert order(kind, older, newer) < 0 < order(kind, newer, older)
    assert order(kind, newer, newer) == 0


def test_the_page_has_it_all_and_no_text_of_an_image_becomes_markup(open_registry: Registry, tmp_path: Path) -> None:
    publisher = Publisher(open_registry, "compare/page")
    hostile = "<script>alert(1)</script>"
    push(publisher, [archive(files())], "1")
    config = {"User": hostile, "Env": [f"X={hostile}"]}
    push(publisher, [archive({**files(numpy="3.0"), f"{SITE}/x.dist-info/METADATA": dist(hostile, hostile)})], "2",
         config=config)  # fmt: skip
    found = compare_facts(*read(*(f"{open_registry.address}/compare/page:{tag}" for tag in "12")).facts)
    write_comparison(tmp_path / "page.html", found)
    page = (tmp_path / "page.html").read_text()
    assert hostile not in page
    assert page.count("&lt;script&gt;") >= 4
    (row,) = [line for line in page.splitlines() if "<div>numpy</div>" in line]
    assert re.sub(r"<[^>]*>", " ", row).split() == ["conda", "numpy", "2.3.0", "3.0", "major"]
    assert not re.search(r"src=|href=\"[^#]|url\(|@import", page)
    assert ">Digest<" in page
    local = replace(found, before=replace(found.before, digest=""), after=replace(found.after, digest=""))
    write_comparison(tmp_path / "page.html", local)  # of images that no registry has yet
    assert ">Digest<" not in (tmp_path / "page.html").read_text()


def test_the_tasks_read_a_registry_and_write_text_json_and_pages(
    pair: tuple[str, str], tmp_path: Path, home: Path
) -> None:
    def hubimages(*args: str) -> subprocess.CompletedProcess[str]:
        return command.hubimages(*args, cwd=tmp_path)

    compared = hubimages("compare-images", *pair, "--html", "compared.html")
    assert (compared.returncode, len(rows(compared.stdout))) == (0, 4)
    assert compared.stderr.splitlines()[-1] == "wrote compared.html"
    assert len(json.loads(hubimages("compare-images", *pair, "--json").stdout)["changed"]) == 4
    listed = hubimages("image-contents", pair[0], "--html", "contents.html")
    assert next(line.split("\t")[:3] for line in listed.stdout.splitlines()) == ["R", "base", "4.5.1"]
    assert "Python 3.13.1, R 4.5.1, JupyterHub 5.2.1" in listed.stderr
    assert json.loads(hubimages("image-contents", pair[0], "--cyclonedx").stdout)["bomFormat"] == "CycloneDX"
    assert {file.name for file in tmp_path.iterdir()} == {"compared.html", "contents.html"}
    none = hubimages("image-contents", f"{pair[0]}0")
    assert (none.returncode, none.stderr.count("\n")) == (2, 1)
    assert [*home.glob(".cache/hubimages/*")] == [Cache(home / ".cache/hubimages/contents-1").place]


def test_markdown_is_written_for_a_run_or_a_pull_request(pair: tuple[str, str], tmp_path: Path) -> None:
    page = tmp_path / "comparison.md"
    argv = [sys.executable, "-m", "hubimages", "compare-images", *pair, "--markdown", str(page)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert f"wrote {page}" in done.stderr
    assert page.read_text().endswith(
        "<details><summary>4 packages: 4 changed (1 downgrade)</summary>\n\n```\n~ R dplyr 1.1.4 -> 1.1.3 (downgrade)\n"
        "~ conda numpy 2.3.0 -> 2.3.1\n~ deb git 1:2.39.5-0+deb12u2 -> 1:2.47.3-0+deb13u1\n"
        "~ pip pyfiglet 1.0.3 -> 1.0.4\n```\n\n</details>\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "major"),
    [
        ("1.9", "2.0", True),
        ("2025.1.0", "2026.1.1", False),  # a year, as Dask and certifi count
        ("0.1", "2025.1", True),
        ("2025.12", "3.0", True),
        ("1!2025.1", "2!2025.1", True),
        ("1.2.3", "1.9.0", False),
    ],
)
def test_a_year_is_no_major_version(before: str, after: str, major: bool) -> None:
    old, new = (Package("conda", "dask", version) for version in (before, after))
    (change,) = compare(Contents((old,)), Contents((new,))).changed
    assert change.is_major is major
