"""Image repositories made from released versions of the template."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.template import Origin
from hubimages.update.released import releases
from hubimages.update.rendering import render
from hubimages.update.sources import Source

ADDRESS = "https://github.com/hubimages/hubimages"


def git(directory: Path, *args: str) -> str:
    """What a git command prints, which must succeed."""
    done = subprocess.run(["git", "-C", str(directory), *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(directory: Path, message: str = "Change it") -> str:
    """Commit everything; the id of the commit."""
    git(directory, "add", "--all", "--force")
    git(directory, "commit", "--quiet", "-m", message)
    return git(directory, "rev-parse", "HEAD")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """What a released version makes of answers, rendered once for each."""
    cache = {}

    def rendered(version, **answers):
        key = (version, tuple(sorted(answers.items())))
        if key not in cache:
            release = next(each for each in releases() if each.version == version)
            place = tmp_path_factory.mktemp("template")
            source = Source(release.extract(place / "source"), version, Origin(ADDRESS, release.commit))
            cache[key] = render(source, {"repo": "our-image", **answers}, place / "rendering")
        return cache[key]

    return rendered


@pytest.fixture
def made_from(tmp_path, rendered) -> Callable[..., Path]:
    """Make a repository from a released version, in one commit on main."""

    def make(version=1, name="our-image", **answers):
        dest = tmp_path / name
        rendered(version, **answers).write(dest)
        git(dest, "init", "--quiet", "--initial-branch=main")
        commit(dest, "Start from the hubimages template")
        return dest

    return make


