"""Files that are an owner's own stay when that is said, and no update touches them."""

import json

from tests.update.repositories import commit, files, git, update


def test_a_file_that_becomes_the_owners_own_stays_as_it_is(made_from):
    repo = made_from(1)
    (repo / "README.md").write_text("# Written anew\n")
    commit(repo)
    ours = files(repo, "HEAD")
    done = json.loads(update(repo, "--json", "--set=own_files=README.md LICENSE image-tests/").stdout)
    assert done["conflicts"] == []
    there = files(repo, done["branch"])
    own = {path for path in ours if path in ("README.md", "LICENSE") or path.startswith("image-tests/")}
    assert len(own) > 3
    assert {path: there.get(path) for path in own} == {path: ours[path] for path in own}
    assert b"## Change what is in the image" in there["BUILDING.md"][1]


def test_later_updates_change_no_file_that_is_the_owners_own(made_from):
    repo = made_from(1)
    (repo / "README.md").write_text("# Written anew\n")
    commit(repo)
    update(repo, "--set=own_files=README.md")
    git(repo, "merge", "--quiet", git(repo, "branch", "--list", "update-*", "--format=%(refname:short)"))
    done = json.loads(update(repo, "--json", "--set=registry=ghcr.io").stdout)
    assert done["conflicts"] == []
    assert "changes BUILDING.md" in done["changed"]
    assert "changes README.md" not in done["changed"]
