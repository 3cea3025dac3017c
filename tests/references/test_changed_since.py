"""`check-images --changed-since`, and the hook and the action that use it, run as they are shipped."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hubimages.references import changed_since, find_references
from tests.references.deployment import deployment
from tests.references.pointing import git, hubimages

CHECKOUT = Path(__file__).parent.parent.parent
ACTION = CHECKOUT / ".github/actions/check-images/action.yml"
FILES = {
    "a.yaml": "singleuser:\n  image: {name: quay.io/a/b, tag: latest}\nhub: {image: quay.io/a/hub:1.0}\n",
    "b.yaml": "singleuser: {image: quay.io/a/c:latest}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return deployment(tmp_path / "deployment", FILES)


def changed(root: Path, ref: str = "main") -> list[tuple[str, str]]:
    inventory = find_references(root)
    return sorted((each.file, str(each.image)) for each in changed_since(root, ref, inventory))


def test_only_what_is_new_or_another_counts_wherever_it_has_moved(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "change")
    (root / "a.yaml").write_text("# new\nhub: {image: quay.io/a/hub:main}\n" + FILES["a.yaml"].partition("hub:")[0])
    (root / "new.yaml").write_text("image: quay.io/a/new:1\n")
    assert changed(root) == [("a.yaml", "quay.io/a/hub:main"), ("new.yaml", "quay.io/a/new:1")]
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Change")
    assert changed(root) == [("a.yaml", "quay.io/a/hub:main"), ("new.yaml", "quay.io/a/new:1")]
    assert changed(root, "HEAD") == []


def test_what_others_have_changed_since_on_the_branch_does_not_count(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "change")
    git(root, "commit", "-q", "--allow-empty", "-m", "Change")
    git(root, "checkout", "-q", "main")
    (root / "b.yaml").write_text("singleuser: {image: quay.io/a/c:main}\n")
    git(root, "commit", "-q", "-a", "-m", "Meanwhile")
    git(root, "checkout", "-q", "change")
    assert changed(root) == []


def test_findings_are_those_of_what_changed(root: Path) -> None:
    whole = hubimages(root, "check-images", "--offline", "--json")
    assert [each["code"] for each in json.loads(whole.stdout)["findings"]] == ["floating-tag", "floating-tag"]
    (root / "b.yaml").write_text("singleuser: {image: 'quay.io/a/c:1.0 '}\n")
    done = hubimages(root, "check-images", "--offline", "--changed-since=HEAD", "--json")
    found = [(each["code"], each["file"]) for each in json.loads(done.stdout)["findings"]]
    assert (done.returncode, found) == (1, [("invalid-reference", "b.yaml")])


def test_one_image_at_two_tags_is_found_if_one_of_them_is_new(root: Path) -> None:
    (root / "b.yaml").write_text("singleuser: {image: quay.io/a/hub:2.0}\n")
    done = hubimages(root, "check-images", "--offline", "--changed-since=HEAD", "--json")
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["skew"]


@pytest.mark.parametrize(("ref", "code"), [("nowhere", 2), ("--upload-pack=x", 2)])
def test_a_commit_that_is_not_there_is_bad_input(ref: str, code: int, root: Path) -> None:
    assert hubimages(root, "check-images", "--offline", f"--changed-since={ref}").returncode == code


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.yaml").write_text(FILES["a.yaml"])
    assert changed(tmp_path, "HEAD") == [("a.yaml", "quay.io/a/b:latest"), ("a.yaml", "quay.io/a/hub:1.0")]


def test_the_hook_stops_a_commit_that_adds_an_image_that_moves(root: Path) -> None:
    hooks = YAML(typ="safe").load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [each for each in hooks if each["id"] == "check-images"]
    program, *arguments = hook["entry"].split()
    assert program == "hubimages"
    # Installed already, so not installed once more into an environment of pre-commit's own.
    hook |= {"language": "system", "entry": f"{sys.executable} -m hubimages {' '.join(arguments)}"}
    (root / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]}))
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Configure pre-commit")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=root, check=True, capture_output=True)

    def commit(text: str) -> "subprocess.CompletedProcess[str]":
        (root / "new.yaml").write_text(text)
        git(root, "add", "-A")
        return subprocess.run(
            ["git", "commit", "-m", "Add"], cwd=root, check=False, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip

    refused = commit("image: quay.io/a/new:latest\n")
    assert refused.returncode == 1
    assert "new.yaml:1: warning: quay.io/a/new: tag `latest` moves" in refused.stdout + refused.stderr
    assert commit("image: quay.io/a/new:1.0\n").returncode == 0


def step(number: int) -> Mapping[str, str]:
    read: Mapping[str, str] = YAML(typ="safe").load(ACTION.read_text())["runs"]["steps"][number]
    return read


def test_the_action_installs_the_checkout_that_it_is_in() -> None:
    path = step(0)["run"].split('"$GITHUB_ACTION_PATH/')[1].split('"')[0]
    assert (ACTION.parent / path).resolve() == CHECKOUT


def test_the_action_shows_findings_of_the_pull_request_beside_their_lines(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "hubimages/bin/hubimages"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hubimages "$@"\n')
    program.chmod(0o755)
    base = git(root, "rev-parse", "HEAD").strip()
    (root / "b.yaml").write_text("# a comment\nsingleuser: {image: quay.io/a/c:main}\n")
    git(root, "commit", "-q", "-a", "-m", "Change")

    def run(strict: str = "") -> "subprocess.CompletedProcess[str]":
        env = {
            **os.environ, "RUNNER_TEMP": str(tmp_path), "REPO": str(root), "OFFLINE": "true",
            "SINCE": base, "HUBS": "", "STRICT": strict,
        }  # fmt: skip
        command = ["bash", "-e", "-o", "pipefail", "-c", step(1)["run"]]  # as GitHub runs `shell: bash`
        return subprocess.run(command, cwd=CHECKOUT, env=env, check=False, capture_output=True, text=True)

    assert run().returncode == 0
    done = run("true")
    assert done.returncode == 1
    assert [line.partition("::quay")[0] for line in done.stdout.splitlines() if line.startswith("::warning file")] == [
        "::warning file=b.yaml,line=2,title=floating-tag"
    ]
    git(root, "reset", "-q", "--hard", base)
    assert run().returncode == 0


def test_the_action_is_sound() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [str(zizmor), "--offline", "--no-progress", str(ACTION)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
