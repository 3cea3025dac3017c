"""Histories made at random: every commit of the image's comes along, and nothing that was not its own."""

import re
from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from tests.extract.generator import History, generate
from tests.extract.taking import take
from tests.histories import git, make, states

A_FEW = range(6)
MANY = range(10, 3010)
TOGETHER = 50  # histories of one deep test: every run collects them all


def check(history: History, place: Path) -> str:
    """Extract the image of a generated history and judge the result by what the generator knows."""
    ids = make(place / "s", history.commits)
    last = history.states[-1]
    try:
        result = take(place / "s", place / "d", f"./{last.place}", ask=lambda _: True)
    except RefusedError as error:
        assert "--no-former-paths" in str(error)
        result = take(place / "s", place / "d", f"./{last.place}", follow=False)
        kind = "refused"
    else:
        kind = "followed"
    accounts = result.reading.accounts
    assert accounts.kept + accounts.brought_in + accounts.dropped == len(history.commits)
    assert accounts.kept + accounts.brought_in == len(result.reading.kept.parents)
    assert sum(one.commits for one in result.reading.former_paths) == accounts.brought_in
    found = states(place / "d")
    of_commit = {name: commit for commit, name in ids.items()}
    map_ = dict(row.split() for row in (place / "d/.git/hubimages/commit-map").read_text().splitlines())
    kept = [of_commit[old] for old in map_]
    assert people(place / "s", list(map_)) == people(place / "d", list(map_.values()))
    assert sorted(found) == sorted(kept)
    former = ["" if one.path == "." else one.path + "/" for one in result.reading.former_paths]
    for name in kept:
        before = history.states[int(name[1:])]
        texts = {
            text.strip()
            for path, text in before.files.items()
            if path.startswith(last.place + "/") or any(path.startswith(one) for one in former)
        }
        assert set(found[name].values()) <= texts, f"{name} has a file from elsewhere"
        assert not any("SECRET" in text for text in found[name].values()), f"{name} has a secret"
    assert found[f"c{last.commit}"] == {
        path.removeprefix(last.place + "/"): text.strip()
        for path, text in last.files.items()
        if path.startswith(last.place + "/")
    }
    if kind == "followed":
        for commit, name in sorted((int(name[1:]), name) for name in kept):
            before = history.states[commit]
            missing = {before.files[path].strip() for path in before.image} - set(found[name].values())
            assert not missing, f"{name} lacks files of the image"
        edits = [state.commit for state in history.states if is_edit(history, state.commit)]
        lost = [commit for commit in edits if f"c{commit}" not in kept]
        assert not lost, f"edits of the image did not come along: {lost}"
    return kind


def people(repo: Path, commits: list[str]) -> list[list[str]]:
    """Return the author and committer lines of commits, dates and zones included, as they are in the objects."""
    found = git("-C", repo, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in commits).encode())
    headers = re.split(r"^[0-9a-f]{40} commit \d+$", found, flags=re.MULTILINE)[1:]
    return [re.findall(r"^(?:author|committer) .*$", header, re.MULTILINE)[:2] for header in headers]


def is_edit(history: History, commit: int) -> bool:
    """Whether a commit changed the contents of the image against each of its parents."""

    def contents(number: int) -> list[str]:
        state = history.states[number]
        return sorted(state.files[path] for path in state.image)

    above = [int(name[1:]) for name in history.commits[commit].parents]
    return bool(contents(commit)) and all(contents(commit) != contents(parent) for parent in above)


@pytest.mark.parametrize("seed", A_FEW)
def test_a_generated_history_is_accounted_for(tmp_path, seed):
    check(generate(seed), tmp_path)


@pytest.mark.deep
@pytest.mark.parametrize("first", MANY[::TOGETHER])
def test_many_generated_histories_are_accounted_for(tmp_path, first):
    for seed in MANY[first - MANY[0] :][:TOGETHER]:
        place = tmp_path / str(seed)
        place.mkdir()
        check(generate(seed), place)
