"""Read and write conda-lock.yml, byte by byte as conda-lock 4 writes it.

conda-lock's library would do it, too, but importing it takes seconds, many times as long as solving does: it brings a
solver, poetry and dulwich. The format is plain YAML with a published schema, and the tests compare both directions with
the library. https://schemas.conda.org/conda-lock-v1.schema.json
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from hubimages import yaml_text
from hubimages.environment.lock.model import Lock, Locked
from hubimages.errors import BadInputError

# Text that YAML needs no quotes for, unless it reads as something else, such as a number.
# Runs of plain characters are taken whole: one by one takes three times as long, and a lock has thousands of URLs.
PLAIN = re.compile(
    r"[A-Za-z0-9_./][\w.+*/~=%(),@-]*(?:(?::(?=\S)|[ ](?=[\w.+*/~=%(),@-]))[\w.+*/~=%(),@-]*)*", re.ASCII
)
# The hash of what was asked for stands here, too: the one in content_hash is conda-lock's, made in its own way.
ASKED = "hubimages_asked"
ENDING = re.compile(r"\.(?:conda|tar\.bz2)$")


def written(lock: Lock) -> str:
    """Return the text of conda-lock.yml."""
    platforms = lock.platforms
    lines = ["version: 1", "metadata:", "  content_hash:"]
    lines += [f"    {scalar(name)}: {scalar(lock.content)}" for name in platforms]
    lines.append("  channels:")
    for channel in lock.channels:
        lines += [f"  - url: {scalar(channel)}", "    used_env_vars: []"]
    lines += ["  platforms:", *(f"  - {scalar(name)}" for name in platforms), "  sources:", "  - environment.yml"]
    if lock.content:
        lines += ["  custom_metadata:", f"    {ASKED}: {scalar(lock.content)}"]
    lines.append("package:")
    lines += map(_package, sorted(lock.packages, key=lambda each: (each.manager, each.name, each.platform)))
    return "\n".join(lines) + "\n"


def _package(package: Locked) -> str:
    needs = dict(text.partition(" ")[::2] for text in package.depends)
    hashes = (("md5", package.md5), ("sha256", package.sha256))
    return "\n".join(
        (
            f"- name: {scalar(package.name)}",
            f"  version: {scalar(package.version)}",
            f"  manager: {package.manager}",
            f"  platform: {scalar(package.platform)}",
            "  dependencies:" if needs else "  dependencies: {}",
            *(f"    {scalar(name)}: {scalar(needs[name].strip())}" for name in sorted(needs)),
            f"  url: {scalar(package.url)}",
            "  hash:",
            *(f"    {kind}: {scalar(value)}" for kind, value in hashes if value),
            *([f"  build: {scalar(package.build)}"] if package.build else ()),
            "  category: main",
            "  optional: false",
        )
    )


@lru_cache(maxsize=20_000)
def scalar(text: str) -> str:
    """Return a text as YAML, in quotes where it needs them."""
    if PLAIN.fullmatch(text) and not _reads_as_something_else(text):
        return text
    return str(yaml.safe_dump(text, width=1_000_000)).removesuffix("\n").removesuffix("\n...")


def _reads_as_something_else(text: str) -> bool:
    return any(pattern.match(text) for _, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], ()))


def read(file: Path) -> Lock:
    """Return the lock in a conda-lock.yml. Raises BadInputError."""
    try:
        content = yaml_text.load(file.read_text(encoding="utf-8"))
    except (yaml_text.UnreadableYamlError, UnicodeDecodeError) as error:
        raise BadInputError(f"{file} is no conda-lock.yml: {' '.join(str(error).split())[:200]}") from error
    version = content.get("version") if isinstance(content, Mapping) else None
    if version not in (1, 2):
        raise BadInputError(
            f"{file} is no conda-lock.yml of version 1: it has {f'version {version}' if version else 'none'}"
        )
    try:
        metadata = content["metadata"]
        packages = dict.fromkeys(_locked(each) for each in content["package"])  # one for each category
        channels = [each if isinstance(each, str) else each["url"] for each in metadata["channels"]]
        asked = (metadata.get("custom_metadata") or {}).get(ASKED, "")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{file} is no conda-lock.yml: {type(error).__name__} {error}") from error
    return Lock(channels, list(packages), asked)


def _locked(each: Mapping[str, Any]) -> Locked:
    manager, url, hashes = each["manager"], each["url"], each["hash"]
    if manager not in ("conda", "pip"):
        raise ValueError(f"manager {manager}")
    needs: Mapping[str, str] = each.get("dependencies") or {}
    build = each.get("build") or (_build_of(url) if manager == "conda" else "")
    return Locked(
        each["platform"], manager, each["name"], str(each["version"]), build, url,
        hashes.get("md5") or "", hashes.get("sha256") or "",
        tuple(f"{name} {version}".strip() for name, version in needs.items()),
    )  # fmt: skip


def _build_of(url: str) -> str:
    """Return the build in a conda package's file name; older releases of conda-lock write none."""
    return ENDING.sub("", url.rpartition("/")[2]).rpartition("-")[2]


def asked_hash(text: str) -> str:
    """Return the hash of what was asked for, from the text of a conda-lock.yml; empty if another program wrote it."""
    head = re.split(r"^package:", text, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(rf"^    {ASKED}: ['\"]?(\w+)['\"]?\s*$", head, re.MULTILINE)
    return found[1] if found else ""
