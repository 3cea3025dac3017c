"""Every released version of the template is carried as it was, and the tree's version says what it is."""

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.repository.git import Repo
from hubimages.template import template_directory
from hubimages.update.new_release import archive_of
from hubimages.update.released import (
    PARTS,
    changes_between,
    installed_version,
    questions_of,
    releases,
    version_of,
)
from tests.update.repositories import ROOT, commit, git

MOST_BYTES = 80_000  # of one archive


def content(directory: Path) -> dict[str, bytes]:
    """The bytes of each file that a template is rendered from."""
    places = [path for part in PARTS for path in [directory / part, *(directory / part).rglob("*")]]
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in places
        if path.is_file() and "__pycache__" not in path.parts and path.name != "origin.py"
    }


def test_versions_are_numbered_from_one_and_each_has_a_changelog_for_owners():
    assert [release.version for release in releases()] == list(range(1, len(releases()) + 1))
    assert installed_version() in (len(releases()), len(releases()) + 1)
    assert list(changes_between(0, installed_version())) == list(range(installed_version(), 0, -1))
    assert all(changes_between(0, installed_version()).values())


@pytest.mark.parametrize("release", releases(), ids=lambda release: str(release.version))
def test_the_archive_of_a_release_is_what_its_commit_has(release, tmp_path):
    assert release.archive.stat().st_size < MOST_BYTES
    assert version_of(release.extract(tmp_path / "x")) == release.version
    repo = Repo(ROOT / ".git", ROOT)
    if not (ROOT / ".git").exists() or not repo.succeeds("cat-file", "-e", f"{release.commit}^{{tree}}"):
        pytest.skip("needs a clone of hubimages with its history: git fetch --unshallow")
    assert lzma.decompress(release.archive.read_bytes()) == archive_of(repo, release.commit)


def test_a_template_that_has_changed_since_its_release_has_the_next_version(tmp_path):
    newest = releases()[-1]
    if content(template_directory()) != content(newest.extract(tmp_path / "x")):
        assert installed_version() == newest.version + 1, (
            "raise __template_version in cookiecutter.json, and say in docs/template-changes.md what changes for owners"
        )


@pytest.mark.parametrize("release", releases(), ids=lambda release: str(release.version))
def test_no_question_was_renamed_or_taken_away(release, tmp_path):
    assert questions_of(release.extract(tmp_path / "x")) <= questions_of(template_directory())


def test_a_release_is_added_once_and_not_without_a_changelog(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout of hubimages")
    project = tmp_path / "hubimages"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if not name.startswith(("tests/", "benchmarks/")) and (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_bytes((ROOT / name).read_bytes())
    git(project, "init", "--quiet")
    next_version = len(releases()) + 1
    context = json.loads((project / "cookiecutter.json").read_text())
    (project / "cookiecutter.json").write_text(json.dumps({**context, "__template_version": str(next_version)}))
    changes = project / "docs/template-changes.md"
    text = changes.read_text()
    changes.write_text(text.replace(f"## {next_version}\n", "## Something\n"))
    commit(project)
    assert f"has no section {next_version}" in add(project, code=1)
    changes.write_text(f"## {next_version}\n\nNews.\n\n{text.replace(f'## {next_version}', '## 0')}")
    there = commit(project)
    assert f"Version {next_version} is commit {there[:12]}" in add(project, code=0)
    listed = json.loads((project / "hubimages/update/releases/releases.json").read_text())
    assert listed[-1] == {"version": next_version, "commit": there}
    assert f"version {next_version} is released" in add(project, code=1)


def add(project: Path, *, code: int) -> str:
    """What the script says that adds a release."""
    argv = [sys.executable, "-m", "hubimages.update.new_release"]
    done = subprocess.run(argv, cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
