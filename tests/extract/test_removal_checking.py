"""A rewritten history is compared with the extracted one: what was asked for is counted, and anything else fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.errors import ProgramFailedError
from hubimages.extract.removal.checking import Removed, Texts, check_removed
from hubimages.extract.removal.filtering import filtered
from hubimages.extract.removal.wanted import Removal
from hubimages.repository.git import Repo
from tests.histories import Commit, make

SECRET = "swordfish-0451"
LARGEST = 1000
Files = dict[str, str | bytes]
KEPT: Files = {
    "a.yml": "name: hub\n", "data/kept.csv": "1\n", "data.csv.txt": "kept\n", "logo.png": b"\0" + SECRET.encode(),
}  # fmt: skip
KEY = f"KEY = '{SECRET}'\n"
ROWS: Files = {"data.csv/one": "1\n", "data.csv/tw\udcff": "2\n", "other.csv": "1\n"}
LARGE = "x" * (LARGEST + 1)
ALMOST = SECRET + "x" * (LARGEST - len(SECRET))
HISTORY = [
    Commit("begin", [], {**KEPT, "first.bin": LARGE}),
    Commit("rows", ["begin"], {**KEPT, **ROWS}),
    Commit("again", ["rows"], {**KEPT, **ROWS, "other.csv": "2\n"}),
    Commit("key", ["again"], {**KEPT, "b.py": KEY, "c.py": KEY, "almost.txt": ALMOST}),
    Commit("unchanged", [], KEPT),
    Commit("side", ["unchanged"], {**KEPT, "d.bin": "small"}, f"Use {SECRET}\n\nTwo paragraphs.\n"),
    Commit("large", ["side"], {**KEPT, "d.bin": LARGE}),
    Commit("larger", ["large"], {**KEPT, "d.bin": LARGE * 2}),
    Commit("same", ["larger"], {**KEPT, "d.bin": LARGE * 2}, f"Not {SECRET}"),
    Commit("merge", ["key", "same"], {**KEPT, "d.bin": LARGE * 2}),
    Commit("last", ["merge"], {**KEPT, "d.bin": "small"}, f"No {SECRET} any more"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checking")


def rules(folder: Path, text: str) -> Path:
    file = folder / f"rules-{len(list(folder.iterdir()))}"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def removal(folder: Path) -> Removal:
    return Removal(["data.csv", "other.csv"], rules(folder, f"{SECRET}==>removed\nregex:nothing-[0-9]+==>\n"), LARGEST)


@pytest.fixture(scope="module")
def named(folder: Path) -> dict[str, str]:
    """The extracted commits by their names."""
    return make(folder / "whole.git", HISTORY)


@pytest.fixture(scope="module")
def repo(folder: Path, named: dict[str, str]) -> Repo:
    return Repo(folder / "whole.git")


@pytest.fixture(scope="module")
def ids(repo: Repo, named: dict[str, str], removal: Removal) -> dict[str, str]:
    """The rewritten commits by the extracted ones."""
    return filtered(repo, named["last"], removal)


def test_what_was_removed_is_counted(repo: Repo, ids: dict[str, str], removal: Removal) -> None:
    removed = check_removed(repo, ids, removal)
    assert removed == Removed({"data.csv": 2, "other.csv": 2}, 3, 2, 3, 0)
    assert removed.lines() == [
        "2 file versions of data.csv dropped",
        "2 file versions of other.csv dropped",
        "3 file versions dropped for the size; an earlier version stays instead",
        "text replaced in 2 file versions and 3 messages",
    ]
    assert removed.as_facts() == {
        "paths": {"data.csv": 2, "other.csv": 2}, "large_file_versions": 3, "file_versions_with_text_replaced": 2,
        "messages_with_text_replaced": 3, "summary": removed.lines(),
    }  # fmt: skip


@pytest.mark.parametrize(("removed", "says"), [
    (Removed({}, 0, 0, 0, 1), "nothing had to be removed"),
    (Removed({"a": 1}, 0, 0, 0, 0), "1 file version of a dropped"),
    (Removed({}, 1, 0, 0, 0), "1 file version dropped for the size; an earlier version stays instead"),
    (Removed({}, 0, 1, 0, 0), "text replaced in 1 file version and 0 messages"),
    (Removed({}, 0, 0, 1, 0), "text replaced in 0 file versions and 1 message"),
])  # fmt: skip
def test_each_kind_of_removal_has_a_line(removed: Removed, says: str) -> None:
    assert removed.lines() == [says]


def rewritten(repo: Repo, commit: str, *change: tuple[str, str]) -> str:
    """Return the commit with texts of its object replaced."""
    text = repo.read("cat-file", "commit", commit).decode()
    for before, after in change:
        assert before in text
        text = text.replace(before, after)
    return repo.text("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())


Change = Callable[[Repo, str], str]


def with_file(path: str, content: bytes | None, mode: str = "100644") -> Change:
    """Return what puts a file into the tree of a commit, or with None takes it out."""

    def change(repo: Repo, commit: str) -> str:
        lines = [f"0 {'0' * 40}\t{path}"]
        if content is not None:
            lines = [f"{mode} {repo.text('hash-object', '-w', '--stdin', stdin=content)}\t{path}"]
        env = {"GIT_INDEX_FILE": str(repo.git_dir / "index-of-the-test")}
        repo.read("read-tree", commit, env=env)
        repo.read("update-index", "--index-info", stdin="\n".join([*lines, ""]).encode(), env=env)
        return rewritten(repo, commit, (repo.text("rev-parse", f"{commit}^{{tree}}"), repo.text("write-tree", env=env)))

    return change


FAULTS: dict[str, tuple[str, Change, str]] = {
    "another author": ("last", lambda repo, id: rewritten(repo, id, ("author Ada", "author Eve")), "people or dates"),
    "another message": ("last", lambda repo, id: rewritten(repo, id, ("any more", "ever")), "more of the message"),
    "other parents": (
        "last", lambda repo, id: rewritten(repo, id, tuple(repo.text("rev-parse", f"{id}^", f"{id}^^").split())),
        "has other parents",
    ),
    "a parent less": (
        "merge", lambda repo, id: rewritten(repo, id, (f"parent {repo.text('rev-parse', f'{id}^2')}\n", "")),
        "has other parents",
    ),
    "a file more": ("last", with_file("new", b"x"), "new is new"),
    "a large file more": ("last", with_file("new", LARGE.encode()), "new is new"),
    "a file less": ("last", with_file("a.yml", None), r"a.yml \(blob [0-9a-f]{40}\) is gone"),
    "another text": ("last", with_file("a.yml", b"x"), r"a.yml \(blob [0-9a-f]{40}\) is changed in another way"),
    "a text replaced in a binary file": (
        "last", with_file("logo.png", b"\0removed"), r"logo.png \(blob [0-9a-f]{40}\) is changed in another way",
    ),
    "another mode": ("last", with_file("data/kept.csv", b"1\n", "100755"), "data/kept.csv has another mode"),
    "a path to drop with another text": ("rows", with_file("data.csv/one", b"x"), "data.csv/one is still there"),
    "a large file with another text": ("larger", with_file("d.bin", b"x"), "d.bin is changed in another way"),
    "the same in the first commit": ("begin", with_file("first.bin", b"x"), "first.bin is changed in another way"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_any_other_difference_fails(
    fault: str, repo: Repo, named: dict[str, str], ids: dict[str, str], removal: Removal
) -> None:
    where, change, says = FAULTS[fault]
    made = dict(ids)
    for old in named.values():  # those on top have it as their parent
        parents = repo.text("rev-parse", f"{old}^@").split()
        moved = [(ids[each], made[each]) for each in parents if ids[each] != made[each]]
        made[old] = rewritten(repo, ids[old], *moved) if moved else ids[old]
        if old == named[where]:
            made[old] = change(repo, made[old])
    with pytest.raises(ProgramFailedError) as raised:
        check_removed(repo, made, removal)
    assert str(raised.value).startswith("the history was not rewritten as asked, so nothing was kept: ")
    raised.match(says)


def test_a_message_that_names_a_commit_that_is_gone_is_counted_once(
    repo: Repo, named: dict[str, str], ids: dict[str, str], removal: Removal
) -> None:
    tip = ids[named["last"]]
    for said, count in (
        (named["key"], 1),
        (f"{named['key'][:7]} {named['key'][:9]}", 1),
        (ids[named["key"]], 0),
        (named["unchanged"], 0),
    ):
        commit = rewritten(repo, tip, ("any more", f"{said} any more"))
        of_old = " ".join([named["key"]] * len(said.split()))
        old = rewritten(repo, named["last"], ("any more", f"{of_old} any more"))
        pairs = {**{each: new for each, new in ids.items() if each != named["last"]}, old: commit}
        assert check_removed(repo, pairs, removal).named == count


@pytest.fixture
def left(tmp_path: Path) -> tuple[Repo, dict[str, str]]:
    """A history that no rewriting has changed, whose last commit alone has what should be gone."""
    files: Files = {"a": "a secret\n", "b": b"\0a secret", "c": "c" * 100}
    made = make(tmp_path / "left.git", [Commit("one", [], {"d": "d"}), Commit("two", ["one"], {"d": "d", **files})])
    return Repo(tmp_path / "left.git"), {name: name for name in made.values()}


@pytest.mark.parametrize("step", [1, -1])
def test_what_is_still_there_fails(left: tuple[Repo, dict[str, str]], step: int, tmp_path: Path) -> None:
    repo, ids = left
    tip = list(ids)[-1]
    ids = dict(list(ids.items())[::step])  # git-filter-repo sorts them by their names
    for removal, says in (
        (Removal(["a"]), f"commit {tip} still has a$"),
        (Removal(largest=99), "blob [0-9a-f]{40} of 100 bytes is still there$"),
        (Removal(replace_text=rules(tmp_path, "a secret==>b\n")), "blob [0-9a-f]{40} still has a text that was to"),
        (Removal(replace_text=rules(tmp_path, "x==>y\na secret==>b\n")), "blob [0-9a-f]{40} still has a text that"),
    ):
        with pytest.raises(ProgramFailedError, match=says):
            check_removed(repo, ids, removal)
    for removal in (Removal(["other"]), Removal(largest=100), Removal(replace_text=rules(tmp_path, "other==>b\n"))):
        check_removed(repo, ids, removal)


def test_a_text_whose_replacement_has_it_and_one_of_a_binary_file_may_be_there(tmp_path: Path) -> None:
    made = make(tmp_path / "repo.git", [Commit("one", [], {"a": "hub\n", "b": b"\0hub"})])
    repo = Repo(tmp_path / "repo.git")
    removal = Removal(replace_text=rules(tmp_path, "hub==>the hub\n"))
    assert check_removed(repo, filtered(repo, made["one"], removal), removal) == Removed({}, 0, 1, 0, 0)
    made = make(tmp_path / "other.git", [Commit("one", [], {"b": b"\0hub"})])
    removal = Removal(replace_text=rules(tmp_path, "hub==>x\n"))
    assert check_removed(Repo(tmp_path / "other.git"), {made["one"]: made["one"]}, removal) == Removed({}, 0, 0, 0, 0)


def test_texts_are_replaced_as_git_filter_repo_does(tmp_path: Path) -> None:
    pytest.importorskip("git_filter_repo")
    texts = Texts(Removal(replace_text=rules(tmp_path, "a==>b\nregex:[0-9]+==>#\nglob:x*z==>glob\n")))
    assert texts.replaced(b"a 12 xyz \0"[:-2]) == b"b # glob"
    assert texts.replaced(b"a 12\0") == b"a 12\0"
    assert texts.in_message(b"a 12\0") == b"b #\0"
    assert Texts(Removal()).replaced(b"a") == b"a"
