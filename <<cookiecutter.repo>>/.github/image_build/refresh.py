"""Build a commit again with the newest packages, and find out whether there are any.

REFRESH=true is set by the workflow when it runs on its schedule, or by hand with the choice `no_cache`. Such an image has
a tag of its own, the commit's with the day: COMMIT-YYYYMMDD.
"""

import os
import re
from datetime import datetime, timedelta, timezone

import nox

from image_build import packages, registry
from image_build.programs import docker, git, last

# How many days back to look for the last refreshed image of this commit, more than two months.
DAYS = 70


def is_on() -> bool:
    """Return whether this run refreshes the image."""
    return os.environ.get("REFRESH") == "true"


def day(ago: int = 0) -> str:
    """Return today's date in UTC as in a tag, or that of some days ago."""
    return f"{datetime.now(timezone.utc) - timedelta(days=ago):%Y%m%d}"


def newest_earlier(session: nox.Session, image: str) -> str:
    """Return the newest image of this commit in the registry, without a tag of today; empty if there is none."""
    commit, architecture = git("rev-parse", "HEAD")[:12], os.environ.get("ARCHITECTURE", "")
    end = f"-{architecture}" if architecture else ""
    tags = [f"{commit}-{day(ago)}{end}" for ago in range(1, DAYS)] + [f"{commit}{end}"]
    for reference in (f"{image}:{tag}" for tag in tags):
        found = registry.look_up(reference)
        if found.problem and re.search(registry.NO_ANSWER, found.problem, re.IGNORECASE):
            session.error(f"the registry did not answer properly. Try again later. {found.problem}")
        if found.digest:
            return reference
    return ""


def is_the_same(session: nox.Session, built: str, earlier: str) -> bool:
    """Return whether two images have the same packages, with version and build. The earlier one is pulled."""
    pulled = docker("pull", "--quiet", earlier)
    if pulled.returncode:
        session.error(f"cannot pull {earlier} to compare the packages: {last(pulled)}")
    now, before = (listed(session, image) for image in (built, earlier))
    for line in sorted(now ^ before, key=lambda line: (line.lower(), line in now)):
        session.log(f"{'+' if line in now else '-'} {line}")
    return now == before


def listed(session: nox.Session, reference: str) -> set[str]:
    """Return the packages in an image, one a line."""
    lines, problem = packages.of_image(reference)
    if problem:
        session.error(problem)
    return set(lines)
