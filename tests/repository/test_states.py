"""Every task that changes a repository, in every state of it: what was not to be changed is the same to the byte.

A fixed sample runs always; all of them with `nox -s deep`.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubimages.cli import program
from tests.conftest import IDENTITY
from tests.references.pointing import COMMON, FILES, IMAGE
from tests.repository.states import NO_COMMIT, PRIVATE, STATES, Place

NEW = "f5e4d3c2b1a0"
HUB_IMAGE = {
    "helm-charts/chartpress.yaml": """\
charts:
  - name: basehub
    imagePrefix: quay.io/org/pilot-
    images:
      hub:
        valuesPath: jupyterhub.hub.image
        buildArgs: {REQUIREMENTS_FILE: requirements.txt}
        contextPath: images/hub
        dockerfilePath: images/hub/Dockerfile
      trial:
        buildArgs: {REQUIREMENTS_FILE: trial-requirements.txt}
        contextPath: images/hub
        dockerfilePath: images/hub/Dockerfile
""",
    "helm-charts/basehub/Chart.yaml": "apiVersion: v2\nname: basehub\nversion: 0.1.0\ndependencies:\n"
    "  - {name: jupyterhub, version: 4.0.0, repository: https://example.org/}\n",
    "helm-charts/basehub/values.yaml": "jupyterhub:\n  hub:\n    image:\n      name: quay.io/org/pilot-hub\n"
    "      tag: '1'\n",
    "helm-charts/images/hub/Dockerfile": "FROM jupyterhub/k8s-hub:4.0.0\nARG REQUIREMENTS_FILE\n"
    "COPY ${REQUIREMENTS_FILE} /tmp/\n",
    "helm-charts/images/hub/requirements.txt": "one==1\n",
}
TRIAL = "helm-charts/images/hub/trial-requirements.txt"
CHARTPRESS = "helm-charts/chartpress.yaml"


@dataclass(frozen=True)
class Task:
    """A command, how it delivers (0 files, 1 a commit here, 2 a commit on a new branch), and a file that it edits."""

    argv: tuple[str, ...]
    way: int
    target: str


ALL = ("point-hubs", f"{IMAGE}:{NEW}", "--all", "--unchecked", "--yes")
TASKS = {
    "point-hubs": Task(ALL, 0, COMMON),
    "point-hubs --commit": Task((*ALL, "--commit"), 1, COMMON),
    "point-hubs --branch": Task((*ALL, "--branch=bump"), 2, COMMON),
    "point-hubs --open-pr": Task((*ALL, "--branch=bump", "--open-pr"), 2, COMMON),
    "roll-back-image": Task(("roll-back-image", "--hub=uni", "--unchecked", "--yes"), 0, COMMON),
    "roll-back-image --commit": Task(("roll-back-image", "--hub=uni", "--unchecked", "--yes", "--commit"), 1, COMMON),
    "end-hub-experiment": Task(("end-hub-experiment", "trial"), 1, CHARTPRESS),
    "end-hub-experiment --roll-out --branch": Task(
        ("end-hub-experiment", "trial", "--roll-out", "--branch=bump"), 2, CHARTPRESS
    ),
}


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True).stdout.decode(
        errors="surrogateescape"
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment repository with some history, which all cases copy."""
    root = tmp_path_factory.mktemp("base") / "deployment"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in IDENTITY.items():
            patch.setenv(name, value)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        git(root, "init", "-q", "-b", "main")
        first = {
            **FILES,
            **HUB_IMAGE,
            "README.md": "# Hubs\n",
            COMMON: FILES[COMMON].replace("0a1b2c3d4e5f", "000000000001"),
        }
        add(root, first, "Start")
        add(root, {COMMON: FILES[COMMON]}, "Use the next")
        add(root, {TRIAL: "one==1\ntwo==2\n"}, "Try")
        git(root, "remote", "add", "origin", "https://github.com/org/deployment.git")
        git(root.parent, "clone", "-q", "--bare", str(root), "served.git")
    return root


def add(root: Path, files: Mapping[str, str], message: str) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
        git(root, "add", "--", name)
    git(root, "commit", "-q", "-m", message)


def own_work(root: Path) -> Path:
    """What a person has in the middle of other work: staged, changed, new, ignored, empty folders."""
    (root / "mine.txt").write_text("mine\n")
    git(root, "add", "mine.txt")
    (root / "mine.txt").write_text("mine, changed\n")
    (root / "helm-charts/basehub/Chart.yaml").write_text("# mine\n" + HUB_IMAGE["helm-charts/basehub/Chart.yaml"])
    (root / "untracked").mkdir()
    (root / "untracked/private.key").write_text(PRIVATE)
    (root / "empty").mkdir()
    return root


def work_tree(root: Path) -> Path:
    """A linked work tree."""
    git(root, "worktree", "add", "-q", str(root.parent / "linked"), "-b", "linked")
    return root.parent / "linked"


def odd_path(root: Path) -> Path:
    """A folder whose name has a line feed, a quote and a byte that is no UTF-8."""
    return root.rename(root.parent / os.fsdecode(b"it's a\nfolder \xff"))


def plain(root: Path) -> Path:
    return root


SURROUNDINGS: dict[str, Callable[[Path], Path]] = {
    "plain": plain, "own work": own_work, "a work tree": work_tree, "an odd path": odd_path
}  # fmt: skip
# What a person's own work stands in the way of: git itself refuses to begin.
ALONE = {
    "a merge", "a merge with a conflict", "a squash merge", "a cherry-pick", "a revert with a conflict", "a rebase",
    "a rebase with --apply", "a rebase stopped to edit", "git am", "a conflict of a stash",
}  # fmt: skip
# Not of a work tree, or (the filters) git looks at all files that it has just written there.
NOT_LINKED = {
    "core.bare", "another owner", "no commit yet", "a submodule", "a newer format", "a filter is missing",
    "a filter is missing elsewhere",
}  # fmt: skip
IN_SAMPLE = {
    "plain": {
        "clean", "git am", "assume-unchanged", "pre-commit fixes and refuses",
        "reference-transaction refuses", "a filter is missing",
    },
    "own work": {"a revert", "pre-commit fixes and adds"},
    "a work tree": {"a bisection"},
    "an odd path": {"a detached HEAD"},
}  # fmt: skip


def places() -> Iterator[tuple[str, str]]:
    """Each clone with each state that it can have."""
    for around in SURROUNDINGS:
        for state in STATES:
            if not (around == "own work" and state in ALONE) and not (around == "a work tree" and state in NOT_LINKED):
                yield around, state


def cases() -> Iterator[object]:
    """Each of them with all tasks; where it is in the sample, every second task in every run."""
    for around, state in places():
        if state not in IN_SAMPLE[around]:
            yield pytest.param(around, state, list(TASKS), id=f"{state}, {around}", marks=pytest.mark.deep)
            continue
        few, others = (list(TASKS)[begin::2] for begin in (0, 1))
        yield pytest.param(around, state, few, id=f"{state}, {around}")
        yield pytest.param(around, state, others, id=f"{state}, {around}, the other tasks", marks=pytest.mark.deep)


def test_there_are_as_many_states_as_promised() -> None:
    assert len(list(places())) >= 150


@dataclass(frozen=True)
class Seen:
    """All that is in a repository, by path: kind and mode, and content."""

    files: Mapping[str, tuple[int, bytes]]
    git: Mapping[str, tuple[int, bytes]]

    @classmethod
    def of(cls, root: Path) -> "Seen":
        """Everything in the work tree, and everything in git's directories."""
        dot = root / ".git"
        folders = [dot] if dot.is_dir() else [root.parent / "deployment/.git"]
        return cls(contents(root, skip=dot), {name: each for one in folders for name, each in contents(one).items()})


def contents(folder: Path, skip: Path | None = None) -> dict[str, tuple[int, bytes]]:
    found = {}
    for place in sorted(folder.rglob("*")):
        if skip is not None and (place == skip or skip in place.parents):
            continue
        mode = place.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = os.fsencode(os.readlink(place))  # noqa: PTH115
        else:
            content = place.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(place.relative_to(folder))] = (mode, content)
    return found


def run(argv: tuple[str, ...], root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        program.HubImages().run(["hubimages", *argv, f"--repo={root}"])
        sys.exit(0)
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def entries(root: Path) -> set[str]:
    """The index: modes, objects, flags."""
    return set(git(root, "ls-files", "--stage", "-v", "-z").split("\0"))


EDITED = {
    "point-hubs": {COMMON, "config/clusters/other/prod.values.yaml"},
    "roll-back-image": {COMMON},
    "end-hub-experiment": {CHARTPRESS, TRIAL, "helm-charts/images/hub/requirements.txt"},
}


# History is read as a checkout has it.
OTHERWISE = {("a filter is missing", "roll-back-image"): 4}


@pytest.mark.parametrize(("around", "state", "tasks"), list(cases()))
def test_in_every_state_only_what_a_task_says_is_changed(
    around: str, state: str, tasks: list[str], base: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if state == "another owner" and os.geteuid() != 0:
        pytest.skip("needs root, to give a repository away")
    make, codes = STATES[state]
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    problems = []
    for number, (title, task) in enumerate((title, TASKS[title]) for title in tasks):
        folder = tmp_path / str(number)
        shutil.copytree(base.parent, folder, symlinks=True)
        own_home = folder / "home"
        own_home.mkdir()
        monkeypatch.setenv("HOME", str(own_home))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own_home / ".gitconfig"))
        for name, value in IDENTITY.items():
            monkeypatch.setenv(name, value)
        git(folder, "config", "--global", f"url.{folder}/served.git.insteadOf", "https://github.com/org/deployment.git")
        root = SURROUNDINGS[around](folder / "deployment")
        subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=root, check=False)  # the copies have other times
        make(Place(root, task.target, own_home))
        if (own_home / "anonymous").exists():
            for name in IDENTITY:
                monkeypatch.delenv(name)
        try:
            check(title, task, root, OTHERWISE.get((state, title), codes[task.way]), capsys)
        except AssertionError as problem:
            problems.append(f"{title}: {problem}")
    assert not problems, "\n\n".join(problems)


def check(title: str, task: Task, root: Path, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the task, and compare everything."""
    before = Seen.of(root)
    usable = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, check=False).returncode == 0
    index = entries(root) if usable else set()
    head = git(root, "rev-parse", "--verify", "-q", "HEAD").strip() if usable and not code else ""
    got, out, err = run(task.argv, root, capsys)
    after = Seen.of(root)
    assert got == code, f"exit code {got}, not {code}\n{out}{err}"
    changed = differing(before.files, after.files)
    internal = {name for name in differing(before.git, after.git) if not name.startswith("objects")}
    where = "" if (root / ".git").is_dir() else "worktrees/linked/"
    if code:
        assert changed == set(), err
        assert err.count("error: ") >= 1
        if code in (2, 3):
            assert internal == set(), err
            assert differing(before.git, after.git) == set()
            return
        assert internal <= {f"{where}index", f"{where}COMMIT_EDITMSG", f"{where}logs/HEAD", f"{where}logs"}, err
        if usable:
            assert entries(root) == index
        return
    edited = EDITED[task.argv[0]]
    folders = {str(Path(name).parent) for name in edited}
    assert changed - folders <= edited, changed
    assert changed & edited
    assert {
        name: mode for name, (mode, _) in after.files.items() if name in edited and before.files[name][0] != mode
    } == {}
    if task.way == 0:
        assert internal <= {f"{where}index"}
        return
    branch = "bump" if task.way == 2 else git(root, "branch", "--show-current").strip()
    names = set(
        filter(None, git(root, "diff-tree", "-r", "-z", "--name-only", "--no-renames", head, "HEAD", "--").split("\0"))
    )
    assert names == changed & edited
    assert {entry for entry in entries(root) ^ index if entry.rpartition("\t")[2] not in edited} == set()
    assert git(root, "status", "--porcelain", "--", *sorted(edited)) == ""
    for name in names:
        if name in after.files:
            assert git(root, "hash-object", f"--path={name}", name) == git(root, "rev-parse", f"HEAD:{name}")
            assert PRIVATE not in git(root, "cat-file", "blob", f"HEAD:{name}")
    refs = {f"refs/heads/{branch}", f"logs/refs/heads/{branch}", f"{where}HEAD", f"{where}logs/HEAD", f"{where}index"}
    refs |= {f"{where}COMMIT_EDITMSG", f"{where}logs", "logs/refs", "logs/refs/heads", "refs/heads"}
    if "--open-pr" in task.argv:
        refs |= {"refs/remotes/origin", "refs/remotes/origin/bump", "logs/refs/remotes", "logs/refs/remotes/origin"}
        refs |= {"logs/refs/remotes/origin/bump", "refs/remotes", "config", "FETCH_HEAD"}
        served = git(root.parent / "served.git", "for-each-ref", "--format=%(refname)").split()
        assert served == ["refs/heads/bump", "refs/heads/main"]
        assert "https://github.com/org/deployment/compare/" in out
    split = {name for name in internal if "sharedindex" in name}
    assert internal - split <= refs, internal - refs


def test_what_is_refused_names_what_ends_it(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each operation in progress is refused with the commands that end it, and the commands do."""
    told = {}
    for state in [name for name, (_, codes) in STATES.items() if codes == NO_COMMIT and "lock" not in name]:
        folder = tmp_path / state.replace(" ", "-")
        shutil.copytree(base.parent, folder)
        root = folder / "deployment"
        git(root, "update-index", "-q", "--refresh")
        STATES[state][0](Place(root, COMMON, folder))
        code, _, said = run((*ALL, "--commit"), root, capsys)
        assert code == 3
        remedy = said.rpartition("End it first: ")[2].strip()
        told[state] = remedy
        command = remedy.rpartition("or ")[2]
        if "the same with --abort" in command:
            command = "git cherry-pick --abort"
        if command.startswith("git ") and "conflict of a stash" not in state:
            git(root, *command.split()[1:])
            assert run((*ALL, "--commit"), root, capsys)[0] == 0, (state, command)
    assert {state: remedy.split(",")[0] for state, remedy in told.items() if "conflict of" not in state} == {
        "a merge": "git merge --continue",
        "a merge with a conflict": "git merge --continue",
        "a squash merge": "git commit",
        "a revert": "git revert --continue",
        "a revert with a conflict": "git revert --continue",
        "a cherry-pick": "git cherry-pick --continue",
        "between two cherry-picks": "git cherry-pick --continue or git revert --continue",
        "a rebase": "git rebase --continue",
        "a rebase with --apply": "git rebase --continue",
        "a rebase stopped to edit": "git rebase --continue",
        "git am": "git am --continue",
        "a bisection": "git bisect reset",
    }
