"""What belongs to the image beside its directory comes along or is named: licences, .mailmap, notes, replace refs."""

import json

import pytest

from hubimages.errors import RefusedError
from hubimages.extract.companions import concerning
from tests.extract.taking import IMAGE, image, take
from tests.histories import Commit, files, git, make

MAILMAP = "# people\nAda L <ada@new.example> <ada@example.org>\nBob <bob@example.org>\n"
OURS = {"README.md": "how to build", "noxfile.py": "sessions"}


def source(place, top: dict[str, str], theirs: dict[str, str] | None = None) -> None:
    make(place / "s", [Commit("add", [], {**top, **image("1", **(theirs or {}))})])


def onto(place, **more):
    """Extract onto an origin without a licence, as if it were a template without one."""
    make(place / "origin", [Commit("template", [], OURS)])
    return take(place / "s", place / "d", origin=str(place / "origin"), template=True, **more)


@pytest.mark.parametrize(("line", "is_kept"), [
    ("Ada L <ada@example.org>", True), ("Ada L <new@x> <ADA@example.org>", True), ("<new@x> <ada@example.org>", True),
    ("Ada L <new@x> Ada <ada@example.org>", True), ("Ada L <new@x> Other <ada@example.org>", False),
    ("Ada L <ada@other.org>", False), ("Bob <ada@example.org> <bob@x>", False), ("# Ada <ada@example.org>", False),
    ("Ada L <ada@example.org> # said so", True), ("nonsense", False), ("", False), ("<>", False),
])  # fmt: skip
def test_only_entries_about_people_of_kept_commits_are_of_interest(line, is_kept):
    assert (concerning(line.encode(), {(b"ada", b"ada@example.org")}) != b"") == is_kept


def test_the_mailmap_comes_along_so_that_credit_is_as_in_the_source(tmp_path):
    source(tmp_path, {".mailmap": MAILMAP})
    result = onto(tmp_path)
    assert files(tmp_path / "d")[".mailmap"] == "Ada L <ada@new.example> <ada@example.org>"
    assert git("-C", tmp_path / "d", "log", "-1", "--format=%aN", "main^2") == "Ada L"
    assert (".mailmap", "with the entries of SOURCE's about people of the kept commits") in [
        (one.path, one.rule) for one in result.decisions
    ]


@pytest.mark.parametrize("name", ["LICENSE", "LICENCE.md", "COPYING", "LICENSE-MIT"])
def test_the_licence_of_the_source_comes_along_where_the_image_has_none(tmp_path, name):
    source(tmp_path, {name: "the source's"})
    onto(tmp_path)
    assert files(tmp_path / "d")[name] == "the source's"


def test_the_licence_of_the_image_stays_and_that_of_the_source_stays_behind(tmp_path):
    source(tmp_path, {"LICENSE": "the source's"}, {"COPYING": "its own"})
    onto(tmp_path)
    names = files(tmp_path / "d")
    assert names["COPYING"] == "its own" and "LICENSE" not in names


def test_the_template_claims_no_licence_for_other_peoples_work_and_records_that(tmp_path):
    source(tmp_path, {"LICENSE": "the source's"})
    take(tmp_path / "s", tmp_path / "d", template=True)
    assert files(tmp_path / "d")["LICENSE"] == "the source's"
    assert 'license: "none"' in (tmp_path / "d/.hubimages.yaml").read_text()


def test_a_licence_that_a_person_asks_for_is_written(tmp_path):
    source(tmp_path, {"LICENSE": "the source's"})
    result = take(tmp_path / "s", tmp_path / "d", template=True, answers={"license": "MIT"})
    assert "MIT License" in files(tmp_path / "d")["LICENSE"]
    assert any("LICENSE of SOURCE stays behind" in one.rule for one in result.decisions)


WORKFLOW = {".github/workflows/deploy.yaml": "on: push\n", "CODEOWNERS": "* @them\n"}


def test_what_github_would_act_on_is_put_aside_and_named(tmp_path):
    source(tmp_path, {}, WORKFLOW)
    result = onto(tmp_path)
    names = files(tmp_path / "d")
    assert names["github-of-the-old-place/workflows/deploy.yaml"] == "on: push"
    assert names["github-of-the-old-place/CODEOWNERS"] == "* @them"
    assert not any(name.startswith(".github") or name == "CODEOWNERS" for name in names)
    assert {".github/workflows/deploy.yaml", "CODEOWNERS"} <= {one.path for one in result.decisions}
    assert git("-C", tmp_path / "d", "rev-parse", "main^2^{tree}") == result.reading.source_tree


def test_it_stays_in_place_when_a_person_asks_for_that(tmp_path):
    source(tmp_path, {}, WORKFLOW)
    onto(tmp_path, keep_workflows=True)
    assert files(tmp_path / "d").items() >= {name: text.strip() for name, text in WORKFLOW.items()}.items()


def test_without_the_template_all_three_are_warnings_and_the_push_is_refused(tmp_path):
    source(tmp_path, {"LICENSE": "x", ".mailmap": MAILMAP}, WORKFLOW)
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "empty.git")
    result = take(tmp_path / "s", tmp_path / "d")
    assert result.warnings[:3] == [
        "the licence stays behind: LICENSE at the top of SOURCE",
        ".mailmap at the top of SOURCE stays behind, with 1 line about people of the kept commits",
        "GitHub acts on .github/workflows/deploy.yaml, CODEOWNERS, which it ignored in SOURCE",
    ]
    assert files(tmp_path / "d").keys() == {"Dockerfile", "start", "apt.txt", *WORKFLOW}
    pushed = {"origin": str(tmp_path / "empty.git"), "push": True}
    with pytest.raises(RefusedError, match=r"^GitHub would run \.github/workflows/deploy\.yaml from this push on\."):
        take(tmp_path / "s", tmp_path / "e", **pushed)
    assert not (tmp_path / "e").exists()
    take(tmp_path / "s", tmp_path / "e", keep_workflows=True, **pushed)
    assert git("-C", tmp_path / "empty.git", "rev-parse", "main")


def test_replace_refs_grafts_and_notes_are_named(tmp_path):
    ids = make(tmp_path / "s", [Commit("one", [], image("1")), Commit("two", ["one"], image("2"))])
    git("-C", tmp_path / "s", "replace", "--graft", ids["two"])
    git("-C", tmp_path / "s", "notes", "add", "-m", "a note", ids["one"])
    (tmp_path / "s/info").mkdir(exist_ok=True)
    (tmp_path / "s/info/grafts").write_text(f"{ids['two']}\n")
    result = take(tmp_path / "s", tmp_path / "d")
    assert len(result.reading.kept.parents) == 2
    said = "\n".join(result.warnings)
    assert f"SOURCE has replace refs for 1 commit ({ids['two'][:12]}); the extraction has the originals" in said
    assert "SOURCE has grafts (info/grafts)" in said
    assert "1 note on kept commits in refs/notes/commits stay behind" in said
    (tmp_path / "s/info/grafts").unlink()  # a server with grafts sends no whole history
    over = take(f"file://{tmp_path}/s", tmp_path / "e")
    assert "notes in refs/notes/commits stay behind" in over.warnings
    assert any("replace refs for 1 commit" in warning for warning in over.warnings)


def first_run(place) -> None:
    make(place / "origin", [Commit("template", [], OURS)])
    source(place, {"other": "x"})
    take(place / "s", place / "first", origin=str(place / "origin"), template=True, push=True)


def work_in(place, name: str, text: str) -> None:
    """Commit a file in the new repository, and push it, as its owner does."""
    clone = place / "clone"
    git("clone", "--quiet", place / "origin", clone)
    (clone / name).write_text(text)
    git("-C", clone, "add", name)
    git("-C", clone, "commit", "--quiet", "-m", f"Our own {name}")
    git("-C", clone, "push", "--quiet", "origin", "HEAD:main")


def go_on(place, **changes: str) -> None:
    work = place / "work"
    git("clone", "--quiet", place / "s", work)
    for name, text in changes.items():
        (work / IMAGE / name).write_text(text)
    git("-C", work, "add", ".")
    git("-C", work, "commit", "--quiet", "-m", "Go on in the old place")
    git("-C", work, "push", "--quiet", "origin", "HEAD:main")


def test_a_second_run_keeps_the_new_repositorys_own_commits_and_adds_what_is_new(tmp_path):
    first_run(tmp_path)
    work_in(tmp_path, "start", "exec ours\n")
    go_on(tmp_path, new="from the old place\n")
    result = take(tmp_path / "s", tmp_path / "d", origin=str(tmp_path / "origin"), template=True, push=True)
    now = files(tmp_path / "d")
    assert (now["start"], now["new"], now["noxfile.py"]) == ("exec ours", "from the old place", "sessions")
    assert list(result.brings[1:]) == ["adds new"]
    assert result.brings[0].startswith("1 commit since ")
    assert git("-C", tmp_path / "origin", "rev-parse", "main") == result.head


def test_a_second_run_that_conflicts_writes_nothing_and_names_the_files(tmp_path):
    first_run(tmp_path)
    work_in(tmp_path, "start", "exec ours\n")
    go_on(tmp_path, start="exec theirs\n")
    before = git("-C", tmp_path / "origin", "rev-parse", "main")
    with pytest.raises(RefusedError, match=r"and SOURCE both changed start since the last extraction"):
        take(tmp_path / "s", tmp_path / "d", origin=str(tmp_path / "origin"), template=True, push=True)
    assert git("-C", tmp_path / "origin", "rev-parse", "main") == before
    assert not (tmp_path / "d").exists()


def test_a_copy_of_the_same_extraction_with_other_ids_is_nothing_to_do(tmp_path):
    make(tmp_path / "origin", [Commit("template", [], OURS)])
    make(tmp_path / "s", [Commit("add", [], image("1"), message="See #5")])
    git("-C", tmp_path / "s", "config", "remote.origin.url", "https://github.com/org/old.git")
    onto = {"origin": str(tmp_path / "origin"), "template": True}
    take(tmp_path / "s", tmp_path / "first", push=True, **onto)
    nothing = take(tmp_path / "s", tmp_path / "d", keep_messages=True, **onto)
    assert json.loads(nothing.as_json())["nothing_to_do"].endswith("with other commit ids")
    git("clone", "--quiet", tmp_path / "s", tmp_path / "work")
    (tmp_path / "work" / IMAGE / "more").write_text("x")
    git("-C", tmp_path / "work", "add", ".")
    git("-C", tmp_path / "work", "commit", "--quiet", "-m", "More")
    git("-C", tmp_path / "work", "push", "--quiet", "origin", "HEAD:main")
    with pytest.raises(RefusedError, match=r"with other commit ids\. Use the options of that extraction"):
        take(tmp_path / "s", tmp_path / "d", keep_messages=True, **onto)
