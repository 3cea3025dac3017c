"""Read from the image's own files what they say about the template's answers."""

import re
from collections.abc import Iterator, Mapping

from hubimages import template
from hubimages.update.adopting.evidence import Found

LOCKS = re.compile(r"conda-lock\.yml|pixi\.lock|conda-(linux|osx)[\w-]*\.lock")
PACKAGE = re.compile(
    r"^\s*+(?:-\s*+)?[\"']?(?:[\w.-]+::)?(?P<name>python|jupyterhub(?:-base|-singleuser)?|r-base)[\"']?"
    r"\s*(?:[=<>~!]=?=?\s*+|\s)[\"']?[=<>~^]*+\s*+v?(?P<version>[0-9]+(?:\.[0-9]+)?)"
)
INSTALLED = re.compile(r"(?P<name>jupyterhub(?:-base|-singleuser)?)\s*[=~>]=?=?\s*(?P<version>[0-9]+)")
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
HEADING = re.compile(r"^#\s+(?P<title>[^#\s].*)$")
README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)


def read_files(texts: Mapping[str, str], folder: str) -> Iterator[Found]:
    """Yield what the files say; `texts` has those that are text, by path, `folder` is that of the image."""
    starter = template.nearest_starter(texts, folder)
    yield Found("starter", starter.answer, starter.file, starter.line, starter.note)
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
        package = PACKAGE.match(line[:LONGEST])
        key = keys.get(package["name"], "jupyterhub_version") if package else ""
        if package and key:
            version = package["version"] if key == "python_version" else package["version"].partition(".")[0]
            if key == "jupyterhub_version" or "." in version:
                yield Found(key, version, file, number)


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
            title = re.sub(r"[`*_]|!?\[|\]\([^()]*\)", "", heading["title"].rstrip().rstrip("#")).strip()
            if title:
                yield Found("title", title[:100], path, number)
            return
