"""References in commit messages lead where they led; everything else in them is untouched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubimages.extract.messages.order import in_order
from hubimages.extract.messages.translator import Counts, Translator
from hubimages.repository.web_address import WebAddress, web_address
from tests.extract.taking import image, take
from tests.histories import Commit, git, make

OLD = ["1111111" + "a" * 33, "2222222" + "b" * 33, "3333333" + "c" * 33, "3333333" + "d" * 33]
NEW = {OLD[0]: "9999999" + "e" * 33}  # the others were not kept
ADDRESS = WebAddress("github.com", "org/old")
DEAD = f"https://github.com/org/old/commit/{OLD[1]}"


def translate(text: str, address: WebAddress | None = ADDRESS, encoding: bytes | None = None) -> str:
    return Translator(sorted(OLD), address)(text.encode(), encoding, NEW.get).decode()


@pytest.mark.parametrize(("before", "after"), [
    ("This reverts commit 1111111aaaaa.", "This reverts commit 9999999eeeee."),
    (f"reverts {OLD[0]}", f"reverts {NEW[OLD[0]]}"),
    ("1111111", "9999999"),
    ("(cherry picked from commit 1111111)", "(cherry picked from commit 9999999)"),
    ("Fixes: 1111111aa", "Fixes: 9999999ee"),
    ("'1111111', \"1111111\" `1111111` [1111111]", "'9999999', \"9999999\" `9999999` [9999999]"),
    ("1111111..1111111a", "9999999..9999999e"),
    ("1111111...1111111a", "9999999...9999999e"),
    ("since 1111111.", "since 9999999."),
    ("see 2222222b", f"see {DEAD}"),
    ("2222222b, 1111111", f"{DEAD}, 9999999"),
    ("grün 1111111 ü", "grün 9999999 ü"),
])  # fmt: skip
def test_commit_ids_lead_to_the_new_commit_or_to_the_web_address(before, after):
    assert translate(before) == after


@pytest.mark.parametrize("text", [
    "3333333", "123456", "1111112", "1111111b", "1111111aaaaaz", "x1111111", "1111111-dirty", "v1-1111111",
    "1111111" + "a" * 34, "1111111A", "quay.io/org/image:1111111aaaaa", "org/image@1111111", "org/repo@1111111",
    "0.1-n12.h1111111", "https://github.com/x/y/commit/1111111aaa", "https://h/x?a=1&1111111", "https://h/?id=1111111",
    "https://github.com/o/r/compare/1111111...1111111a", "git@github.com:x/1111111", "path/1111111/file",
    "<1111111@mail.example.org>", "#1111111a", "https://h/a,1111111", "https://h/x:1111111", "https://h/~1111111",
])  # fmt: skip
def test_what_is_no_commit_id_or_stands_in_an_address_is_left_alone(text):
    assert translate(text) == text


@pytest.mark.parametrize(("before", "after"), [
    ("Fix for #12", "Fix for org/old#12"),
    ("#12", "org/old#12"),
    ("(#12)", "(org/old#12)"),
    ("Merge pull request #12 from ada/patch", "Merge pull request org/old#12 from ada/patch"),
    ("about #1, #2 and GH-3.", "about org/old#1, org/old#2 and org/old#3."),
    ("GH-12: fix", "org/old#12: fix"),
    ("#12's", "org/old#12's"),
    ("ü#12", "üorg/old#12"),
])  # fmt: skip
def test_issue_numbers_name_the_old_repository(before, after):
    assert translate(before) == after


@pytest.mark.parametrize("text", [
    "other/repo#12", "repo#12", "&#39;", "#12th", "#abc", "#", "# 12", "GH-", "GH-x", "XGH-12", "GH-12a", "gh-12",
    "https://github.com/x/y/issues/12#12", "https://h/page#12", "https://h/#12", "https://h/?q=#12", "C#",
    "https://h/-#12", "see https://h/a(b)/GH-12 there", "https://h/?x&#12",
])  # fmt: skip
def test_what_is_no_issue_number_or_stands_in_an_address_is_left_alone(text):
    assert translate(text) == text


def test_without_an_address_only_ids_that_came_along_change():
    assert translate("1111111 2222222 #12 GH-12", None) == "9999999 2222222 #12 GH-12"


@pytest.mark.parametrize(("encoding", "is_read"), [
    (b"ISO-8859-1", True), (b"latin-1", True), (b"windows-1252", True), (b"UTF-8", True), (b"EUC-JP", True),
    (b"KOI8-R", True), (b"UTF-16", False), (b"Shift_JIS", False), (b"no-such", False), (b"\xff", False),
    (b"GBK", False), (b"rot13", False), (b"hex", False),
])  # fmt: skip
def test_only_encodings_in_which_ascii_is_ascii_are_read(encoding, is_read):
    assert translate("1111111", encoding=encoding) == ("9999999" if is_read else "1111111")


@given(st.text(st.characters(exclude_characters="#", exclude_categories=["Cs"])).filter(lambda text: "GH-" not in text))
def test_text_without_references_comes_out_as_it_was(text):
    if not any(old[:7] in text for old in OLD):
        assert translate(text) == text


@given(st.binary())
def test_any_bytes_are_taken_and_what_is_added_is_only_references(text):
    translator = Translator(sorted(OLD), ADDRESS)
    after = translator(text, None, NEW.get)
    if translator.counts == Counts():
        assert after == text


@pytest.mark.parametrize(("remote", "shown"), [
    ("https://github.com/org/old", "github.com org/old"), ("https://github.com/org/old.git/", "github.com org/old"),
    ("git@github.com:org/old.git", "github.com org/old"), ("ssh://git@gitlab.com:22/a/b/c.git", "gitlab.com a/b/c"),
    ("https://user:secret@github.com/org/old.git", "github.com org/old"), ("git://h.org/x/y", "h.org x/y"),
    ("/srv/git/old.git", None), ("../old", None), ("file:///srv/org/old.git", None), ("", None),
    ("http://127.0.0.1:8000/org/old", None), ("https://github.com/old", None), ("https://h/a/b?c=d", None),
    ("C:\\x\\y", None),
])  # fmt: skip
def test_the_old_address_is_what_the_remote_shows(remote, shown):
    address = web_address(remote)
    assert (None if address is None else f"{address.host} {address.name}") == shown


def test_commits_come_after_those_they_name_and_parents_stay_first():
    parents = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []}
    assert in_order(list("abcde"), parents, {"b": ["c"], "a": ["e"]}) == ["e", "a", "c", "b", "d"]
    order = in_order(list("abcde"), parents, {"a": ["d"], "d": ["a"]})  # a circle
    assert sorted(order) == list("abcde")
    assert all(order.index(above) < order.index(name) for name, row in parents.items() for above in row)


def messages(repo):
    return git("-C", repo, "log", "--topo-order", "--format=%B%x00", "main").split("\0")


def test_references_backward_forward_and_dead_in_a_real_history(tmp_path):
    def commits(first: str = "", dead: str = "") -> list[Commit]:
        return [
            Commit("first", [], image("1")),
            Commit("docs", ["first"], {**image("1"), "docs": "d"}),
            Commit("side", ["docs"], {**image("2"), "docs": "d"}, message=f"pick {first} after {dead}, see #5"),
            Commit("main", ["docs"], {**image("1", a="a"), "docs": "d"}, message="GH-6"),
            Commit("merge", ["main", "side"], {**image("2", a="a"), "docs": "d"}),
        ]

    ids = make(tmp_path / "plan", commits())
    ids = make(tmp_path / "s", commits(ids["first"][:10], ids["docs"][:12]))
    git("-C", tmp_path / "s", "config", "remote.origin.url", "https://ada:pw@github.com/org/old.git")
    take(tmp_path / "s", tmp_path / "d")
    map_ = dict(row.split() for row in (tmp_path / "d/.git/hubimages/commit-map").read_text().splitlines())
    assert [text.strip() for text in messages(tmp_path / "d")[:4]] == [
        "merge",
        f"pick {map_[ids['first']][:10]} after https://github.com/org/old/commit/{ids['docs']}, see org/old#5",
        "org/old#6",
        "first",
    ]


def test_a_commit_may_name_one_that_comes_later_on_another_branch(tmp_path):
    def commits(later: str = "") -> list[Commit]:
        return [
            Commit("root", [], image("1")),
            Commit("later", ["root"], image("2")),
            Commit("naming", ["root"], image("1", a="a"), message=f"same as {later}"),
            Commit("last", ["naming", "later"], image("2", a="a")),
        ]

    later = make(tmp_path / "plan", commits())["later"]
    make(tmp_path / "s", commits(later))
    take(tmp_path / "s", tmp_path / "d")
    new = git("-C", tmp_path / "d", "log", "--format=%H %s").splitlines()
    name = next(row.split()[0] for row in new if row.endswith(" later"))
    assert f"same as {name}" in [row.split(" ", 1)[1] for row in new]


def test_keep_messages_leaves_issue_numbers_and_dead_ids_alone(tmp_path):
    ids = make(
        tmp_path / "plan", [Commit("first", [], image("1")), Commit("docs", ["first"], {**image("1"), "d": "d"})]
    )
    make(tmp_path / "s", [
        Commit("first", [], image("1")), Commit("docs", ["first"], {**image("1"), "d": "d"}),
        Commit("last", ["docs"], image("2"), message=f"#5 GH-6 {ids['docs']} {ids['first'][:9]}"),
    ])  # fmt: skip
    git("-C", tmp_path / "s", "config", "remote.origin.url", "https://github.com/org/old.git")
    take(tmp_path / "s", tmp_path / "d", keep_messages=True)
    first = git("-C", tmp_path / "d", "rev-list", "--max-parents=0", "main")
    assert messages(tmp_path / "d")[0].strip() == f"#5 GH-6 {ids['docs']} {first[:9]}"
