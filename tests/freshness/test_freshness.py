"""What is behind is found and mended, and what does not answer is named."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from freshness import actions, fixing, hub, images, packages, rules
from freshness.__main__ import look
from freshness.findings import Behind, Report, Unknown
from freshness.fixing import fix, told
from freshness.sources import Sources
from hubimages.errors import ProgramFailedError
from tests.freshness.field import Field, answering, publish_action

ROOT = Path(__file__).parents[2]
PARTS = (
    "<<cookiecutter.repo>>", "templates", "deployment-workflows", ".github", ".ci/requirements.txt",
    "cookiecutter.json", "pyproject.toml", ".pre-commit-config.yaml", "noxfile.py", "docs/template-changes.md",
)  # fmt: skip
CHECKOUT = "actions/checkout"
ACTIONS_NOW = ((CHECKOUT, "v7.1.0"), ("jupyterhub/repo2docker-action", "4" * 12))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files of this project."""
    root = tmp_path / "project"
    for part in PARTS:
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, root / part)
    return root


@pytest.fixture
def github(tmp_path: Path) -> Path:
    return tmp_path / "github"


@pytest.fixture
def field(root: Path, github: Path) -> Iterator[Field]:
    """A field in which everything is as the project has it."""
    with answering() as field:
        field.as_pinned(root, github)
        yield field


@pytest.fixture
def sources(field: Field, github: Path) -> Sources:
    return field.sources(github)


def text(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def changed(before: dict[str, str], root: Path) -> set[str]:
    now = text(root)
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


def test_what_is_as_in_the_field_is_up_to_date_and_nothing_is_left_out(root: Path, sources: Sources) -> None:
    report = look(root, sources)
    assert (report.behind, report.unknown, report.exit_code) == ((), (), 0)
    every = "".join(text(root).values())
    assert {found["commit"] for found in actions.PINNED.finditer(every)} == set(re.findall(r"@([0-9a-f]{40})\b", every))
    assert {name for name, _ in packages.pins(root)} >= {
        "nox",
        "jupyter-repo2docker",
        "zizmor",
        "ruff",
        "uv",
        "codespell",
    }
    assert report.fresh == 1 + 1 + 3 + len(actions.pinned(root)) + len(packages.pins(root)) + 1 + 3
    assert fix(root, report) == ()


def test_everything_that_is_behind_is_mended_with_lines_for_owners(
    root: Path, github: Path, field: Field, sources: Sources
) -> None:
    before = text(root)
    field.chart(("4.3.1", "5.4.0"), ("5.1.0", "6.0.1"))
    field.repo2docker("2027.1.0", "3.11", "3.12", "3.13", "3.14", "3.15")
    field.tags("pangeo/base-image", "2026.01.30", "2026.10.02", "master")
    field.tags("jupyter/scipy-notebook", "2026-07-28", "2026-11-16", "latest")
    field.tags("prefix-dev/pixi", "0.68.1-noble", "0.70.0-noble", "0.71.0", "latest")
    field.package("nox", "2026.10.20", "2027.1.1", "2027.2.2", withdrawn="2027.2.2")
    field.package("ruff", "0.17.5", "0.18.0")
    for version, commit in (("v7.0.2", "1" * 40), ("v7.1.0", "2" * 40), ("v8", "3" * 40)):
        publish_action(github / CHECKOUT, version, commit)
    publish_action(github / "jupyterhub/repo2docker-action", actions.MASTER, "4" * 40)
    report = look(root, sources)
    assert [(each.what, each.current) for each in report.behind] == [
        ("jupyterhub_version", "6.0.1, chart 5.1.0"), ("python_version", "3.15"),
        ("quay.io/jupyter/scipy-notebook", "2026-11-16"), ("quay.io/pangeo/base-image", "2026.10.02"),
        ("ghcr.io/prefix-dev/pixi", "0.70.0-noble"), *ACTIONS_NOW,
        ("nox", "2027.1.1"), ("jupyter-repo2docker", "2027.1.0"), ("ruff", "0.18.0"),
    ]  # fmt: skip
    assert report.exit_code == 1
    paths = fix(root, report)
    assert set(paths) == changed(before, root)
    again = look(root, sources)
    assert (again.behind, again.unknown) == ((), ())

    questions = json.loads((root / "cookiecutter.json").read_text())
    assert questions["jupyterhub_version"] == ["6", "5", "4"]
    assert questions["__prompts__"]["jupyterhub_version"]["6"] == "6 (Zero to JupyterHub chart 5)"
    assert questions["python_version"] == ["3.13", "3.15", "3.14", "3.12", "3.11"]
    assert "nox==2027.1.1" in (root / "<<cookiecutter.repo>>/.github/requirements-nox.txt").read_text()
    assert "nox==2027.1.1" in (root / ".ci/requirements.txt").read_text()
    assert f"{CHECKOUT}@{'2' * 40} # v7.1.0" in (root / "templates/start.yaml").read_text()
    changes = (root / "docs/template-changes.md").read_text()
    section = changes.partition(f"## {questions['__template_version']}\n")[2].partition("\n## ")[0]
    for line in (
        "- The base image `quay.io/pangeo/base-image` is 2026.10.02 (was 2026.01.30).\n",
        "- `nox` 2027.1.1 (was 2026.10.20).\n",
        "- `actions/checkout` v7.1.0 (was v7.0.1).\n",
        "- `python_version` has the new choice 3.15. Yours stays.\n",
    ):
        assert line in section
    assert "ruff" not in section  # no owner has it
    assert section.index("- The base image") < section.index("You must do nothing")


FIRST = "## 1\n\nThe first.\n"
SECOND = f"## 2\n\n- Old.\n\nYou must do nothing.\n\n{FIRST}"


def test_after_a_release_the_changelog_gets_the_next_version() -> None:
    questions, changes = told('{"__template_version": "2"}', f"# Changes\n\n{SECOND}", ["New."], 2)
    assert json.loads(questions) == {"__template_version": "3"}
    assert changes == f"# Changes\n\n## 3\n\n- New.\n\nYou must do nothing.\n\n{SECOND}"
    with pytest.raises(ProgramFailedError, match=r"docs/template-changes\.md has no section 2"):
        told('{"__template_version": "2"}', "# Changes\n", ["New."], 1)


def test_a_source_that_does_not_answer_is_named_and_the_others_are_asked(
    root: Path, github: Path, field: Field, sources: Sources
) -> None:
    field.down |= {"/charts/index.yaml", "/pypi/nox/json", "/v2/pangeo/base-image/tags/list"}
    del field.answers[f"/pypi/{packages.REPO2DOCKER}/json"]
    shutil.rmtree(github / "azure/login")
    report = look(root, sources)
    assert [each.what for each in report.unknown] == [
        "jupyterhub_version", "python_version", "quay.io/pangeo/base-image", "azure/login", "nox", packages.REPO2DOCKER,
    ]  # fmt: skip
    said = {each.what: each.why for each in report.unknown}
    assert said["jupyterhub_version"] == f"{sources.charts}/index.yaml answers 503"
    assert said["azure/login"].startswith(f"no git repository at {github}/azure/login")
    assert (report.behind, report.exit_code) == ((), 75)
    assert str(report).splitlines()[-1].endswith(" up to date, 6 not known")


@pytest.mark.parametrize("index", ["", "- a", "entries: {}", "entries: {jupyterhub: [{version: 1.0.0-beta}]}", "a: ["])
def test_an_index_without_the_chart_is_not_taken_for_up_to_date(
    index: str, root: Path, field: Field, sources: Sources
) -> None:
    field.answers["/charts/index.yaml"] = index.encode()
    (found,) = hub.check(root, sources)
    assert isinstance(found, Unknown)
    assert "is no index of charts with jupyterhub" in found.why


def test_a_chart_with_a_new_version_and_the_same_hub_changes_the_label_alone(
    root: Path, field: Field, sources: Sources
) -> None:
    field.chart(("5.0.0", "5.4.0"))
    (found,) = hub.check(root, sources)
    assert isinstance(found, Behind)
    fix(root, Report.of([found]))
    questions = json.loads((root / "cookiecutter.json").read_text())
    assert questions["jupyterhub_version"] == ["5", "4", "6"]
    assert questions["__prompts__"]["jupyterhub_version"]["5"] == "5 (Zero to JupyterHub chart 5)"


def test_a_tag_that_moved_is_named_and_never_followed(root: Path, github: Path, sources: Sources) -> None:
    publish_action(github / CHECKOUT, "v7.0.1", "5" * 40)
    (found,) = [each for each in actions.check(root, sources) if each is not None]
    assert isinstance(found, Behind)
    assert (found.edits, found.what) == ((), CHECKOUT)
    assert "The tag v7.0.1 is at another commit now, 555555555555" in str(found)


def test_what_only_a_person_can_decide_is_not_edited(root: Path, field: Field, sources: Sources) -> None:
    field.package("git-filter-repo", "2.47.0", "2.50.0")
    field.tags("pangeo/base-image", "2026.01.30", "v1.0", "v1.1", "v1.2", "v1.3")
    field.repo2docker("2026.4.0", "3.12", "3.13", "3.14")
    before = text(root)
    report = look(root, sources)
    assert {each.what: bool(each.edits) for each in report.behind} == {
        "git-filter-repo": False, "python_version": False, "quay.io/pangeo/base-image": False,
    }  # fmt: skip
    assert all(each.remedy for each in report.behind)
    assert fix(root, report) == ()
    assert changed(before, root) == set()


def test_a_rule_that_its_source_no_longer_has_is_read_again(root: Path, field: Field, sources: Sources) -> None:
    field.answers["/rules/docker-hub/usage/"] = b"<html>No limits any more.</html>"
    found = [each for each in rules.check(root, sources) if each is not None]
    assert [each.what for each in found] == ["Docker Hub limits pulls without a login by address"]
    assert "hubimages/references/newest/registries.py" in str(found[0])
    later = [each for each in rules.check(root, sources, date(2029, 1, 1)) if isinstance(each, Behind)]
    assert len(later) == 3
    for rule in json.loads(rules.RULES.read_text()):
        assert all((ROOT / place).exists() for place in rule["places"])


def test_nothing_is_written_if_one_edit_is_not_possible(root: Path, field: Field, sources: Sources) -> None:
    field.package("nox", "2026.10.20", "2027.1.1")
    field.package("zizmor", "1.32.0", "9.0.0")
    report = look(root, sources)
    lint = root / "<<cookiecutter.repo>>/.github/requirements-lint.txt"
    lint.write_text(lint.read_text().replace("zizmor==1.32.0", "zizmor==1.33.0"))
    before = text(root)
    with pytest.raises(ProgramFailedError, match=r"requirements-lint\.txt has no 'zizmor==1\.32\.0' any more"):
        fix(root, report)
    assert changed(before, root) == set()


def test_the_newest_release_is_that_of_the_wheel() -> None:
    assert fixing.newest_release() >= 1
    assert images.FROM.findall("FROM quay.io/a/b:1 AS base\nFROM base\nFROM a/b:2\n") == [
        ("quay.io/a/b", "1"),
        ("a/b", "2"),
    ]


@pytest.mark.deep
def test_pypi_itself_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "freshness", "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode in (0, 1, 75)
    unknown = {each["what"] for each in report["not_known"]}
    if "nox" in unknown:
        pytest.skip("PyPI does not answer: connect to the internet")
    assert not unknown & {name for name, _ in packages.pins(ROOT)}
