"""Every change of an owner is kept, and conflicts are where both sides changed the same."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from hubimages import template
from hubimages.update.released import installed_version, releases
from tests.sample import some
from tests.update.repositories import commit, files, git, run, update, work_tree

BRANCH = f"update-to-template-{installed_version()}"


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def crlf(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


# What owners do. Each changes the repository in a way of its own.
CHANGES = {
    "a workflow step added": lambda repo: edited(
        repo / ".github/workflows/test.yaml", "    steps:\n", "    steps:\n      - run: echo our own step\n"
    ),
    "a test removed": lambda repo: (repo / "image-tests/test_image.py").unlink(),
    "the README rewritten": lambda repo: (repo / "README.md").write_text("# Ours\n\nAll of it is our own text.\n"),
    "a file renamed": lambda repo: (repo / "image-tests/notebooks/example.ipynb").rename(
        repo / "image-tests/notebooks/tour.ipynb"
    ),
    "line ends changed": lambda repo: crlf(repo / "image-tests/README.md"),
    "the mode changed": lambda repo: (repo / "noxfile.py").chmod(0o755),
    "packages added": lambda repo: edited(
        repo / "environment.yml", "dependencies:\n", "dependencies:\n  - geopandas=1.1\n"
    ),
    "a line appended": lambda repo: (repo / ".gitignore").write_text((repo / ".gitignore").read_text() + "secret/\n"),
    "a file of their own": lambda repo: (repo / "postBuild").write_text("#!/bin/sh\njupyter labextension list\n"),
    "a file made a link": lambda repo: (
        (repo / "LICENSE").rename(repo / "COPYING"),
        (repo / "LICENSE").symlink_to("COPYING"),
    ),
    "a setting changed": lambda repo: edited(repo / ".github/dependabot.yml", "monthly", "weekly"),
    "the image named": lambda repo: edited(repo / "noxfile.py", "quay.io/your-organisation/", "quay.io/cal-icor/"),
}


def lines(data: bytes) -> Counter[bytes]:
    """How often a file has each line, whatever its line ends."""
    return Counter(line.strip() for line in data.splitlines() if line.strip())


def collides(base: "Files", ours: "Files", theirs: "Files", path: str, repo: Path) -> bool:
    """What git says of three versions of one file by itself, with the owner's line ends in all of them."""
    sides = []
    for name, side in (("ours", ours), ("base", base), ("theirs", theirs)):
        place = repo.parent / f"{name}-of-one-file"
        place.write_bytes(side[path][1].replace(b"\r\n", b"\n"))
        sides.append(str(place))
    merge = ["git", "merge-file", "-p", *sides]
    return subprocess.run(merge, check=False, capture_output=True).returncode > 0


Files = dict[str, tuple[str, bytes]]


def assert_kept(base: Files, ours: Files, theirs: Files, merged: Files, conflicts: set[str]) -> None:
    """Every change from `base` to `ours` is in `merged`."""
    for path in base.keys() | ours.keys():
        if ours.get(path) == base.get(path):
            continue
        if path not in ours:
            assert path not in merged, f"{path} was deleted, and is back"
        elif theirs.get(path) == base.get(path):
            assert merged[path] == ours[path], f"{path} is not as its owner left it"
        elif path in merged:
            before, mine, now = (lines(side.get(path, ("", b""))[1]) for side in (base, ours, theirs))
            there, added, removed = lines(merged[path][1]), mine - before, before - mine
            assert not added - there, f"{path} lacks {added - there}"
            assert path in conflicts or not (there - (now - removed)) & removed, f"{path} has lines again"
            if ours[path][0] != base.get(path, ("",))[0]:
                assert merged[path][0] == ours[path][0], f"{path} has another mode"


@pytest.mark.parametrize("version", [release.version for release in releases()])
@pytest.mark.parametrize("starter", some(["environment.yml", "pangeo-onbuild", "docker-stacks"], 0))
def test_a_repository_of_each_released_version_becomes_what_the_template_is_now(version, starter, made_from):
    repo = made_from(version, starter=starter, license="MIT")
    update(repo, "--yes")
    now = template.render_files({"repo": "our-image", "starter": starter, "license": "MIT"})
    mode = {True: "100755", False: "100644"}
    expected = {path: (mode[file.executable], file.data) for path, file in now.files.items()}
    assert files(repo, BRANCH) == expected
    assert git(repo, "log", "--format=%s", BRANCH).split("\n") == [
        f"Update to version {installed_version()} of the hubimages template",
        "Start from the hubimages template",
    ]
    assert git(repo, "status", "--porcelain", "--branch") == "## main"
    git(repo, "merge", "--quiet", BRANCH)
    assert update(repo).stdout.count("\n") == 1
    assert update(repo).stdout.startswith("Nothing to do: ")


@pytest.mark.parametrize("version", [release.version for release in releases()])
@pytest.mark.parametrize("settings", [(), ("--set=registry=ghcr.io",)])
def test_every_change_of_the_owner_of_each_released_version_is_kept(version, settings, made_from):
    repo = made_from(version)
    base = files(repo, "HEAD")
    for change in CHANGES.values():
        change(repo)
    commit(repo, "Make it ours")
    ours = files(repo, "HEAD")
    answers = {"repo": "our-image", **dict(each.removeprefix("--set=").split("=") for each in settings)}
    now = template.render_files(answers).files
    theirs = {path: ("100755" if file.executable else "100644", file.data) for path, file in now.items()}
    both = {
        path for path in base if path in ours and path in theirs and len({base[path], ours[path], theirs[path]}) == 3
    }
    done = run("--json", *settings, repo=repo)
    report = json.loads(done.stdout)
    conflicts = {each["file"] for each in report["conflicts"]}
    assert done.returncode == (1 if conflicts else 0)
    assert conflicts == {
        path for path in both if path != ".hubimages.yaml" and collides(base, ours, theirs, path, repo)
    }
    if settings:
        assert {"README.md", "noxfile.py"} <= conflicts
    merged = work_tree(repo) if conflicts else files(repo, report["branch"])
    assert_kept(base, ours, theirs, merged, conflicts)
    assert "image-tests/notebooks/tour.ipynb" in merged
    assert "image-tests/test_image.py" not in merged
