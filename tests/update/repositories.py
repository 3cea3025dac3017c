"""What tests do with the repositories that are updated."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hubimages.template import Origin, Rendering
from hubimages.update.released import releases
from hubimages.update.rendering import render
from hubimages.update.sources import Source
from tests import command

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/hubimages/hubimages"


def from_release(temporary: Path, version: int, answers: Mapping[str, str]) -> Rendering:
    """What a released version makes of answers."""
    release = next(each for each in releases() if each.version == version)
    source = Source(release.extract(temporary / "source"), version, Origin(ADDRESS, release.commit))
    return render(source, {"repo": "our-image", **answers}, temporary / "rendering")


def begin(dest: Path, rendering: Rendering) -> Path:
    """Make a repository of a rendering, in one commit on main."""
    rendering.write(dest)
    git(dest, "init", "--quiet", "--initial-branch=main")
    commit(dest, "Start from the hubimages template")
    return dest


def make_from_release(dest: Path, version: int) -> Path:
    """Make a repository from a released version, with its default answers."""
    with tempfile.TemporaryDirectory() as temporary:
        return begin(dest, from_release(Path(temporary), version, {}))


def git(directory: Path, *args: str) -> str:
    """What a git command prints, which must succeed."""
    done = subprocess.run(["git", "-C", str(directory), *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(directory: Path, message: str = "Change it") -> str:
    """Commit everything; the id of the commit."""
    git(directory, "add", "--all", "--force")
    git(directory, "commit", "--quiet", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def state(directory: Path) -> dict[str, bytes | str]:
    """Every byte of a repository: its files, and all that git has."""
    files = {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != "index"
    }
    return {**files, "index": git(directory, "ls-files", "--stage")}


def run(*words: str, repo: Path, task: str = "update-image-repo", **env: str) -> "subprocess.CompletedProcess[str]":
    """Run update-image-repo, or another task, as a person does, without a terminal."""
    return command.hubimages(task, repo, *words, env={**os.environ, "PYTHONPATH": str(ROOT), **env})


def update(repo: Path, *words: str, code: int = 0, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run update-image-repo, which has to end with an exit code."""
    done = run(*words, repo=repo, **env)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def adopt(repo: Path, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run adopt-image-repo, which has to end with an exit code."""
    done = run(*words, repo=repo, task="adopt-image-repo")
    assert done.returncode == code, done.stdout + done.stderr
    return done


def files(directory: Path, ref: str) -> dict[str, tuple[str, bytes]]:
    """Mode and content of every file of a commit."""
    rows = [row.partition("\t") for row in git(directory, "ls-tree", "-r", "-z", ref).split("\0") if row]
    argv = ["git", "-C", str(directory), "cat-file", "--batch"]
    asked = "".join(f"{facts.split()[2]}\n" for facts, _, _ in rows)
    said = subprocess.run(argv, check=True, capture_output=True, input=asked.encode()).stdout
    found = {}
    for facts, _, path in rows:
        header, _, said = said.partition(b"\n")
        size = int(header.split()[2])
        found[path] = (facts.split()[0], said[:size])
        said = said[size + 1 :]
    return found


def work_tree(directory: Path) -> dict[str, tuple[str, bytes]]:
    """Mode and content of every file that git knows, as it is on disk."""
    found = {}
    for name in set(git(directory, "ls-files", "-z").split("\0")) - {""}:
        path = directory / name
        if path.is_symlink():
            found[name] = ("120000", os.fsencode(path.readlink()))
        elif path.exists():
            found[name] = ("100755" if path.stat().st_mode & 0o100 else "100644", path.read_bytes())
    return found


def blob(directory: Path, name: str) -> bytes:
    """The bytes of a file in a commit."""
    return subprocess.run(
        ["git", "-C", str(directory), "cat-file", "blob", name], check=True, capture_output=True
    ).stdout
