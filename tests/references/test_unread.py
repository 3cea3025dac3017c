"""What was not read is named where it can change the answer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.references.find.scan import HINTS, QUOTA, SIGN_HINTS, SIGNS, WORDS
from tests.references.pointing import COMMON, IMAGE, OTHER, git, hubimages, make_deployment

NEW = "f5e4d3c2b1a0"
STAGING = "config/clusters/uni/staging.values.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_deployment(tmp_path / "deployment")


def left_out(root: Path) -> None:
    git(root, "sparse-checkout", "set", "--no-cone", "/*", f"!{STAGING}")


def ignored(root: Path) -> None:
    git(root, "rm", "-q", "--cached", STAGING)
    (root / ".gitignore").write_text("staging.values.yaml\n")
    git(root, "add", ".gitignore")
    git(root, "commit", "-q", "-m", "Ignore")


def absent(root: Path) -> None:
    git(root, "rm", "-q", STAGING)
    git(root, "commit", "-q", "-m", "Lost")


def pointer(root: Path) -> None:
    (root / STAGING).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    git(root, "commit", "-q", "-a", "-m", "LFS")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (left_out, "not in the work tree: deleted, or left out by a sparse checkout"),
        (ignored, "git ignores it"),
        (absent, "it is not in this repository"),
        (pointer, "a pointer of git-lfs: git lfs pull"),
    ],
)
def test_a_hub_that_uses_a_file_which_was_not_read_is_named_and_agreed_to(
    spoil: Callable[[Path], None], why: str, root: Path
) -> None:
    spoil(root)
    before = git(root, "status", "--porcelain")
    note = f"note: uni/staging also uses {STAGING} ({why}), which was not read"
    point = ("point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked")
    assert note in hubimages(root, *point, "--dry-run").stdout
    assert note in hubimages(root, *point, "--dry-run", "--json").stderr
    done = hubimages(root, *point)
    assert (done.returncode, note in done.stderr) == (3, True)
    assert done.stderr.splitlines()[-1] == (
        "error: Files of 1 hub were not read and may set another image. Go on? There is no terminal to ask on; "
        "answer with --yes"
    )
    assert git(root, "status", "--porcelain") == before
    assert hubimages(root, *point, "--yes").returncode == 0


def test_of_many_hubs_with_unread_files_each_is_named_and_the_first_with_their_files(root: Path) -> None:
    cluster = root / "config/clusters/absent/cluster.yaml"
    cluster.parent.mkdir()
    lines = [f"- name: hub{number}\n  helm_chart_values_files: [hub{number}.yaml]\n" for number in range(5)]
    cluster.write_text("name: absent\nhubs:\n" + "".join(lines))
    git(root, "add", "--all")
    shown = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--dry-run").stdout
    notes = [line for line in shown.splitlines() if line.startswith("note: ")]
    why = "(it is not in this repository), which was not read"
    files = [f"note: absent/hub{number} also uses config/clusters/absent/hub{number}.yaml {why}" for number in range(3)]
    assert notes == [*files, "note: absent/hub3, absent/hub4 also use files that were not read"]
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked")
    assert (done.returncode, files[0] in done.stderr) == (0, True), "nobody can change here what is not here"


def test_a_hub_that_was_not_chosen_is_not_named(root: Path) -> None:
    left_out(root)
    done = hubimages(root, "point-hubs", f"{IMAGE}:{NEW}", "--hub=other", "--unchecked")
    assert (done.returncode, "not read" in done.stderr) == (0, False)


UNREADABLE = {
    "Latin": (b"# caf\xe9\nimage: a/b:1\n", "not UTF-8"),
    "UTF-16 without a mark": ("image: a/b:1\n".encode("utf-16-le"), "not UTF-8"),
    "git-crypt": (b"\0GITCRYPT\0abc", "encrypted (git-crypt)"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a pointer of git-lfs: git lfs pull"),
    "SOPS": (b"image: ENC[AES256_GCM,data:a]\n", "encrypted (SOPS)"),
    "not YAML": (b"a: [\nimage: {a\n", "not YAML"),
    "a conflict": (b"<<<<<<< HEAD\nimage: a/b:1\n=======\nimage: a/b:2\n>>>>>>> x\n", "not YAML"),
}
TASKS = [
    ("point-hubs", "quay.io/none/such:1", "--all", "--unchecked"),
    ("point-hubs", f"{IMAGE}:{NEW}", f"--file={STAGING}", "--unchecked"),
    ("roll-back-image", "--hub=other", "--pattern=quay.io/none/*", "--unchecked"),
    ("bump-images", "--pattern=quay.io/none/*"),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: " ".join(task[:2]))
def test_nothing_found_names_what_was_not_searched(task: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    for number, (content, _) in enumerate(UNREADABLE.values()):
        (root / f"config/u{number}.yaml").write_bytes(content)
    (tmp_path / "outside.yaml").write_text("image: a/b:1\n")
    (root / "config/out.yaml").symlink_to(tmp_path / "outside.yaml")
    done = hubimages(root, *task)
    assert done.returncode == 2
    named = {
        line.partition(": ")[0]: line
        for line in done.stderr.splitlines()
        if line.startswith(("not searched, ", "searched only line by line, "))
    }
    for number, (_, why) in enumerate(UNREADABLE.values()):
        assert any(why in line and f"u{number}.yaml" in line for line in named.values()), why
    assert any("symbolic link out of the repository" in line and "out.yaml" in line for line in named.values())


def change(root: Path, old: str, new: str) -> None:
    for file in (COMMON, OTHER):
        (root / file).write_text((root / file).read_text().replace(old, new))
    git(root, "commit", "-q", "-a", "-m", f"Use {new}")


def rolled_back(root: Path) -> bool:
    done = hubimages(root, "roll-back-image", "--hub=other", "--unchecked", "--yes", "--dry-run")
    return done.returncode == 0 and f"{NEW} -> 0a1b2c3d4e5f" in done.stdout


SETTINGS = {
    "log.showRoot": "false", "log.showSignature": "true", "log.follow": "true", "color.ui": "always",
    "color.diff": "always", "diff.noprefix": "true", "diff.renames": "false", "diff.relative": "true",
    "log.decorate": "full", "log.abbrevCommit": "true", "core.abbrev": "4", "format.pretty": "fuller",
    "log.mailmap": "true",
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_roll_back_does_not_depend_on_the_persons_settings_of_git(setting: str, root: Path) -> None:
    change(root, "0a1b2c3d4e5f", NEW)
    git(root, "config", setting, SETTINGS[setting])
    assert rolled_back(root)


def test_a_roll_back_reads_history_as_a_checkout_does(root: Path) -> None:
    """A clean filter puts something else into the repository than people see in the file."""
    (root / ".git/info/attributes").write_text(f"{OTHER} filter=case\n")
    git(root, "config", "filter.case.clean", "sed s/tag:/TAG:/")
    git(root, "config", "filter.case.smudge", "sed s/TAG:/tag:/")
    for text in ("111111111111", NEW):
        (root / OTHER).write_text(
            f"basehub:\n  jupyterhub:\n    singleuser: {{image: {{tag: '{text}', name: {IMAGE}}}}}\n"
        )
        git(root, "commit", "-q", "-a", "-m", text)
    assert "TAG:" in git(root, "show", f"HEAD:{OTHER}")
    done = hubimages(root, "roll-back-image", "--hub=other", "--unchecked", "--dry-run")
    assert f"{NEW} -> 111111111111" in done.stdout, done.stderr


def test_a_roll_back_in_a_shallow_clone_says_that_it_is_one(root: Path, tmp_path: Path) -> None:
    change(root, "0a1b2c3d4e5f", NEW)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    done = hubimages(tmp_path / "shallow", "roll-back-image", "--hub=other", "--unchecked", "--dry-run")
    assert (done.returncode, "git fetch --unshallow" in done.stderr) == (2, True)


def test_a_roll_back_in_a_partial_clone_fetches_what_it_needs_or_says_that_there_is_no_answer(
    root: Path, tmp_path: Path
) -> None:
    change(root, "0a1b2c3d4e5f", NEW)
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{root}", "partial")
    partial = tmp_path / "partial"
    git(partial, "remote", "set-url", "origin", f"file://{tmp_path}/away")
    done = hubimages(partial, "roll-back-image", "--hub=other", "--unchecked", "--dry-run")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "away" in done.stderr
    git(partial, "remote", "set-url", "origin", f"file://{root}")
    assert rolled_back(partial)


@pytest.mark.parametrize(
    ("hints", "words"),
    [(HINTS, [word.lower() for word in (*WORDS, QUOTA, b"tag")]), (SIGN_HINTS, [sign.encode() for sign in SIGNS])],
)
def test_no_file_with_a_word_is_left_out_for_lack_of_its_hint(hints: list[bytes], words: list[bytes]) -> None:
    assert [word for word in words if not any(hint in word for hint in hints)] == []
