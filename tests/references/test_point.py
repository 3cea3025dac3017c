"""Hubs are pointed at another tag by place; everything else in the repository stays as it is, byte for byte."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.references.pointing import COMMON, FILES, IMAGE, OTHER, changed_lines, git, hubimages, make_deployment, write
from tests.terminal import on_a_terminal

NEW = "f5e4d3c2b1a0"
ALL_LINES = [
    f"{OTHER} -    singleuser: {{image: {{tag: '0a1b2c3d4e5f', name: quay.io/group/image}}}}",
    f"{OTHER} +    singleuser: {{image: {{tag: '{NEW}', name: quay.io/group/image}}}}",
    f"{COMMON} -      tag: 0a1b2c3d4e5f  # 0a1b2c3d4e5f",
    f"{COMMON} +      tag: {NEW}  # 0a1b2c3d4e5f",
    f"{COMMON} -                  image: quay.io/group/image:0a1b2c3d4e5f",
    f"{COMMON} +                  image: quay.io/group/image:{NEW}",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_deployment(tmp_path / "deployment")


def test_all_places_of_the_image_and_nothing_else_get_the_tag(root: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked")
    assert done.returncode == 0, done.stderr
    assert changed_lines(root) == ALL_LINES
    assert done.stdout.startswith(f"{IMAGE}:{NEW}: 3 places in 2 files, 3 hubs\n")
    assert done.stdout.endswith("2 files changed; look at it with git diff, then commit\n")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (["--hub=other"], ALL_LINES[:2]),
        (["--hub=other/prod"], ALL_LINES[:2]),
        ([f"--file={COMMON}"], ALL_LINES[2:]),
        (["--choice=same"], ALL_LINES[4:]),
        (["--choice=choose", "--hub=uni"], ALL_LINES[4:]),
        (["--hub=uni", f"--file={OTHER}", "--hub=other"], ALL_LINES[:2]),
    ],
)
def test_only_what_is_chosen_changes(args: list[str], lines: list[str], root: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--unchecked", *args)
    assert (done.returncode, changed_lines(root)) == (0, lines), done.stderr


def test_a_dry_run_shows_the_diff_that_git_applies_and_changes_nothing(root: Path, tmp_path: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--dry-run", "--branch=bump", "--open-pr")
    assert (done.returncode, done.stderr) == (0, "")
    assert git(root, "status", "--porcelain") == ""
    diff = done.stdout[done.stdout.index("--- a/") : done.stdout.index("$ git switch")]
    (tmp_path / "patch").write_text(diff)
    git(root, "apply", str(tmp_path / "patch"))
    assert changed_lines(root) == ALL_LINES
    assert done.stdout[done.stdout.index("$ git switch") :].splitlines() == [
        "$ git switch -c bump",
        f"$ git commit --only -m 'Use {IMAGE}:{NEW}' -- {OTHER} {COMMON}",
        "$ git push --no-follow-tags --recurse-submodules=no --set-upstream origin refs/heads/bump:refs/heads/bump",
        "and open a pull request",
    ]


def test_without_a_choice_somebody_has_to_agree_to_what_it_reaches(root: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--unchecked")
    assert (done.returncode, done.stdout, git(root, "status", "--porcelain")) == (3, "", "")
    assert "Change 3 places for 3 hubs: other/prod, uni/prod, uni/staging?" in done.stderr
    assert "--all, or choose with --hub, --file or --choice" in done.stderr


@pytest.mark.parametrize("yes", [[], ["--yes"]], ids=["no-flag", "yes"])
def test_a_place_that_other_hubs_share_needs_their_hubs_to_be_named(root: Path, yes: list[str]) -> None:
    point = ("point-hubs", f"{IMAGE}:{NEW}", "--unchecked", *yes)
    done = hubimages(root, *point, "--hub=uni/prod")
    assert (done.returncode, git(root, "status", "--porcelain")) == (3, "")
    assert "note: other hubs share these places and change, too: uni/staging" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "error: Change 2 places for 2 hubs, 1 of which you did not name? There is no terminal to ask on, and --yes "
        "does not answer this; answer with --hub for them, too, or with --file to leave out what they share"
    )
    assert hubimages(root, *point, "--hub=uni/prod", "--hub=uni/staging").returncode == 0
    assert changed_lines(root) == ALL_LINES[2:]


def test_on_a_terminal_enter_leaves_hubs_alone_that_were_not_named(root: Path) -> None:
    point = ("point-hubs", f"{IMAGE}:{NEW}", "--unchecked", "--yes", "--hub=uni/prod", f"--repo={root}")
    argv, asked = [sys.executable, "-m", "hubimages", *point], re.compile(rb"1 of which you did not name\? \[y/N\]")
    for answer, code, lines in ((b"\n", 3, []), (b"yes\n", 0, ALL_LINES[2:])):
        seen = on_a_terminal(argv, until=lambda written: asked.search(written) is not None, answer=answer, typed=True)
        assert (seen.code, changed_lines(root)) == (code, lines), seen.screen


def test_the_commit_says_what_and_why_and_leaves_the_users_changes(root: Path) -> None:
    write(root, {"notes.md": "mine", "config/clusters/uni/staging.values.yaml": "mine: 1\n"})
    git(root, "add", "notes.md")
    because = "https://github.com/group/image/pull/7"
    args = ["--hub=other", "--unchecked", "--branch=bump", f"--because={because}"]
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", *args)
    assert done.returncode == 0, done.stderr
    assert git(root, "log", "-1", "--format=%B").strip() == (
        f"Use {IMAGE}:{NEW}\n\nWas 0a1b2c3d4e5f. Hubs: other/prod.\n\n{because}"
    )
    assert changed_lines(root, "main", "bump") == ALL_LINES[:2]
    assert git(root, "status", "--porcelain") == " M config/clusters/uni/staging.values.yaml\nA  notes.md\n"


def test_run_again_there_is_nothing_to_do(root: Path) -> None:
    for _ in range(2):
        done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--commit")
    assert (done.returncode, done.stdout) == (0, f"nothing to do: every reference has {IMAGE}:{NEW} already\n")
    assert git(root, "rev-list", "--count", "HEAD") == "2\n"


def test_an_edit_that_is_not_committed_is_named_where_a_commit_is_asked_for(root: Path) -> None:
    given = ["--file=config/clusters/uni/common.values.yaml", "--unchecked", "--yes"]
    assert hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", *given).returncode == 0
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", *given, "--commit")
    assert (done.returncode, done.stdout.splitlines()[1]) == (
        0,
        "note: nothing was committed, and these files have uncommitted changes: config/clusters/uni/common.values.yaml",
    )


def test_nothing_to_do_names_what_was_not_searched_and_is_json_where_that_is_asked_for(root: Path) -> None:
    assert hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--commit").returncode == 0
    (root / "config/utf16.yaml").write_bytes("image: a/b:1\n".encode("utf-16-le"))
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked")
    assert (done.returncode, done.stdout) == (
        0,
        f"nothing to do: every reference has {IMAGE}:{NEW} already\nnot searched, not UTF-8: config/utf16.yaml\n",
    )
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--json")
    assert json.loads(done.stdout) == {"version": 1, "changes": []}


@pytest.mark.parametrize("tag", ["1.10", "5115e56", "178819e05792", "0777", "on", "1_000", "123456789012"])
def test_a_tag_that_helm_would_read_as_something_else_is_quoted(tag: str, root: Path) -> None:
    assert hubimages(root, "point-hubs", f"{IMAGE}:{tag}", "--all", "--unchecked").returncode == 0
    assert f'      tag: "{tag}"  # 0a1b2c3d4e5f\n' in (root / COMMON).read_text()
    assert f"{{tag: '{tag}', name:" in (root / OTHER).read_text()


@pytest.mark.parametrize("here", [".", "deployment/config"])
def test_the_repository_can_be_given_from_where_one_stands(
    here: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / here)
    relative = Path(os.path.relpath(root / "config"))
    assert hubimages(relative, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked").returncode == 0
    assert changed_lines(root) == ALL_LINES


@pytest.mark.parametrize("file", ["other/prod.values.yaml", f"./../../{OTHER}", f"./{OTHER}", "/{root}/" + OTHER])
def test_a_file_can_be_given_from_where_one_stands_and_from_the_top(
    file: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "config/clusters")
    given = file.replace("/{root}", str(root))
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", f"--file={given}", "--unchecked")
    assert (done.returncode, changed_lines(root)) == (0, ALL_LINES[:2]), done.stderr


@pytest.mark.parametrize("detached", [False, True])
def test_a_commit_that_a_hook_refuses_leaves_no_branch_behind(detached: bool, root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today\nexit 1\n")
    hook.chmod(0o755)
    if detached:
        git(root, "switch", "-q", "--detach")
    before = git(root, "branch", "--all"), git(root, "rev-parse", "--abbrev-ref", "HEAD")
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--branch=bump")
    assert (done.returncode, git(root, "status", "--porcelain")) == (4, "")
    assert "not today" in done.stderr
    assert (git(root, "branch", "--all"), git(root, "rev-parse", "--abbrev-ref", "HEAD")) == before


def test_json_has_every_place(root: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--hub=other", "--dry-run", "--json")
    assert json.loads(done.stdout) == {
        "version": 1,
        "changes": [
            {
                "file": OTHER,
                "line": 3,
                "path": "basehub.jupyterhub.singleuser.image.tag",
                "hubs": ["other/prod"],
                "image": IMAGE,
                "before": "0a1b2c3d4e5f",
                "after": NEW,
            }
        ],
    }


def test_a_pinned_place_needs_the_new_digest_and_gets_it(root: Path) -> None:
    old, new = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    pinned = f"jupyterhub: {{singleuser: {{image: {{name: {IMAGE}, tag: '1@{old}'}}}}}}\n"
    write(root, {OTHER: pinned.replace("1@", f"{NEW[::-1]}@")})
    git(root, "commit", "-qam", "Pin")
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--hub=other", "--unchecked")
    assert (done.returncode, git(root, "status", "--porcelain")) == (3, "")
    assert "pinned by a digest. Give the new digest, too: IMAGE:TAG@sha256:..." in done.stderr
    assert hubimages(root, "point-hubs", f"{IMAGE}:{NEW}@{new}", "--hub=other", "--unchecked").returncode == 0
    assert f"{NEW}@{new}" in (root / OTHER).read_text()
    assert old not in (root / OTHER).read_text()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ([IMAGE], 2, f"{IMAGE} has no tag. Give one: {IMAGE}:TAG"),
        ([f"{IMAGE}:Not A Tag"], 2, "the tag 'Not A Tag' must be up to 128 letters"),
        (["quay.io/group/imgae:1"], 2, f"no reference to quay.io/group/imgae. Did you mean {IMAGE}?"),
        ([f"{IMAGE}:1", "--hub=ohter"], 2, "--hub=ohter: no such hub. Did you mean other?"),
        ([f"{IMAGE}:1", "--hub=x"], 2, "--hub=x: no such hub. The hubs are other/prod, uni/prod, uni/staging"),
        ([f"{IMAGE}:1", "--choice=sane"], 2, "--choice=sane: no such choice. Did you mean same?"),
        ([f"{IMAGE}:1", "--choice=x"], 2, "--choice=x: no such choice. The choices are choose, long, same"),
        ([f"{IMAGE}:1", "--file=a.yaml"], 2, "--file=a.yaml: no image reference in this file"),
        ([f"{IMAGE}:1", "--all", "--hub=other"], 2, "--all contradicts --hub, --file and --choice"),
        (
            [f"{IMAGE}-long:1", "--hub=other"],
            2,
            f"no reference to {IMAGE}-long with --hub=other. other runs {IMAGE}. It is in {COMMON}:",
        ),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(args: list[str], code: int, message: str, root: Path) -> None:
    done = hubimages(root, "point-hubs", "--unchecked", *args)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert message in done.stderr
    assert git(root, "status", "--porcelain") == ""


def test_a_wrong_name_of_a_guessed_hub_is_told_how_to_state_hubs(tmp_path: Path) -> None:
    root = make_deployment(
        tmp_path / "plain", {"config/prod.yaml": "singleuser: {image: {name: quay.io/a/b, tag: v1}}\n"}
    )
    done = hubimages(root, "point-hubs", "quay.io/a/b:v2", "--hub=staging", "--dry-run")
    hubs = "The hubs are config/prod, guessed from file names. To state them: --hubs FILE"
    assert (done.returncode, done.stderr) == (2, f"error: --hub=staging: no such hub. {hubs}\n")


def test_an_image_that_only_dockerfiles_name_is_told_with_its_places_and_what_changes_them(root: Path) -> None:
    write(root, {"hub/Dockerfile": "FROM quay.io/group/base:1\n"})
    done = hubimages(root, "point-hubs", "quay.io/group/base:2", "--unchecked", "--all")
    assert (done.returncode, done.stderr) == (
        2,
        "error: only Dockerfiles name quay.io/group/base: hub/Dockerfile:1. To change one, add --file=hub/Dockerfile; "
        "for the hub image, use hubimages bump-hub-image\n",
    )
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Add a Dockerfile")
    there = hubimages(root, "point-hubs", "quay.io/group/base:2", "--unchecked", "--file=hub/Dockerfile")
    assert there.returncode == 0, there.stderr


def test_a_terminal_shows_the_plan_once(root: Path) -> None:
    ours, theirs = os.openpty()
    argv = [sys.executable, "-m", "hubimages", "point-hubs", f"{IMAGE}:{NEW}", "--unchecked", f"--repo={root}"]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"y\n")
    seen = b""
    with contextlib.suppress(OSError):  # the process ended
        while part := os.read(ours, 65536):
            seen += part
    os.close(ours)
    assert (process.wait(), changed_lines(root)) == (0, ALL_LINES)
    assert seen.count(b" -> ") == 3
    assert b"2 files changed; look at it with git diff, then commit" in seen


def test_a_place_that_no_hub_runs_is_asked_about_unless_it_is_named(root: Path) -> None:
    write(root, {"unused.yaml": "singleuser: {image: 'quay.io/group/unused:1'}\n"})
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Keep a file that no hub has")
    argv = ("point-hubs", "quay.io/group/unused:2", "--unchecked")
    refused = hubimages(root, *argv)
    assert (refused.returncode, git(root, "status", "--porcelain")) == (3, "")
    assert "No hub runs what this changes. Change 1 place? There is no terminal to ask on" in refused.stderr
    assert hubimages(root, *argv, "--file=unused.yaml").returncode == 0


def test_a_tag_whose_image_no_file_names_is_told_with_its_path_and_tag(root: Path) -> None:
    write(root, {"hub/values.yaml": "singleuser:\n  image:\n    tag: abc123\n"})
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--unchecked", "--all", "--dry-run")
    note = "note: left alone, because no file names the image: hub/values.yaml:3 singleuser.image.tag (tag abc123)"
    assert note in done.stdout.splitlines()


def test_changes_of_the_users_in_a_file_that_is_edited_are_refused(root: Path) -> None:
    write(root, {OTHER: FILES[OTHER] + "# mine\n"})
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked")
    assert done.returncode == 3
    assert f"{OTHER}: uncommitted changes" in done.stderr
    assert (root / OTHER).read_text() == FILES[OTHER] + "# mine\n"
    assert changed_lines(root, "--", COMMON) == []


def test_one_tag_for_two_images_is_not_changed_for_one_of_them(root: Path) -> None:
    write(
        root,
        {
            "config/clusters/uni/cluster.yaml": FILES["config/clusters/uni/cluster.yaml"].replace(
                "[common.values.yaml]", "[common.values.yaml, prod.values.yaml]"
            ),
            COMMON: "jupyterhub:\n  singleuser:\n    image:\n      tag: 0a1b2c3d4e5f\n",
            "config/clusters/uni/staging.values.yaml": f"jupyterhub: {{singleuser: {{image: {{name: {IMAGE}}}}}}}\n",
            "config/clusters/uni/prod.values.yaml": "jupyterhub: {singleuser: {image: {name: quay.io/g/another}}}\n",
        },
    )
    git(root, "add", ".")
    git(root, "commit", "-qm", "Share the tag")
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--hub=uni", "--unchecked")
    assert (done.returncode, git(root, "status", "--porcelain")) == (3, ""), done.stdout
    assert f"quay.io/g/another (uni/prod) shares a text with {IMAGE}, which must change" in done.stderr


def test_an_image_that_nothing_refers_to_yet_is_a_note_with_the_lines_to_add(root: Path) -> None:
    done = hubimages(root, "point-hubs", "quay.io/group/new:1.10", "--all", "--if-referenced", "--unchecked")
    assert (done.returncode, git(root, "status", "--porcelain")) == (0, ""), done.stderr
    assert done.stdout == (
        "note: nothing refers to quay.io/group/new yet, so nothing was changed. "
        "To roll it out, add this to a hub's values:"
        '\n\nsingleuser:\n  image:\n    name: quay.io/group/new\n    tag: "1.10"\n'
    )


def test_with_if_referenced_an_image_that_is_there_is_pointed_at(root: Path) -> None:
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--if-referenced", "--unchecked")
    assert (done.returncode, changed_lines(root)) == (0, ALL_LINES), done.stderr
