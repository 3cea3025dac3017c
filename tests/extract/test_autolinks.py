"""What GitHub would have linked in a message is rewritten, and nothing else."""

import random

import pytest

from hubimages.extract.messages.autolinks import IN_A_REFERENCE, REFERENCE
from hubimages.extract.messages.old_host import OldHost, old_host
from hubimages.extract.messages.translator import Counts, Translator, highest_number
from hubimages.repository.web_address import WebAddress
from tests.extract.taking import image, take
from tests.histories import Commit, git, make

ADDRESS = WebAddress("github.com", "org/old")
ELSEWHERE = "4444444" + "e" * 33


def translator(address: WebAddress = ADDRESS, **more) -> Translator:
    return Translator([], address, **more)


def translate(text: str, address: WebAddress = ADDRESS, **more) -> str:
    return translator(address, **more)(text.encode(), None, {}.get).decode()


@pytest.mark.parametrize("text", [
    "color: #333333", "#000", "#00012", "echo ${#6}", "x=#12", "a#12", "#12th", "&#39;",
    "Subject\n\n```sh\necho #12\n```", "Subject\n\n~~~\n#12\n~~~", "Subject\n\n    make #12\n", "Subject\n\n\tmake #12",
    "`#12`", "``a ` #12``", "[#12](https://github.com/other/repo/pull/12)", "[see #12 here](https://h/x)",
    "[#12](https://h/x \"title #13\")", "[#12]: https://h/12", "[text #12][ref]",
    '<a href="https://redirect.github.com/o/r/issues/12">#12</a>', '<img alt="#12">', "https://h/#12",
    "Subject\n\n## 12 things\n\n### More", "other/repo#12", "!12", "group/sub/project#12",
])  # fmt: skip
def test_what_github_does_not_link_or_links_elsewhere_stays(text):
    assert translate(text) == text


@pytest.mark.parametrize(("before", "after"), [
    ("(#12)", "(org/old#12)"), ("[#12]", "[org/old#12]"), ("{#12}", "{org/old#12}"), ('"#12"', '"org/old#12"'),
    ("see:#12;#13", "see:org/old#12;org/old#13"), ("`code` #12", "`code` org/old#12"),
    ("Subject\n\n```\n#12\n```\n#13", "Subject\n\n```\n#12\n```\norg/old#13"),
    ("Subject\n\ntext\n    wrapped #12", "Subject\n\ntext\n    wrapped org/old#12"),
    ("[text](https://h/x) #12", "[text](https://h/x) org/old#12"), ("<b>#12</b>", "<b>org/old#12</b>"),
    ("[ ] #12", "[ ] org/old#12"), ("unclosed `#12", "unclosed `org/old#12"), ("#1", "org/old#1"),
])  # fmt: skip
def test_what_github_links_leads_to_the_old_repository(before, after):
    assert translate(before) == after


@pytest.mark.parametrize(("before", "after"), [
    ("Fixes #34", "See org/old#34"), ("fixes: #34", "see org/old#34"), ("Closes GH-3, #4", "See org/old#3, org/old#4"),
    ("This resolved other/repo#5.", "This see other/repo#5."), ("FIX #1", "See org/old#1"),
    ("Close https://github.com/o/r/issues/3", "See https://github.com/o/r/issues/3"),
    ("fix the thing of #3", "fix the thing of org/old#3"), ("prefixes #3", "prefixes org/old#3"),
    ("Fixes: 1234567", "Fixes: 1234567"), ("`Fixes #3`", "`Fixes #3`"),
])  # fmt: skip
def test_no_issue_is_closed_again(before, after):
    assert translate(before) == after
    assert ("Fix" in before) == ("Fix" in translate(before, keep_closing_words=True))


def test_numbers_above_the_highest_that_merges_name_are_left_alone_and_counted():
    known = translator(highest=40)
    assert known(b"#40 #41 Fixes #500 other/r#99", None, {}.get) == b"org/old#40 #41 Fixes #500 other/r#99"
    assert known.counts == Counts(issues_qualified=1, above_highest=2)
    assert "numbers above 40 left alone: 2" in str(known)


@pytest.mark.parametrize(("subjects", "highest"), [
    (["Merge pull request #12 from a/b", "Add x (#7)", "see #99"], 12), (["nothing", "#5 begins"], None),
    (["Add (#1234567890)"], None), (["Merge branch 'x' into 'main' See merge request !31"], 31),
])  # fmt: skip
def test_the_highest_number_is_that_of_merges(tmp_path, subjects, highest):
    commits = [Commit(f"c{n}", [f"c{n - 1}"] if n else [], {"x": str(n)}, text) for n, text in enumerate(subjects)]
    make(tmp_path / "s", commits)
    from hubimages.repository.git import Repo

    assert highest_number(Repo(tmp_path / "s"), "main") == highest


GITLAB = WebAddress("gitlab.com", "group/sub/project")


@pytest.mark.parametrize(("address", "is_near", "text", "after"), [
    (GITLAB, True, "#1 !2 a/b/c#3", "group/sub/project#1 group/sub/project!2 a/b/c#3"),
    (GITLAB, False, "#1 !2 a/b/c!3", "https://gitlab.com/group/sub/project/-/issues/1 "
     "https://gitlab.com/group/sub/project/-/merge_requests/2 https://gitlab.com/a/b/c/-/merge_requests/3"),
    (ADDRESS, False, "#1 a/b#2", "https://github.com/org/old/issues/1 a/b#2"),
    (WebAddress("codeberg.org", "o/r"), False, "#1", "https://codeberg.org/o/r/issues/1"),
    (WebAddress("bitbucket.org", "o/r"), False, "pull request #1", "pull request #1"),
    (WebAddress("dev.azure.com", "o/p/_git/r"), False, "#1 !2", "#1 !2"),
    (WebAddress("git.example.org", "o/r"), False, "#1", "#1"),
])  # fmt: skip
def test_every_host_has_its_own_form_or_none(address, is_near, text, after):
    assert translate(text, address, host=OldHost(address, is_near)) == after


@pytest.mark.parametrize(("address", "commit"), [
    (ADDRESS, "https://github.com/org/old/commit/abc"), (GITLAB, "https://gitlab.com/group/sub/project/-/commit/abc"),
    (WebAddress("bitbucket.org", "o/r"), "https://bitbucket.org/o/r/commits/abc"),
    (WebAddress("dev.azure.com", "o/p/_git/r"), "https://dev.azure.com/o/p/_git/r/commit/abc"),
])  # fmt: skip
def test_the_address_of_a_commit_is_that_of_its_host(address, commit):
    assert OldHost(address).commit("abc") == commit


def test_a_new_repository_without_an_address_is_taken_to_be_on_github():
    assert old_host(ADDRESS, None).is_near
    assert not old_host(GITLAB, None).is_near
    assert old_host(GITLAB, WebAddress("gitlab.com", "a/b")).is_near


def picked(picked_from: str) -> list[Commit]:
    return [
        Commit("first", [], image("1")),
        Commit("aside", ["first"], {**image("1"), "other": "x"}),
        Commit("last", ["first"], image("2"), message=f"Pick\n\n(cherry picked from commit {picked_from})"),
    ]


@pytest.mark.parametrize("way", ["path", "file"])
def test_a_commit_of_a_branch_that_is_not_extracted_is_found(tmp_path, way):
    aside = make(tmp_path / "plan", picked("0" * 40))["aside"]
    make(tmp_path / "s", picked(aside), {"release": "aside"})
    git("-C", tmp_path / "s", "config", "remote.origin.url", "https://github.com/org/old.git")
    source = tmp_path / "s" if way == "path" else f"file://{tmp_path}/s"
    result = take(source, tmp_path / "d")
    assert result.messages is not None
    found = result.messages.elsewhere
    assert found == {aside: aside}


def test_a_dry_run_counts_and_shows_what_will_change_in_messages(tmp_path):
    from hubimages.extract import Request, plan_extraction

    make(tmp_path / "s", [
        Commit("first", [], image("1")), Commit("last", ["first"], image("2"), message="Pin R\n\nFixes #12\n"),
    ])  # fmt: skip
    git("-C", tmp_path / "s", "config", "remote.origin.url", "https://github.com/org/old.git")
    shown = str(plan_extraction(Request(str(tmp_path / "s"), "images/hub", tmp_path / "d", template=False)))
    assert "messages       issue numbers written as org/old#N: 1, closing words removed: 1\n" in shown
    assert "- Fixes #12\n" in shown and "+ See org/old#12\n" in shown


def test_a_message_that_is_not_looked_into_has_no_reference():
    parts = [
        b"#", b"!", b"GH-", b"gh-", b"o/r", b"https://h/o/r/", b"issues/", b"-/", b"0", b"1", b"12", b"abcdef",
        b"ABCDEF", b"abcdef0", b" ", b"\n", b"fixes ", b"Closes: ", b".", b"-", b"(", b"g", b"/",
    ]  # fmt: skip
    chance = random.Random(1)
    messages = [b"".join(chance.choices(parts, k=chance.randrange(1, 9))) for _ in range(4000)]
    passed_over = [message for message in messages if not IN_A_REFERENCE.search(message)]
    found = [message for message in messages if any(not one["link"] for one in REFERENCE.finditer(message))]
    assert not {*passed_over} & {*found}
    assert len(passed_over) > 300 and len(found) > 300
