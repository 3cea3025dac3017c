"""Every task that only reads, and every dry run, in every state of a repository: not one byte is changed in it.

A fixed sample runs always; all of them with `nox -s deep`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.cli import program
from tests.conftest import IDENTITY
from tests.repository.states import STATES, Place
from tests.repository.test_states import ALL, COMMON, SURROUNDINGS, Seen, base, git, places  # noqa: F401 - a fixture

SAMPLE = {"clean", "a merge with a conflict", "core.bare", "another owner"}
DEPLOYMENT = (
    ("images",),
    ("images", "--json"),
    ("check-images", "--offline"),
    ("check-hub-image", "--offline"),
    ("hub-experiments",),
    (*ALL, "--dry-run"),
    ("roll-back-image", "--hub=uni", "--unchecked", "--yes", "--dry-run"),
    ("bump-hub-image", "--chart-version=4.1.0", "--image=hub", "--dry-run"),
    ("rebuild-hub-image", "--image=hub", "--dry-run"),
    ("new-hub-experiment", "second", "--require=three==3", "--dry-run"),
    ("end-hub-experiment", "trial", "--roll-out", "--dry-run"),
    ("new-imagebuilding-hub", "--cluster=uni", "--hub=lab", "--dry-run", "--yes"),
)
IMAGE_DIR = "helm-charts/images/hub"


def in_order() -> list[object]:
    """The states, those outside of the sample marked for the deep run."""
    return [
        pytest.param(
            around, state, id=f"{state}, {around}",
            marks=[] if around == "plain" and state in SAMPLE else [pytest.mark.deep],
        )
        for around, state in places()
    ]  # fmt: skip


def run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code, and what stands on stderr; anything but an exit is a traceback, which fails the test."""
    with pytest.raises(SystemExit) as end:
        program.HubImages().run(["hubimages", *argv])
        sys.exit(0)
    return int(end.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(("around", "state"), in_order())
def test_in_every_state_what_only_reads_changes_nothing(
    around: str, state: str, base: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if state == "another owner" and os.geteuid() != 0:
        pytest.skip("needs root, to give a repository away")
    shutil.copytree(base.parent, tmp_path / "all", symlinks=True)
    folder = tmp_path / "all"
    own_home = folder / "home"
    own_home.mkdir()
    monkeypatch.setenv("HOME", str(own_home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own_home / ".gitconfig"))
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    root = SURROUNDINGS[around](folder / "deployment")
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=root, check=False)  # the copies have other times
    STATES[state][0](Place(root, COMMON, own_home))
    before = Seen.of(root)
    dest = tmp_path / "dest"
    tasks = [[*argv, f"--repo={root}"] for argv in DEPLOYMENT]
    tasks += [["find-images", str(root)], ["extract-image", str(root), IMAGE_DIR, str(dest), "--no-template", "--yes"]]
    problems = []
    for argv in tasks:
        code, said = run(argv, capsys)
        after = Seen.of(root)
        if after != before:
            names = [*(before.files.keys() ^ after.files.keys()), *(before.git.keys() ^ after.git.keys())]
            problems.append(f"{argv[0]} changed {names or 'contents'}")
        if code not in (0, 1, 2, 3, 4, 69) or (code > 1 and said.count("error: ") != 1):
            problems.append(f"{argv[0]}: exit code {code}: {said}")
    assert not problems, "\n\n".join(problems)
    if state == "clean":
        assert git(dest, "rev-parse", "HEAD^{tree}") == git(root, "rev-parse", f"HEAD:{IMAGE_DIR}")
