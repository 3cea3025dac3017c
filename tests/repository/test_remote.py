"""A push is the person's own: their ssh, their addresses, and exactly one branch."""

import os
import subprocess
from pathlib import Path

import pytest

from hubimages.errors import NoAnswerError, ProgramFailedError
from hubimages.repository import pull_request
from hubimages.repository.changes import deployment_repository
from hubimages.repository.git import remote_environment


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository on branch `bump`, whose `origin` is reached by ssh; our ssh runs the command on this machine."""
    for name in (*pull_request.TOKENS, "GIT_SSH", "GIT_SSH_COMMAND"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "clone"
    root.mkdir()
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "served.git")
    git(root, "init", "-q", "-b", "bump")
    git(root, "commit", "-q", "--allow-empty", "-m", "Start")
    git(root, "remote", "add", "origin", f"ssh://git@git.example.org{tmp_path}/served.git")
    return root


def wrapper(place: Path) -> Path:
    """A program in the place of ssh: it notes its arguments and runs the command itself."""
    place.parent.mkdir(exist_ok=True)
    place.write_text(f'#!/bin/sh\necho "$@" >>{place.parent}/called\nfor last; do :; done\nexec sh -c "$last"\n')
    place.chmod(0o755)
    return place


WAYS = ["core.sshCommand", "GIT_SSH_COMMAND", "GIT_SSH", "another program"]


@pytest.mark.parametrize("way", WAYS)
def test_the_persons_own_ssh_is_used(way: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = wrapper(tmp_path / "bin" / ("my-ssh" if way == "another program" else "ssh"))
    if way == "GIT_SSH":
        monkeypatch.setenv("GIT_SSH", str(ssh))
    elif way == "GIT_SSH_COMMAND":
        monkeypatch.setenv("GIT_SSH_COMMAND", f"{ssh} -i deploy-key")
    else:
        git(root, "config", "core.sshCommand", f"{ssh} -i deploy-key")
    pull_request.push(deployment_repository(root), "bump")
    assert git(tmp_path / "served.git", "for-each-ref", "--format=%(refname)") == "refs/heads/bump"
    called = (ssh.parent / "called").read_text()
    assert ("-i deploy-key" in called) == (way != "GIT_SSH")
    assert ("-o BatchMode=yes" in called) == (way in ("core.sshCommand", "GIT_SSH_COMMAND"))


def test_ssh_asks_no_question_either_when_the_files_of_the_remote_are_compared(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = wrapper(tmp_path / "bin/ssh")
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    pull_request.push(deployment_repository(root), "bump")
    git(root, "commit", "-q", "--amend", "--allow-empty", "-m", "The same on another day")
    pull_request.push(deployment_repository(root), "bump")
    lines = (ssh.parent / "called").read_text().splitlines()
    assert ["-o BatchMode=yes" in line for line in lines] == [True] * 3


def test_without_an_ssh_of_ones_own_no_question_is_asked(root: Path) -> None:
    assert remote_environment(root)["GIT_SSH_COMMAND"] == "ssh -o BatchMode=yes"


def test_a_variable_of_the_person_stays(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "1")
    assert "GIT_TERMINAL_PROMPT" not in remote_environment(root)


ADDRESSES = {
    "as written": ({}, "github.com/org/deployment"),
    "insteadOf": (
        {"url.https://git.example.org/group/.insteadOf": "https://github.com/org/"},
        "git.example.org/group/deployment",
    ),
    "pushInsteadOf": (
        {"url.git@github.com:fork/.pushInsteadOf": "https://github.com/org/"},
        "github.com/fork/deployment",
    ),
    "pushurl": ({"remote.origin.pushurl": "git@github.com:me/deployment.git"}, "github.com/me/deployment"),
    "a mirror on this machine": ({"url./srv/mirror/.insteadOf": "https://github.com/"}, "github.com/org/deployment"),
    "a short name": (
        {"url.https://github.com/.insteadOf": "gh:", "remote.origin.url": "gh:org/deployment"},
        "github.com/org/deployment",
    ),
}


@pytest.mark.parametrize("case", ADDRESSES)
def test_the_address_is_the_one_that_git_reaches(case: str, root: Path) -> None:
    settings, name = ADDRESSES[case]
    git(root, "config", "remote.origin.url", "https://github.com/org/deployment.git")
    for key, value in settings.items():
        git(root, "config", key, value)
    found = pull_request.remote_address(deployment_repository(root))
    assert found is not None
    assert f"{found.host}/{found.name}" == name


def test_only_the_branch_is_pushed(root: Path, tmp_path: Path) -> None:
    git(root, "remote", "set-url", "origin", str(tmp_path / "served.git"))
    git(root, "branch", "other")
    git(root, "tag", "-a", "-m", "private", "private")
    git(root, "tag", "bump")
    for name, value in (("push.followTags", "true"), ("push.default", "matching"), ("remote.origin.mirror", "true")):
        git(root, "config", name, value)
    git(root, "config", "push.recurseSubmodules", "on-demand")
    pull_request.push(deployment_repository(root), "bump")
    assert git(tmp_path / "served.git", "for-each-ref", "--format=%(refname)") == "refs/heads/bump"


@pytest.mark.parametrize(("says", "error"), [("", NoAnswerError), ("Bad owner or permissions.", ProgramFailedError)])
def test_a_server_that_goes_away_without_a_word_is_no_answer(
    says: str, error: type[Exception], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nprintf '{says}' >&2\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    with pytest.raises(error, match="Could not read from remote repository"):
        pull_request.push(deployment_repository(root), "bump")
