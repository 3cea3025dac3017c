"""One `git commit` of exactly these files: what came of it, whatever hooks and signals do; what is around it stays."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubimages.errors import ProgramFailedError
from hubimages.repository import committing
from hubimages.repository.committing import Attempt, diff, merged, set_index, try_commit, uncommitted
from hubimages.repository.git import Repo
from hubimages.signals import Ended
from tests.hooks import write_hook


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two files, the second one staged otherwise, and two whose names are patterns."""
    root = tmp_path / "clone"
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    for name in ("a", "b", "*", ":(top)a"):
        (root / name).write_text("1\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    (root / "b").write_text("staged\n")
    git(root, "add", "b")
    (root / "*").write_text("2\n")
    return root


@pytest.fixture
def repo(root: Path) -> Repo:
    return Repo(root / ".git", root)


def shown(root: Path, commit: str) -> str:
    return git(root, "show", "--format=%B", "--name-status", commit)


def test_the_files_are_committed_alone_by_their_very_names_with_the_message_as_it_is(root: Path, repo: Repo) -> None:
    git(root, "config", "i18n.commitEncoding", "latin1")
    git(root, "config", "i18n.logOutputEncoding", "UTF-8")
    for name in ("a", ":(top)a"):
        (root / name).write_text("2\n")
    tried = try_commit(repo, "Übung\n\nBecause.", ["*", ":(top)a"])
    assert (tried.commit, tried.error, tried.signal) == (git(root, "rev-parse", "HEAD"), None, None)
    assert shown(root, "HEAD") == "Übung\n\nBecause.\n\n\nM\t*\nM\t:(top)a"
    assert git(root, "cat-file", "commit", "HEAD").count("encoding") == 0
    assert git(root, "status", "--porcelain") == "M a\nM  b"


def test_a_refusal_is_an_error_with_what_the_hook_said(root: Path, repo: Repo) -> None:
    write_hook(root, "pre-commit", "echo never; exit 3")
    tried = try_commit(repo, "x", ["*"])
    assert (tried.commit, tried.signal, type(tried.error)) == ("", None, ProgramFailedError)
    assert "never" in str(tried.error)
    assert git(root, "log", "--format=%s") == "Start"


def test_commits_that_a_hook_puts_on_top_are_not_ours_and_one_that_it_takes_back_is_none(
    root: Path, repo: Repo
) -> None:
    write_hook(root, "post-commit", "git update-ref HEAD $(git commit-tree -p HEAD -m Stamp HEAD^{tree})")
    tried = try_commit(repo, "Ours", ["*"])
    assert (git(root, "show", "-s", "--format=%s", tried.commit), git(root, "rev-list", "--count", "HEAD")) == (
        "Ours", "3",
    )  # fmt: skip
    (root / "*").write_text("3\n")
    write_hook(root, "post-commit", "git update-ref HEAD HEAD^")
    assert try_commit(repo, "Ours", ["*"]) == Attempt("", None, None)
    (root / "*").write_text("4\n")
    write_hook(root, "post-commit", "git update-ref HEAD $(git commit-tree -m Other HEAD^{tree})")
    assert try_commit(repo, "Ours", ["*"]).commit == ""


def test_the_index_has_what_the_commit_has_whatever_a_hook_left_there(root: Path, repo: Repo) -> None:
    write_hook(root, "post-commit", "unset GIT_INDEX_FILE; echo 9 > a; git add a; git rm -q --cached '*'")
    assert try_commit(repo, "Ours", ["*"]).error is None
    assert git(root, "status", "--porcelain") == "M  a\nM  b"
    (root / ".git/hooks/post-commit").unlink()
    (root / "*").write_text("3\n")
    write_hook(root, "post-commit", "touch .git/index.lock")
    tried = try_commit(repo, "Ours", ["*"])
    assert (tried.commit, tried.error) == (git(root, "rev-parse", "HEAD"), None)  # git had written it by then
    (root / ".git/index.lock").unlink()
    (root / "*").write_text("4\n")
    write_hook(root, "post-commit", "unset GIT_INDEX_FILE; git rm -q --cached '*'; touch .git/index.lock")
    tried = try_commit(repo, "Ours", ["*"])
    assert str(tried.error).startswith(f"commit {tried.commit[:12]} is made, but the index could not be written: ")


def test_a_lock_of_the_index_for_these_files_goes_with_its_git(root: Path, repo: Repo) -> None:
    write_hook(root, "post-commit", 'touch ".git/next-index-$PPID.lock" .git/next-index-1.lock')
    try_commit(repo, "Ours", ["*"])
    assert [each.name for each in (root / ".git").glob("next-index-*")] == ["next-index-1.lock"]


def test_the_index_is_set_for_the_files_that_are_named(root: Path, repo: Repo) -> None:
    odd = root / "t\tab\udcff"
    odd.write_text("1\n")
    git(root, "add", odd.name)
    git(root, "commit", "-q", "-m", "Odd", "--", odd.name)
    (root / "new").write_text("1\n")
    git(root, "add", "new", "*")
    git(root, "rm", "-q", "--cached", "--", "a", odd.name)
    set_index(repo, ["new", "a", "*", odd.name])
    assert git(root, "status", "--porcelain") == "M *\nM  b\n?? new"
    assert git(root, "diff", "--cached", "--name-only") == "b"


def test_what_is_uncommitted_is_seen_in_the_named_files_alone(root: Path, repo: Repo) -> None:
    (root / "folder").mkdir()
    (root / "folder/new").write_text("1\n")
    assert [uncommitted(repo, paths) for paths in ([], ["a"], ["b"], ["*"], ["folder/new"], ["a", "b"])] == [
        False, False, True, True, True, True,
    ]  # fmt: skip


def test_a_command_of_git_that_fails_says_why(root: Path, repo: Repo) -> None:
    with pytest.raises(ProgramFailedError, match="pathspec 'missing' did not match any files"):
        committing.git(repo, "add", "--", "missing")
    (root / "a").write_text("2\n")
    committing.git(repo, "add", "--", "*")
    assert git(root, "diff", "--cached", "--name-only") == "*\nb"


def test_a_signal_is_raised_as_python_would() -> None:
    Attempt("", None, None).raise_signal()
    with pytest.raises(KeyboardInterrupt):
        Attempt("", None, signal.SIGINT).raise_signal()
    with pytest.raises(Ended) as ended:
        Attempt("", None, signal.SIGTERM).raise_signal()
    assert ended.value.number == signal.SIGTERM


def test_a_diff_shows_the_lines_that_differ_and_not_too_many() -> None:
    assert diff("a", "1\n2\n3\n", "1\n4\n3\n") == "  a\n    @@ -2 +2 @@\n    -2\n    +4"
    assert diff("a", None, "1") == "  a\n    @@ -1 +1 @@\n    -\n    +1"
    for count, more in ((committing.LINES, []), (committing.LINES + 1, ["    ..."])):
        lines = diff("a", "", "".join(f"{number}\n" for number in range(count - 1))).split("\n")
        assert lines[1:2] + lines[committing.LINES + 1 :] == [lines[1], *more]
        assert len(lines) == 1 + committing.LINES + len(more)


def test_texts_are_merged_unless_both_sides_change_the_same_lines() -> None:
    base = "1\n2\n3\n4\n5\udcff\n"
    assert merged(base=base, ours=base.replace("1", "one"), theirs=base.replace("5", "five")) == (
        "one\n2\n3\n4\nfive\udcff\n"
    )
    assert merged(base=base, ours=base.replace("1", "one"), theirs=base.replace("1", "two")) is None
    for missing in ("base", "ours", "theirs"):
        assert merged(**{"base": base, "ours": base, "theirs": base, missing: None}) is None


def test_a_file_is_told_from_an_older_one_and_from_another_of_its_name(tmp_path: Path) -> None:
    place, now = tmp_path / "lock", time.time()
    assert committing._made_since(place, now) is None
    place.touch()
    found = committing._made_since(place, now)
    assert found is not None
    os.utime(place, (now - 0.01, now - 0.01))
    assert committing._made_since(place, now) not in (None, found)
    os.utime(place, (now - 1, now - 1))
    assert committing._made_since(place, now) is None
    os.utime(place, (1000, 1000))
    assert committing._made_since(place, 1000.02) is not None


def test_only_locks_that_a_killed_git_left_are_removed(root: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = [root / ".git" / name for name in ("index.lock", "HEAD.lock", "refs/heads/main.lock", "refs/heads/x.lock")]
    began = time.time()
    for lock in locks:
        lock.touch()
    waited: list[float] = []

    def other_git(seconds: float) -> None:
        waited.append(seconds)
        locks[1].write_text("another git's by now")

    monkeypatch.setattr("time.sleep", other_git)
    committing._remove_locks(repo, began)
    assert ([lock.exists() for lock in locks], waited) == ([False, True, False, True], [committing.LOCK_STAYS])
    os.utime(locks[1], (began - 60, began - 60))
    committing._remove_locks(repo, began)
    assert (locks[1].exists(), len(waited)) == (True, 1)


@pytest.mark.parametrize(("group", "sent"), [(True, "killpg"), (False, "kill")])
def test_a_signal_goes_to_the_program_or_its_group_once_there_is_one(
    group: bool, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[object, ...]] = []
    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, lambda pid, number, name=name: calls.append((name, pid, number)))
    with committing._signals_passed_on(group=group) as passed:
        passed(signal.SIGTERM, None)
        assert calls == []
        passed.process = SimpleNamespace(pid=12345)
        passed.send()
        passed(signal.SIGHUP, None)
    assert calls == [(sent, 12345, signal.SIGTERM), (sent, 12345, signal.SIGHUP)]
    assert passed.signal == signal.SIGHUP
    monkeypatch.undo()
    done = subprocess.Popen(["true"], start_new_session=True)
    done.wait()
    passed.process = done
    passed.send()
    passed.signal = None
    passed.process = SimpleNamespace()
    passed.send()


def test_signals_are_passed_on_within_the_block_unless_they_are_ignored() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with committing._signals_passed_on(group=True) as passed:
            assert [signal.getsignal(number) for number in numbers] == [passed, passed, signal.SIG_IGN]
        assert [signal.getsignal(number) for number in numbers] == [*before[:2], signal.SIG_IGN]
    finally:
        signal.signal(signal.SIGHUP, before[2])
    seen: list[object] = []

    def elsewhere() -> None:
        with committing._signals_passed_on(group=True):
            seen.extend(signal.getsignal(number) for number in numbers)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == before


def test_a_terminal_is_there_where_it_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr(os, "open", lambda place, flags: {"/dev/tty": writing}[place])
    assert committing._has_terminal()
    assert os.read(reading, 1) == b""  # it is closed again
    os.close(reading)
    monkeypatch.setattr(os, "open", failing)
    assert not committing._has_terminal()


def failing(*_: object) -> int:
    raise OSError


def test_a_signal_while_a_hook_runs_ends_git_and_the_hook_and_is_told(
    root: Path, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = f"trap 'touch {tmp_path}/ended; exit' TERM; touch .git/HEAD.lock; kill -TERM {os.getpid()}; sleep 30 & wait"
    write_hook(root, "pre-commit", hook)
    monkeypatch.setattr(committing, "LOCK_STAYS", 0.01)
    began = time.monotonic()
    tried = try_commit(repo, "x", ["*"])
    assert (tried.commit, tried.signal) == ("", signal.SIGTERM)
    while not (tmp_path / "ended").exists():
        assert time.monotonic() - began < 25
        time.sleep(0.01)
    assert not (root / ".git/HEAD.lock").exists()
    assert git(root, "status", "--porcelain") == "M *\nM  b"


def test_a_signal_that_comes_while_git_is_started_ends_it(
    root: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = committing.started

    @contextmanager
    def interrupted(*args: str, **more: object) -> "Iterator[subprocess.Popen[bytes]]":
        with started(*args, **more) as process:  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGTERM)
            yield process

    write_hook(root, "pre-commit", "sleep 20")
    monkeypatch.setattr(committing, "started", interrupted)
    began = time.monotonic()
    assert try_commit(repo, "x", ["*"]).signal == signal.SIGTERM
    assert time.monotonic() - began < 15


def test_a_note_is_one_line_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    committing.note("a hook changed a file")
    assert capsys.readouterr() == ("", "note: a hook changed a file\n")


def test_what_git_says_on_its_stdout_is_in_the_error(root: Path, repo: Repo) -> None:
    git(root, "checkout", "-q", "--", "*")
    error = try_commit(repo, "x", ["*"]).error
    assert error is not None
    assert "On branch main" in str(error)
