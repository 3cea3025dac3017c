"""In an image built from each starter, the packages are those that its package managers list, and changes are found."""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubimages.contents import compare, read_local_image
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.stand_ins import bases, stand_ins
from tests.engine.test_contents import LIST
from tests.engine.test_generated import generate
from tests.histories import git

pytestmark = [pytest.mark.deep, pytest.mark.timeout(2400)]  # two builds, and R from Debian in most

STARTERS = ("environment.yml", "pangeo-onbuild", "docker-stacks", "pixi", "r")
PIP = "pyfiglet"
# A Debian package, a conda package and an R package in two versions each, made while the image is built. Rattler's
# threads sometimes crash while the interpreter shuts down, after all the work is done.
MAKE = """\
FROM {base}
USER root
COPY . /tmp/made
RUN command -v R || (apt-get update -q && apt-get install -qy --no-install-recommends r-base-core \\
        && rm -rf /var/lib/apt/lists/*)
RUN mkdir -p /opt/channel/made && cp -r /tmp/made/channel/* /opt/channel/made/ \\
 && /opt/rattler/bin/python -c "import asyncio, os; from pathlib import Path; from rattler.index import index_fs; \\
        asyncio.run(index_fs(Path('/opt/channel/made'))); os._exit(0)"
RUN for version in 1.0 1.1; do \\
        mkdir -p /tmp/deb/DEBIAN && printf 'Package: made-deb\\nVersion: %s\\nArchitecture: all\\nMaintainer: tests\\n\\
Description: made\\n' $version > /tmp/deb/DEBIAN/control && dpkg-deb --build /tmp/deb /opt/made-deb-$version.deb; \\
    done
"""
INSTALL = """\
RUN apt-get install -qy /opt/made-deb-{deb}.deb
RUN {python} -m pip install --no-cache-dir {pip}=={of_pip}
RUN /opt/rattler/bin/mamba install --yes --prefix "$({python} -c 'import sys; print(sys.prefix)')" \\
        --channel made --channel conda-forge madeconda=={conda}
RUN sed -i 's/^Version: .*/Version: {r}/' /tmp/made/maderpackage/DESCRIPTION && R CMD INSTALL /tmp/made/maderpackage
"""
R_PACKAGES = """\
packages <- installed.packages()[, c("LibPath", "Package", "Version")]
write.table(unique(packages), sep = "\\t", quote = FALSE, row.names = FALSE, col.names = FALSE)
"""


def conda_package(channel: Path, version: str) -> None:
    """Write a conda package with one file."""
    (channel / "noarch").mkdir(parents=True, exist_ok=True)
    index = {
        "name": "madeconda", "version": version, "build": "0", "build_number": 0, "depends": [], "noarch": "generic",
        "subdir": "noarch",
    }  # fmt: skip
    files = {"share/made/file": version, "info/files": "share/made/file\n", "info/index.json": json.dumps(index)}
    with tarfile.open(channel / f"noarch/madeconda-{version}-0.tar.bz2", "w:bz2") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def write_context(folder: Path) -> None:
    """Write what the images are made from."""
    for version in ("1.0", "1.1"):
        conda_package(folder / "channel", version)
    r = folder / "maderpackage"
    r.mkdir()
    (r / "NAMESPACE").write_text("")
    fields = ("Package: maderpackage", "Version: 1.0", "Title: Made", "Description: Made.", "License: GPL-3")
    (r / "DESCRIPTION").write_text("\n".join([*fields, "Author: Tests", "Maintainer: Tests <tests@example.org>", ""]))


@dataclass(frozen=True)
class Pair:
    """An image of a starter, and the same with one package of each kind in another version."""

    before: str
    after: str


@pytest.fixture(scope="module", params=STARTERS)
def pair(
    request: pytest.FixtureRequest, engine: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Build both images with the session of a generated repository and Dockerfiles on top."""
    folder = tmp_path_factory.mktemp("starter")
    made = generate(engine, registry, folder / f"of-{request.param.replace('.', '-')}", request.param)
    context = folder / "context"
    context.mkdir()
    write_context(context)
    with stand_ins(engine, *bases(made.path)):
        if request.param == "pixi":
            assert made.nox("lock").returncode == 0
            git("-C", made.path, "add", "--all")
            git("-C", made.path, "commit", "--quiet", "--message", "Lock the packages")
        done = made.nox("build")
        assert done.returncode == 0, done.stdout
        built = f"{made.image}:{made.tag}"
        found = Pair(f"{made.image}:before", f"{made.image}:after")
        python = engine.docker(
            "run", "--rm", "--network", "none", built, "python", "-c", "import sys; print(sys.executable)"
        )
        of_python = python.splitlines()[-1]
        first = INSTALL.format(python=of_python, pip=PIP, of_pip="1.0.3", deb="1.0", conda="1.0", r="1.0")
        second = INSTALL.format(python=of_python, pip=PIP, of_pip="1.0.4", deb="1.1", conda="1.1", r="1.1")
        (context / "Dockerfile").write_text(MAKE.format(base=built) + first)
        engine.build(context, found.before)
        (context / "Dockerfile").write_text(f"FROM {found.before}\n" + second)
        engine.build(context, found.after)
        yield found
        engine.try_docker("image", "rm", "--force", found.after, found.before, built)


@pytest.fixture(autouse=True)
def this_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hubimages find the tests' engine."""
    for name, value in engine.env.items():
        monkeypatch.setenv(name, value)


def test_of_every_starter_exactly_the_four_packages_that_changed_are_four_rows(pair: Pair) -> None:
    found = compare(*(read_local_image(image).contents for image in (pair.before, pair.after)))
    rows = {(each.kind, each.name, each.before[0].version, each.after[0].version) for each in found.changed}
    assert rows == {
        ("pip", PIP, "1.0.3", "1.0.4"),
        ("conda", "madeconda", "1.0", "1.1"),
        ("deb", "made-deb", "1.0", "1.1"),
        ("R", "maderpackage", "1.0", "1.1"),
    }
    assert (found.added, found.removed) == ((), ())


def test_of_every_starter_the_list_is_what_pip_conda_dpkg_and_r_say_inside(engine: Engine, pair: Pair) -> None:
    said = engine.docker("run", "--rm", "--network", "none", pair.after, "python", "-c", LIST)
    inside = json.loads(said.splitlines()[-1])
    found = read_local_image(pair.after).contents
    prefix = inside["prefix"].strip("/") + "/"
    python = [
        each for each in (*found.packages, *found.of_conda) if each.kind == "pip" and each.place.startswith(prefix)
    ]
    assert {(each.name, each.version) for each in python} == {(one["name"], one["version"]) for one in inside["pip"]}
    conda = sorted(
        [each.name, each.version, each.build]
        for each in found.packages
        if each.kind == "conda" and f"{each.place}/" == prefix
    )
    assert conda == inside["conda"]
    assert sorted([each.name, each.version] for each in found.packages if each.kind == "deb") == sorted(inside["deb"])
    told = engine.docker("run", "--rm", "--network", "none", "--entrypoint", "Rscript", pair.after, "-e", R_PACKAGES)
    of_r = {tuple(line.split("\t")) for line in told.splitlines() if line.count("\t") == 2}
    assert {(f"/{each.place}", each.name, each.version) for each in found.packages if each.kind == "R"} == of_r
