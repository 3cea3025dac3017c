"""Read from the image's own files what they say about the template's answers."""

import re
from collections.abc import Iterator, Mapping

from hubimages.update.adopting.evidence import Found

BINDER = ("binder/", ".binder/")  # repo2docker reads its files there, if there is one of these
IMAGE_FILES = (
    "Dockerfile", "environment.yml", "requirements.txt", "pixi.toml", "runtime.txt", "install.R", "apt.txt",
    "postBuild", "Project.toml", "Pipfile", "setup.py", "pyproject.toml", "default.nix", "REQUIRE", "DESCRIPTION",
    "start", "appendix",
)  # fmt: skip
# Enough by itself to say that there is an image.
ENOUGH = (*IMAGE_FILES[:7], "Project.toml", "Pipfile", "default.nix")
LOCKS = re.compile(r"conda-lock\.yml|pixi\.lock|conda-(linux|osx)[\w-]*\.lock")
PACKAGE = re.compile(
    r"^\s*(?:-\s*)?[\"']?(?:[\w.-]+::)?(?P<name>python|jupyterhub(?:-base|-singleuser)?|r-base)[\"']?"
    r"\s*(?:[=<>~!]=?=?\s*|\s)[\"']?[=<>~^]*\s*v?(?P<version>[0-9]+(?:\.[0-9]+)?)"
)
INSTALLED = re.compile(r"(?P<name>jupyterhub(?:-base|-singleuser)?)\s*[=~>]=?=?\s*(?P<version>[0-9]+)")
FROM = re.compile(r"^\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)", re.IGNORECASE)
LICENCE = re.compile(r"(LICEN[CS]E|COPYING)(\.\w+)?", re.IGNORECASE)
LICENCES = {
    "Apache-2.0": r"Apache License\s+Version 2\.0",
    "MIT": r"Permission is hereby granted, free of charge, to any person",
    "BSD-3-Clause": r"Redistribution and use in source and binary forms.*Neither the name of",
}
LONGEST = 300  # characters of a line of a licence or README that are read
HOLDER = re.compile(
    r"Copyright (?:\(c\)|©)? ?(?:[0-9]{4}(?: ?[-,–] ?(?:[0-9]{4}|present))*,?)? ?(?P<holder>\S.*?)\.?$",
    re.IGNORECASE,
)
HEADING = re.compile(r"^#\s+(?P<title>[^#\s].*?)\s*#*\s*$")
README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)


def image_directory(paths: Mapping[str, object]) -> str | None:
    """Return the folder that repo2docker builds, "" for the top; None if there is no image."""
    for folder in BINDER:
        if any(path.startswith(folder) for path in paths):
            return folder
    return "" if any(name in paths for name in ENOUGH) else None


def read_files(texts: Mapping[str, str], folder: str) -> Iterator[Found]:
    """Yield what the files say; `texts` has those that are text, by path, `folder` is that of the image."""
    yield from _starter(texts, folder)
    for name in dict.fromkeys(
        (f"{folder}environment.yml", "environment.yml", f"{folder}requirements.txt", f"{folder}pixi.toml")
    ):
        yield from _packages(name, texts.get(name, ""))
    for number, line in enumerate(texts.get(f"{folder}Dockerfile", "").splitlines(), 1):
        if (package := INSTALLED.search(line)) and not line.lstrip().startswith("#"):
            yield Found("jupyterhub_version", package["version"], f"{folder}Dockerfile", number)
    runtime = f"{folder}runtime.txt"
    if version := re.match(r"python-([0-9]+\.[0-9]+)", texts.get(runtime, "")):
        yield Found("python_version", version[1], runtime, 1)
    if f"{folder}appendix" in texts and f"{folder}Dockerfile" not in texts:
        yield Found("appendix", "yes", f"{folder}appendix")
    yield from _licence(texts)
    for path, text in texts.items():
        if README.fullmatch(path):
            yield from _title(path, text)


def _packages(file: str, text: str) -> Iterator[Found]:
    keys = {"python": "python_version", "r-base": ""}
    for number, line in enumerate(text.splitlines(), 1):
        package = PACKAGE.match(line)
        key = keys.get(package["name"], "jupyterhub_version") if package else ""
        if package and key:
            version = package["version"] if key == "python_version" else package["version"].partition(".")[0]
            if key == "jupyterhub_version" or "." in version:
                yield Found(key, version, file, number)


def _starter(texts: Mapping[str, str], folder: str) -> Iterator[Found]:
    """The starter that is nearest to what repo2docker builds: a Dockerfile wins."""
    dockerfile = f"{folder}Dockerfile"
    if dockerfile in texts:
        for number, line in enumerate(texts[dockerfile].splitlines(), 1):
            if base := FROM.match(line):
                yield Found("starter", _of_base(base["image"]), dockerfile, number, _note(base["image"]))
                return
        yield Found("starter", "docker-stacks", dockerfile, 0, "a Dockerfile without FROM")
        return
    runtime = f"{folder}runtime.txt"
    if re.match(r"r-[0-9]", texts.get(runtime, "")):
        yield Found("starter", "r", runtime, 1)
        return
    environment = f"{folder}environment.yml"
    for number, line in enumerate(texts.get(environment, "").splitlines(), 1):
        if re.match(r"\s*-\s*[\"']?(?:[\w.-]+::)?r-base\b", line):
            yield Found("starter", "r", environment, number)
            return
    if f"{folder}install.R" in texts and environment not in texts:
        yield Found("starter", "r", f"{folder}install.R")
    elif environment in texts:
        yield Found("starter", "environment.yml", environment)
    else:
        first = next((f"{folder}{name}" for name in IMAGE_FILES if f"{folder}{name}" in texts), folder)
        yield Found("starter", "environment.yml", first, 0, "repo2docker builds it, as it builds environment.yml")


def _of_base(image: str) -> str:
    if "pangeo" in image and "onbuild" in image:
        return "pangeo-onbuild"
    return "pixi" if "prefix-dev/pixi" in image else "docker-stacks"


def _note(image: str) -> str:
    known = _of_base(image) != "docker-stacks" or re.search(r"jupyter/[\w-]+-notebook|jupyter/docker-stacks", image)
    return "" if known else f"{image} is no docker-stacks image; the template has no nearer starter with a Dockerfile"


def _licence(texts: Mapping[str, str]) -> Iterator[Found]:
    licences = sorted(path for path in texts if LICENCE.fullmatch(path))
    if not licences:
        yield Found("license", "none", "no LICENSE")
    for path in licences[:1]:
        text = texts[path]
        name = next((name for name, words in LICENCES.items() if re.search(words, text, re.DOTALL)), "none")
        yield Found(
            "license", name, path, 1 if name != "none" else 0, "" if name != "none" else "not one that the template has"
        )
        for number, line in enumerate(text.splitlines()[:40], 1):
            holder = HOLDER.match(" ".join(line.split())[:LONGEST])
            if holder and "{" not in line and "[yyyy]" not in line:
                yield Found("maintainers", holder["holder"].removesuffix(", All rights reserved").strip(), path, number)
                return


def _title(path: str, text: str) -> Iterator[Found]:
    for number, line in enumerate(text.splitlines()[:30], 1):
        if heading := HEADING.match(line[:LONGEST]):
            title = re.sub(r"[`*_]|!?\[|\]\([^)]*\)", "", heading["title"]).strip()
            if title:
                yield Found("title", title[:100], path, number)
            return
