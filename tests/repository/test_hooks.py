"""Hooks that fix files go with a commit, and are named; hooks that refuse leave everything as it was."""

import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

from hubimages.errors import ProgramFailedError, RefusedError
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from tests.hooks import FIX, write_hook
from tests.sample import some


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the files that a bump edits, and other work of its owner's."""
    root = tmp_path / "deployment"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "Dockerfile").write_text("FROM jupyterhub/k8s-hub:1.0.0\nCOPY a b\n")
    (root / "values.yaml").write_text("hub:\n  image:\n    tag: old\n")
    (root / "mine").write_text("mine\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    (root / "mine").write_text("mine, staged\n")
    git(root, "add", "mine")
    (root / "mine").write_text("mine, not staged\n")
    (root / "private").write_text("untracked\n")
    (tmp_path / "fix.py").write_text(FIX)
    return root


MINE = "MM mine\n?? private\n"


def install(kind: str, root: Path) -> None:
    """pre-commit as people install it, or a script that does what lint-staged does: fix and add again."""
    fix = f"{sys.executable} {root.parent}/fix.py"
    if kind == "lint-staged":
        write_hook(root, "pre-commit", f"{fix} add $(git diff --cached --name-only --diff-filter=d)")
    elif kind == "script":
        write_hook(root, "pre-commit", f"{fix} refuse $(git diff --cached --name-only --diff-filter=d)")
    else:
        program = Path(sys.executable).parent / "pre-commit"
        if not program.exists():
            pytest.skip("needs pre-commit: pip install pre-commit")
        config = f"""\
            repos:
              - repo: local
                hooks:
                  - {{id: fix, name: fix, language: system, entry: {fix} refuse, types: [text]}}
            """
        (root / ".pre-commit-config.yaml").write_text(textwrap.dedent(config))
        git(root, "add", ".pre-commit-config.yaml")
        git(root, "commit", "-q", "-m", "Hooks", "--", ".pre-commit-config.yaml")
        subprocess.run([str(program), "install"], cwd=root, check=True, capture_output=True)


EDITS = [
    FileEdit("Dockerfile", "FROM jupyterhub/k8s-hub:1.0.0\nCOPY a b\n", "FROM jupyterhub/k8s-hub:2.0.0   \nCOPY a b\n"),
    FileEdit("values.yaml", "hub:\n  image:\n    tag: old\n", "hub:\n  image:\n    tag: new  \n"),
    FileEdit("new/hub.yaml", None, "a: 1 \n"),
]
FIXED = {
    "Dockerfile": "FROM jupyterhub/k8s-hub:2.0.0\nCOPY a b\n",
    "values.yaml": "hub:\n  image:\n    tag: new\n",
    "new/hub.yaml": "a: 1\n",
}


@pytest.mark.parametrize("kind", ["pre-commit", "script", "lint-staged"])
def test_what_a_hook_fixes_is_in_the_commit_and_is_shown(
    kind: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(kind, root)
    repo = changes.deployment_repository(root)
    made = changes.commit(repo, Commit("Use new", EDITS))
    assert {path: git(root, "show", f"{made}:{path}") for path in FIXED} == FIXED
    assert {path: (root / path).read_text() for path in FIXED} == FIXED
    assert git(root, "status", "--porcelain", "--untracked-files=all") == MINE
    assert git(root, "diff", "--cached", "--name-only") == "mine\n"
    said = capsys.readouterr().err
    assert "note: a hook changed the files" in said
    assert (f"note: a hook changed the files of commit {made[:12]}.\n" in said) == (kind == "lint-staged")
    assert "    -    tag: new  \n    +    tag: new\n" in said
    assert changes.commit(repo, Commit("Use new", EDITS[:0])) == made


@pytest.mark.parametrize("kind", some(["pre-commit", "lint-staged"], 1))
def test_the_next_commit_is_on_top_of_what_a_hook_fixed(kind: str, root: Path) -> None:
    install(kind, root)
    lines = [f"k{number}: 1\n" for number in range(20)]
    (root / "long.yaml").write_text("".join(lines))
    git(root, "add", "long.yaml")
    git(root, "commit", "-q", "--no-verify", "-m", "Long", "--", "long.yaml")
    first = ["k0: 2  \n", *lines[1:]]
    second = [*first[:-1], "k19: 2\n"]
    repo = changes.deployment_repository(root)
    third = [*second[:9], "k9: 2\n", *second[10:]]
    texts = ["".join(each) for each in (lines, first, second, third)]
    edits = [FileEdit("long.yaml", before, after) for before, after in pairwise(texts)]
    changes.commit_all(repo, [Commit(f"Edit {number}", [edit]) for number, edit in enumerate(edits)])
    assert git(root, "show", "HEAD:long.yaml") == texts[-1].replace("  ", "")
    assert git(root, "log", "-3", "--format=%s") == "Edit 2\nEdit 1\nEdit 0\n"
    assert git(root, "status", "--porcelain") == MINE


def test_an_edit_of_lines_that_a_hook_changed_is_refused_and_the_first_commit_taken_back(root: Path) -> None:
    install("lint-staged", root)
    start = git(root, "rev-parse", "HEAD")
    second = FileEdit("values.yaml", EDITS[1].after, "hub:\n  image:\n    tag: newer  \n")
    repo = changes.deployment_repository(root)
    with pytest.raises(RefusedError, match=r"a hook changed the lines that the next commit edits"):
        changes.commit_all(repo, [Commit("One", [EDITS[1]]), Commit("Two", [second])])
    assert git(root, "rev-parse", "HEAD") == start
    assert (root / "values.yaml").read_text() == EDITS[1].before
    assert git(root, "status", "--porcelain") == MINE


@pytest.mark.parametrize("kind", ["pre-commit", "lint-staged"])
def test_files_of_the_person_that_a_hook_fixes_are_committed_fixed(kind: str, root: Path) -> None:
    install(kind, root)
    (root / "values.yaml").write_text("a: 1  \n")
    (root / "requirements.txt").write_text("one  \n")
    repo = changes.deployment_repository(root)
    changes.commit_files(repo, "As they are", ["values.yaml", "requirements.txt"])
    assert git(root, "show", "HEAD:values.yaml") == "a: 1\n"
    assert git(root, "show", "HEAD:requirements.txt") == "one\n"
    assert git(root, "status", "--porcelain") == MINE


BAD = {
    "a hook that never passes": "echo '# again' >>values.yaml; echo never >&2; exit 1",
    "a hook that puts the files back": "git checkout -q HEAD -- values.yaml 2>/dev/null; exit 1",
    "a hook that removes a file": "rm values.yaml; exit 1",
    "a hook that only refuses": "echo never >&2; exit 1",
}


@pytest.mark.parametrize("name", BAD)
def test_a_hook_that_refuses_leaves_everything_as_it_was_and_a_rerun_works(name: str, root: Path) -> None:
    write_hook(root, "pre-commit", BAD[name])
    repo = changes.deployment_repository(root)
    start = git(root, "rev-parse", "HEAD")
    with pytest.raises(ProgramFailedError):
        changes.commit(repo, Commit("Use new", EDITS))
    assert (git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")) == (start, MINE)
    assert {edit.path: (root / edit.path).exists() for edit in EDITS} == {
        "Dockerfile": True, "values.yaml": True, "new/hub.yaml": False
    }  # fmt: skip
    assert not (root / "new").exists()
    (root / ".git/hooks/pre-commit").unlink()
    changes.commit(repo, Commit("Use new", EDITS))
    assert git(root, "status", "--porcelain") == MINE


def test_a_hook_that_changes_files_after_the_commit_is_named(root: Path) -> None:
    write_hook(root, "post-commit", "echo '# after' >>values.yaml")
    with pytest.raises(ProgramFailedError, match=r"is made, and a hook of the repository then changed"):
        changes.commit(changes.deployment_repository(root), Commit("Use new", EDITS))
    assert git(root, "show", "HEAD:values.yaml") == EDITS[1].after


def test_a_hook_that_takes_a_file_out_of_the_commit_is_named(root: Path) -> None:
    write_hook(root, "pre-commit", "git reset -q HEAD -- values.yaml")
    with pytest.raises(ProgramFailedError, match=r"has other files than planned.*: values\.yaml"):
        changes.commit(changes.deployment_repository(root), Commit("Use new", EDITS))
