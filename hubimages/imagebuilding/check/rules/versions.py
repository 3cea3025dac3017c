"""Versions that work together: BinderHub's login needs jupyterhub-fancy-profiles 0.6.0 in the hub image."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from hubimages.errors import HubImagesError
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.rules.environment import auth_on
from hubimages.imagebuilding.hubs import CHARTS
from hubimages.imagebuilding.layer import read_layer
from hubimages.run import read
from hubimages.yaml_text import Path as KeyPath

IMAGE: KeyPath = ("jupyterhub", "hub", "image")
FIRST_WITH_LOGIN = (0, 6, 0)
WITHOUT = ("jupyterhub/k8s-hub", "quay.io/jupyterhub/k8s-hub")
# Last built with 0.3.6; 2i2c-org/infrastructure removed its requirements in January 2025 (59bce3344).
OLD = {"quay.io/2i2c/dynamic-image-building-experiment": "0.3.6 or older"}
COMMIT = re.compile(r".*\.h([0-9a-f]{7,40})")
IN_TAG = re.compile(r".*fancy-profiles-v?(\d+(?:\.\d+)+)")
PINNED = re.compile(
    r"^jupyterhub[-_]fancy[-_]profiles\s*+(?:\[[^]]*+\])?+\s*+==\s*([0-9.]+)", re.MULTILINE | re.IGNORECASE
)
NAMED = re.compile(r"^.*jupyterhub[-_]fancy[-_]profiles", re.MULTILINE | re.IGNORECASE)
CHARTPRESS = f"{CHARTS}/chartpress.yaml"


def hub_image(subject: Subject) -> Iterator[Finding]:
    """Check that the hub image has jupyterhub-fancy-profiles, new enough for BinderHub's login."""
    values = subject.values
    name, tag = values.text(*IMAGE, "name"), str(values.get(*IMAGE, "tag", default=""))
    if name in WITHOUT or (not name and not subject.hub.cluster):
        yield Finding(
            "hub-image-without-fancy-profiles", values.place(*IMAGE),
            f"the hub image {name or WITHOUT[0]} has no jupyterhub-fancy-profiles",
            "the hub cannot show the form; if extraConfig imports it, the hub does not start",
            "use a hub image with jupyterhub-fancy-profiles 0.6.0 or newer",
        )  # fmt: skip
        return
    found = version_in(subject)
    if found == "":
        yield Finding(
            "hub-image-without-fancy-profiles", values.place(*IMAGE, "tag"),
            f"the hub image {name}:{tag} does not have jupyterhub-fancy-profiles",
            "the hub cannot show the form; if extraConfig imports it, the hub does not start",
            "add jupyterhub-fancy-profiles to the requirements of the image",
        )  # fmt: skip
    elif found and auth_on(subject) and _number(found) < FIRST_WITH_LOGIN:
        yield Finding(
            "fancy-profiles-old", values.place(*IMAGE, "tag" if tag else "name"),
            f"the hub image {name}:{tag} has jupyterhub-fancy-profiles {found}, and BinderHub's auth is on",
            "versions before 0.6.0 do not send the user's token: BinderHub refuses every build",
            "use a hub image with jupyterhub-fancy-profiles 0.6.0 or newer",
        )  # fmt: skip


def version_in(subject: Subject) -> str | None:
    """Return the version in the hub image; empty for an image without it, None if unknown."""
    values = subject.values
    name, tag = values.text(*IMAGE, "name"), str(values.get(*IMAGE, "tag", default=""))
    if not subject.hub.cluster:
        return _in_tag(name, tag)
    return fancy_profiles(subject.hub.root, name, tag, values.place(*IMAGE, "tag" if tag else "name").file)


def not_known(subject: Subject) -> Iterator[str]:
    """Yield a line if the version in the hub image is unknown."""
    name, tag = subject.values.text(*IMAGE, "name"), subject.values.get(*IMAGE, "tag", default="")
    if name and name not in WITHOUT and version_in(subject) is None:
        yield (
            f"the version of jupyterhub-fancy-profiles in the hub image {name}:{tag}: unknown from its tag and this "
            "repository (BinderHub's auth needs 0.6.0 or newer)"
        )


def _in_tag(name: str, tag: str) -> str | None:
    matched = IN_TAG.fullmatch(tag)
    return matched[1] if matched else OLD.get(name)


@functools.lru_cache(maxsize=64)
def fancy_profiles(root: Path, name: str, tag: str, file: str) -> str | None:
    """Return the version in a hub image that the repository builds, read at the commit in its tag.

    Empty for an image without it; None if unknown: another repository's image, or a missing commit.
    """
    known = _in_tag(name, tag)
    commit = COMMIT.fullmatch(tag)
    if known or not commit:
        return known
    try:
        made_at = _commit(root, commit[1], tag, file)
        requirements = _requirements(_at(root, made_at, CHARTPRESS), name)
        if not made_at or requirements is None:
            return None
        text = _at(root, made_at, requirements)
    except HubImagesError:
        return None
    pinned = PINNED.search(text)
    return pinned[1] if pinned else None if NAMED.search(text) else ""


def _commit(root: Path, named: str, tag: str, file: str) -> str:
    """Return the commit in a tag; if a squash merge dropped it, the commit that put the tag into the file."""
    try:
        return read("git", "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}", cwd=root).decode().strip()
    except HubImagesError:
        return read("git", "log", "-1", "--format=%H", f"-S{tag}", "--", file, cwd=root).decode().strip()


def _at(root: Path, commit: str, path: str) -> str:
    return read("git", "show", f"{commit}:{path}", cwd=root).decode("utf-8", "replace")


def _requirements(chartpress: str, image: str) -> str | None:
    """Return the requirements file of an image in chartpress.yaml, relative to the repository."""
    charts = read_layer(chartpress, CHARTPRESS).data.get("charts")
    for chart in charts if isinstance(charts, list) else ():
        prefix = str(chart.get("imagePrefix", ""))
        for key, spec in (chart.get("images") or {}).items():
            if image not in (spec.get("imageName"), prefix + key):
                continue
            context = str(spec.get("contextPath") or f"images/{key}")
            file = str((spec.get("buildArgs") or {}).get("REQUIREMENTS_FILE") or "requirements.txt")
            return f"{CHARTS}/{context}/{file}"
    return None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part[:18]) for part in version.partition(" ")[0].strip(".").split(".") if part)


RULES = (hub_image,)
