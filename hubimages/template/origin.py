"""Find the git address and commit from which this copy of the template can be installed.

Plain cookiecutter and the wheel build load this file by its path, without the package. There it imports only the
standard library.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING or __name__.startswith("hubimages."):
    from hubimages.signals import complete
else:

    def complete(argv, stdin, **settings):
        return subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, check=False, **settings)


RECORDED = "origin.json"  # beside cookiecutter.json in a wheel and in a source distribution
PACKAGED = ("hubimages", "template", "source")  # the template's directory in a wheel
COMMIT = re.compile(r"[0-9a-f]{40}")
# Addresses that need no quoting in a workflow's shell line or in YAML.
ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)+")
SSH = re.compile(r"(?:ssh://)?(?:[^@/]+@)(?P<host>[A-Za-z0-9.-]+)(?::[0-9]+/|[:/])/?(?P<path>.+)")
# The files that a rendered repository and an installation from the commit are made of.
SOURCES = (
    "cookiecutter.json", "hooks", "templates", "<<cookiecutter.repo>>", "hubimages", "hubimages_template.py",
    "hubimages_filters.py", "deployment-workflows", "pyproject.toml",
)  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """`address` (https) and `commit` (40 hexadecimal digits), or two empty strings and the `problem`."""

    address: str = ""
    commit: str = ""
    problem: str = ""

    @property
    def requirement(self) -> str:
        """Return the pip requirement for this copy, with the extra that opens pull requests."""
        return f"hubimages[github] @ git+{self.address}@{self.commit}"


@cache
def find_origin(directory: Path) -> Origin:
    """Return the origin of the copy whose template is in a directory.

    It comes from pip's record of an installation from git (PEP 610), from the record in a release's wheel, or from git
    in a checkout or in cookiecutter's clone.
    """
    directory = directory.resolve()
    if directory.parts[-len(PACKAGED) :] == PACKAGED:
        return installed_from(directory.parents[2]) or recorded(directory) or Origin(problem="this wheel records none")
    top = git(directory, "rev-parse", "--show-toplevel")
    if top and Path(top).resolve() == directory:
        return of_checkout(directory)
    return recorded(directory) or Origin(problem=f"{directory} is not a git repository")


def installed_from(packages: Path) -> Origin | None:
    """Return the git origin that pip recorded in a site-packages directory; None if pip did not install from git."""
    for file in packages.glob("hubimages-*.dist-info/direct_url.json"):
        noted = json.loads(file.read_text(encoding="utf-8"))
        commit = noted.get("vcs_info", {}).get("commit_id", "")
        address = plain_address(noted.get("url", ""))
        if noted.get("vcs_info", {}).get("vcs") == "git" and COMMIT.fullmatch(commit) and address:
            return Origin(address, commit)
    return None


def recorded(directory: Path) -> Origin | None:
    """Return the origin that the wheel build recorded; None if there is no record."""
    file = directory / RECORDED
    return Origin(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def of_checkout(directory: Path) -> Origin:
    """Return the checked-out commit and the address of a remote that has it."""
    commit = git(directory, "rev-parse", "--verify", "HEAD")
    if not COMMIT.fullmatch(commit):
        return Origin(problem=f"{directory} has no commit")
    there = [name for name in SOURCES if (directory / name).exists()]
    if git(directory, "status", "--porcelain", "--", *there):
        return Origin(problem=f"{directory} has changes that are not committed")
    branches = git(directory, "for-each-ref", "--format=%(refname)", "--contains=HEAD", "refs/remotes").splitlines()
    remotes = list(dict.fromkeys(ref.split("/")[2] for ref in branches))
    if git(directory, "tag", "--points-at", "HEAD"):  # a release's job checks out only the tag
        remotes.append("origin")
    for remote in sorted(remotes, key=lambda name: name != "origin"):
        address = plain_address(git(directory, "config", "--get", f"remote.{remote}.url"))
        if address:
            return Origin(address, commit)
    if remotes:
        return Origin(problem=f"no remote of {directory} has an address that starts with https:// or is one of SSH")
    return Origin(
        problem=f"no remote of {directory} is known to have its commit {commit[:12]}: push it, then git fetch"
    )


def plain_address(url: str) -> str:
    """Return the https address without a login; "" if others cannot clone it (a directory, http, git://)."""
    ssh = SSH.fullmatch(url)
    if url.startswith("https://"):
        parts = urlsplit(url)
        url = f"https://{parts.netloc.rpartition('@')[2]}{parts.path}"
    elif ssh and "://" not in url.removeprefix("ssh://"):
        url = f"https://{ssh['host']}/{ssh['path']}"
    url = url.rstrip("/").removesuffix(".git")
    return url if ADDRESS.fullmatch(url) else ""


def git(directory: Path, *words: str) -> str:
    """Return git's output, stripped; "" if git fails or is not installed."""
    # Git sets these in hooks, for the repository of the commit.
    env = {
        name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    env["GIT_OPTIONAL_LOCKS"] = "0"  # `git status` does not write the index
    argv = ["git", "-C", str(directory), "--literal-pathspecs", *words]
    try:
        done = complete(argv, b"", env=env, stderr=subprocess.DEVNULL)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
