"""A task over many repositories: real git, bare repositories on disk as remotes."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from hubimages.fleet import Report
from hubimages.update.released import installed_version
from tests import command
from tests.fleet.conftest import rows
from tests.fleet.hosting import Hosting, git
from tests.update.repositories import make_from_release

Run = Callable[..., Report]
SED = ("sed", "-i", "s/3.12/3.13/", "environment.yml")
OLD, NEW = "dependencies:\n- python=3.12\n", "dependencies:\n- python=3.13"
CHANGED = """\
diff --git a/environment.yml b/environment.yml
index 53301fa..84a7143 100644
--- a/environment.yml
+++ b/environment.yml
@@ -1,2 +1,2 @@
 dependencies:
-- python=3.12
+- python=3.13
"""


def hubimages(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return command.hubimages(*words, cwd=cwd)


@pytest.fixture
def three(hosting: Hosting) -> list[str]:
    for name in ("org/a", "org/b"):
        hosting.make(name, {"environment.yml": OLD})
    hosting.make("org/c", {"environment.yml": NEW})
    return ["org/a", "org/b", "org/c"]


def test_without_a_flag_the_diffs_are_shown_and_nothing_is_kept(hosting: Hosting, three: list[str], run: Run) -> None:
    report = run(three, *SED)
    assert rows(report) == [
        ("org/a", "changed", "1 file"),
        ("org/b", "changed", "1 file"),
        ("org/c", "nothing to do", ""),
    ]
    assert report.as_diffs() == f"==> org/a: 1 file changed\n{CHANGED}\n==> org/b: 1 file changed\n{CHANGED}"
    assert report.exit_code == 0
    assert [hosting.branches(name) for name in three] == [["main"]] * 3
    (directory,) = {each.directory for each in report.outcomes if each.repository == "org/a"}
    assert git(Path(directory), "log", "--format=%s") == "Start"


def test_a_commit_stays_in_the_kept_clone(hosting: Hosting, three: list[str], run: Run) -> None:
    first = run(three, *SED, commit=True).outcomes[0]
    assert (first.state, first.branch) == ("committed", "use-313")
    assert first.detail == f"1 file, {first.commit[:12]} on use-313 in {first.directory}"
    message = git(Path(first.directory), "log", "-1", "--format=%B", "use-313")
    assert message == "Use Python 3.13\n\nFor all images."
    assert hosting.branches("org/a") == ["main"]


def test_a_push_is_asked_for_once_and_done_once(hosting: Hosting, three: list[str], run: Run) -> None:
    page = "open the pull request: https://github.com/org/{}/compare/main...use-313?expand=1"
    assert rows(run(three, *SED, push=True)) == [
        ("org/a", "pushed", f"use-313; {page.format('a')}"),
        ("org/b", "pushed", f"use-313; {page.format('b')}"),
        ("org/c", "nothing to do", ""),
    ]
    pushed = git(hosting.bare("org/a"), "rev-parse", "use-313")
    assert hosting.file("org/a", "environment.yml", "use-313") == NEW
    assert hosting.branches("org/c") == ["main"]
    assert rows(run(three, *SED, push=True))[0][2].startswith("use-313 was there already; ")
    assert git(hosting.bare("org/a"), "rev-parse", "use-313") == pushed
    with pytest.raises(RefusedError, match=r"^Push to up to 3 repositories\? There is no terminal .* --yes"):
        run(three, *SED, push=True, yes=False)


def test_a_dry_run_says_what_would_be_pushed(hosting: Hosting, three: list[str], run: Run) -> None:
    report = run(three, *SED, open_pr=True, dry_run=True, yes=False)
    assert rows(report)[0] == ("org/a", "changed", "1 file; would be pushed as use-313 and proposed")
    assert report.as_diffs().count(CHANGED) == 2
    assert (hosting.branches("org/a"), hosting.pulls, hosting.asked) == (["main"], {}, {})


def test_what_an_earlier_run_left_in_a_clone_is_gone(hosting: Hosting, three: list[str], run: Run) -> None:
    place = Path(run(["org/a"], *SED).outcomes[0].directory)
    git(place, "switch", "-q", "-c", "leftover")
    (place / "environment.yml").write_text("broken: [")
    (place / "stray").write_text("")
    git(place, "add", "--all")
    (place / ".git/index.lock").write_text("")
    (place / ".git/the-same-clone").write_text("")
    (place / ".git/refs/heads/main.lock").write_text("")
    hosting.commit("org/a", {"README.md": "New"}, "Say something")
    assert rows(run(["org/a"], "sh", "-c", "ls > listed")) == [("org/a", "changed", "1 file")]
    assert (place / ".git/the-same-clone").exists()
    assert (place / "listed").read_text().split() == ["README.md", "environment.yml", "listed"]
    assert git(place, "for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"


@pytest.mark.parametrize("harm", ["objects", "head", "merge", "emptied", "rebase"])
def test_a_clone_that_is_broken_is_made_anew(harm: str, hosting: Hosting, three: list[str], run: Run) -> None:
    place = Path(run(["org/a"], *SED).outcomes[0].directory)
    if harm == "objects":
        for pack in [*place.glob(".git/objects/pack/*"), *place.glob(".git/objects/??/*")]:
            pack.chmod(0o644)
            pack.write_bytes(b"")
    elif harm == "head":
        (place / ".git/HEAD").write_text("nonsense")
    elif harm == "merge":
        (place / ".git/MERGE_HEAD").write_text(git(place, "rev-parse", "HEAD"))
    elif harm == "rebase":
        (place / ".git/rebase-merge").mkdir()
    else:
        subprocess.run(["rm", "-rf", place / ".git"], check=True)
    assert rows(run(["org/a"], *SED)) == [("org/a", "changed", "1 file")]


def test_files_that_git_calls_changed_before_the_task_are_not_the_tasks(
    hosting: Hosting, run: Run, tmp_path: Path
) -> None:
    hosting.make("org/a", {"environment.yml": OLD})
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", str(hosting.bare("org/a")), str(work)], check=True)
    (work / "windows.txt").write_bytes(b"one\r\ntwo\r\n")
    git(work, "add", "--all")
    (work / ".gitattributes").write_text("*.txt text\n")
    git(work, "add", ".gitattributes")
    git(work, "commit", "-q", "-m", "Attributes that the files do not keep to")
    git(work, "push", "-q")
    (row,) = run(["org/a"], *SED).outcomes
    assert (row.state, row.files) == ("changed", ("environment.yml",))


def test_a_new_default_branch_is_followed(hosting: Hosting, three: list[str], run: Run) -> None:
    run(["org/a"], *SED)
    git(hosting.bare("org/a"), "branch", "-m", "main", "trunk")
    git(hosting.bare("org/a"), "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert run(["org/a"], *SED, push=True).outcomes[0].detail.endswith("/compare/trunk...use-313?expand=1")


@pytest.fixture
def image_repository(hosting: Hosting, tmp_path: Path) -> Path:
    """org/image, made from the first version of the template; its bare repository."""
    work, bare = tmp_path / "image", hosting.make("org/image", {})
    make_from_release(work, 1)
    git(work, "push", "-q", "--force", str(bare), "main")
    return bare


def test_a_branch_that_the_task_makes_is_what_is_proposed(hosting: Hosting, image_repository: Path, run: Run) -> None:
    (row,) = run(["org/image"], "update-image-repo", "--yes", place="path", open_pr=True).outcomes
    assert (row.state, row.branch) == ("opened", f"update-to-template-{installed_version()}")
    (opened,) = hosting.pulls["org/image"]
    assert opened["title"] == f"Update to version {installed_version()} of the hubimages template"
    assert f"What version {installed_version()} changes for you:" in opened["body"]
    assert git(image_repository, "log", "--format=%s", f"main..{row.branch}") == opened["title"]
    (again,) = run(["org/image"], "update-image-repo", "--yes", place="path", open_pr=True).outcomes
    assert (again.state, again.pull_request, len(hosting.pulls["org/image"])) == ("open", row.pull_request, 1)


def test_conflicts_of_the_task_are_a_failure_with_the_files(hosting: Hosting, image_repository: Path, run: Run) -> None:
    hosting.commit("org/image", {".github/dependabot.yml": "ours: []\n"}, "Do it our way")
    (row,) = run(["org/image"], "update-image-repo", "--yes", place="path", open_pr=True).outcomes
    assert (row.state, row.exit_code) == ("failed", 1)
    assert row.detail == "update-image-repo exits with 1: conflicts in .github/dependabot.yml"
    assert "Go back:" in Path(row.log).read_text()
    assert hosting.branches("org/image") == ["main"]


def test_everything_is_in_the_json_and_the_token_is_not(hosting: Hosting, three: list[str], tmp_path: Path) -> None:
    (tmp_path / "repos").write_text("# ours\norg/a\nhttps://github.com/org/c.git # done\n\norg/A\n")
    done = hubimages(
        "each", "--repos=repos", f"--cache={tmp_path / 'cache'}", "--json", "--run", "--", *SED, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["version"], told["command"], told["exit_code"]) == (1, "sed -i s/3.12/3.13/ environment.yml", 0)
    facts = [(each["repository"], each["state"], each["files"], each["diff"]) for each in told["repositories"]]
    assert facts == [("org/a", "changed", ["environment.yml"], CHANGED), ("org/c", "nothing to do", [], "")]
    assert os.environ["GH_TOKEN"] not in done.stdout + done.stderr
