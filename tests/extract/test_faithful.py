"""What a commit says of itself is not touched: modes, people, dates, encodings; what is lost is counted."""

import pytest

from hubimages.errors import BadInputError
from tests.extract.taking import IMAGE, at, image, take
from tests.histories import Commit, commit_object, files, git, make, states


def listing(repo, tree):
    return git("-C", repo, "ls-tree", "-r", "-t", "--full-tree", tree).splitlines()


def test_modes_symlinks_submodules_and_odd_names_are_kept_bit_for_bit(tmp_path):
    names = [
        "with space",
        "tab\there",
        "line\nbreak",
        'quo"te',
        "back\\slash",
        "-dash",
        "grün",
        "\udcff\udcfe",
        ":(top)",
    ]
    content = {
        **image("1"),
        f"{IMAGE}/run.sh": "#!/bin/sh",
        f"{IMAGE}/link": "run.sh",
        f"{IMAGE}/vendored": "1234567890" * 4,
        **{f"{IMAGE}/{name}": name.encode(errors="surrogateescape") for name in names},
    }
    modes = {f"{IMAGE}/run.sh": "100755", f"{IMAGE}/link": "120000", f"{IMAGE}/vendored": "160000"}
    make(tmp_path / "s", [Commit("add", [], content, modes=modes)])
    result = take(tmp_path / "s", tmp_path / "d")
    assert listing(tmp_path / "d", "main") == listing(tmp_path / "s", f"main:{IMAGE}")
    assert git("-C", tmp_path / "d", "status", "--porcelain") == ""
    assert '"result_tree"' in result.as_json()


@pytest.mark.parametrize("former", [False, True])
def test_the_image_directory_itself_may_have_an_odd_name(tmp_path, former):
    odd = 'images/-h "ü\t\\b [x]* :(top) \udcff'
    here, before = (IMAGE, odd) if former else (odd, IMAGE)
    make(tmp_path / "s", [Commit("add", [], image("1", before)), Commit("move", ["add"], image("1", here))])
    result = take(tmp_path / "s", tmp_path / "d", here, follow=True)
    assert states(tmp_path / "d") == {"add": at("1")}
    assert [one.path for one in result.reading.former_paths] == [before]


@pytest.mark.parametrize("keep_messages", [False, True])
def test_people_and_dates_are_kept_to_the_byte(tmp_path, keep_messages):
    authors = ["Ünï Cödé <ü@example.org>", 'O\'Neil, "Q" <a b@c>', "a\x0bb\x0c\x1cc\x85d\u2028e <x@y>"]
    make(tmp_path / "s", [
        Commit(str(number), [str(number - 1)] if number else [], image(str(number)), author=author, committer="C <c@d>")
        for number, author in enumerate(authors)
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", keep_messages=keep_messages)
    form = "--format=%an|%ae|%ad|%cn|%ce|%cd|%s"
    assert git("-C", tmp_path / "d", "log", form) == git("-C", tmp_path / "s", "log", form)
    assert sorted(result.evidence.authors) == sorted((author, 1) for author in authors)


def test_a_message_in_another_encoding_keeps_its_bytes_and_its_header(tmp_path):
    text = "Grüße, siehe #7".encode("latin-1")
    make(tmp_path / "s", [Commit("a", [], image("1"), message=text, encoding="ISO-8859-1")])
    take(tmp_path / "s", tmp_path / "d")
    header, _, message = git("-C", tmp_path / "d", "cat-file", "commit", "main").partition("\n\n")
    assert header.splitlines()[-1] == "encoding ISO-8859-1"
    assert message.encode(errors="surrogateescape") == text


def test_bytes_that_are_no_text_in_any_encoding_are_kept(tmp_path):
    for number, encoding in enumerate(["", "UTF-8", "no-such-encoding"]):
        place = tmp_path / str(number)
        place.mkdir()
        make(place / "s", [Commit("a", [], image("1"), message=b"\xff\xfe \x80 raw", encoding=encoding)])
        take(place / "s", place / "d")
        assert git("-C", place / "d", "cat-file", "commit", "main").endswith("\n\n\udcff\udcfe \udc80 raw")


def raw_commit(tree: str, author: str, *more: str) -> bytes:
    lines = [f"tree {tree}", *more[:1], f"author {author}", "committer C <c@d> 1600000000 +0000", *more[1:]]
    return "\n".join([*lines, "", "message\n"]).encode(errors="surrogateescape")


@pytest.mark.parametrize("author", [
    "no brackets 1600000000 +0000", "Ada <a@b", "Ada a@b> 1600000000 +0000", "<a@b> 1600000000 +0000",
    "Ada <<a@b>> 1600000000 +0000", "Ada <a@b>", "Ada <a@b> yesterday", "Ada <a@b> 1600000000", "",
    "Ada <a@b> 1600000000 +051800", "Ada <a@b> -1 +0000", "Ada <a@b> 99999999999999 +0000", "Ada<a@b> 1600000000 +0000",
])  # fmt: skip
def test_a_malformed_author_line_costs_at_most_that_line(tmp_path, author):
    make(tmp_path / "s", [Commit("a", [], image("1"))])
    tree = git("-C", tmp_path / "s", "rev-parse", "main^{tree}")
    commit_object(tmp_path / "s", raw_commit(tree, author))
    result = take(tmp_path / "s", tmp_path / "d")
    assert files(tmp_path / "d") == at("1")
    raw = git("-C", tmp_path / "d", "cat-file", "commit", "main").splitlines()
    is_kept = f"author {author}" in raw
    assert is_kept or "1 commit had a malformed author or committer line, which is repaired" in result.warnings
    assert "committer C <c@d> 1600000000 +0000" in raw


def test_signed_commits_and_tags_are_counted_because_they_do_not_come_along(tmp_path):
    ids = make(tmp_path / "s", [Commit("a", [], image("1")), Commit("b", ["a"], image("2"))])
    tree, first = git("-C", tmp_path / "s", "rev-parse", "main^{tree}").strip(), ids["a"]
    make_signed = raw_commit(
        tree, "A <a@b> 1600000000 +0000", f"parent {first}",
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----",
    )  # fmt: skip
    commit_object(tmp_path / "s", make_signed)
    git("-C", tmp_path / "s", "tag", "light")
    git("-C", tmp_path / "s", "tag", "-m", "x", "heavy")
    result = take(tmp_path / "s", tmp_path / "d")
    assert "1 commit lost the signature, which is valid only for the old commit id" in result.warnings
    assert git("-C", tmp_path / "d", "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert "2 tags of SOURCE stay behind: tags describe the whole repository" in result.warnings


def test_replace_refs_and_grafts_are_a_private_view_and_ignored(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("a", [], image("1")), Commit("b", ["a"], image("2")), Commit("other", [], image("9")),
    ], {"main": "b"})  # fmt: skip
    expected = {"b": at("2"), "a": at("1")}
    git("-C", tmp_path / "s", "replace", ids["a"], ids["other"])
    take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == expected
    git("-C", tmp_path / "s", "replace", "-d", ids["a"])
    (tmp_path / "s/info").mkdir(exist_ok=True)
    (tmp_path / "s/info/grafts").write_text(f"{ids['b']}\n")
    take(tmp_path / "s", tmp_path / "e")
    assert states(tmp_path / "e") == expected


def test_a_submodule_at_the_path_is_named_as_what_it_is(tmp_path):
    make(tmp_path / "s", [Commit("a", [], {"x": "x", IMAGE: "1234567890" * 4}, modes={IMAGE: "160000"})])
    with pytest.raises(BadInputError) as error:
        take(tmp_path / "s", tmp_path / "d")
    assert str(error.value) == f"{IMAGE} is a submodule. Extract from the repository that it points to"


def test_the_empty_directory_is_no_image(tmp_path):
    make(tmp_path / "s", [Commit("a", [], {"x": "x"})])
    empty = git("-C", tmp_path / "s", "mktree")
    images = git("-C", tmp_path / "s", "mktree", stdin=f"040000 tree {empty}\thub\n".encode())
    top = git("-C", tmp_path / "s", "mktree", stdin=f"040000 tree {images}\timages\n".encode())
    commit_object(tmp_path / "s", raw_commit(top, "A <a@b> 1 +0000"))
    with pytest.raises(BadInputError, match=f"^no {IMAGE} in "):
        take(tmp_path / "s", tmp_path / "d")
