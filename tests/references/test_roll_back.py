"""Hubs go back to the tags they had before, as the history of their files has them."""

import subprocess
from pathlib import Path

import pytest

from tests.references.pointing import COMMON, FILES, IMAGE, OTHER, changed_lines, git, hubimages, make_deployment, write

FIRST, SECOND, THIRD = "111111111aaa", "222222222bbb", "333333333ccc"


def commit(root: Path, message: str, files: dict[str, str]) -> None:
    write(root, files)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", message)


def common(tag: str, choice: str, more: str = "") -> str:
    text = (
        FILES[COMMON].replace("tag: 0a1b2c3d4e5f", f"tag: {tag}").replace(f"{IMAGE}:0a1b2c3d4e5f", f"{IMAGE}:{choice}")
    )
    return more + text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The tag went 1, 2, 3 with other commits between; the file was moved, and a profile put before the choice."""
    root = make_deployment(tmp_path / "deployment", {**FILES, "old.yaml": common(FIRST, FIRST)} | {COMMON: "{}\n"})
    git(root, "rm", "-q", COMMON)
    git(root, "mv", "old.yaml", COMMON)
    commit(root, "Move", {})
    commit(root, "Use the second", {COMMON: common(SECOND, SECOND)})
    commit(root, "Another thing", {COMMON: common(SECOND, SECOND, "# a comment\n")})
    before = "      - display_name: New\n        slug: new\n        kubespawner_override: {image: 'a/b:1'}\n"
    text = common(SECOND, SECOND, "# a comment\n").replace("    profileList:\n", "    profileList:\n" + before)
    commit(root, "A profile before it", {COMMON: text})
    commit(
        root,
        "Use the third",
        {COMMON: text.replace(f"{IMAGE}:{SECOND}", f"{IMAGE}:{THIRD}").replace(f"tag: {SECOND}", f"tag: {THIRD}")},
    )
    commit(root, "Something else", {"README.md": "x"})
    return root


def test_all_that_the_last_change_of_an_image_changed_goes_back(root: Path) -> None:
    done = hubimages(root, "roll-back-image", "--hub=uni", "--unchecked", "--commit")
    assert done.returncode == 0, done.stderr
    assert changed_lines(root, "HEAD~") == [
        f"{COMMON} -      tag: {THIRD}  # 0a1b2c3d4e5f",
        f"{COMMON} +      tag: {SECOND}  # 0a1b2c3d4e5f",
        f"{COMMON} -                  image: {IMAGE}:{THIRD}",
        f"{COMMON} +                  image: {IMAGE}:{SECOND}",
    ]
    assert f"reverts: {git(root, 'rev-parse', 'HEAD~2').strip()[:12]} Use the third" in done.stdout
    assert "Reverts" in git(root, "log", "-1", "--format=%b")


def test_what_a_branch_had_before_its_merge_never_ran(root: Path) -> None:
    """A branch from the time of the first tag, with main merged into it: git log shows its commit first."""
    git(root, "switch", "-q", "-c", "title", git(root, "rev-parse", ":/^Move").strip())
    commit(root, "A title", {COMMON: (root / COMMON).read_text().replace("The longer one", "Longer")})
    git(root, "merge", "-q", "--no-edit", "main")
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "--no-edit", "title")
    done = hubimages(root, "roll-back-image", "--hub=uni", "--unchecked", "--commit")
    assert done.returncode == 0, done.stderr
    assert f"reverts: {git(root, 'rev-parse', ':/^Use the third').strip()[:12]} Use the third" in done.stdout
    assert [line for line in changed_lines(root, "HEAD~") if "+" in line] == [
        f"{COMMON} +      tag: {SECOND}  # 0a1b2c3d4e5f",
        f"{COMMON} +                  image: {IMAGE}:{SECOND}",
    ]


def test_a_merge_is_undone_as_one_change(root: Path) -> None:
    """A branch that bumps twice: what its first commit had never ran, whatever the merge is called."""
    git(root, "switch", "-q", "-c", "bump")
    text = (root / COMMON).read_text()
    for tag in ("444444444ddd", "555555555eee"):
        commit(root, f"Use {tag}", {COMMON: text.replace(f"tag: {THIRD}", f"tag: {tag}")})
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge the bump", "bump")
    done = hubimages(root, "roll-back-image", "--hub=uni", "--unchecked")
    assert done.returncode == 0, done.stderr
    assert f"reverts: {git(root, 'rev-parse', 'HEAD').strip()[:12]} Merge the bump" in done.stdout
    assert (root / COMMON).read_text() == text


def test_after_rolling_back_the_next_one_goes_forward_again(root: Path) -> None:
    """What ran before the roll-back is the third: rolling back twice is where one started."""
    before = (root / COMMON).read_text()
    for _ in range(2):
        assert hubimages(root, "roll-back-image", "--hub=uni", "--unchecked", "--commit").returncode == 0
    assert (root / COMMON).read_text() == before


def test_a_hub_whose_image_never_changed_has_nothing_to_go_back_to(root: Path) -> None:
    done = hubimages(root, "roll-back-image", "--hub=other", "--unchecked")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the history has no other tag of these images" in done.stderr


def test_a_long_history_is_told_by_how_far_it_was_read(root: Path) -> None:
    start = git(root, "rev-parse", "HEAD").strip()
    text = FILES[OTHER]
    stream = "".join(
        f"commit refs/heads/main\ncommitter A <a@b> {2_000_000_000 + n} +0000\ndata 1\nx\n"
        + (f"from {start}\n" if n == 0 else "")
        + f"M 100644 inline {OTHER}\ndata <<END\n{text}# {n}\nEND\n\n"
        for n in range(401)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=stream, text=True, check=True)
    git(root, "reset", "-q", "--hard")
    done = hubimages(root, "roll-back-image", "--hub=other", "--unchecked")
    assert done.returncode == 2
    assert f"the last 400 commits of {OTHER} have no other tag of these images. Choose one with" in done.stderr


def test_only_the_images_that_match_go_back(root: Path) -> None:
    text = (root / COMMON).read_text()
    commit(root, "Another long one", {COMMON: text.replace(f"{IMAGE}-long:0a1b2c3d4e5f", f"{IMAGE}-long:{FIRST}")})
    done = hubimages(root, "roll-back-image", "--hub=uni", "--unchecked", "--pattern=quay.io/group/image")
    assert done.returncode == 0, done.stderr
    assert [line for line in changed_lines(root) if "+" in line] == [
        f"{COMMON} +      tag: {SECOND}  # 0a1b2c3d4e5f",
        f"{COMMON} +                  image: {IMAGE}:{SECOND}",
    ]


def test_the_users_own_changes_in_the_file_are_not_taken_for_history(root: Path) -> None:
    text = (root / COMMON).read_text()
    (root / COMMON).write_text(text.replace(f"tag: {THIRD}", "tag: mine"))
    done = hubimages(root, "roll-back-image", "--hub=uni", "--unchecked")
    assert done.returncode == 3
    assert "uncommitted changes" in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "which hub? Add --hub=CLUSTER/HUB"),
        (["--hub=uno"], "--hub=uno: no such hub. Did you mean uni?"),
        (
            ["--hub=uni", "--pattern=x/*"],
            f"no user image with --hub=uni --pattern=x/*. The images there are a/b, {IMAGE}, {IMAGE}-long",
        ),
    ],
)
def test_bad_input_is_one_line(args: list[str], message: str, root: Path) -> None:
    done = hubimages(root, "roll-back-image", "--unchecked", *args)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert OTHER not in git(root, "status", "--porcelain")
