"""One pull request for each repository, opened once and kept up to date, through real git and PyGithub."""

import time
from collections.abc import Callable

import pytest

from hubimages.errors import BadInputError, LoginError
from hubimages.fleet import Report, select
from hubimages.fleet.address import Target
from tests.fleet.conftest import SECRET, rows
from tests.fleet.hosting import Hosting, git
from tests.fleet.test_bad_input import refuse_pushes

Run = Callable[..., Report]
OLD, NEW = "dependencies:\n- python=3.12\n", "dependencies:\n- python=3.13\n"
SED = ("sed", "-i", "s/3.12/3.13/", "environment.yml")
FIRST = "https://github.com/org/a/pull/1"


@pytest.fixture
def one(hosting: Hosting) -> list[str]:
    hosting.make("org/a", {"environment.yml": OLD})
    return ["org/a"]


def commits(hosting: Hosting, name: str = "org/a") -> list[str]:
    return git(hosting.bare(name), "log", "--format=%s", "main..use-313").splitlines()


def test_it_is_opened_once_with_the_message_and_the_command(hosting: Hosting, one: list[str], run: Run) -> None:
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "opened", FIRST)]
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "open", FIRST)]
    (opened,) = hosting.pulls["org/a"]
    assert (opened["title"], opened["head"]["ref"], opened["base"]["ref"]) == ("Use Python 3.13", "use-313", "main")
    assert opened["body"] == "For all images.\n\nMade by `hubimages each` with `sed -i s/3.12/3.13/ environment.yml`."
    assert hosting.file("org/a", "environment.yml", "use-313") == "dependencies:\n- python=3.13"
    assert hosting.authorizations == {f"token {SECRET}"}


def test_text_that_the_command_prints_is_no_markup(hosting: Hosting, one: list[str], run: Run) -> None:
    run(one, "sh", "-c", "sed -i s/3.12/3.13/ environment.yml; printf '````\\n@owner <b>\\n\\033[1m'", open_pr=True)
    (opened,) = hosting.pulls["org/a"]
    assert opened["body"].endswith("It printed:\n\n`````\n````\n@owner <b>\n`````")


def test_it_gets_one_more_commit_when_the_files_change_or_the_base_moves(
    hosting: Hosting, one: list[str], run: Run
) -> None:
    run(one, *SED, open_pr=True)
    first = git(hosting.bare("org/a"), "rev-parse", "use-313")
    assert rows(run(one, "sed", "-i", "s/3.12/3.14/", "environment.yml", open_pr=True)) == [("org/a", "updated", FIRST)]
    assert hosting.file("org/a", "environment.yml", "use-313") == "dependencies:\n- python=3.14"
    base = hosting.commit("org/a", {"README.md": "Ours"}, "Say something")
    assert rows(run(one, "sed", "-i", "s/3.12/3.14/", "environment.yml", open_pr=True)) == [("org/a", "updated", FIRST)]
    for commit in (first, base):  # nothing is lost, and nothing of the base is undone
        git(hosting.bare("org/a"), "merge-base", "--is-ancestor", commit, "use-313")
    assert git(hosting.bare("org/a"), "diff", "--name-only", "main", "use-313") == "environment.yml"
    assert len(hosting.pulls["org/a"]) == 1


def test_a_commit_of_somebody_else_on_the_branch_is_never_undone(hosting: Hosting, one: list[str], run: Run) -> None:
    run(one, *SED, open_pr=True)
    theirs = hosting.commit("org/a", {"environment.yml": "dependencies: []\n"}, "Review", "use-313", "Grace")
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "open", FIRST)]  # Grace builds on what is proposed
    (row,) = run(one, "sed", "-i", "s/3.12/3.14/", "environment.yml", open_pr=True).outcomes
    assert (row.state, row.exit_code) == ("failed", 3)
    assert row.detail.startswith(
        f"use-313 has a commit of somebody else ({theirs[:12]} by Grace), which would be undone"
    )
    assert git(hosting.bare("org/a"), "rev-parse", "use-313") == theirs


def test_a_commit_of_somebody_else_of_which_nothing_is_undone_is_no_reason_to_stop(
    hosting: Hosting, one: list[str], run: Run
) -> None:
    run(one, *SED, open_pr=True)
    bare = hosting.bare("org/a")
    git(bare, "update-ref", "refs/heads/use-313", "main")
    theirs = hosting.commit("org/a", {"environment.yml": NEW}, "Use Python 3.13 by hand", "use-313", "Grace")
    hosting.commit("org/a", {"README.md": "Ours"}, "Say something")
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "updated", FIRST)]
    git(bare, "merge-base", "--is-ancestor", theirs, "use-313")
    assert git(bare, "diff", "--name-only", "main", "use-313") == "environment.yml"


def test_a_token_that_may_not_change_workflows_is_a_row(hosting: Hosting, one: list[str], run: Run) -> None:
    refuse_pushes(
        hosting.bare("org/a"),
        "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/a.yml` without "
        "`workflow` scope",
    )
    (row,) = run(one, *SED, open_pr=True).outcomes
    assert (row.state, row.exit_code) == ("failed", 77)
    assert row.detail.endswith(
        "refuses the push: a Personal Access Token may not change .github/workflows/a.yml. It needs the permission "
        "Workflows (write), too"
    )


def test_a_merge_of_the_base_into_the_branch_is_no_reason_to_stop(hosting: Hosting, one: list[str], run: Run) -> None:
    run(one, *SED, open_pr=True)
    hosting.commit("org/a", {"README.md": "Ours"}, "Say something")
    bare = hosting.bare("org/a")
    tree = git(bare, "merge-tree", "--write-tree", "use-313", "main")
    merge = git(bare, "commit-tree", tree, "-p", "use-313", "-p", "main", "-m", "Merge branch 'main' into use-313")
    git(bare, "update-ref", "refs/heads/use-313", merge)
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "open", FIRST)]
    assert rows(run(one, "sed", "-i", "s/3.12/3.14/", "environment.yml", open_pr=True)) == [("org/a", "updated", FIRST)]


def test_one_that_was_closed_is_opened_again_only_for_other_files(hosting: Hosting, one: list[str], run: Run) -> None:
    run(one, *SED, open_pr=True)
    hosting.pulls["org/a"][0]["state"] = "closed"
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "declined", f"closed without merging: {FIRST}")]
    git(hosting.bare("org/a"), "branch", "-D", "use-313")
    assert run(one, *SED, open_pr=True).outcomes[0].state == "declined"
    assert hosting.branches("org/a") == ["main"]
    (row,) = run(one, "sed", "-i", "s/3.12/3.14/", "environment.yml", open_pr=True).outcomes
    assert (row.state, row.pull_request) == ("opened", "https://github.com/org/a/pull/2")


def test_after_a_merge_there_is_nothing_to_do(hosting: Hosting, one: list[str], run: Run) -> None:
    run(one, *SED, open_pr=True)
    git(hosting.bare("org/a"), "update-ref", "refs/heads/main", "use-313")
    hosting.pulls["org/a"][0].update(state="closed", merged_at="2026-01-01T00:00:00Z")
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "nothing to do", "")]


def test_rate_limits_are_waited_for(
    hosting: Hosting, one: list[str], run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    limits = [
        (403, {}, {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}),
        (403, {"Retry-After": "2"}, {"message": "You have exceeded a secondary rate limit."}),
        (429, {"Retry-After": "1"}, {"message": "Too many requests"}),
        (403, {"X-RateLimit-Reset": str(int(time.time()))}, {"message": "API rate limit exceeded for user."}),
        (502, {}, {"message": "Server Error"}),
    ]
    hosting.answers = lambda method, path: limits.pop() if limits and method == "POST" else None
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "opened", FIRST)]
    assert limits == []
    assert "GitHub limits the rate of requests; going on in 2 s" in capfd.readouterr().err


def test_an_answer_that_is_lost_opens_no_second_one(hosting: Hosting, one: list[str], run: Run) -> None:
    def lost(method: str, path: str) -> None:
        if method == "POST" and not hosting.pulls.get("org/a"):
            # GitHub opens it, and the connection breaks before the answer
            hosting.pull_requests("org/a", "POST", {}, {"head": "use-313", "base": "main", "title": "", "body": ""})

    hosting.answers = lost
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "opened", FIRST)]
    assert len(hosting.pulls["org/a"]) == 1


def test_a_repository_of_another_name_by_now_gets_its_pull_request(hosting: Hosting, one: list[str], run: Run) -> None:
    (hosting.served / "org/new.git").symlink_to(hosting.bare("org/a"))  # GitHub still leads git from the old name
    hosting.renamed["org/a"] = "org/new"
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "opened", "https://github.com/org/new/pull/1")]


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (401, 77, "GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN. Create a new one"),
        (
            403,
            77,
            "the token may not open pull requests in github.com/org/a (it needs Contents and Pull requests: write): no",
        ),
        (
            404,
            77,
            "the token may not open pull requests in github.com/org/a (it needs Contents and Pull requests: write): no",
        ),
        (422, 3, "GitHub refuses the pull request in github.com/org/a: no"),
    ],
)
def test_what_github_refuses_is_a_row_and_the_next_run_finishes(
    answer: int, code: int, said: str, hosting: Hosting, one: list[str], run: Run
) -> None:
    hosting.make("org/b", {"environment.yml": OLD})
    hosting.answers = lambda method, path: (
        (answer, {}, {"message": "no"}) if method == "POST" and path.startswith("/repos/org/a/") else None
    )
    report = run(["org/a", "org/b"], *SED, open_pr=True)
    assert rows(report) == [("org/a", "failed", said), ("org/b", "opened", "https://github.com/org/b/pull/1")]
    assert report.exit_code == code
    hosting.answers = lambda method, path: None
    assert [row.state for row in run(["org/a", "org/b"], *SED, open_pr=True).outcomes] == ["opened", "open"]


def test_without_a_token_the_page_that_opens_it_is_named(
    hosting: Hosting, one: list[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    page = "https://github.com/org/a/compare/main...use-313?expand=1"
    assert rows(run(one, *SED, open_pr=True)) == [("org/a", "pushed", f"use-313; open the pull request: {page}")]
    assert hosting.asked == {}


def test_an_organisation_is_listed_without_what_is_archived(
    hosting: Hosting, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("org/image-b", "org/image-a", "org/image-old", "org/website"):
        hosting.make(name, {})
    hosting.archived.add("org/image-old")
    ours = tuple(Target(f"https://github.com/org/image-{each}.git", f"org/image-{each}") for each in "ab")
    assert select(None, "org/image-*", None) == ours
    assert capfd.readouterr().err == "left out, because archived: org/image-old\n"
    with pytest.raises(BadInputError, match=r"no repository of org on github\.com matches 'hub-\*'"):
        select(None, "org/hub-*", None)
    with pytest.raises(BadInputError, match=r"no organisation or user nobody on github\.com"):
        select(None, "nobody", None)


def test_made_from_keeps_what_has_the_record_or_githubs_word(hosting: Hosting, run: Run) -> None:
    template = "https://github.com/hubimages/hubimages"
    record = 'template: "{}"\nversion: "0.1"\ncommit: ""\n'
    for name, text in {"ours": template, "other": "https://github.com/x/y", "hand": "", "button": ""}.items():
        files = {"environment.yml": OLD} | ({".hubimages.yaml": record.format(text)} if text else {})
        hosting.make(f"org/{name}", files)
    hosting.templates["org/button"] = "HubImages/hubimages"
    names = ["org/ours", "org/other", "org/hand", "org/button"]
    assert rows(run(names, *SED, made_from=f"{template}.git")) == [
        ("org/ours", "changed", "1 file"),
        ("org/other", "skipped", "made from https://github.com/x/y"),
        ("org/hand", "skipped", "has no .hubimages.yaml"),
        ("org/button", "changed", "1 file"),
    ]


def test_made_from_alone_asks_githubs_search(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("org/a", "org/b"):
        hosting.make(name, {})
    hosting.found = [("org/b", ".hubimages.yaml"), ("org/a", ".hubimages.yaml"), ("org/a", "docs/.hubimages.yaml")]
    found = select(None, None, "https://github.com/hubimages/hubimages")
    assert [each.name for each in found] == ["org/a", "org/b"]
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(LoginError, match="code search needs a token"):
        select(None, None, "https://github.com/hubimages/hubimages")
