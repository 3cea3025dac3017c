"""Nothing is pushed that the scan found and nobody accepted."""

import json
from pathlib import Path

import pytest

pytest.importorskip("detect_secrets")

from hubimages import extract
from hubimages.errors import BadInputError, RefusedError
from tests.extract.taking import IMAGE, image, take
from tests.histories import Commit, git, make
from tests.scanning.specimens import OWN

TOKEN = OWN["hugging-face-token"][1]


@pytest.fixture
def source(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """An image with a token in an old commit, and another one outside of the image."""
    repo = tmp_path / "source.git"
    files = {**image("a"), "elsewhere/.env": f"{OWN['google-api-key'][1]}\n"}
    ids = make(
        repo,
        [
            Commit("first", [], {**files, f"{IMAGE}/postBuild": f"login {TOKEN}\n"}),
            Commit("second", ["first"], {**files, f"{IMAGE}/postBuild": "login\n"}),
        ],
    )
    return repo, ids


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "origin.git")
    return tmp_path / "origin.git"


def test_a_push_of_a_secret_in_an_old_commit_is_refused_and_leaves_nothing(
    source: tuple[Path, dict[str, str]], origin: Path, tmp_path: Path
) -> None:
    repo, ids = source
    with pytest.raises(RefusedError) as refused:
        take(repo, tmp_path / "dest", origin=str(origin), push=True)
    told = str(refused.value)
    assert "the scan has 1 finding that nobody accepted" in told
    assert "revoke it first: SOURCE still has it" in told
    assert "postBuild:1, from commit" in told
    assert ids["first"][:12] in told
    assert TOKEN not in told
    assert not (tmp_path / "dest").exists()
    assert git("-C", origin, "for-each-ref") == ""


def test_an_accepted_finding_is_pushed_and_its_reason_is_in_the_report(
    source: tuple[Path, dict[str, str]], origin: Path, tmp_path: Path
) -> None:
    repo, _ = source
    found = take(repo, tmp_path / "look", scan=True)
    assert found.scan is not None
    (one,) = found.scan.findings
    result = take(repo, tmp_path / "dest", origin=str(origin), push=True, accepts={one.id: "revoked on Monday"})
    assert git("-C", origin, "rev-parse", "main") == result.head
    facts = json.loads(result.as_json())["scan"]["findings"]
    assert [(each["id"], each["accepted"]) for each in facts] == [(one.id, "revoked on Monday")]
    assert TOKEN not in str(result) + result.as_json()
    for file in (tmp_path / "dest" / ".git" / "hubimages").iterdir():
        assert TOKEN not in file.read_text()


def test_a_scan_without_a_push_reports_and_makes_dest_and_a_plan_reports_the_same(
    source: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    repo, ids = source
    request = extract.Request(str(repo), IMAGE, tmp_path / "dest", template=False, scan=True)
    plan = extract.plan_extraction(request)
    assert not (tmp_path / "dest").exists()
    result = take(repo, tmp_path / "dest", scan=True)
    assert plan.scan is not None
    assert result.scan is not None
    assert plan.scan.findings == result.scan.findings
    assert [(one.kind, one.path, one.old_commit) for one in result.scan.findings] == [
        ("hugging-face-token", "postBuild", ids["first"])
    ]


def test_the_template_itself_has_no_findings(tmp_path: Path) -> None:
    make(tmp_path / "clean.git", [Commit("a", [], image("a"))])
    result = take(tmp_path / "clean.git", tmp_path / "dest", template=True, scan=True)
    assert result.scan is not None
    assert result.scan.findings == ()
    assert result.scan.blobs > 20


def test_what_origin_has_already_is_not_searched_again(
    source: tuple[Path, dict[str, str]], origin: Path, tmp_path: Path
) -> None:
    repo, _ = source
    (one,) = take(repo, tmp_path / "look", scan=True).scan.findings  # type: ignore[union-attr]
    take(repo, tmp_path / "dest", template=True, origin=str(origin), push=True, accepts={one.id: "revoked"})
    git("clone", "--quiet", repo, tmp_path / "work")
    (tmp_path / "work" / IMAGE / "apt.txt").write_text("curl\n")
    git("-C", tmp_path / "work", "commit", "--quiet", "-am", "Add curl")
    again = take(tmp_path / "work", tmp_path / "again", template=True, origin=str(origin), push=True)
    assert again.scan is not None
    assert again.scan.findings == ()
    assert again.pushed_to == str(origin)


def test_accepting_what_was_not_found_or_without_a_scan_is_refused(
    source: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    unknown = {f"private-key:{'0' * 40}:1": "x"}
    with pytest.raises(BadInputError, match="no such finding"):
        take(source[0], tmp_path / "dest", scan=True, accepts=unknown)
    assert not (tmp_path / "dest").exists()
    with pytest.raises(BadInputError, match="add --scan, or --push"):
        take(source[0], tmp_path / "dest", accepts=unknown)
