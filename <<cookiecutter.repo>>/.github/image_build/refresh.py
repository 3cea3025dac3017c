"""Build a commit again with the newest packages, and find out whether there are any.

REFRESH=true is set by the workflow when it runs on its schedule, or by hand with the choice `no_cache`. Such an image has
a tag of its own, the commit's with the day: COMMIT-YYYYMMDD.
"""

import os
import re
from datetime import datetime, timedelta, timezone

import nox

from image_build import registry
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
    now, before = (set(packages(session, image).splitlines()) for image in (built, earlier))
    for line in sorted(now ^ before, key=lambda line: (line.lower(), line in now)):
        session.log(f"{'+' if line in now else '-'} {line}")
    return now == before


LISTING = """
import importlib.metadata, json, os, pathlib, subprocess, sys
roots = {sys.prefix, os.environ.get("NB_PYTHON_PREFIX", sys.prefix), os.environ.get("CONDA_DIR", sys.prefix)}
found = set()
for root in roots:
    for path in pathlib.Path(root, "conda-meta").glob("*.json"):
        package = json.loads(path.read_text())
        found.add(f"conda {package['name']} {package['version']} {package['build']}")
conda = {line.split()[1].lower().replace("_", "-") for line in found}
for one in importlib.metadata.distributions():
    if one.metadata["Name"] and one.metadata["Name"].lower().replace("_", "-") not in conda:
        found.add(f"pip {one.metadata['Name']} {one.version}")
try:
    form = "deb ${Package} ${Version}\\n"
    found.update(subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True).stdout.splitlines())
except OSError:
    pass
script = "for (p in rownames(installed.packages())) cat('R', p, as.character(packageVersion(p)), '\\n')"
try:
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True)
    found.update(line.strip() for line in done.stdout.splitlines() if line.startswith("R "))
except OSError:
    pass
print("\\n".join(sorted(found)))
"""


def packages(session: nox.Session, reference: str) -> str:
    """Return the conda, Python, Debian and R packages in an image, one a line, with version and build."""
    done = docker("run", "--rm", "--network", "none", reference, "python", "-c", LISTING)
    if done.returncode:
        session.error(f"cannot list the packages of {reference}: {last(done)}")
    return "\n".join(line for line in done.stdout.splitlines() if re.match("(conda|pip|deb|R) ", line))
