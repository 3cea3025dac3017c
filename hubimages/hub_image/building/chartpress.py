"""Build and push only the chosen images with chartpress, under the tags that a plain run gives them.

chartpress builds every image of its configuration. It makes each tag from the last commit that touched the image's
paths, `chartpress.yaml` among them: it asks git's history, not the files. So it runs on a copy of that history
(`throwaway`), in which the file chartpress.yaml, not the commit of it, names only what is asked for.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from hubimages import systems, yaml_text
from hubimages.errors import BadInputError, NotInstalledError, ProgramFailedError
from hubimages.hub_image.building import builder_log, pinned
from hubimages.hub_image.building.throwaway import check_out, throwaway
from hubimages.hub_image.layout import Chart, Image
from hubimages.hub_image.reading import CONFIG, work_tree_reader
from hubimages.repository.git import Repo

PIN = re.compile(
    r"""^[ \t]*+["']?chartpress[ \t]*+(?:\[[^\]\n]*+\])?+[ \t]*+"""
    r"""(?P<pin>(?:===|==|~=|!=|>=|<=|>|<)[^"'#;\n]*)""",
    re.MULTILINE,
)
# chartpress @ git+https://...  git+https://.../chartpress@...
ADDRESS = re.compile(
    r"""^[ \t]*+["']?(?:chartpress[ \t]*+@[ \t]*+)?"""
    r"""(?P<pin>(?:git\+|https?://)[^\s"'#]*chartpress[^\s"']*)""",
    re.MULTILINE,
)
PIN_FILES = re.compile(r"(?:^|.*/)(?:[^/]*requirements[^/]*\.(?:txt|in)|pyproject\.toml)")
BUILDERS = ("docker-build", "docker-buildx")
ENVIRONMENTS = (".venv", "venv", ".env", "env")
OURS = Path(sys.executable).parent / "chartpress"


@dataclass(frozen=True)
class Chartpress:
    """The chartpress program to run."""

    program: Path
    version: str
    whose: str

    def __str__(self) -> str:
        return f"chartpress {self.version or '(unknown version)'} {self.whose}"


@dataclass(frozen=True)
class Pin:
    """The version of chartpress that the repository pins, and the place of the pin."""

    wanted: str
    place: str

    @property
    def version(self) -> str:
        """Return the one version that the pin allows; empty for a range, an address, or a version with a wildcard."""
        found = re.fullmatch(r"={2,3}\s*(\d[\w.!+-]*)", self.wanted)
        return found[1] if found else ""


@dataclass(frozen=True)
class Builder:
    """chartpress's options for building."""

    name: str = ""
    platforms: tuple[str, ...] = ()

    def options(self) -> list[str]:
        """Return the options as chartpress takes them."""
        return [
            *(["--builder", self.name] if self.name else []),
            *(word for platform in self.platforms for word in ("--platform", platform)),
        ]


@dataclass(frozen=True)
class Built:
    """An image with the tag that chartpress gave it. `was_there` is a note on one that was not built, but found."""

    image: Image
    name: str
    tag: str
    was_there: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


def find_builder(name: str | None, platforms: Sequence[str] | str | None) -> Builder:
    """Return the builder that is asked for; on a Mac with an ARM processor, the default is to build for amd64 clusters.

    Raises BadInputError for what chartpress would refuse later.
    """
    wanted = tuple([platforms] if isinstance(platforms, str) else platforms or ())
    if name and name not in BUILDERS:
        raise BadInputError(f"--builder={name}: chartpress has {' and '.join(BUILDERS)}")
    if wanted and name == BUILDERS[0]:
        raise BadInputError(f"--platform needs --builder={BUILDERS[1]}")
    if wanted:
        return Builder(name or "docker-buildx", wanted)
    if name:
        return Builder(name)
    arm_mac = platform.system() == "Darwin" and platform.machine() == "arm64"
    return Builder("docker-buildx", ("linux/amd64",)) if arm_mac else Builder()


def find_chartpress(repo: Repo, pin: Pin | None, path: str = "") -> Chartpress:
    """Return the chartpress at `path`, or the one that meets the pin, or else the repository's own, or else ours.

    Raises BadInputError if there is no program at `path`, NotInstalledError if there is no chartpress at all.
    """
    if path:
        program = Path(path).absolute()
        if not program.is_file() or not os.access(program, os.X_OK):
            raise BadInputError(f"--chartpress={path} is not a program")
        return Chartpress(program, installed_version(program), "of --chartpress")
    assert repo.work_tree is not None
    candidates = [
        *((repo.work_tree / name / "bin/chartpress", f"of {name}/") for name in ENVIRONMENTS),
        *((Path(found), "of the active environment") for found in [which("chartpress")] if found),
        (OURS, "of hubimages' environment"),
        *([(pinned.program(pin.version), "as pinned")] if pin and pin.version else []),
    ]
    found: dict[Path, Chartpress] = {}
    for program, whose in candidates:
        if program.is_file() and program not in found:
            found[program] = Chartpress(program, installed_version(program), whose)
    if not found:
        raise NotInstalledError(
            f"chartpress is not installed. Run {systems.install_line('hub-image')}, "
            "or activate the repository's environment"
        )
    return next((one for one in found.values() if pin and meets(one.version, pin.wanted)), next(iter(found.values())))


def find_pin(repo: Repo) -> Pin | None:
    """Return the pin of chartpress in a requirements file or pyproject.toml of the repository."""
    read = work_tree_reader(repo)
    tracked = repo.read("ls-files", "-z").decode(errors="surrogateescape").split("\0")
    for file in sorted(
        (file for file in tracked if PIN_FILES.fullmatch(file)), key=lambda file: (file.count("/"), file)
    ):
        content = read(file) or ""
        if found := PIN.search(content) or ADDRESS.search(content):
            line = content.count("\n", 0, found.start("pin")) + 1
            return Pin(found["pin"].strip().rstrip(","), f"{file}:{line}")
    return None


def installed_version(program: Path) -> str:
    """Return the version of chartpress in the environment of the program; empty if unknown."""
    for directory in (program.parent, program.resolve().parent):
        for installed in directory.parent.glob("lib/python*/site-packages/chartpress-*.dist-info"):
            return installed.name.removesuffix(".dist-info").partition("-")[2]
    if program == OURS:
        from importlib.metadata import PackageNotFoundError, version

        with suppress(PackageNotFoundError):
            return version("chartpress")
    return ""


def meets(version: str, wanted: str) -> bool:
    """Return True if the pin allows a version; False if unknown."""
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.version import InvalidVersion
    except ImportError:
        return version == wanted.lstrip("= ")
    try:
        return SpecifierSet(wanted).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def arguments(*, push: bool, builder: Builder) -> list[str]:
    """Return chartpress's options for a run."""
    return [*(["--push"] if push else []), *builder.options()]


def tags_of(
    repo: Repo, chart: Chart, images: Sequence[Image], *, chartpress: Chartpress, copy: Path | None = None
) -> tuple[Built, ...]:
    """Return the images with the tags that chartpress gives them at HEAD, without building anything.

    In a `copy` of `throwaway`, the files are written again after that.
    """
    tagged = build(repo, chart, images, chartpress=chartpress, options=["--no-build"], watched=False, copy=copy)
    if copy:
        check_out(Repo(copy / ".git", copy), needed(chart, images))
    return tagged


def build(
    repo: Repo,
    chart: Chart,
    images: Sequence[Image],
    *,
    chartpress: Chartpress,
    options: Sequence[str],
    labels: Mapping[str, Sequence[str]] | None = None,
    watched: bool = True,
    verbose: bool = False,
    copy: Path | None = None,
) -> tuple[Built, ...]:
    """Build the images from HEAD, in a copy of the repository. `labels` are options of each image's build, by name.

    Raises ProgramFailedError with chartpress's last lines when it fails, or does not say what it made.
    """
    with nullcontext(copy) if copy else throwaway(repo, needed(chart, images)) as directory:
        config = directory / chart.config
        restrict(config, chart, images, labels or {})
        values = directory / chart.values_file
        values.parent.mkdir(parents=True, exist_ok=True)
        values.write_text(json.dumps({f"image-{number}": {"name": "", "tag": ""} for number, _ in enumerate(images)}))
        named = [] if config.name == CONFIG else [f"--config={config.name}"]
        run = builder_log.run_chartpress if watched else builder_log.run_chartpress_quietly
        run(chartpress.program, [*named, *options], config.parent, verbose=verbose)
        written = yaml_text.compose(values.read_text()).data()
        built = tuple(
            Built(image, *map(str, (written[f"image-{number}"][key] for key in ("name", "tag"))))
            for number, image in enumerate(images)
        )
    for one in built:
        if one.name != one.image.repository or not one.tag:
            raise ProgramFailedError(f"chartpress succeeded, but made {one} instead of {one.image.repository}")
    return built


def needed(chart: Chart, images: Sequence[Image]) -> list[str]:
    """Return the paths whose files a build reads; everything if an option can name any file."""
    if any(image.has_build_options for image in images):
        return ["."]
    paths = [chart.config, chart.chart_file]
    for image in images:
        paths += [image.context, image.dockerfile, *image.paths]
    return sorted(set(paths))


def restrict(config: Path, chart: Chart, images: Sequence[Image], labels: Mapping[str, Sequence[str]]) -> None:
    """Write a configuration with these images alone, each with its own place in values.yaml. JSON is YAML, too."""
    everything = yaml_text.load_as_ruamel(config.read_text(encoding="utf-8"))  # so that every option means the same
    kept: dict[str, Any] = everything["charts"][chart.index]
    kept["images"] = {
        image.name: with_options(options_of(kept["images"], image), labels.get(image.name, ()))
        | {"valuesPath": f"image-{number}"}
        for number, image in enumerate(images)
    }
    everything["charts"] = [kept]
    config.write_text(json.dumps(everything, ensure_ascii=False, default=str))


def with_options(options: Mapping[str, Any], more: Sequence[str]) -> dict[str, Any]:
    """Return an image's options with more options for its build."""
    extra = [*(options.get("extraBuildCommandOptions") or []), *more]
    return {**options, **({"extraBuildCommandOptions": extra} if extra else {})}


def options_of(images: Mapping[str, Any], image: Image) -> Mapping[str, Any]:
    return next((options or {} for name, options in images.items() if str(name) == image.name), {})
