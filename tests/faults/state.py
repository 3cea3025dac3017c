"""What is there: every file of a place, and of a repository what its owner can see of it."""

import hashlib
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hubimages.repository import file_edit, unfinished

# A file that only a run in progress needs: ours beside a target, git's locks, what Python's tempfile makes.
LEFT = re.compile(r"\.hubimages-|\.lock$|^tmp|^hubimages-|^next-index|\.partial$|\.new$|~$")

ID = re.compile(r"\b[0-9a-f]{40}\b")


def git(repository: Path, *args: str) -> str:
    argv = ["git", "--no-optional-locks", "-C", str(repository), *args]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, errors="replace")
    return done.stdout if done.returncode == 0 else f"exit code {done.returncode}"


def state(place: Path) -> dict[str, str]:
    """Return by path the mode and digest of every file, and all that a repository shows.

    Objects of git that nothing refers to do not count.
    """
    found: dict[str, str] = {}
    for folder, kind in walk(place):
        name = str(folder.relative_to(place))
        if kind == "git":
            found[name] = shown(folder)
            found[f"{name}: config"] = configuration(folder)
        else:
            found[name] = described(folder)
    return found


def configuration(folder: Path) -> str:
    """Return the configuration of a repository; "" while git is making it."""
    file = folder / "config"
    return file.read_text(errors="replace") if file.exists() else ""


def walk(place: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file and directory, and a directory of git as one."""
    for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and (path / "objects").is_dir() and (path / "HEAD").is_file():
            yield path, "git"
            for extra in sorted((path / "hubimages").rglob("*")) if (path / "hubimages").is_dir() else []:
                yield extra, "file"
        else:
            yield path, "file"
            if entry.is_dir(follow_symlinks=False):
                yield from walk(path)


def described(path: Path) -> str:
    facts = path.lstat()
    mode = oct(stat.S_IMODE(facts.st_mode))
    if stat.S_ISLNK(facts.st_mode):
        return f"link to {path.readlink()}"
    if stat.S_ISDIR(facts.st_mode):
        return f"directory {mode}"
    return f"{mode} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def shown(folder: Path) -> str:
    """Return the branches and the stash, the index, HEAD, work trees and operations in progress of a repository."""
    bare = "bare = true" in configuration(folder)
    where = folder if bare else folder.parent
    asked: list[tuple[str, ...]] = [("for-each-ref", "--format=%(objectname) %(refname)")]
    if not bare:
        asked += [("ls-files", "--stage"), ("status", "--porcelain", "--untracked-files=all", "--ignored")]
    in_progress = sorted(path.name for path in folder.glob("*_HEAD") if path.name not in ("ORIG_HEAD", "FETCH_HEAD"))
    trees = sorted(path.name for path in folder.glob("worktrees/*"))
    told = [(folder / "HEAD").read_text(), *(git(where, *words) for words in asked)]
    return "\n".join([*told, f"in progress: {in_progress}", f"work trees: {trees}"])


def subject(folder: Path, found: re.Match[str]) -> str:
    """Return what stands for an id where contents differ from run to run: of a commit, its first line."""
    return git(folder, "log", "-1", "--format=commit: %s", found[0]).strip() if found[0].strip("0") else found[0]


def in_any_order(folder: Path, found: re.Match[str]) -> str:
    """Return for the id of a commit its tree and the first lines of all commits, sorted; another id as it is."""
    lines = git(folder, "log", "--format=%s", found[0]).splitlines()
    if lines == ["exit code 128"]:
        return found[0]
    return "; ".join([git(folder, "rev-parse", f"{found[0]}^{{tree}}").strip(), *sorted(lines)])


def left(place: Path) -> list[str]:
    """Return the files below a place that only a run in progress needs."""
    found = []
    for folder, folders, files in os.walk(place):
        if "objects" in folders and "HEAD" in files:
            folders.remove("objects")  # what git leaves there, git removes
        found += [f"{folder}/{name}" for name in [*folders, *files] if LEFT.search(name)]
    return sorted(found)


def recorded(place: Path) -> dict[str, bool]:
    """Return the files that a killed run has left a record of (`hubimages.repository.unfinished`).

    True for one that has a text which the record knows: that before, or after one of its edits.
    """
    found = {}
    for record in place.glob(f"*/.git/{unfinished.EDITS}"):
        root = record.parents[2]
        for path, texts in json.loads(record.read_text())["texts"].items():
            found[str((root / path).relative_to(place))] = file_edit.text_of(root, path) in texts
    return found


def broken(place: Path) -> list[str]:
    """Return what git finds broken in the repositories below a place."""
    told = []
    for folder, kind in walk(place):
        if kind == "git" and not any(map(LEFT.search, folder.relative_to(place).parts)):
            argv = ["git", f"--git-dir={folder}", "fsck", "--full", "--no-dangling", "--no-progress"]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                told.append(f"{folder}: {done.stdout}{done.stderr}")
    return told
