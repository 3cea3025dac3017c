"""What is read once for many directories is what is read for each of them."""

from pathlib import Path

from hubimages.extract.history.commits import read_history
from hubimages.extract.history.shared import read_shared
from hubimages.repository.git import Repo
from tests.histories import Commit, make


def test_the_trees_of_every_directory_are_those_of_a_reading_of_its_own(tmp_path: Path) -> None:
    paths = ["a", "a/b", "a/b/c", "file", "never", "ä/x", "40000 a", "sub"]
    tree = {"a/b/c/1": "x", "a/2": "y", "file": "z", "ä/x/3": "u", "40000 a/4": "v", "sub": b"1" * 40}
    make(tmp_path / "s.git", [
        Commit("one", [], {"file/was/directory": "1"}),
        Commit("two", ["one"], tree, modes={"sub": "160000"}),
        Commit("side", ["one"], {"a/b/c/1": "other", "file": "z"}),
        Commit("merge", ["two", "side"], {**tree, "a/b/c/1": "both"}, modes={"sub": "160000"}),
        Commit("last", ["merge"], {"a/2": "y", "sub/dir": "1"}),
    ])  # fmt: skip
    repo = Repo(tmp_path / "s.git")
    shared = read_shared(repo, "main", paths)
    for path in paths:
        assert (shared.history, shared.trees[path]) == read_history(repo, "main", path), path
    assert any(shared.trees["a/b/c"])
    assert not any(shared.trees["never"])
