"""A new repository is committed and at DEST whole, or not at all; only `push` touches a remote."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubimages import template
from hubimages.errors import BadInputError, LoginError, NoAnswerError, ProgramFailedError, RefusedError


def git(directory: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(directory), *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    return tmp_path / "remote.git"


@pytest.mark.parametrize("attributes", ["* text eol=crlf", "* text=auto eol=crlf", "* -text"])
@pytest.mark.parametrize("conversion", ["true", "input"])
def test_a_persons_line_ends_neither_stop_it_nor_make_it_dirty(attributes, conversion, tmp_path, home):
    (home / "attributes").write_text(attributes + "\n")
    for name, value in {
        "core.attributesFile": str(home / "attributes"), "core.autocrlf": conversion, "core.safecrlf": "true",

    }.items():  # fmt: skip
        subprocess.run(["git", "config", "--global", name, value], check=True)
    dest = tmp_path / "our-image"
    plan = template.plan_new_repository(dest, {})
    plan.apply()
    assert git(dest, "status", "--porcelain") == ""
    assert (dest / "README.md").read_bytes() == plan.rendering.files["README.md"].data
    assert git(dest, "cat-file", "-s", "HEAD:README.md") == str(len(plan.rendering.files["README.md"].data))


def test_the_repository_has_one_commit_with_every_file_and_nothing_else(tmp_path, home):
    (home / "ignore").write_text("*.yaml\n")
    subprocess.run(["git", "config", "--global", "core.excludesFile", str(home / "ignore")], check=True)
    dest = tmp_path / "our-image"
    plan = template.plan_new_repository(dest, {"registry": "ghcr.io"})
    said = plan.apply()
    assert sorted(git(dest, "ls-files").split("\n")) == sorted(plan.rendering.files)
    assert git(dest, "log", "--format=%an %s") == "Ada Lovelace Start from the hubimages template"
    assert git(dest, "status", "--porcelain", "--branch", "--ignored") == "## main"
    assert git(dest, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert git(dest, "remote") == ""
    assert [path.name for path in tmp_path.iterdir()] == ["our-image"]
    assert plan.rendering.answers["repo"] == "our-image"
    assert "GitHub" in said
    assert "quay" not in said


def test_programs_are_committed_as_programs(tmp_path):
    template.plan_new_repository(tmp_path / "x", {"starter": "pangeo-onbuild"}).apply()
    assert git(tmp_path / "x", "ls-files", "--stage", "start").startswith("100755 ")


def test_the_plan_names_files_commands_and_defaults_and_touches_nothing(tmp_path, home):
    plan = template.plan_new_repository(
        tmp_path / "new/our-image", {"registry": "amazon-ecr"}, "https://user:secret@example.invalid/x.git"
    )
    shown = plan.show(push=True)
    assert list(tmp_path.iterdir()) == []
    assert list(home.iterdir()) == []
    for line in (
        "  environment.yml",
        "$ git commit",
        "  license: BSD-3-Clause",
        "$ git push --set-upstream origin main",
    ):
        assert line in shown.splitlines()
    assert "  registry: amazon-ecr" not in shown.splitlines()
    assert "Not checked: " in shown
    assert "secret" not in shown


def test_push_publishes_to_an_empty_repository_and_sets_upstream(tmp_path, remote):
    said = template.plan_new_repository(tmp_path / "x", {}, str(remote)).apply(push=True)
    assert git(remote, "rev-parse", "main") == git(tmp_path / "x", "rev-parse", "HEAD")
    assert git(tmp_path / "x", "rev-parse", "--abbrev-ref", "main@{upstream}") == "origin/main"
    assert f"published at {remote}" in said


def test_without_push_the_remote_is_only_noted(tmp_path, remote, monkeypatch):
    monkeypatch.chdir(tmp_path)
    template.plan_new_repository(tmp_path / "x", {}, "remote.git").apply()
    assert git(tmp_path / "x", "remote", "get-url", "origin") == str(remote)
    assert git(remote, "for-each-ref") == ""


def test_a_remote_with_another_history_is_refused_and_nothing_is_made(tmp_path, remote):
    template.plan_new_repository(tmp_path / "first", {}, str(remote)).apply(push=True)
    before = git(remote, "for-each-ref")
    with pytest.raises(RefusedError, match="already has a branch main"):
        template.plan_new_repository(tmp_path / "second", {}, str(remote)).apply(push=True)
    assert not (tmp_path / "second").exists()
    assert git(remote, "for-each-ref") == before


def test_a_push_that_the_remote_rejects_leaves_the_repository_and_says_how_to_go_on(tmp_path, remote):
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ProgramFailedError, match=r"To publish it, run: git -C .*/x push") as refused:
        template.plan_new_repository(tmp_path / "x", {}, str(remote)).apply(push=True)
    assert "is complete" in str(refused.value)
    assert git(tmp_path / "x", "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("origin", "error"),
    [
        ("/no/such/place.git", BadInputError),
        ("http://127.0.0.1:9/x.git", NoAnswerError),
        ("-u", BadInputError),
        ("", BadInputError),
        ("ext::sh -c true", BadInputError),
    ],
)
def test_a_remote_that_cannot_be_used_is_told_and_nothing_is_made(tmp_path, origin, error):
    with pytest.raises((error, LoginError)):
        template.plan_new_repository(tmp_path / "x", {}, origin).apply(push=True)
    assert list(tmp_path.iterdir()) == []


def test_push_without_an_address_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="--origin URL"):
        template.plan_new_repository(tmp_path / "x", {}).apply(push=True)
    assert list(tmp_path.iterdir()) == []


def test_without_an_identity_nothing_is_made_and_the_remedy_is_named(tmp_path, monkeypatch):
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{name}_NAME")
        monkeypatch.delenv(f"GIT_{name}_EMAIL")
    subprocess.run(["git", "config", "--global", "user.useConfigOnly", "true"], check=True)
    with pytest.raises(BadInputError, match=r"git config --global user\.name"):
        template.plan_new_repository(tmp_path / "x", {}).apply()
    assert list(tmp_path.iterdir()) == []


def test_a_dest_in_use_is_refused(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").touch()
    with pytest.raises(RefusedError, match="not empty"):
        template.plan_new_repository(tmp_path / "x", {})
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine"]


@pytest.mark.parametrize("moments", [4, pytest.param(16, marks=pytest.mark.deep)])
def test_killed_at_any_moment_there_is_no_dest_or_a_whole_one_and_the_next_run_works(moments, tmp_path):
    program = (
        "import sys; from pathlib import Path; from hubimages import template\n"
        "template.plan_new_repository(Path(sys.argv[1]), {}).apply()"
    )
    for moment in range(moments):
        dest = tmp_path / str(moment) / "our-image"
        worker = subprocess.Popen([sys.executable, "-c", program, str(dest)], stderr=subprocess.DEVNULL)
        time.sleep(0.1 + 0.8 * moment / moments)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        if dest.exists():
            assert git(dest, "status", "--porcelain") == ""
        else:
            template.plan_new_repository(dest, {}).apply()
        assert git(dest, "fsck", "--full") == ""
        assert len(git(dest, "ls-files").split("\n")) == len(template.render_files({"repo": "our-image"}).files)


def test_settings_win_over_the_file(tmp_path):
    (tmp_path / "answers.yaml").write_text("title: From the file\nlicense: MIT\n")
    answers = template.given_answers(["title=Set = here"], str(tmp_path / "answers.yaml"))
    assert answers == {"title": "Set = here", "license": "MIT"}


@pytest.mark.parametrize("settings", [["title"], ["=x"], ["title=a", "title=b"], ["title =a"]])
def test_a_set_that_says_nothing_or_two_things_is_refused(settings):
    with pytest.raises(BadInputError, match="--set"):
        template.given_answers(settings, None)


def test_a_record_serves_as_a_file_of_answers(tmp_path):
    made = template.render({"license": "none", "title": "Ours"}, tmp_path)
    assert template.given_answers([], str(made)) == template.read_answers(made / ".hubimages.yaml")
