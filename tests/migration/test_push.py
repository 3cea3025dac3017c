"""extract-images pushes each image and creates its repository on GitHub; what fails stops nothing else."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hubimages import extract, migration
from hubimages.errors import BadInputError, LoginError, NotInstalledError
from tests import command
from tests.histories import Commit, git, make
from tests.migration import fleet
from tests.migration.test_extract_images import add, commit, problems, run, states
from tests.sample import some
from tests.scanning.specimens import OWN
from tests.serving import serving


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make(tmp_path / "own.git", fleet.history()[:4])
    return tmp_path / "own.git"


@pytest.fixture
def manifest(tmp_path: Path, source: Path) -> Path:
    return fleet.manifest(tmp_path / "m.yaml", source, defaults="template: false", images=range(3))


def remotes(tmp_path: Path, *numbers: int) -> str:
    for number in numbers:
        git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / f"remotes/hub{number:02}-image.git")
    return str(tmp_path / "remotes" / "{repository}.git")


def main_of(repo: Path) -> str:
    return git("-C", repo, "rev-parse", "main")


def test_every_image_is_pushed_to_the_remote_that_the_pattern_names_once(manifest: Path, tmp_path: Path) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert problems(done) == {}
    assert [one.pushed_to for one in done.outcomes] == [
        pattern.format(repository=f"hub0{each}-image") for each in range(3)
    ]
    for number in range(3):
        name = f"hub0{number}-image"
        assert main_of(tmp_path / "out" / name) == main_of(tmp_path / "remotes" / f"{name}.git")
    again = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert [(one.state, one.pushed_to) for one in again.outcomes] == [("unchanged", "")] * 3


def test_new_commits_of_source_meet_those_of_the_owners_on_the_remote(
    manifest: Path, source: Path, tmp_path: Path
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    run(manifest, tmp_path / "out", remote=pattern, push=True)
    for number in (0, 1):
        git("clone", "--quiet", pattern.format(repository=f"hub0{number}-image"), tmp_path / f"owner{number}")
        commit(tmp_path / f"owner{number}", "NOTES.md", "of the owners\n")
        git("-C", tmp_path / f"owner{number}", "push", "--quiet")
    add(source, {f"{fleet.place(0)}/apt.txt": "nano\n"}, "Use nano")
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert [(one.state, bool(one.pushed_to)) for one in done.outcomes] == [
        ("updated", True), ("unchanged", False), ("unchanged", False),
    ]  # fmt: skip
    assert git("-C", tmp_path / "remotes/hub00-image.git", "ls-tree", "--name-only", "main").split() == [
        "NOTES.md", "apt.txt", "environment.yml", "postBuild",
    ]  # fmt: skip
    assert (tmp_path / "out/hub01-image/NOTES.md").read_text() == "of the owners\n"


def test_both_moved_on_apart_and_the_next_run_merges_onto_the_remote(
    manifest: Path, source: Path, tmp_path: Path
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    run(manifest, tmp_path / "out", remote=pattern, push=True)
    git("clone", "--quiet", pattern.format(repository="hub00-image"), tmp_path / "owner")
    theirs = commit(tmp_path / "owner", "NOTES.md", "of the owners\n")
    git("-C", tmp_path / "owner", "push", "--quiet")
    add(source, {f"{fleet.place(0)}/apt.txt": "nano\n"}, "Use nano")
    assert states(run(manifest, tmp_path / "out")) == ["updated", "unchanged", "unchanged"]
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert (done.outcomes[0].state, problems(done)) == ("updated", {})
    remote = tmp_path / "remotes/hub00-image.git"
    assert git("-C", remote, "merge-base", "--is-ancestor", theirs, "main") == ""
    assert (tmp_path / "out/hub00-image/apt.txt").read_text() == "nano\n"
    assert main_of(remote) == main_of(tmp_path / "out/hub00-image")


def test_where_dest_is_gone_the_next_run_builds_on_what_the_remote_has(
    manifest: Path, source: Path, tmp_path: Path
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    run(manifest, tmp_path / "out", remote=pattern, push=True)
    add(source, {f"{fleet.place(0)}/apt.txt": "nano\n"}, "Use nano")
    before = main_of(tmp_path / "remotes/hub00-image.git")
    done = run(manifest, tmp_path / "elsewhere", remote=pattern, push=True)
    assert done.outcomes[0].state == "made"
    assert git("-C", tmp_path / "remotes/hub00-image.git", "merge-base", "--is-ancestor", before, "main") == ""
    assert states(done)[1:] == ["unchanged", "unchanged"]
    assert "git clone" in done.outcomes[1].remarks[0]


@pytest.mark.parametrize("first", [True, False])
def test_a_remote_that_shares_no_commit_is_refused_and_the_others_go_on(
    manifest: Path, tmp_path: Path, first: bool
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    make(tmp_path / "unrelated.git", fleet.history()[:1])
    git("-C", tmp_path / "unrelated.git", "push", "--quiet", tmp_path / "remotes/hub01-image.git", "main")
    if not first:
        run(manifest, tmp_path / "out")
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert [bool(one.pushed_to) for one in done.outcomes] == [True, False, True]
    code, said = problems(done)["hub01-image"]
    assert (code, done.exit_code) == (3, 3)
    assert "has no commit in common" in said
    assert main_of(tmp_path / "remotes/hub01-image.git") == main_of(tmp_path / "unrelated.git")


def test_a_push_that_is_rejected_halfway_leaves_the_rest_pushed_and_the_next_run_finishes(
    manifest: Path, tmp_path: Path
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    hook = tmp_path / "remotes/hub01-image.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert [bool(one.pushed_to) for one in done.outcomes] == [True, False, True]
    assert "is complete: run this again to push it" in problems(done)["hub01-image"][1]
    # What is known of the image stands in the report of the run, and so on its page.
    assert done.outcomes[1].report["commits_kept"] and done.outcomes[1].report["scan"]["findings"] == []
    hook.unlink()
    done = run(manifest, tmp_path / "out", remote=pattern, push=True)
    assert [(one.state, bool(one.pushed_to)) for one in done.outcomes] == [
        ("unchanged", False), ("unchanged", True), ("unchanged", False),
    ]  # fmt: skip


def test_no_network_is_said_for_each_image_and_what_was_extracted_stays(manifest: Path, tmp_path: Path) -> None:
    done = run(manifest, tmp_path / "out", remote="http://127.0.0.1:9/{repository}.git", push=True)
    assert [code for code, _ in problems(done).values()] == [75] * 3
    run(manifest, tmp_path / "out")
    done = run(manifest, tmp_path / "out", remote="http://127.0.0.1:9/{repository}.git", push=True)
    assert [code for code, _ in problems(done).values()] == [75] * 3
    assert states(run(manifest, tmp_path / "out")) == ["unchanged"] * 3


def test_what_is_removed_from_every_image_leaves_those_alone_that_have_none_of_it(
    manifest: Path, source: Path, tmp_path: Path
) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    add(source, {f"{fleet.place(1)}/students.csv": "ada\n"}, "Add students")
    assert problems(run(manifest, tmp_path / "out", remote=pattern, push=True)) == {}
    before = [main_of(tmp_path / f"out/hub0{number}-image") for number in range(3)]
    removal = extract.read_removal(["students.csv"], None, None, everywhere=True)
    wanted = migration.read_manifest(manifest, pattern).without(removal)
    for _ in range(2):
        done = migration.extract_images(wanted, tmp_path / "out", migration.Options(push=True))
        assert [one.state for one in done.outcomes] == ["unchanged", "failed", "unchanged"]
        assert problems(done)["hub01-image"][0] == 3
        assert "was changed or pushed before this was to be removed from it" in problems(done)["hub01-image"][1]
    assert [main_of(tmp_path / f"out/hub0{number}-image") for number in range(3)] == before


def test_without_a_scanner_nothing_is_extracted_to_be_pushed(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "detect_secrets" else find_spec(name, *more)
    )
    folder = tmp_path / "bin"  # git, and no gitleaks or trufflehog
    folder.mkdir()
    (folder / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(NotInstalledError, match=r"the scan for secrets needs detect-secrets, gitleaks or trufflehog"):
        run(manifest, tmp_path / "out", remote=str(tmp_path / "{repository}.git"), push=True)
    assert not (tmp_path / "out").exists()


def test_without_a_remote_push_is_refused_with_the_line(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=rf"{manifest}:6: {fleet.place(0)} has no `remote` to push to"):
        run(manifest, tmp_path / "out", push=True)
    with pytest.raises(BadInputError, match="Add --push"):
        run(manifest, tmp_path / "out", create=True)


def test_workflows_that_would_begin_to_run_are_not_pushed(source: Path, manifest: Path, tmp_path: Path) -> None:
    add(source, {f"{fleet.place(0)}/.github/workflows/build.yml": "on: push\n"}, "Add workflow")
    done = run(manifest, tmp_path / "out", remote=remotes(tmp_path, 0, 1, 2), push=True)
    assert problems(done)["hub00-image"][0] == 3
    assert "GitHub would run .github/workflows/build.yml" in problems(done)["hub00-image"][1]
    assert git("-C", tmp_path / "remotes/hub00-image.git", "for-each-ref") == ""


@dataclass
class GitHub:
    """An organisation on a server on loopback that answers as GitHub does about repositories; they are on the disk."""

    place: Path
    refuse: int = 0
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)


@contextmanager
def github(state: GitHub) -> Iterator[str]:
    from nacl.public import PrivateKey

    key = PrivateKey.generate()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: object) -> None:
            text = b"" if status == 204 else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def asked(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            from base64 import b64encode

            parts = self.path.partition("?")[0].strip("/").split("/")
            if self.headers["Authorization"] != "token good":
                self.answer(401, {"message": "Bad credentials"})
            elif parts == ["user"]:
                self.answer(200, {"login": "ada", "url": "/user"})
            elif parts[0] == "orgs":
                self.answer(200, {"login": "org", "url": f"http://{address}/orgs/org"})
            elif parts[2] not in state.made:
                self.answer(404, {"message": "Not Found"})
            elif parts[3:] == ["topics"]:
                self.answer(200, {"names": state.made[parts[2]].get("topics", [])})
            elif parts[3:] == ["actions", "secrets"]:
                names = [{"name": name} for name in state.secrets.get(parts[2], {})]
                self.answer(200, {"total_count": len(names), "secrets": names})
            elif parts[-1] == "public-key":
                self.answer(200, {"key_id": "1", "key": b64encode(bytes(key.public_key)).decode()})
            else:
                self.answer(200, {**state.made[parts[2]], "url": f"http://{address}/repos/org/{parts[2]}"})

        def do_POST(self) -> None:
            asked = self.asked()
            if state.refuse:
                self.answer(state.refuse, {"message": "Resource not accessible by personal access token"})
                return
            state.made[asked["name"]] = asked
            git("init", "--quiet", "--bare", "--initial-branch=main", state.place / f"{asked['name']}.git")
            self.answer(201, {**asked, "html_url": f"https://github.com/org/{asked['name']}", "url": "x"})

        def do_PUT(self) -> None:
            parts = self.path.strip("/").split("/")
            asked = self.asked()
            if parts[3:] == ["topics"]:
                state.made[parts[2]]["topics"] = asked["names"]
                self.answer(200, asked)
            else:
                state.secrets.setdefault(parts[2], {})[parts[-1]] = asked["encrypted_value"]
                self.answer(204, {})

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as address:
        yield f"http://{address}"


ADDRESS = "https://github.com/org/{repository}.git"


@pytest.fixture
def organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """GitHub on loopback; its addresses lead git to bare repositories on the disk."""
    state = GitHub(tmp_path / "github")
    with github(state) as base:
        monkeypatch.setenv("GITHUB_API_URL", base)
        monkeypatch.setenv("GH_TOKEN", "good")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{state.place}/.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/org/")
        yield state


def test_the_repositories_are_created_private_and_get_what_the_manifest_says(
    source: Path, tmp_path: Path, organisation: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUAY_PASSWORD", "very-secret")
    defaults = "template: false\ntopics: [jupyterhub]\nsecrets: [QUAY_PASSWORD, QUAY_USERNAME]\ndescription: An image"
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults=defaults, images=range(2))
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert problems(done) == {}
    assert [(one.state, one.created, one.pushed_to) for one in done.outcomes] == [
        ("made", f"https://github.com/org/hub0{each}-image", f"https://github.com/org/hub0{each}-image.git")
        for each in range(2)
    ]
    assert [(one["private"], one["description"], one["topics"]) for one in organisation.made.values()] == [
        (True, "An image", ["jupyterhub"])
    ] * 2
    assert [list(secrets) for secrets in organisation.secrets.values()] == [["QUAY_PASSWORD"]] * 2
    assert "very-secret" not in str(done) + done.as_json()
    assert done.outcomes[0].remarks == (
        "secret QUAY_USERNAME is not set: no variable has that name. "
        "gh secret set QUAY_USERNAME --repo org/hub00-image",
    )
    again = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert [(one.state, one.created, one.pushed_to) for one in again.outcomes] == [("unchanged", "", "")] * 2


def test_nothing_is_created_without_a_token_or_with_a_wrong_one(
    manifest: Path, tmp_path: Path, organisation: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "bad")
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert [code for code, _ in problems(done).values()] == [77] * 3
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(LoginError, match="--create needs a token for GitHub"):
        run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert organisation.made == {}


def test_the_token_goes_to_no_other_server_than_githubs_and_the_named_one(
    manifest: Path, tmp_path: Path, organisation: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = "https://git.example.org/org/{repository}.git"
    with pytest.raises(BadInputError, match=r"git\.example\.org/org/hub00-image\.git is no repository on GitHub"):
        run(manifest, tmp_path / "out", remote=remote, push=True, create=True)
    assert (organisation.made, (tmp_path / "out").exists()) == ({}, False)
    monkeypatch.setenv("GH_HOST", "git.example.org")
    run(manifest, tmp_path / "out", remote=remote, create=True, push=True)
    assert sorted(organisation.made) == ["hub00-image", "hub01-image", "hub02-image"]


def test_a_token_without_the_right_is_said_and_the_next_run_with_it_finishes(
    manifest: Path, tmp_path: Path, organisation: GitHub
) -> None:
    organisation.refuse = 403
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert [code for code, _ in problems(done).values()] == [77] * 3
    assert "may not create github.com/org/hub00-image" in problems(done)["hub00-image"][1]
    organisation.refuse = 0
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    assert [(one.state, bool(one.pushed_to)) for one in done.outcomes] == [("unchanged", True)] * 3


def test_a_repository_is_public_where_the_manifest_says_so_and_the_scan_found_nothing(
    tmp_path: Path, organisation: GitHub
) -> None:
    source = tmp_path / "with-a-secret.git"
    token = OWN["hugging-face-token"][1]
    clean, leaky = fleet.image(0, fleet.place(0)), fleet.image(1, fleet.place(1))
    make(
        source,
        [
            Commit("first", [], {**clean, **leaky, f"{fleet.place(1)}/.env": token}),
            Commit("second", ["first"], {**clean, **leaky}),
        ],
    )
    manifest = fleet.manifest(
        tmp_path / "m.yaml", source, defaults="template: false\nvisibility: public", images=range(2)
    )
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True)
    ((name, (code, told)),) = problems(done).items()
    assert (name, code) == ("hub01-image", 3)
    assert "revoke it first: SOURCE still has it" in told
    assert token not in told
    leaky_one = next(one for one in done.outcomes if one.repository == name)
    assert [each["kind"] for each in leaky_one.report["scan"]["findings"]] == ["hugging-face-token"]
    assert [(one, facts["private"]) for one, facts in organisation.made.items()] == [("hub00-image", False)]
    (wanted,) = re.findall(r"--accept '(\S+)=REASON'", told)
    done = run(manifest, tmp_path / "out", remote=ADDRESS, push=True, create=True, accepts={wanted: "revoked"})
    assert problems(done) == {}
    assert sorted(organisation.made) == ["hub00-image", "hub01-image"]


@pytest.mark.parametrize("after", some([0.25, 0.4, 0.6, 1.2, 2.0], 2))
def test_killed_at_any_moment_the_next_run_finishes(manifest: Path, tmp_path: Path, after: float) -> None:
    pattern, out = remotes(tmp_path, 0, 1, 2), tmp_path / "out"
    words = ["extract-images", str(manifest), str(out), "--remote", pattern, "--push"]
    argv = [sys.executable, "-m", "hubimages", *words]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after)  # whatever it has come to by then
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # Workers share the lock that says that the run goes on, and the kernel ends one process after the other.
    while fleet.is_there(process.pid):
        time.sleep(0.02)
    done = command.hubimages(*words)  # the task itself, which begins with what a killed run has left
    assert done.returncode == 0, done.stderr
    for number in range(3):
        name = f"hub0{number}-image"
        assert main_of(out / name) == main_of(tmp_path / "remotes" / f"{name}.git")
    assert sorted(path.name for path in out.iterdir()) == [f"hub0{number}-image" for number in range(3)]


def test_what_was_pushed_is_not_made_anew_with_other_options(manifest: Path, source: Path, tmp_path: Path) -> None:
    pattern = remotes(tmp_path, 0, 1, 2)
    run(manifest, tmp_path / "out", remote=pattern, push=True)
    before = main_of(tmp_path / "out/hub00-image")
    other = fleet.manifest(
        tmp_path / "other.yaml", source, defaults="template: false\nkeep_messages: true", images=range(1)
    )
    done = run(other, tmp_path / "out", remote=pattern, push=True)
    assert problems(done)["hub00-image"][0] == 3
    assert main_of(tmp_path / "out/hub00-image") == before
