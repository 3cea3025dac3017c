"""What an update cannot start from is refused in one line, with the exit code of its kind, and nothing is changed."""

import json
import shutil
from pathlib import Path

import pytest

from hubimages.update.record import parse
from hubimages.update.released import installed_version, releases
from tests.update.repositories import commit, git, run, state, update


def refused(repo: Path, *words: str, code: int) -> str:
    """The one line of an update that is refused and changes nothing."""
    before = state(repo) if (repo / ".git").exists() else {}
    done = run(*words, repo=repo)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("$ ")]
    assert (done.returncode, done.stdout, len(lines)) == (code, "", 1), done.stdout + done.stderr
    assert before == (state(repo) if before else {})
    return lines[0].removeprefix("error: ")


def rewrite(repo: Path, old: str, new: str) -> None:
    path = repo / ".hubimages.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    commit(repo, "Edit the record")


def amended(repo: Path, old: str, new: str) -> None:
    """Change the record in the first commit, so that it was never another."""
    rewrite(repo, old, new)
    git(repo, "reset", "--quiet", "--soft", "HEAD~1")
    git(repo, "commit", "--quiet", "--amend", "--no-edit")


def test_no_directory_no_repository_and_no_commit(tmp_path):
    assert refused(tmp_path / "none", code=2).startswith("no directory ")
    (tmp_path / "empty").mkdir()
    assert "is not a git repository. Name a clone of an image repository" in refused(tmp_path / "empty", code=2)
    git(tmp_path / "empty", "init", "--quiet")
    assert "has no commit yet" in refused(tmp_path / "empty", code=3)
    assert "has no commit yet" in refused(tmp_path / "empty", "--check", code=3)


@pytest.mark.parametrize(
    ("name", "tool"), [(".copier-answers.yml", "copier"), (".cruft.json", "cruft"), ("README.md", "")]
)
def test_no_record_or_that_of_another_tool(name, tool, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / name).write_text("{}\n")
    git(tmp_path / "x", "init", "--quiet")
    commit(tmp_path / "x")
    said = refused(tmp_path / "x", code=2)
    assert (f"was made with {tool} ({name})" if tool else "template. To link it: hubimages adopt-image-repo") in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must contain a mapping"),
        ("- a\n", "must contain a mapping"),
        ("a: [", "cannot read answers from .hubimages.yaml"),
        ("repo: x\n", "is not a record of the hubimages template"),
        ("answers:\n  repo: x\n", "is not a record of the hubimages template"),
        ("template: x\ncommit: main\nanswers:\n  repo: x\n", "commit or template_version is not one"),
        ("template: x\ncommit: ''\ntemplate_version: two\nanswers:\n  repo: x\n", "was edited by hand"),
    ],
)
def test_a_record_that_is_none(text, said, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/.hubimages.yaml").write_text(text)
    git(tmp_path / "x", "init", "--quiet")
    commit(tmp_path / "x")
    assert said in refused(tmp_path / "x", code=2)


def test_a_record_of_the_first_version_that_was_edited_by_hand(made_from):
    repo = made_from(1)
    rewrite(repo, 'registry: "quay.io"', 'registry: "ghcr.io"')
    said = refused(repo, code=2)
    assert "registry was 'quay.io' and is 'ghcr.io'" in said
    assert "--set registry=VALUE" in said


def test_a_record_of_a_later_version_that_was_edited_by_hand(made_from):
    repo = made_from(1)
    update(repo)
    git(repo, "merge", "--quiet", f"update-to-template-{installed_version()}")
    rewrite(repo, 'license: "BSD-3-Clause"', 'license: "MIT"')
    assert "its checksum is not that of its content" in refused(repo, code=2)


def test_only_other_line_ends_of_the_record_are_no_edit(made_from):
    repo = made_from(1)
    path = repo / ".hubimages.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    commit(repo)
    update(repo)
    branch = f"update-to-template-{installed_version()}"
    git(repo, "merge", "--quiet", branch)
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")
    assert update(repo).stdout.startswith("Nothing to do: ")


def test_an_answer_that_the_template_refuses_names_the_flag_that_changes_it(made_from):
    repo = made_from(1)
    said = refused(repo, "--set=image=Upper/Case", code=2)
    assert said.startswith(f"version {installed_version()} of the template refuses an answer: image: ")
    assert said.endswith("Change it with --set image=VALUE")
    assert "is not a choice" in refused(repo, "--set=registry=docker.io.example", code=2)
    assert "has no question 'colour'" in refused(repo, "--set=colour=red", code=2)


def test_an_answer_that_nothing_can_have_made(made_from):
    repo = made_from(1)
    amended(repo, 'registry: "quay.io"', 'registry: "quay.example"')
    assert ".hubimages.yaml: registry: 'quay.example' is not a choice" in refused(repo, code=2)


@pytest.mark.parametrize("version", ["0", "99", "v1", "1.0", "main"])
def test_a_version_that_does_not_exist(version, made_from):
    assert f"has no version '{version}' of the template" in refused(made_from(1), f"--to={version}", code=2)


def test_an_older_version_and_a_newer_repository(made_from):
    repo = made_from(1)
    update(repo)
    git(repo, "merge", "--quiet", f"update-to-template-{installed_version()}")
    oldest = releases()[0].version
    assert f"--to {oldest} is older" in refused(repo, f"--to={oldest}", code=2)
    path = repo / ".hubimages.yaml"
    text = path.read_text().replace(f'template_version: "{installed_version()}"', 'template_version: "999"')
    record, checksum = parse(text.encode())
    path.write_text(text.replace(checksum, record.checksum()))
    commit(repo)
    assert "Install a newer hubimages" in refused(repo, code=2)


def test_an_address_that_does_not_answer_and_one_without_the_commit(earlier, tmp_path):
    repo = earlier()
    address = tmp_path / "template-of-our-image"
    git(address, "commit", "--quiet", "--amend", "-m", "Another")
    git(address, "reflog", "expire", "--expire=now", "--all")
    git(address, "gc", "--quiet", "--prune=now")
    assert f"{address} has no commit " in refused(repo, "--yes", code=2)
    shutil.rmtree(address)
    assert f"no git repository at {address}" in refused(repo, "--yes", code=2)


def test_a_server_that_does_not_answer_is_named_with_the_code_for_it(made_from):
    repo = made_from(1)
    amended(repo, "https://github.com/hubimages/hubimages", "http://127.0.0.1:9/template")
    amended(repo, releases()[0].commit, "1" * 40)
    assert refused(repo, "--yes", code=75).startswith("no answer from http://127.0.0.1:9/template")


@pytest.mark.parametrize("address", ["ext::sh -c id", "-oProxyCommand=x", "relative/path"])
def test_an_address_that_git_must_not_fetch(address, made_from):
    repo = made_from(1)
    amended(repo, "https://github.com/hubimages/hubimages", address)
    amended(repo, releases()[0].commit, "1" * 40)
    assert "is no address of a template" in refused(repo, "--yes", code=2)


@pytest.mark.parametrize("opener", ["<< 7 * 7 >>", "<% raw %>", "<# x #>"])
def test_an_address_that_is_template_syntax_is_never_rendered(opener, made_from):
    repo = made_from(1)
    amended(repo, "https://github.com/hubimages/hubimages", f"https://github.com/{opener}/x")
    assert "its template is no address" in refused(repo, "--yes", code=2)


def test_a_template_of_somebody_else_is_a_question(earlier):
    repo = earlier()
    said = refused(repo, code=3)
    assert "whose template runs programs here. Trust it?" in said
    assert said.endswith("answer with --yes")


def test_an_unreleased_template_without_a_commit(made_from):
    repo = made_from(1)
    update(repo)
    git(repo, "merge", "--quiet", f"update-to-template-{installed_version()}")
    record, _ = parse((repo / ".hubimages.yaml").read_bytes())
    if record.commit:
        pytest.skip("this checkout is published: its records name a commit")
    assert update(repo).stdout.startswith("Nothing to do: ")


def test_a_tree_that_is_not_clean_and_a_file_in_the_way(made_from, earlier):
    repo = made_from(1)
    (repo / "README.md").write_text("Not committed.\n")
    assert refused(repo, code=3).startswith("README.md: uncommitted changes. Commit or stash them first")
    git(repo, "add", "README.md")
    assert refused(repo, code=3).startswith("README.md: uncommitted changes")
    update(repo, "--check", code=1)
    git(repo, "reset", "--quiet", "--hard")
    (repo / "mine.txt").write_text("git does not know this one\n")
    update(repo)
    other = earlier({"image-tests/README.md": None}, name="other")
    (other / "image-tests/README.md").write_text("not in git\n")
    assert refused(other, "--yes", code=3).startswith("image-tests/README.md: git does not have this file")


def test_what_git_has_not_finished(made_from):
    repo = made_from(1)
    (repo / ".git/index.lock").touch()
    assert "index.lock exists" in refused(repo, code=3)
    (repo / ".git/index.lock").unlink()
    (repo / ".git/MERGE_HEAD").write_text(git(repo, "rev-parse", "HEAD") + "\n")
    assert "a merge is in progress" in refused(repo, code=3)


def test_a_branch_of_that_name_with_something_else(made_from):
    repo = made_from(1)
    branch = f"update-to-template-{installed_version()}"
    git(repo, "switch", "--quiet", "-c", branch)
    assert f"branch {branch} is checked out" in refused(repo, code=3)
    (repo / "x").write_text("x\n")
    commit(repo)
    git(repo, "switch", "--quiet", "main")
    assert f"branch {branch} exists, from an earlier update it seems" in refused(repo, code=3)
    git(repo, "merge", "--quiet", branch)
    assert (
        f"is commit {json.loads(update(repo, '--json').stdout)['commit'][:12]} on branch {branch}"
        in update(repo).stdout
    )


def test_no_changes_with_check(made_from):
    assert "Leave out --set, --open-pr and --dry-run" in refused(made_from(1), "--check", "--dry-run", code=2)
