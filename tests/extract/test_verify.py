"""An extracted history that is not the source's, in whatever way, is an error, and nothing of it is kept."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hubimages.errors import ProgramFailedError
from hubimages.extract.history.commits import EMPTY_TREE
from hubimages.extract.history.reading import Part
from hubimages.extract.messages.rewording import Rewording
from hubimages.extract.messages.translator import read_commits
from hubimages.extract.verify import Evidence, _author, day, seconds, verify
from hubimages.repository.git import Repo
from tests.extract.taking import IMAGE, image, take
from tests.histories import Commit, commit_object, git, make

GIT = shutil.which("git")
DAYS = ("2020-09-14", "2020-09-15", "2001-09-09", "2020-09-13")  # the first commit is not the earliest
HISTORY = [
    Commit("begin", [], image("1"), author="Grace <grace@example.org>", authored="1600041600 +0000"),
    Commit("side", ["begin"], image("2"), authored="1600128000 +0000"),
    Commit(
        "next",
        ["begin"],
        image("3"),
        "next\n\nauthor Eve <eve@example.org> 1 +0000\ngpgsig none\n\nand more",
        authored="999999999 +0000",
    ),
    Commit("merge", ["next", "side"], image("4"), authored="1599955200 +0000"),
]


@pytest.mark.parametrize(("what", "changed", "says"), [
    ("a date", "s/^author \\(.*\\) 1600041600/author \\1 1600041601/", "has other people or dates than its original"),
    ("a message", "s/^begin$/Begin/", "changes more of the message than commit ids of its original"),
    ("a merge without one side", "/^merge :/d", "has tree , its original"),
])  # fmt: skip
def test_a_git_that_writes_something_else_leaves_nothing(tmp_path, monkeypatch, what, changed, says):
    # What looks like a commit id is git-filter-repo's matter, so that git fast-import writes the commits.
    ids = make(tmp_path / "s", [*HISTORY[:-1], replace(HISTORY[-1], message="merge 1234567")])
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "git"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *fast-import*) LC_ALL=C sed -u "{changed}" | {GIT} "$@" ;; *) exec {GIT} "$@" ;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ProgramFailedError, match=f"^the result differs from the source, so nothing was kept: .*{says}"):
        take(tmp_path / "s", tmp_path / "d", keep_messages=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["programs", "s"]
    assert git("-C", tmp_path / "s", "rev-parse", "main") == ids["merge"]


@dataclass
class Extracted:
    """A source, a repository that holds what was extracted from it, and what `verify` is told of both."""

    source: Repo
    result: Repo
    new_ids: dict[str, str]
    parents: dict[str, list[str]]
    parts: dict[str, list[Part]]
    rewording: Rewording

    def check(self, **other: object) -> Evidence:
        tree = self.source.text("rev-parse", f"main:{IMAGE}")
        given = {"tip": self.tip, "tree": tree, **vars(self), **other}
        return verify(**given)  # type: ignore[arg-type]

    @property
    def tip(self) -> str:
        return list(self.new_ids.values())[-1]

    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """Put another commit in the place of a new one, and of main where that is it."""
        old, new = list(self.new_ids.items())[[each.name for each in HISTORY].index(name)]
        content = change(self.result.read("cat-file", "commit", new).decode()).encode()
        main = self.result.text("rev-parse", "main")
        self.new_ids[old] = commit_object(self.result.git_dir, content)
        if main != new:
            git("-C", self.result.git_dir, "update-ref", "refs/heads/main", main)


@pytest.fixture
def extracted(tmp_path: Path) -> Extracted:
    ids = make(tmp_path / "source", HISTORY)
    plain = [
        replace(each, files={path.removeprefix(f"{IMAGE}/"): text for path, text in each.files.items()})
        for each in HISTORY
    ]
    new = make(tmp_path / "result", plain)
    source, result = Repo(tmp_path / "source"), Repo(tmp_path / "result")
    return Extracted(
        source,
        result,
        {ids[name]: new[name] for name in ids},
        {ids[each.name]: [ids[parent] for parent in each.parents] for each in HISTORY},
        {name: [Part(IMAGE)] for name in ids.values()},
        Rewording(read_commits(source, list(ids.values())), None),
    )


def test_the_evidence_is_what_the_result_holds(extracted):
    found = extracted.check()
    blobs = {text for each in HISTORY for text in each.files.values()}
    sizes = sorted(len(text) for text in blobs)
    assert found == Evidence(
        authors=[("Ada <ada@example.org>", 3), ("Grace <grace@example.org>", 1)],
        first_date="2001-09-09",
        last_date="2020-09-15",
        result_tree=git("-C", extracted.source.git_dir, "rev-parse", f"main:{IMAGE}"),
        blobs=found.blobs,
        normalised=0,
        signed=0,
        nameless=0,
        days=dict(zip(extracted.new_ids.values(), DAYS, strict=True)),
    )
    assert sorted(size for _, size in found.blobs) == sizes
    assert {extracted.result.text("cat-file", "blob", name) for name, _ in found.blobs} == {
        text.strip() for text in blobs
    }


def of_one_commit(root: Path, before: str, after: str) -> Evidence:
    """Check one commit of a source, and what has become of it, each with these lines after those of its tree."""
    ids = []
    for name, files, lines in (("source", image("1"), before), ("result", {}, after)):
        root.joinpath(name).mkdir(parents=True)
        make(
            root / name / "git",
            [Commit("a", [], files or {path.rpartition("/")[2]: text for path, text in image("1").items()})],
        )
        repo = root / name / "git"
        tree = git("-C", repo, "rev-parse", "main^{tree}")
        ids.append(commit_object(repo, f"tree {tree}\n{lines}\n\nmessage\n".encode(errors="surrogateescape")))
    source, result = Repo(root / "source/git"), Repo(root / "result/git")
    old, new = ids
    tree = source.text("rev-parse", f"main:{IMAGE}")
    words = Rewording(read_commits(source, [old]), None)
    return verify(source, result, {old: new}, {old: []}, {old: [Part(IMAGE)]}, words, new, tree)


COMMITTER = "committer C <c@d> 1600000000 +0000"
GOOD = f"author A <a@b> 1600000000 +0000\n{COMMITTER}"


@pytest.mark.parametrize("author", [
    "A <a@b> 18446744073709551615 +0000", "A <<a@b>> 1600000000 +0000", "A <a@b> -1 +0000", "A <a@b> 1600000000 +00000",
])  # fmt: skip
def test_a_line_that_git_cannot_keep_may_differ_and_is_counted(tmp_path, author):
    found = of_one_commit(tmp_path, f"author {author}\n{COMMITTER}", GOOD)
    assert (found.normalised, found.signed, found.nameless) == (1, 0, 0)


@pytest.mark.parametrize("author", ["A <a@b> 18446744073709551614 +0000", "A <> 1600000000 +0000"])
def test_a_line_that_git_can_keep_may_not_differ(tmp_path, author):
    with pytest.raises(ProgramFailedError, match="has other people or dates than its original"):
        of_one_commit(tmp_path, f"author {author}\n{COMMITTER}", GOOD)


@pytest.mark.parametrize("author", ["author A <<a@b>> 1600000000 +0000\n", "author nobody\n", ""])
def test_a_malformed_line_does_not_excuse_the_other_one(tmp_path, author):
    assert of_one_commit(tmp_path / "same", f"{author}{COMMITTER}", GOOD).normalised == 1
    with pytest.raises(ProgramFailedError, match="has other people or dates than its original"):
        of_one_commit(tmp_path / "other", f"{author}{COMMITTER}", GOOD.replace("C <c@d>", "D <c@d>"))


def test_signatures_and_authors_without_a_name_are_counted(tmp_path):
    signed = f"{GOOD}\ngpgsig -----BEGIN PGP SIGNATURE-----\n abc"
    assert of_one_commit(tmp_path / "1", signed, GOOD).signed == 1
    assert of_one_commit(tmp_path / "2", signed.replace("gpgsig", "gpgsig-sha256"), GOOD).signed == 1
    nameless = f"author  <> 1600000000 +0000\n{COMMITTER}"
    found = of_one_commit(tmp_path / "3", nameless, nameless)
    assert (found.normalised, found.signed, found.nameless, found.authors) == (0, 0, 1, [(" <>", 1)])


def test_an_author_in_another_encoding_is_one(tmp_path):
    latin = f"author A\udcfc <a@b> 1600000000 +0000\n{COMMITTER}"
    assert of_one_commit(tmp_path, latin, latin).authors == [("A\ufffd <a@b>", 1)]


@pytest.mark.parametrize(("header", "shown"), [
    (b"author Z\xeb <z@x> 1 +0000\ncommitter C <c@d> 1 +0000\nencoding latin-1", ("Z\xeb <z@x>", "1 +0000")),
    (b"author Z\xeb <z@x> 1 +0000\ncommitter C <c@d> 1 +0000\nencoding unheard-of", ("Z\ufffd <z@x>", "1 +0000")),
    (b"author Z\xeb <z@x> 1 \xff", ("Z\ufffd <z@x>", "1 \ufffd")),
    (b"tree 1", (" <>", "")),
])  # fmt: skip
def test_an_author_is_read_whatever_the_bytes_are(header, shown):
    assert _author(header) == shown


def test_a_message_is_no_part_of_what_is_compared_as_parents(tmp_path):
    words = f"{GOOD}\n\nparent {'0' * 40}\n\nmore"
    assert of_one_commit(tmp_path, words, words).authors == [("A <a@b>", 1)]


def test_after_a_removal_the_evidence_is_of_what_is_left(extracted, tmp_path):
    git("-C", extracted.source.git_dir, "fetch", "-q", extracted.result.git_dir, "main:refs/heads/extracted")
    left = make(tmp_path / "left", [replace(each, files={"left": each.name}) for each in HISTORY])
    filtered = dict(zip(extracted.new_ids.values(), left.values(), strict=True))
    found = extracted.check(result=Repo(tmp_path / "left"), filtered=filtered)
    assert found.result_tree == git("-C", tmp_path / "left", "rev-parse", "main^{tree}")
    assert found.days == dict(zip(left.values(), DAYS, strict=True))


FAULTS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "the name of an author": ("begin", lambda text: text.replace("author Grace", "author Eve"), "other people"),
    "the address of a committer": (
        "merge", lambda text: text.replace("committer Ada <ada@", "committer Ada <a@"), "other people or dates",
    ),
    "the zone of a date": ("side", lambda text: text.replace("-0730", "-0700"), "other people or dates"),
    "a message": ("next", lambda text: text + "more\n", "changes more of the message than commit ids"),
    "no parent": ("side", lambda text: text.replace("parent ", "x "), "other parents"),
    "the other parent first": (
        "merge", lambda text: "\n".join([*(lines := text.split("\n"))[:1], lines[2], lines[1], *lines[3:]]),
        "other parents",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_commit_that_says_something_else_is_an_error(extracted, fault):
    name, change, says = FAULTS[fault]
    extracted.rewrite(name, change)
    with pytest.raises(ProgramFailedError, match=f"^the result differs from the source, so nothing was kept: .*{says}"):
        extracted.check()


def test_a_tree_that_is_not_the_directory_of_the_source_is_an_error(extracted):
    other = extracted.result.text("rev-parse", f"{next(iter(extracted.new_ids.values()))}^{{tree}}")
    extracted.rewrite("next", lambda text: f"tree {other}\n" + text.partition("\n")[2])
    with pytest.raises(ProgramFailedError, match=f"has tree {other}, its original .* has "):
        extracted.check()


def test_a_commit_whose_directory_is_missing_has_the_empty_tree(extracted):
    extracted.parts[next(iter(extracted.new_ids))] = [Part("images/not-yet")]
    with pytest.raises(ProgramFailedError, match=f"has {EMPTY_TREE}$"):
        extracted.check()
    extracted.rewrite("begin", lambda text: f"tree {EMPTY_TREE}\n" + text.partition("\n")[2])
    with pytest.raises(ProgramFailedError, match="has other parents"):  # and the tree is right
        extracted.check()


def test_another_tree_at_the_commit_extracted_is_an_error(extracted):
    with pytest.raises(ProgramFailedError, match=f"the extracted tree is .*, in the source it is {EMPTY_TREE}$"):
        extracted.check(tree=EMPTY_TREE)


def test_one_commit_more_or_less_than_were_rewritten_is_an_error(extracted):
    main = extracted.result.read("cat-file", "commit", "main").decode()
    more = commit_object(
        extracted.result.git_dir, re.sub("(?m)^parent .*$", f"parent {extracted.tip}", main, count=1).encode()
    )
    for tip in (more, extracted.result.text("rev-parse", "main~2")):
        tree = extracted.result.text("rev-parse", f"{tip}^{{tree}}")
        with pytest.raises(ProgramFailedError, match=r"has other commits than those rewritten$"):
            extracted.check(tip=tip, tree=tree)


# What the image is made of at the last commit, and the files it then has: those of the first part where two meet.
COMPOSED: dict[str, tuple[list[Part], dict[str, str]]] = {
    "a folder of one directory beside another": (
        [Part("images/hub/extra", at="more"), Part("images/old")], {"more/start": "extra\n", "start": "old\n"},
    ),
    "the same file in both": ([Part("images/old"), Part("images/hub/extra")], {"start": "old\n"}),
    "named files alone": ([Part("images/hub", names=frozenset({"start"}))], {"start": "hub\n"}),
    "all but a folder": ([Part("images/hub", without="extra")], {"start": "hub\n", "apt": "git\n"}),
    "names that begin alike": (
        [Part("images/alike"), Part("images/hub")],
        {"st": "alike\n", "apt2/start": "alike\n", "start": "hub\n", "apt": "git\n", "extra/start": "extra\n"},
    ),
    "a file where the other has a folder": (
        [Part("images/file"), Part("images/hub")], {"extra": "file\n", "apt": "git\n", "start": "hub\n"},
    ),
    "a folder where the other has a file": (
        [Part("images/hub"), Part("images/file")], {"extra/start": "extra\n", "apt": "git\n", "start": "hub\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COMPOSED)
def test_an_image_of_several_directories_has_the_files_of_all_of_them_and_no_other(tmp_path, case):
    parts, files = COMPOSED[case]
    there = {
        "images/hub/start": "hub\n", "images/hub/apt": "git\n", "images/hub/extra/start": "extra\n",
        "images/old/start": "old\n", "images/file/extra": "file\n",
        "images/alike/st": "alike\n", "images/alike/apt2/start": "alike\n",
    }  # fmt: skip
    old = make(tmp_path / "source", [Commit("all", [], there)])["all"]
    source = Repo(tmp_path / "source")
    for number, content in enumerate((files, files | {"start": "other\n"}, files | {"new": "new\n"})):
        new = make(tmp_path / str(number), [Commit("all", [], content)])["all"]
        result = Repo(tmp_path / str(number))
        tree = result.text("rev-parse", "main^{tree}")
        asked = (source, result, {old: new}, {old: []}, {old: parts}, Rewording(read_commits(source, [old]), None))
        if not number:
            assert verify(*asked, new, tree).result_tree == tree
            continue
        with pytest.raises(ProgramFailedError, match=f"commit {new} has other files than its original {old}$"):
            verify(*asked, new, tree)


@pytest.mark.parametrize("ref", ["refs/heads/other", "refs/tags/v1", "refs/remotes/origin/other", "refs/original/x"])
def test_a_ref_besides_main_is_an_error(extracted, ref):
    git("-C", extracted.result.git_dir, "update-ref", "refs/remotes/origin/main", "main")
    extracted.check()
    git("-C", extracted.result.git_dir, "update-ref", ref, "main")
    with pytest.raises(ProgramFailedError, match=f"unexpected refs: {ref}$"):
        extracted.check()


def test_objects_of_another_repository_are_an_error(extracted):
    (extracted.result.git_dir / "objects/info/alternates").write_text(f"{extracted.source.git_dir}/objects\n")
    with pytest.raises(ProgramFailedError, match="objects are borrowed from another repository"):
        extracted.check()


def test_a_lost_file_is_an_error(extracted):
    blob = extracted.result.text("rev-parse", "main~1:Dockerfile")
    (extracted.result.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(ProgramFailedError, match=blob):
        extracted.check()


@pytest.mark.parametrize(("raw", "seconds_then", "day_then"), [
    ("1600000000 +0000", 1600000000, "2020-09-13"),
    ("1600041599 +0000", 1600041599, "2020-09-13"),
    ("1600041599 +0001", 1600041599, "2020-09-14"),
    ("1600041600 -0001", 1600041600, "2020-09-13"),
    ("1600038000 +0100", 1600038000, "2020-09-14"),
    ("1600045200 -0100", 1600045200, "2020-09-14"),
    ("1600045199 -0100", 1600045199, "2020-09-13"),
    ("-1 +0000", -1, "1969-12-31"),
    ("1600000000", 1600000000, "1600000000"),
    ("99999999999999 +0000", 99999999999999, "99999999999999 +0000"),
    ("1600000000 +51800", 1600000000, "2020-10-05"),
    ("1600000000 -51800", 1600000000, "2020-08-22"),
    ("1600000000 +0", 1600000000, "1600000000 +0"),
    ("", 0, ""),
])  # fmt: skip
def test_a_day_is_that_of_the_zone_in_which_the_date_was_written(raw, seconds_then, day_then):
    assert (seconds(raw), day(raw)) == (seconds_then, day_then)
