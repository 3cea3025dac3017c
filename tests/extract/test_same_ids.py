"""The extracted commits have the very ids that git-filter-repo's command line gives, on histories of any shape."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubimages import extract
from tests.examples import examples
from tests.histories import Commit, git, make

IMAGE = "images/hub"
PLACES = (f"{IMAGE}/Dockerfile", f"{IMAGE}/sub/file", "docs/page", "images/other/Dockerfile")


@st.composite
def histories(draw: st.DrawFn) -> list[Commit]:
    """Any graph: several roots, merges of any parents, octopuses, merges with changes of their own, empty commits."""
    number = draw(st.integers(2, 14))
    commits: list[Commit] = []
    for position in range(number):
        by_name = {commit.name: commit for commit in commits}
        names = list(by_name)
        newest = names[-5:]
        parents = draw(st.lists(st.sampled_from(newest), unique=True, max_size=3)) if newest else []
        if position == number - 1 and not parents:
            parents = [names[-1]]
        if draw(st.booleans()) and parents:  # what git merge would often give: one side's files, unchanged
            files = dict(by_name[draw(st.sampled_from(parents))].files)
        else:
            files = {}
            for parent in parents:
                files.update(by_name[parent].files)
        for place in draw(st.lists(st.sampled_from(PLACES), max_size=2)):
            if draw(st.booleans()):
                files[place] = draw(st.sampled_from(["a", "b", "c"]))
            else:
                files.pop(place, None)
        if not any(name.startswith(IMAGE + "/") for name in files) and draw(st.integers(0, 9)) == 0:
            files[IMAGE] = "a file at first"
        elif any(name.startswith(IMAGE + "/") for name in files):
            files.pop(IMAGE, None)
        commits.append(Commit(f"c{position}", parents, files))
    last = commits[-1]
    if not any(name.startswith(IMAGE + "/") for name in last.files):
        files = {name: text for name, text in last.files.items() if name != IMAGE}
        commits.append(Commit("last", [last.name], {**files, f"{IMAGE}/Dockerfile": "FROM z"}))
    return commits


def filter_repo(source: Path, work: Path, path: str) -> str:
    """The tip that the documented recipe gives."""
    git("clone", "--quiet", "--no-local", source, work)
    program = Path(sys.executable).parent / "git-filter-repo"
    done = subprocess.run(
        [program, "--subdirectory-filter", path, "--force", "--quiet"], cwd=work, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return git("-C", work, "rev-parse", "HEAD")


def trees(repo: Path, tip: str) -> list[str]:
    return git("-C", repo, "log", "--topo-order", "--format=%T", tip).splitlines()


@examples(few=10, many=1000)
@given(histories())
def test_extraction_gives_the_ids_of_git_filter_repo(commits: list[Commit]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        old = make(place / "source.git", commits)
        theirs = filter_repo(place / "source.git", place / "theirs", IMAGE)
        result = extract.extract(
            extract.Request(
                str(place / "source.git"), IMAGE, place / "ours", follow=False, template=False, keep_messages=True
            ),
            pytest.fail,
        )
        if result.head == theirs:
            return
        # git-filter-repo writes a wrong tree at some merges that its first parent's side never touched, and exits 0;
        # then ours is right: every commit has the tree of its original.
        new_to_old = {new: old for old, new in (line.split() for line in commit_map(place / "ours").splitlines())}
        wrong = False
        for tree, name in zip(trees(place / "ours", "main"), ids(place / "ours", "main"), strict=True):
            wanted = git("-C", place / "source.git", "ls-tree", "-d", new_to_old[name], IMAGE)
            assert (wanted.split()[2] if wanted else EMPTY) == tree
        their_map = (place / "theirs/.git/filter-repo/commit-map").read_text().splitlines()[1:]
        for line in their_map:
            before, after = line.split()
            if after.strip("0"):
                wanted = git("-C", place / "source.git", "ls-tree", "-d", before, IMAGE)
                wrong |= (wanted.split()[2] if wanted else EMPTY) != git(
                    "-C", place / "theirs", "rev-parse", f"{after}^{{tree}}"
                )
        assert wrong, f"different ids without a wrong tree on their side: {old}"


EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def commit_map(repo: Path) -> str:
    return (repo / ".git/hubimages/commit-map").read_text()


def ids(repo: Path, tip: str) -> list[str]:
    return git("-C", repo, "log", "--topo-order", "--format=%H", tip).splitlines()


def test_the_ids_are_the_same_where_messages_name_commits_kept_and_dropped(tmp_path: Path) -> None:
    def commits(first: str, dropped: str, later: str) -> list[Commit]:
        file = f"{IMAGE}/file"
        return [
            Commit("first", [], {file: "1", "docs": "d"}),
            Commit("dropped", ["first"], {file: "1", "docs": "e"}),
            Commit("later", ["dropped"], {file: "2", "docs": "e"}),
            Commit(
                "naming",
                ["dropped"],
                {file: "3", "docs": "e"},
                message=f"{first} {dropped[:10]} {later} #7 {later[:8]}",
            ),
            Commit(
                "merge", ["naming", "later"], {file: "4", "docs": "e"}, message=f"{first[:7]} g{first[:7]} x {later}"
            ),
        ]

    old = make(tmp_path / "plan.git", commits("x", "x", "x"))
    make(tmp_path / "source.git", commits(old["first"], old["dropped"], old["later"]))
    theirs = filter_repo(tmp_path / "source.git", tmp_path / "theirs", IMAGE)
    request = extract.Request(
        str(tmp_path / "source.git"), IMAGE, tmp_path / "ours", follow=False, template=False, keep_messages=True
    )
    assert extract.extract(request, pytest.fail).head == theirs
