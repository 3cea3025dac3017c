"""finish-migration takes out what has moved, once all of it is published; before that it changes nothing."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, RefusedError
from tests.engine.registry import Registry
from tests.histories import git
from tests.migration import fleet
from tests.migration.finishing import moved
from tests.migration.finishing.moved import WORKFLOW, Moved
from tests.migration.test_extract_images import add, commit
from tests.sample import some

Ready = tuple[Moved, list[str]]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, open_registry: Registry) -> Ready:
    """Everything extracted, pushed and built; with the images."""
    made = moved.moved(tmp_path_factory.mktemp("ready"), open_registry, "ready")
    assert made.extract().exit_code == 0
    return made, [moved.publish(open_registry, made, number, "ready") for number in range(3)]


@pytest.fixture
def own(ready: Ready, tmp_path: Path) -> Moved:
    """The same with a clone that the test changes."""
    git("clone", "--quiet", ready[0].source, tmp_path / "clone")
    return replace(ready[0], clone=tmp_path / "clone")


def state(repo: Path) -> tuple[str, str, str]:
    """Everything of a clone that a refused run must leave as it is."""
    questions = ("rev-parse HEAD", "status --porcelain", "for-each-ref --format=%(refname):%(objectname) refs/heads")
    one, two, three = (git("-C", repo, *question.split()) for question in questions)
    return one, two, three


def files(repo: Path, *below: str) -> list[str]:
    return git("-C", repo, "ls-tree", "-r", "--name-only", "HEAD", *below).split("\n")


def test_the_change_is_whole_and_a_second_run_finds_nothing_to_do(ready: Ready, own: Moved) -> None:
    images = ready[1]
    before = files(own.clone)
    plan = own.plan(commit=True)
    done = plan.apply()
    gone = {
        f"{fleet.place(number)}/{name}" for number in range(3) for name in ("apt.txt", "environment.yml", "postBuild")
    }
    notes = {f"{fleet.place(number)}/README.md" for number in range(3)}
    assert set(files(own.clone)) == {*before, *notes} - gone
    assert git("-C", own.clone, "status", "--porcelain") == ""
    subjects = git("-C", own.clone, "log", "--reverse", "--format=%s", "origin/main..").split("\n")
    assert subjects == [
        *(f"Use {image}" for image in images),
        *(f"Move {fleet.place(number)} to hub{number:02}-image" for number in range(3)),
    ]
    assert (own.clone / WORKFLOW).read_text() == "on: [push]\njobs:\n" + moved.LINT.replace(
        "    needs: [hub00, hub01]\n", ""
    )
    assert (own.clone / "chartpress.yaml").read_text() == re.sub(r" +hub02:\n.*\n.*\n", "", moved.CHARTPRESS)
    name, _, tag = images[2].rpartition(":")
    assert (
        (own.clone / "extras/values.yaml").read_text().startswith(f'hub02: {{image: {{name: "{name}", tag: {tag}}}}}\n')
    )
    for number, image in enumerate(images):
        name, _, tag = image.rpartition(":")
        values = (own.clone / f"deployments/hub{number:02}/config/prod.yaml").read_text()
        assert values.endswith(f"      name: {name}\n      tag: '{tag}'\n")
        built = (own.clone / f"deployments/hub{number:02}/hubploy.yaml").read_text()
        assert built == f"images:\n  images:\n    - name: {image}\ncluster:\n  provider: gcloud\n"
        note = (own.clone / fleet.place(number) / "README.md").read_text()
        assert str(own.remote(number)) in note
        assert git("-C", own.source, "rev-parse", "main") in note
    assert "still named in README.md:3" in done
    again = own.plan(commit=True)
    head = state(own.clone)
    assert again.apply().endswith("nothing to do")
    assert state(own.clone) == head


def cli(own: Moved, *options: str) -> "subprocess.CompletedProcess[str]":
    argv = [
        sys.executable,
        "-m",
        "hubimages",
        "finish-migration",
        str(own.manifest),
        f"--remote={own.remotes}",
        *options,
    ]
    return subprocess.run(argv, cwd=own.clone, capture_output=True, text=True, check=False)


def test_the_command_prints_what_git_applies_and_changes_nothing(own: Moved) -> None:
    (own.clone / "notes.txt").write_text("of a person\n")
    before = state(own.clone)
    shown = cli(own, "--image=hub01-image")
    assert shown.returncode == 0, shown.stderr
    assert "nothing was changed: add --commit" in shown.stderr
    assert state(own.clone) == before
    told, _, diff = shown.stdout.partition("\n\n")
    assert told.split("\n")[3] == f"{fleet.place(1)}: 3 files removed, README.md says where it is"
    git("-C", own.clone, "apply", "--index", stdin=diff.encode())
    applied = git("-C", own.clone, "write-tree")
    git("-C", own.clone, "reset", "--quiet", "--hard")
    assert cli(own, "--image=hub01-image", "--commit", "--dry-run").returncode == 0
    assert state(own.clone) == before
    made = cli(own, "--image=hub01-image", "--branch=gone")
    assert made.returncode == 0, made.stderr
    assert git("-C", own.clone, "rev-parse", "gone^{tree}") == applied
    assert (own.clone / "notes.txt").read_text() == "of a person\n"


def newer_commit(own: Moved) -> None:
    add(own.source, {f"{fleet.place(0)}/apt.txt": "nano\n"}, "Use nano")
    git("-C", own.clone, "pull", "--quiet")


def edit_that_only_the_clone_has(own: Moved) -> None:
    commit(own.clone, f"{fleet.place(1)}/apt.txt", "nano\n")


def edit_that_is_not_committed(own: Moved) -> None:
    (own.clone / fleet.place(1) / "new.txt").write_text("mine\n")


def main_without_the_image(own: Moved) -> None:
    tree = git("-C", own.remote(0), "hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
    other = git("-C", own.remote(0), "commit-tree", "-m", "Another", tree)
    git("-C", own.remote(0), "update-ref", "refs/heads/main", other)


def no_main(own: Moved) -> None:
    git("-C", own.remote(0), "update-ref", "-d", "refs/heads/main")


def no_remote(own: Moved) -> None:
    own.remote(0).rename(own.remote(0).with_name("elsewhere"))


def no_tag(own: Moved) -> None:
    own.manifest.write_text(own.manifest.read_text().replace("{repository}\n", "{repository}-unknown\n"))


def moving_tag(own: Moved) -> None:
    own.manifest.write_text(own.manifest.read_text().replace("{repository}\n", "{repository}:none\n"))


def no_image(own: Moved) -> None:
    own.manifest.write_text(re.sub(r"\n *image: .*", "", own.manifest.read_text()))


def other_repository(own: Moved) -> None:
    for path in own.clone.iterdir():
        if path.name != ".git":
            subprocess.run(["rm", "-r", path], check=True)
    git("-C", own.clone, "checkout", "--quiet", "--orphan", "new")
    git("-C", own.clone, "commit", "--quiet", "--all", "--allow-empty", "-m", "Another")


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    some([
        (newer_commit, RefusedError, r"hub00-image: .* lacks 1 commit since \w{12}\. Bring it there first"),
        (edit_that_only_the_clone_has, RefusedError, "hub01-image: deployments/hub01/image in .* is not what was"),
        (edit_that_is_not_committed, RefusedError, "deployments/hub01/image/new.txt: uncommitted changes"),
        (main_without_the_image, RefusedError, "hub00-image: .* has no commit in common with"),
        (no_main, RefusedError, "hub00-image: .* does not have the image. Bring it there first"),
        (no_remote, BadInputError, "hub00-image: .*hub00-image.git"),
        (no_tag, RefusedError, r"hub00-image: \S*hub00-image-unknown has no tag in the registry yet"),
        (moving_tag, RefusedError, r"hub00-image: .*hub00-image:none.* Let its repository build and push it first"),
        (no_image, RefusedError, "nothing says which image hub00-image pushes. Add `image: HOST/NAME`"),
        (other_repository, BadInputError, "deployments/hub00/image is not in .*, and never was"),
    ], 0, 3, 6, 9),
)  # fmt: skip
def test_what_is_not_ready_is_refused_and_nothing_changes(
    ready: Ready, tmp_path: Path, change: Callable[[Moved], None], kind: type[HubImagesError], says: str
) -> None:
    own = copied(ready[0], tmp_path)
    change(own)
    before = state(own.clone)
    with pytest.raises(kind, match=says) as told:
        own.plan(0, 1, commit=True)
    assert state(own.clone) == before
    if change is newer_commit:
        assert "To finish only those that are ready: --image=hub01-image" in str(told.value)


def copied(made: Moved, tmp_path: Path) -> Moved:
    """The same with a source, remotes and a manifest that the test changes, at its own paths."""
    git("clone", "--quiet", "--bare", made.source, tmp_path / "deployment.git")
    subprocess.run(["cp", "-r", made.remote(0).parent, tmp_path / "remotes"], check=True)
    git("clone", "--quiet", tmp_path / "deployment.git", tmp_path / "clone")
    text = made.manifest.read_text().replace(str(made.source), str(tmp_path / "deployment.git"))
    (tmp_path / "m.yaml").write_text(text)
    return Moved(
        tmp_path / "deployment.git", tmp_path / "clone", tmp_path / "m.yaml",
        str(tmp_path / "remotes" / "{repository}.git"), tmp_path / "out",
    )  # fmt: skip


def test_a_repository_that_the_manifest_does_not_have_is_named(own: Moved) -> None:
    with pytest.raises(
        BadInputError, match=r"--image=hub09-image: .* has no such repository. It has hub00-image, hub01"
    ):
        own.plan(9)


def test_a_hook_that_refuses_the_last_commit_takes_all_of_them_back(own: Moved) -> None:
    hook = own.clone / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\n! grep -q 'Move deployments/hub01' $1\n")
    hook.chmod(0o755)
    before = state(own.clone)
    plan = own.plan(0, 1, branch="gone")
    with pytest.raises(ProgramFailedError):
        plan.apply()
    assert state(own.clone) == before


def test_a_binary_file_goes_too_and_git_applies_what_is_shown(ready: Ready, tmp_path: Path) -> None:
    own = copied(ready[0], tmp_path)
    content = bytes(range(256)) * 3
    add(own.source, {f"{fleet.place(1)}/logo.png": content, f"{fleet.place(1)}/odd \u00e4.txt": "x"}, "Add a logo")
    git("-C", own.clone, "pull", "--quiet")
    assert own.extract().exit_code == 0
    shown = own.plan(1).show()
    git("-C", own.clone, "apply", "--index", stdin=shown.partition("\n\n")[2].encode() + b"\n")
    applied = git("-C", own.clone, "write-tree")
    git("-C", own.clone, "reset", "--quiet", "--hard")
    own.plan(1, commit=True).apply()
    assert git("-C", own.clone, "rev-parse", "HEAD^{tree}") == applied
    assert files(own.clone, f"{fleet.place(1)}/") == [f"{fleet.place(1)}/README.md"]


def test_one_pull_request_for_each_image_and_back_on_the_branch(
    own: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moved.on_github(own, tmp_path, monkeypatch) as asked:
        done = cli(own, "--each", "--open-pr", "--image=hub00-image", "--image=hub02-image")
    assert done.returncode == 0, done.stderr
    assert git("-C", own.clone, "branch", "--show-current") == "main"
    assert [(one["head"], one["base"], one["title"]) for one in asked.opened] == [
        (f"hubimages/move-hub{number:02}-image", "main", f"Move {fleet.place(number)} to hub{number:02}-image")
        for number in (0, 2)
    ]
    assert all(str(own.remote(number)) in one["body"] for number, one in zip((0, 2), asked.opened, strict=True))
    served = tmp_path / "github/org/deployment.git"
    branches = git("-C", served, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert branches == ["hubimages/move-hub00-image", "hubimages/move-hub02-image", "main"]
    changed = git("-C", own.clone, "diff", "--name-only", "main", "hubimages/move-hub00-image").split("\n")
    assert [path for path in changed if "hub02" in path or "hub01" in path] == []


def test_each_needs_a_pull_request(own: Moved) -> None:
    done = cli(own, "--each")
    assert (done.returncode, "--each goes with --open-pr" in done.stderr) == (2, True)


def test_options_of_the_manifest_lead_to_the_image(ready: Ready, tmp_path: Path) -> None:
    own = copied(ready[0], tmp_path)
    text = own.manifest.read_text().replace(
        "repository: hub00-image\n", "repository: hub00-image\n    replaces: [quay.io/old/name]\n"
    )
    own.manifest.write_text(text)
    commit(own.clone, "more.yaml", "singleuser: {image: {name: quay.io/old/name, tag: '1'}}\n")
    assert own.plan(0).as_json().count("quay.io/old/name") == 1
    own.manifest.write_text(text.replace("quay.io/old/name", "quay.io/UPPER"))
    with pytest.raises(BadInputError, match=r"m\.yaml:\d+: .*UPPER"):
        own.plan(0)
