"""Tell from an image's own files which of the template's starters is nearest to what repo2docker builds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

BINDER = ("binder/", ".binder/")  # repo2docker reads its files there, if there is one of these
IMAGE_FILES = (
    "Dockerfile", "environment.yml", "requirements.txt", "pixi.toml", "runtime.txt", "install.R", "apt.txt",
    "postBuild", "Project.toml", "Pipfile", "setup.py", "pyproject.toml", "default.nix", "REQUIRE", "DESCRIPTION",
    "start", "appendix",
)  # fmt: skip
# Enough by itself to say that there is an image.
ENOUGH = (*IMAGE_FILES[:7], "Project.toml", "Pipfile", "default.nix")
READ = ("Dockerfile", "runtime.txt", "environment.yml")  # the files whose text counts, not only that they are there
FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)", re.IGNORECASE)
R_BASE = re.compile(r"\s*-\s*[\"']?(?:[\w.-]+::)?r-base\b")


@dataclass(frozen=True)
class Starter:
    """The answer `starter`, the file and line (0 for none) that say so, and a note where it fits badly."""

    answer: str
    file: str
    line: int = 0
    note: str = ""


def image_directory(paths: Mapping[str, object]) -> str | None:
    """Return the folder that repo2docker builds, "" for the top; None if there is no image."""
    for folder in BINDER:
        if any(path.startswith(folder) for path in paths):
            return folder
    return "" if any(name in paths for name in ENOUGH) else None


def nearest_starter(texts: Mapping[str, str], folder: str) -> Starter:
    """Return the nearest starter: a Dockerfile wins. `texts` are files by path, `folder` is that of the image."""
    dockerfile, runtime, environment = (f"{folder}{name}" for name in READ)
    if dockerfile in texts:
        return _of_dockerfile(dockerfile, texts[dockerfile])
    if re.match(r"r-[0-9]", texts.get(runtime, "")):
        return Starter("r", runtime, 1)
    for number, line in enumerate(texts.get(environment, "").splitlines(), 1):
        if R_BASE.match(line):
            return Starter("r", environment, number)
    if environment in texts:
        return Starter("environment.yml", environment)
    if f"{folder}install.R" in texts:
        return Starter("r", f"{folder}install.R")
    first = next((f"{folder}{name}" for name in IMAGE_FILES if f"{folder}{name}" in texts), folder)
    return Starter("environment.yml", first, 0, "repo2docker builds it, as it builds environment.yml")


def _of_dockerfile(file: str, text: str) -> Starter:
    for number, line in enumerate(text.splitlines(), 1):
        if base := FROM.match(line):
            return Starter(_of_base(base["image"]), file, number, _note(base["image"]))
    return Starter("docker-stacks", file, 0, "a Dockerfile without FROM")


def _of_base(image: str) -> str:
    if "pangeo" in image and "onbuild" in image:
        return "pangeo-onbuild"
    return "pixi" if "prefix-dev/pixi" in image else "docker-stacks"


def _note(image: str) -> str:
    known = _of_base(image) != "docker-stacks" or re.search(r"jupyter/[\w-]+-notebook|jupyter/docker-stacks", image)
    return "" if known else f"{image} is no docker-stacks image; the template has no nearer starter with a Dockerfile"
