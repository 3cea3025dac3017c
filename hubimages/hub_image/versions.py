"""Versions of the jupyterhub chart: their order, and which of them are releases.

Releases and their hub image carry one version, since both are made from one tagged commit. Of development versions
the image's is that of the last commit that touched the image, which is often an older one: the chart
3.2.2-0.dev.git.6456.hf11f8ea8 runs k8s-hub:3.2.2-0.dev.git.6448.h84c21364.
"""

import re

VERSION = re.compile(
    r"(?=.{1,256}$)v?(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:\.(?P<patch>\d+))?"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
PLAIN_RANGE = re.compile(r"[v=]*(\d{1,20})(?:\.(\d{1,20}))?(?:\.[xX*])*")
RELEASE = re.compile(r"\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?")
COMMIT = re.compile(r"(?:^|[.-])h?([0-9a-f]{7,40})$")

Order = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def order(version: str) -> Order | None:
    """Return the key that sorts versions (https://semver.org/#spec-item-11); None for what is no version."""
    found = VERSION.fullmatch(version)
    if not found:
        return None
    numbers = tuple(int(found[name] or 0) for name in ("major", "minor", "patch"))
    parts = found["pre"].split(".") if found["pre"] else []
    pre = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return (*numbers, 0 if pre else 1, pre)  # type: ignore[return-value]  # three numbers


def is_version(text: str) -> bool:
    """Return True for one version, False for a range such as ^3.3 or 3.x."""
    return VERSION.fullmatch(text) is not None


def is_range(text: str) -> bool:
    """Return True if Helm reads a dependency's version as a range: `^3.3`, `3.x`, and also `3.3` and `v3.3`.

    https://helm.sh/docs/chart_best_practices/dependencies/#versions: Helm then takes the newest that fits.
    """
    found = VERSION.fullmatch(text)
    return found is None or (found["patch"] is None and found["pre"] is None and found["build"] is None)


def excluded(wanted: str, version: str) -> bool:
    """Return True if a version is outside of a plain range, `3.3` or `3.3.x`; False if unknown."""
    found, placed = PLAIN_RANGE.fullmatch(wanted), order(version)
    if not found or placed is None:
        return False
    return any(part is not None and int(part) != number for part, number in zip(found.groups(), placed, strict=False))


def is_release(version: str) -> bool:
    """Return True if the hub image of a chart version has the same version: releases, alphas, betas, candidates."""
    return RELEASE.fullmatch(version) is not None


def newest(versions: list[str], *, development: bool) -> str:
    """Return the highest version; without `development`, the highest release. Empty if there is none."""
    known = [(placed, version) for version in versions if (placed := order(version)) is not None]
    return max((entry for entry in known if development or entry[0][3]), default=((), ""))[1]


def is_older(version: str, than: str) -> bool:
    """Return True if a version comes before another; False if unknown."""
    first, second = order(version), order(than)
    return first is not None and second is not None and first < second


def release_notes(before: str, after: str) -> tuple[str, ...]:
    """Return the addresses that describe the changes of the chart between two versions."""
    project = "https://github.com/jupyterhub/zero-to-jupyterhub-k8s"
    links = []
    old, new = order(before), order(after)
    if old and new:
        links += [
            f"https://z2jh.jupyter.org/en/stable/administrator/upgrading/upgrade-{major}-to-{major + 1}.html"
            for major in range(max(old[0], 1), new[0])
        ]
    links.append("https://z2jh.jupyter.org/en/stable/changelog.html")
    if is_version(before):
        links.append(f"{project}/compare/{revision(before)}...{revision(after)}")
    return tuple(links)


def revision(version: str) -> str:
    """Return the commit or tag of the chart's repository that a version was made from."""
    found = COMMIT.search(version)
    return found[1] if found and not is_release(version) else version
