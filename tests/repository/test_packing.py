"""Objects written as one pack are what git itself would have written."""

from contextlib import closing
from pathlib import Path

import pytest

from hubimages.repository.git import Repo
from hubimages.repository.objects import StandingRepo
from tests.histories import git

CONTENTS = [b"", b"a\n", bytes(range(256)) * 3, b"line\n" * 3, b"x" * 15, b"x" * 16, b"y" * 2047, b"z" * 70_000]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    git("init", "--quiet", "--bare", tmp_path / "r.git")
    return Repo(tmp_path / "r.git")


def test_every_size_comes_back_with_the_id_that_git_gives_it(repo: Repo) -> None:
    ids = repo.store([("blob", content) for content in CONTENTS])
    assert ids == [git("-C", repo.git_dir, "hash-object", "--stdin", stdin=content) for content in CONTENTS]
    assert list(repo.contents(ids)) == CONTENTS
    git("-C", repo.git_dir, "fsck", "--strict", "--no-dangling")


def test_what_was_written_is_not_written_again(repo: Repo) -> None:
    with closing(StandingRepo.of(repo)) as standing:
        first = standing.store([("blob", content) for content in CONTENTS])
        packs = sorted(repo.git_dir.glob("objects/pack/*.pack"))
        assert standing.store([("blob", content) for content in reversed(CONTENTS)]) == first[::-1]
        assert sorted(repo.git_dir.glob("objects/pack/*.pack")) == packs
        assert list(standing.contents(first)) == CONTENTS


def test_nothing_to_write_is_nothing(repo: Repo) -> None:
    assert repo.store([]) == []
    assert list(repo.git_dir.glob("objects/pack/*")) == []
