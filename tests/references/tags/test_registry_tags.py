"""Every tag of a registry is said to run, to have run, or to run nowhere; what will be removed is said first."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubimages.image_ref import ImageRef
from hubimages.references import RetentionRule, list_tags
from hubimages.references.tags.expiry import quay_dates
from hubimages.registry import Registries
from tests.engine.registry import Registry
from tests.references.pointing import COMMON, FILES, OTHER, git, hubimages, make_deployment, write
from tests.registry.images import Publisher
from tests.registry.scripted import Asked, Reply, scripted

NOW = datetime.now(UTC)


def days_ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


@pytest.fixture
def host(open_registry: Registry) -> str:
    """A registry with eight tags of one image."""
    image = Publisher(open_registry, "group/tagged")
    image.image({"created": days_ago(20), "config": {"Labels": {"quay.expires-after": "4w"}}}, "0a1b2c3d4e5f")
    for days, tag in enumerate(("1.0", "1.1", "2.0", "2.1", "3.0", "3.1", "aaaaaaaaaaa1"), 1):
        image.image({"created": days_ago(days * 30)}, tag)
    return open_registry.address


@pytest.fixture
def root(host: str, tmp_path: Path) -> Path:
    """The image at three tags: in the work tree, on a branch, and until some days ago."""
    files = {name: text.replace("quay.io/group/image", f"{host}/group/tagged") for name, text in FILES.items()}
    root = make_deployment(tmp_path / "deployment", {**files, OTHER: "a: 1\n"})
    for days, tag in ((300, "1.0"), (100, "1.1"), (50, "aaaaaaaaaaa1"), (10, "2.0"), (5, "3.0")):
        text = files[OTHER].replace("0a1b2c3d4e5f", tag)
        write(root, {OTHER: text})
        commit(root, days)
    git(root, "checkout", "-q", "-b", "topic")
    write(root, {OTHER: files[OTHER].replace("0a1b2c3d4e5f", "3.1")})
    commit(root, 4)
    git(root, "checkout", "-q", "main")
    return root


def commit(root: Path, days: int) -> None:
    when = days_ago(days)
    args = ["git", "-C", str(root), "commit", "-qam", f"{days} days ago"]
    subprocess.run(args, check=True, env={**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when})


def test_each_tag_has_the_state_that_the_repository_tells(root: Path, host: str) -> None:
    done = hubimages(root, "registry-tags", f"{host}/group/tagged", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {each["tag"]: (each["state"], each["where"].partition(" (")[0]) for each in said["tags"]} == {
        "0a1b2c3d4e5f": ("runs", "uni/prod, uni/staging"),
        "3.0": ("runs", "other/prod"),
        "3.1": ("on a branch", "on branch topic"),
        "2.0": ("ran", f"until {days_ago(5)[:10]}"),
        "aaaaaaaaaaa1": ("ran", f"until {days_ago(10)[:10]}"),
        "1.1": ("ran", f"until {days_ago(50)[:10]}"),
        "1.0": ("ran", f"until {days_ago(100)[:10]}"),
        "2.1": ("unused", ""),
    }
    assert [each["tag"] for each in said["tags"]][:2] == ["0a1b2c3d4e5f", "3.0"]


@pytest.mark.parametrize(
    ("since", "unused"), [("6m", ["2.1"]), ("60d", ["1.0", "2.1"]), ("7d", ["1.0", "1.1", "2.1", "aaaaaaaaaaa1"])]
)
def test_what_ran_before_the_time_that_counts_is_unused(root: Path, host: str, since: str, unused: list[str]) -> None:
    done = hubimages(root, "registry-tags", f"{host}/group/tagged", f"--since={since}", "--json")
    assert sorted(each["tag"] for each in json.loads(done.stdout)["tags"] if each["state"] == "unused") == unused


def test_lines_for_programs_and_a_summary_for_people(root: Path, host: str) -> None:
    done = hubimages(root, "registry-tags", f"{host}/group/tagged")
    lines = done.stdout.splitlines()
    expires = (NOW - timedelta(days=20) + timedelta(weeks=4)).strftime("%Y-%m-%d")
    assert lines[0] == f"0a1b2c3d4e5f\truns\tuni/prod, uni/staging\t{expires}"
    assert lines[-1] == "2.1\tunused\t\t"
    assert f"{host}/group/tagged: 8 tags; 2 in use, 1 on other branches, 4 in use since" in done.stderr
    assert (
        f"warning: 0a1b2c3d4e5f expires on {expires}, says its label quay.expires-after=4w, and uni/prod, uni/staging "
        "has it"
    ) in done.stderr
    assert "does not show them. Try one with --keep-newest or --older" in done.stderr


def test_a_retention_rule_is_tried_and_names_the_running_tag_that_it_removes(root: Path, host: str) -> None:
    done = hubimages(root, "registry-tags", f"{host}/group/tagged", "--keep-newest=2", "--older=100d", "--json")
    removed = {each["tag"] for each in json.loads(done.stdout)["tags"] if each.get("removed_by_rule")}
    assert removed == {"2.1", "3.0", "3.1", "aaaaaaaaaaa1"}
    text = hubimages(root, "registry-tags", f"{host}/group/tagged", "--keep-newest=2", "--older=100d").stderr
    assert (
        "warning: `keep the 2 newest and remove what is older than 100 days` removes 3.0, and other/prod has it" in text
    )


def test_a_rule_removes_what_both_parts_agree_on() -> None:
    dates = {tag: NOW - timedelta(days=days) for tag, days in (("new", 1), ("middle", 50), ("old", 200))}
    assert RetentionRule(1, None).removes(dates, NOW) == {"middle", "old"}
    assert RetentionRule(None, timedelta(days=100)).removes(dates, NOW) == {"old"}
    assert RetentionRule(1, timedelta(days=100)).removes(dates, NOW) == {"old"}
    assert RetentionRule(3, timedelta(days=0)).removes(dates, NOW) == set()


def test_a_registry_of_the_quay_kind_says_itself_when_tags_expire() -> None:
    pages = {
        "1": {"tags": [{"name": "a", "expiration": "Sun, 27 Dec 2026 10:00:00 -0000"}], "has_additional": True},
        "2": {"tags": [{"name": "b"}, {"name": "c", "expiration": "nonsense"}], "has_additional": False},
    }

    def answer(asked: Asked) -> Reply:
        assert asked.path.startswith("/api/v1/repository/a/b/tag/")
        return Reply(200, json.dumps(pages[asked.query["page"][0]]).encode())

    with scripted(answer) as server, Registries.anonymous() as registries:
        found = quay_dates(registries, ImageRef(server.host, "a/b"))
    assert found == {"a": datetime(2026, 12, 27, 10, tzinfo=UTC)}


def test_a_tag_in_a_file_that_the_registry_lacks_is_named(root: Path, host: str) -> None:
    write(root, {COMMON: (root / COMMON).read_text().replace("tag: 0a1b2c3d4e5f", "tag: 9.9.9")})
    with Registries() as registries:
        report = list_tags(root, ImageRef.parse(f"{host}/group/tagged"), registries, since=timedelta(days=180))
    assert any("9.9.9: uni/prod, uni/staging has it, but the registry does not" in each for each in report.not_checked)


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["quay.io/no/such"], 2, "no file names quay.io/no/such"),
        (["{image}", "--since=ever"], 2, "`ever` is no length of time"),
        (["{image}", "--keep-newest=x"], 2, "--keep-newest=x: give a number"),
    ],
)
def test_bad_input_is_one_line(root: Path, host: str, argv: list[str], code: int, says: str) -> None:
    done = hubimages(root, "registry-tags", *(each.format(image=f"{host}/group/tagged") for each in argv))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert says in done.stderr
