"""An update is proposed once, with real git and a server on loopback that answers as GitHub."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, LoginError, RefusedError
from hubimages.repository.git import WorkflowRightError
from hubimages.update import Update, plan_update, propose_update, show_plan
from hubimages.update.ready import repository
from hubimages.update.released import installed_version
from tests.fleet.conftest import QUICK
from tests.fleet.hosting import Hosting
from tests.update.repositories import commit, files, git, make_from_release, run, state

BRANCH = f"update-to-template-{installed_version()}"
FIRST = "https://github.com/org/our-image/pull/1"
TITLE = f"Update to version {installed_version()} of the hubimages template"
# What GitHub answers to a token without the right, in the place where a server on this machine can answer.
NO_WORKFLOWS = """#!/bin/sh
while read old new ref; do
  case $old in *[1-9a-f]*) ;; *) old=main ;; esac
  path=$(git diff --name-only "$old" "$new" -- .github/workflows | head -1)
  test -z "$path" || {
    printf 'refusing to allow a GitHub App to create or update workflow `%s` without `workflows` permission' "$path" >&2
    exit 1
  }
done
"""
Open = Callable[..., tuple[Update, str]]


@pytest.fixture
def bare(hosting: Hosting) -> Path:
    """The bare repository of org/our-image."""
    bare = hosting.bare("org/our-image")
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    return bare


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository made from the first version of the template."""
    return make_from_release(tmp_path_factory.mktemp("made") / "our-image", 1)


@pytest.fixture
def repo(made: Path, bare: Path, tmp_path: Path) -> Path:
    """A clone of org/our-image, made from the first version of the template."""
    repo = tmp_path / "our-image"
    shutil.copytree(made, repo)
    git(repo, "remote", "add", "origin", "https://github.com/org/our-image.git")
    git(repo, "push", "-q", "-u", "origin", "main")
    return repo


@pytest.fixture(scope="module")
def plans() -> dict[tuple[str, ...], Update]:
    """The plan for each commit and settings: a plan has all that it needs of the commit, so it is made once."""
    return {}


@pytest.fixture
def propose(repo: Path, plans: dict[tuple[str, ...], Update]) -> Open:
    def propose(place: Path = repo, settings: tuple[str, ...] = ()) -> tuple[Update, str]:
        known = (git(place, "rev-parse", "HEAD"), *settings)
        if known not in plans:
            plans[known] = plan_update(place, settings=settings)
        return propose_update(replace(plans[known], repo=repository(place)), QUICK)

    return propose


@pytest.fixture
def plan(repo: Path, plans: dict[tuple[str, ...], Update]) -> Update:
    """The whole update."""
    known = (git(repo, "rev-parse", "HEAD"),)
    return plans[known] if known in plans else plans.setdefault(known, plan_update(repo))


@pytest.fixture
def whole(plan: Update) -> str:
    """The tree of the whole update."""
    assert plan.merge is not None
    return plan.merge.tree


def forbid_workflows(bare: Path) -> Path:
    hook = bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(NO_WORKFLOWS)
    hook.chmod(0o755)
    return hook


def clone(bare: Path, place: Path) -> Path:
    subprocess.run(["git", "clone", "-q", "https://github.com/org/our-image.git", str(place)], check=True)
    return place


def workflows(directory: Path, ref: str) -> dict[str, tuple[str, bytes]]:
    return {path: entry for path, entry in files(directory, ref).items() if path.startswith(".github/workflows/")}


def test_it_is_opened_once_and_the_clone_stays_as_it_is(
    hosting: Hosting, bare: Path, repo: Path, propose: Open
) -> None:
    before = (files(repo, "HEAD"), git(repo, "for-each-ref", "refs/heads"), git(repo, "status", "--porcelain"))
    update, said = propose()
    assert (update.pull_request, update.left_out) == (FIRST, ())
    assert said == f"The update from version 1 to {installed_version()} of the template: opened {FIRST}"
    assert before == (files(repo, "HEAD"), git(repo, "for-each-ref", "refs/heads"), git(repo, "status", "--porcelain"))
    (opened,) = hosting.pulls["org/our-image"]
    assert (opened["title"], opened["head"]["ref"], opened["base"]["ref"]) == (TITLE, BRANCH, "main")
    assert f"What version {installed_version()} changes for you:\n\n- `.hubimages.yaml` also records" in opened["body"]
    assert "- `refresh`: `never`" in opened["body"]
    assert "Left out" not in opened["body"]
    assert git(bare, "log", "--format=%s", f"main..{BRANCH}") == TITLE
    _, said = propose()
    assert said.endswith(f"already open: {FIRST}")
    assert len(hosting.pulls["org/our-image"]) == 1
    git(bare, "update-ref", "refs/heads/main", BRANCH)
    git(repo, "pull", "-q")
    assert propose()[1].startswith("Nothing to do: ")


def test_by_the_command_line_with_json_and_a_branch_of_another_name(hosting: Hosting, bare: Path, repo: Path) -> None:
    done = run("--open-pr", "--branch=template", "--json", repo=repo)
    report = json.loads(done.stdout)
    assert (report["pull_request"], report["branch"], report["left_out"]) == (FIRST, "template", [])
    assert hosting.branches("org/our-image") == ["main", "template"]


def test_a_dry_run_shows_the_push_and_a_bad_branch_is_refused(repo: Path, propose: Open, plan: Update) -> None:
    assert show_plan(plan, open_pr=True).endswith(
        f"$ git push origin COMMIT:refs/heads/{BRANCH}\nand open a pull request, or update the one that is open"
    )
    with pytest.raises(BadInputError, match="--branch=a b is not a valid branch name"):
        plan_update(repo, branch="a b")


def test_without_the_right_workflows_and_the_record_are_left_out_and_come_with_the_next_update(
    hosting: Hosting, bare: Path, repo: Path, propose: Open, whole: str
) -> None:  # fmt: skip
    hook = forbid_workflows(bare)
    update, said = propose()
    left_out = update.left_out
    assert left_out
    assert set(left_out) <= {*workflows(repo, "HEAD")}
    assert said.splitlines()[1] == f"Left out, because the token may not change workflows: {', '.join(left_out)}"
    proposed = files(bare, BRANCH)
    assert workflows(bare, BRANCH) == workflows(repo, "HEAD")
    assert proposed[".hubimages.yaml"] == files(repo, "HEAD")[".hubimages.yaml"]
    assert ".github/image_build/sizes.py" in proposed
    (opened,) = hosting.pulls["org/our-image"]
    assert "**Left out**" in opened["body"]
    assert all(f"- `{path}`" in opened["body"] for path in left_out)
    assert propose()[1].splitlines()[0].endswith(f"already open: {FIRST}")
    assert git(bare, "rev-list", "--count", f"main..{BRANCH}") == "1"

    git(bare, "update-ref", "refs/heads/main", BRANCH)
    opened.update(state="closed", merged_at="2026-01-01T00:00:00Z")
    git(repo, "pull", "-q")
    with pytest.raises(
        WorkflowRightError, match=r"a GitHub App may not change .github/workflows/.*only workflows differ"
    ):
        propose()
    hook.unlink()
    git(bare, "branch", "-D", BRANCH)
    update, _ = propose()
    assert git(bare, "rev-parse", f"{BRANCH}^{{tree}}") == whole
    assert update.pull_request == "https://github.com/org/our-image/pull/2"


def test_a_person_with_the_right_adds_the_workflows_to_the_same_pull_request(
    hosting: Hosting, bare: Path, repo: Path, propose: Open, whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    forbid_workflows(bare)
    propose()
    (bare / "hooks/pre-receive").unlink()
    theirs = clone(bare, tmp_path / "clone")
    with monkeypatch.context() as grace:
        grace.setenv("GIT_AUTHOR_EMAIL", "grace@example.org")
        said = propose_update(plan_update(theirs), QUICK)[1]
    assert said == f"The update from version 1 to {installed_version()} of the template: updated {FIRST}"
    assert git(bare, "rev-parse", f"{BRANCH}^{{tree}}") == whole
    (opened,) = hosting.pulls["org/our-image"]
    assert "Left out" not in opened["body"]
    forbid_workflows(bare)
    assert propose()[1].endswith(f"already open: {FIRST}")  # by the workflow, which may not


def test_what_a_person_adds_to_the_branch_stays(hosting: Hosting, bare: Path, repo: Path, propose: Open) -> None:
    propose()
    theirs = hosting.commit("org/our-image", {"noxfile.py": "# ours\n"}, "Mend it", BRANCH, "Grace")
    assert propose()[1].endswith(f"already open: {FIRST}")
    assert git(bare, "rev-parse", BRANCH) == theirs
    hosting.commit("org/our-image", {"own.txt": "1\n"}, "Go on")
    git(repo, "pull", "-q")
    with pytest.raises(RefusedError, match=f"{BRANCH} has a commit of somebody else .*by Grace"):
        propose()
    assert git(bare, "rev-parse", BRANCH) == theirs


def test_the_same_pull_request_follows_the_default_branch(
    hosting: Hosting, bare: Path, repo: Path, propose: Open
) -> None:
    propose()
    base = hosting.commit("org/our-image", {"own.txt": "1\n"}, "Go on")
    git(repo, "pull", "-q")
    assert propose()[1].endswith(f"updated {FIRST}")
    git(bare, "merge-base", "--is-ancestor", base, BRANCH)
    assert "own.txt" in files(bare, BRANCH)
    assert len(hosting.pulls["org/our-image"]) == 1


def test_one_that_was_closed_is_not_opened_again(hosting: Hosting, bare: Path, repo: Path, propose: Open) -> None:
    propose()
    hosting.pulls["org/our-image"][0]["state"] = "closed"
    git(bare, "branch", "-D", BRANCH)
    assert propose()[1].endswith(f"not opened again, closed without merging: {FIRST}")
    assert hosting.branches("org/our-image") == ["main"]


@pytest.mark.parametrize(
    ("where", "said"),
    [("here", r"Push it first: git push origin main"), ("there", "Pull first: git pull")],
)
def test_a_branch_that_is_not_as_on_the_server_is_refused(
    where: str, said: str, hosting: Hosting, bare: Path, repo: Path, propose: Open
) -> None:  # fmt: skip
    if where == "here":
        (repo / "own.txt").write_text("1\n")
        commit(repo)
    else:
        hosting.commit("org/our-image", {"own.txt": "1\n"}, "Go on")
    with pytest.raises(RefusedError, match=said):
        propose()
    assert hosting.branches("org/our-image") == ["main"]


def test_with_conflicts_nothing_is_changed_or_pushed(hosting: Hosting, bare: Path, repo: Path, propose: Open) -> None:
    (repo / ".github/dependabot.yml").write_text("ours: []\n")
    commit(repo)
    git(repo, "push", "-q")
    before = state(repo)
    update, said = propose()
    assert update.conflicts
    assert "has conflicts with your changes, so no pull request was opened:\n1 file to resolve:\n" in said
    assert state(repo) == before
    assert hosting.branches("org/our-image") == ["main"]


def test_a_changed_answer_is_never_proposed_in_part(hosting: Hosting, bare: Path, repo: Path, propose: Open) -> None:
    forbid_workflows(bare)
    with pytest.raises(WorkflowRightError, match="Nothing was pushed, since the answer to registry changes"):
        propose(settings=("registry=ghcr.io", "image=org/our-image"))
    assert hosting.branches("org/our-image") == ["main"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (
            403,
            LoginError,
            r"the token may not open pull requests in github.com/org/our-image \(it needs Contents and Pull requests: "
            r"write\): GitHub Actions is not permitted",
        ),
        (401, LoginError, "GitHub does not know the token"),
    ],
)
def test_a_token_without_the_right_is_named_and_the_next_run_opens_it(
    answer: int, error: type[Exception], said: str, hosting: Hosting, repo: Path, propose: Open
) -> None:  # fmt: skip
    refused = {"message": "GitHub Actions is not permitted to create or approve pull requests."}
    hosting.answers = lambda method, path: (answer, {}, refused) if method == "POST" else None
    with pytest.raises(error, match=said):
        propose()
    hosting.answers = lambda method, path: None
    assert propose()[1].endswith(f"opened {FIRST}")


def test_a_rate_limit_is_waited_for(hosting: Hosting, repo: Path, propose: Open) -> None:
    limits = [(429, {"Retry-After": "1"}, {"message": "Too many requests"})]
    hosting.answers = lambda method, path: limits.pop() if limits and method == "POST" else None
    assert propose()[1].endswith(f"opened {FIRST}")
    assert limits == []


def test_without_a_token_the_page_that_opens_it_is_named(
    hosting: Hosting, repo: Path, propose: Open, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.delenv("GH_TOKEN")
    page = f"https://github.com/org/our-image/compare/main...{BRANCH}?expand=1"
    assert propose()[1].endswith(f"pushed {BRANCH}; open the pull request: {page}")


def test_a_remote_without_pages_is_refused(repo: Path, tmp_path: Path, propose: Open) -> None:
    git(repo, "remote", "set-url", "origin", str(tmp_path))
    with pytest.raises(BadInputError, match="the address of remote `origin` shows no owner and repository"):
        propose()
