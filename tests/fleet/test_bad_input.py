"""What fails in one repository is one line about it; the others go on, and the next run finishes."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.fleet import Report
from hubimages.fleet.address import read_addresses, shards, targets
from tests.fleet.conftest import rows
from tests.fleet.hosting import Hosting, git
from tests.sample import some

Run = Callable[..., Report]
OLD = "dependencies:\n- python=3.12\n"
SED = ("sed", "-i", "s/3.12/3.13/", "environment.yml")


def refuse_pushes(bare: Path, message: str) -> None:
    """As a server does that takes no push: with a line of its own."""
    hook = bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncat <<'END' >&2\n{message}\nEND\nexit 1\n")
    hook.chmod(0o755)


def test_every_failure_is_a_line_and_the_rest_goes_on(hosting: Hosting, run: Run, tmp_path: Path) -> None:
    names = [f"org/{name}" for name in ("good", "archived", "hidden", "hook", "task", "taken", "empty", "mixed")]
    for name in names[:6] + names[7:]:
        hosting.make(name, {"environment.yml": OLD})
    git(hosting.served, "init", "-q", "--bare", str(hosting.bare("org/empty")))
    hosting.archived.add("org/archived")
    hosting.answers = lambda method, path: (
        (404, {}, {"message": "Not Found"}) if path.startswith("/repos/org/hidden") else None
    )
    refuse_pushes(hosting.bare("org/hook"), "This repository was archived so it is read-only.")
    hosting.commit("org/task", {"fail": ""}, "Make the task fail")
    hosting.commit("org/taken", {"environment.yml": "dependencies: []\n"}, "Ours", "use-313", "Grace")
    hosting.commit("org/mixed", {"branch": ""}, "Make the task leave a branch")
    script = (
        "if [ -e fail ]; then echo 'no way' >&2; exit 7; fi; sed -i s/3.12/3.13/ environment.yml; "
        "if [ -e branch ]; then git commit -qam One; git branch one; git commit -qm Two --allow-empty; fi"
    )
    report = run([*names, "org/gone", str(tmp_path / "nowhere")], "sh", "-c", script, open_pr=True)
    found = {each.repository: (each.state, each.exit_code, each.detail) for each in report.outcomes}
    assert [*found] == [*names, "org/gone", "nowhere"]
    taken = git(hosting.bare("org/taken"), "rev-parse", "use-313")[:12]
    expected = {
        "org/good": ("opened", 0, "https://github.com/org/good/pull/1"),
        "org/archived": ("failed", 3, "github.com/org/archived is archived, so nothing can be pushed"),
        "org/hidden": ("failed", 77, "github.com/org/hidden is not there any more, or the token may not see it"),
        "org/task": ("failed", 4, "sh exits with 7: no way"),
        "org/taken": (
            "failed", 3, f"use-313 has a commit of somebody else ({taken} by Grace), which would be undone. Merge or "
            "close its pull request, or name another --branch",
        ),
        "org/empty": ("failed", 3, "org/empty has no commit on a default branch yet. Push the first one"),
        "org/mixed": ("failed", 3, "several branches have new commits: main, one"),
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["org/hook"][:2] == ("failed", 3)
    assert found["org/hook"][2] == "the server refuses the push: This repository was archived so it is read-only."
    for name in ("org/gone", "nowhere"):
        assert found[name][:2] == ("failed", 2)
        assert found[name][2].startswith("no git repository at ")
    assert all("\n" not in detail for _, _, detail in found.values())
    assert report.exit_code == 4  # of several kinds
    assert report.summary() == "10 repositories: 1 opened, 9 failed"
    assert [hosting.branches(name) for name in ("org/archived", "org/hidden", "org/hook")] == [["main"]] * 3

    hosting.archived.clear()
    hosting.answers = lambda method, path: None
    (hosting.bare("org/hook") / "hooks/pre-receive").unlink()
    again = run(names[:4], "sh", "-c", script, open_pr=True)
    assert [row.state for row in again.outcomes] == ["open", "opened", "opened", "opened"]


def test_another_run_in_the_same_clone_is_a_row(hosting: Hosting, run: Run, tmp_path: Path) -> None:
    hosting.make("org/a", {"environment.yml": OLD})
    place = run(["org/a"], *SED).outcomes[0].directory
    with Path(place + ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ((_, state, detail),) = rows(run(["org/a"], *SED))
    assert (state, detail) == ("failed", f"another run works in {place}. Wait until it ends, or name another --cache")
    assert rows(run(["org/a"], *SED)) == [("org/a", "changed", "1 file")]


@pytest.mark.parametrize("number", some([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], 0, 1))
def test_a_run_that_is_stopped_leaves_no_program_and_the_next_one_finishes(
    number: signal.Signals, hosting: Hosting, run: Run, tmp_path: Path
) -> None:
    names = [f"org/{letter}" for letter in "abcdef"]
    for name in names:
        hosting.make(name, {"environment.yml": OLD})
    (tmp_path / "repos").write_text("\n".join(names))
    begun = tmp_path / "begun"
    script = f"echo $$ >> {begun}; sed -i s/3.12/3.13/ environment.yml; exec sleep 300"
    options = ("--repos=repos", f"--cache={tmp_path / 'cache'}", "--push", "--yes", "--branch=use-313", "--message=Use")
    argv = [sys.executable, "-m", "hubimages", "each", *options, "--run", "--", "sh", "-c", script]
    process = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not begun.exists() or not begun.read_text().endswith("\n"):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[number]
        assert all(re.fullmatch(r"interrupted|ended by SIGTERM|\$ .*", line) for line in said.splitlines())
        running = [pid for pid in map(int, begun.read_text().split()) if Path(f"/proc/{pid}").exists()]
        assert running == []
    else:
        for pid in map(int, begun.read_text().split()):
            os.kill(pid, signal.SIGKILL)
    assert [hosting.branches(name) for name in names] == [["main"]] * 6
    assert [row.state for row in run(names, *SED, push=True).outcomes] == ["pushed"] * 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no repository. Write one address a line"),
        ("# nothing\n\n", "names no repository. Write one address a line"),
        ("org/a\n--upload-pack=x\n", "line 2: '--upload-pack=x' is no address"),
        ("ext::sh -c touch% /tmp/x\n", "line 1: 'ext::sh -c touch% /tmp/x' is no address"),
        ("org/a org/b\n", "line 1: 'org/a org/b' is no address"),
        ("./not/there\n", "line 1: no directory ./not/there, and it is no address of a repository"),
    ],
)
def test_a_file_that_names_no_repository_is_refused_before_anything_runs(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "repos").write_text(text)
    with pytest.raises(BadInputError, match=re.escape(said)):
        read_addresses(tmp_path / "repos")


def test_a_repository_is_named_once_and_as_shortly_as_the_others_allow(tmp_path: Path) -> None:
    (tmp_path / "x/image").mkdir(parents=True)
    (tmp_path / "y/image").mkdir(parents=True)
    named = targets(["https://github.com/org/a", "git@github.com:Org/A.git", "https://gitlab.com/org/a", "/x/b.git"])
    assert [each.name for each in named] == ["github.com/org/a", "gitlab.com/org/a", "/x/b.git"]
    assert [each.name for each in targets(["https://user:secret@github.com/org/a.git"])] == ["org/a"]
    same = targets([str(tmp_path / "x/image"), str(tmp_path / "y/image"), str(tmp_path / "y/image/")])
    assert [each.name for each in same] == [str(tmp_path / "x/image"), str(tmp_path / "y/image")]
    assert len({each.slug for each in same}) == 2


def test_shards_have_every_repository_once() -> None:
    named = targets([f"https://github.com/org/{number}" for number in range(7)])
    assert [[each.name for each in part] for part in shards(named, 3)] == [
        ["org/0", "org/3", "org/6"], ["org/1", "org/4"], ["org/2", "org/5"],
    ]  # fmt: skip
    assert len(shards(named, 50)) == 7


@pytest.mark.parametrize("fails", ["cat a > /dev/full", "echo a: read-only file system >&2; exit 1"])
def test_a_command_that_says_that_the_disk_cannot_be_written_is_a_failure_of_storage(
    fails: str, hosting: Hosting, run: Run
) -> None:
    for name in ("org/a", "org/b"):
        hosting.make(name, {"a": "old\n"})
    report = run(["org/a", "org/b"], "sh", "-c", f"echo new > a; {fails}")
    assert [each.exit_code for each in report.outcomes] == [74, 74]
    assert report.exit_code == 74
