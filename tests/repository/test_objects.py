"""A repository read through one process of git answers what one process for each question answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.errors import ProgramFailedError
from hubimages.repository.git import Repo
from hubimages.repository.objects import MOST_ASKED, StandingRepo, UnchangedRepo
from tests.histories import Commit, git, make

FILES = {"a b/c.txt": "1\n", "a b/d/e\udcff.bin": b"\0\n\xff", "z": "", "a.c/x": "2", "sub": b"1" * 40}


@pytest.fixture
def repos(tmp_path: Path) -> tuple[Repo, StandingRepo]:
    make(tmp_path / "r.git", [Commit("one", [], FILES, modes={"sub": "160000"})])
    repo = Repo(tmp_path / "r.git")
    return repo, StandingRepo.of(repo)


def test_the_answers_are_those_of_one_process_for_each_question(repos: tuple[Repo, StandingRepo]) -> None:
    repo, standing = repos
    names = ["main", "main:a b", "main:a b/c.txt", "main:nothing", "main^{tree}", "f" * 40, "main:z"]
    try:
        assert list(standing.batch_check(names)) == list(repo.batch_check(names))
        there = ["main", "main:a b/d/e\udcff.bin", "main:z", "main^{tree}"]
        assert list(standing.contents(there)) == list(repo.contents(there))
        for recursive in (False, True):
            for tree in ("main", "main:a b"):
                assert standing.list_tree(tree, recursive=recursive) == repo.list_tree(tree, recursive=recursive)
        assert standing.reader is not None
        assert standing.reader.process is not None
    finally:
        standing.close()


def test_more_than_a_pipe_holds_is_asked_in_portions(repos: tuple[Repo, StandingRepo]) -> None:
    _, standing = repos
    names = ["main:a b/c.txt"] * (MOST_ASKED // 10)
    try:
        assert set(standing.contents(names)) == {b"1\n"}
        assert len(list(standing.batch_check(names))) == len(names)
    finally:
        standing.close()


def test_what_is_written_later_is_found_and_what_is_missing_is_an_error(repos: tuple[Repo, StandingRepo]) -> None:
    repo, standing = repos
    try:
        list(standing.batch_check(["main"]))
        blob = git("-C", repo.git_dir, "hash-object", "-w", "--stdin", stdin=b"new")
        assert list(standing.contents([blob])) == [b"new"]
        with pytest.raises(ProgramFailedError, match="eeee is missing from the repository"):
            list(standing.contents([blob, "e" * 40]))
        assert list(standing.contents([blob])) == [b"new"]
    finally:
        standing.close()


def test_git_is_asked_each_question_once_where_nobody_changes_the_repository(repos: tuple[Repo, StandingRepo]) -> None:
    repo, _ = repos
    unchanged = UnchangedRepo.of(repo)
    one, two = (unchanged.text("hash-object", "-w", "--stdin", stdin=text) for text in (b"one", b"two"))
    assert one != two
    before = unchanged.text("rev-parse", "main")
    git("-C", repo.git_dir, "update-ref", "-d", "refs/heads/main")
    assert unchanged.text("rev-parse", "main") == before
    with pytest.raises(ProgramFailedError):
        repo.text("rev-parse", "main")
    assert unchanged.text("hash-object", "--stdin", stdin=b"one") == one


def gone(file: Path) -> None:
    file.unlink()


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def spoilt(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5] + b"xxxxx")


@pytest.mark.parametrize("spoil", [gone, emptied, spoilt])
@pytest.mark.parametrize("of", ["main", "main~2", "main^{tree}", "main~2^{tree}", "main~2:z", "main~1:z"])
def test_missing_and_damaged_objects_are_told_with_the_remedy(
    of: str, spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "r.git", [Commit(str(n), [str(n - 1)] if n else [], {"z": f"{n}\n"}) for n in range(3)])
    repo = Repo(tmp_path / "r.git")
    name = git("-C", repo.git_dir, "rev-parse", of)
    file = repo.git_dir / "objects" / name[:2] / name[2:]
    if not file.exists():
        (pack,) = (repo.git_dir / "objects/pack").glob("*.pack")
        packed = pack.rename(tmp_path / "moved").read_bytes()
        git("-C", repo.git_dir, "unpack-objects", "-q", stdin=packed)
    file.chmod(0o644)
    spoil(file)
    with (
        pytest.raises(ProgramFailedError, match=r"^objects of the repository are missing or damaged\. Use"),
        repo.started("log", "-p", "main") as log,
    ):
        repo.finish(log)
        list(repo.contents([name]))
