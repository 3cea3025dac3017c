"""What GitHub, PyPI and people who cite or report read of this repository."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML

import hubimages
from tests import schemas
from tests.conftest import DEEP

CHECKOUT = Path(__file__).parent.parent
PACKAGE = "hubimages/__init__.py"  # where the package has its version
PROGRAMS = Path(sys.executable).parent
PINNED = re.compile(r"uses: (?:\./|[\w./-]+@[0-9a-f]{40} # \S+)")


def release_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_release", CHECKOUT / ".ci/check_release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", sorted((CHECKOUT / ".github/workflows").glob("*.yaml"))),
        ("github-issue-forms", sorted((CHECKOUT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))),
        ("github-issue-config", [CHECKOUT / ".github/ISSUE_TEMPLATE/config.yml"]),
        ("citation-file-format", [CHECKOUT / "CITATION.cff"]),
    ],
)
def test_the_schema_is_kept(schema: str, files: list[Path]) -> None:
    assert files
    assert schemas.problems(schema, *files) == []


def test_zizmor_finds_nothing_in_the_workflows_of_this_repository() -> None:
    subprocess.run([PROGRAMS / "zizmor", "--offline", "--no-progress", CHECKOUT / ".github/workflows"], check=True)


def test_every_action_of_the_workflows_is_pinned_by_commit() -> None:
    for workflow in (CHECKOUT / ".github/workflows").glob("*.yaml"):
        for line in workflow.read_text().splitlines():
            assert "uses: " not in line or PINNED.search(line), f"{workflow.name}: {line}"


def test_the_documents_count_the_deep_tests(request: pytest.FixtureRequest) -> None:
    """A tenth more or less is no fault, so that a new case needs no new count."""
    page = (CHECKOUT / "docs/tests.md").read_text("utf-8")
    told = {folder: int(number) for folder, number in re.findall(r"^\| `tests/(\w+)` \| (\d+) \|", page, re.MULTILINE)}
    counts = request.config.stash.get(DEEP, {})
    if not counts.keys() >= told.keys():
        pytest.skip("counts the deep tests of a whole run")
    far = {folder for folder in counts if abs(counts[folder] - told.get(folder, 0)) > max(5, counts[folder] // 10)}
    assert {folder: (told.get(folder, 0), counts[folder]) for folder in far} == {}
    assert f"{sum(told.values())} in all" in page


CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Added\n\n- One.\n\n[1.2.0]: https://example.org\n"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "hubimages").mkdir()
    (tmp_path / PACKAGE).write_text('"""The package."""\n\n__version__ = "1.2.0"\n')
    (tmp_path / "cookiecutter.json").write_text('{"__version": "1.2.0"}')
    (tmp_path / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 1.2.0\n")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_a_tag_with_everything_in_step_can_be_released(checkout: Path) -> None:
    assert release_check().problems("v1.2.0", checkout) == []
    assert release_check().section("1.2.0", checkout) == "### Added\n\n- One."


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (PACKAGE, '__version__ = "1.1.0"\n', f"{PACKAGE} has version 1.1.0, and the tag is v1.2.0"),
        (PACKAGE, "", f"{PACKAGE} has version none, and the tag is v1.2.0"),
        ("cookiecutter.json", '{"__version": "1.3.0"}', "cookiecutter.json has version 1.3.0, and the tag is v1.2.0"),
        ("CITATION.cff", "cff-version: 1.2.0\n", "CITATION.cff has version none, and the tag is v1.2.0"),
        ("CHANGELOG.md", "## [Unreleased]\n\n- One.\n", "CHANGELOG.md has no section [1.2.0] with text and a date"),
        ("CHANGELOG.md", "## [1.2.0]\n\n- One.\n", "CHANGELOG.md has no section [1.2.0] with text and a date"),
        ("CHANGELOG.md", "## [1.2.0] - 2026-12-01\n\n", "CHANGELOG.md has no section [1.2.0] with text and a date"),
    ],
)
def test_what_is_not_in_step_is_named(file: str, text: str, says: str, checkout: Path) -> None:
    (checkout / file).write_text(text)
    assert release_check().problems("v1.2.0", checkout) == [says]


def test_the_version_of_this_tree_is_the_same_everywhere() -> None:
    lines = release_check().problems(f"v{hubimages.__version__}", CHECKOUT)
    assert [line for line in lines if "CHANGELOG" not in line] == []


def test_the_pythons_of_the_page_are_those_that_the_workflow_tests_from_the_oldest_on() -> None:
    workflow = YAML(typ="safe").load(CHECKOUT / ".github/workflows/ci.yaml")
    tested: list[str] = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    oldest = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert oldest == f">={tested[0]}"
    said = f"{', '.join(tested[:-1])} and {tested[-1]}"
    assert said in " ".join((CHECKOUT / "docs/platforms.md").read_text().split())


def test_a_release_asks_whether_the_tests_of_its_commit_have_passed() -> None:
    steps = YAML(typ="safe").load(CHECKOUT / ".github/workflows/release.yaml")["jobs"]["build"]["steps"]
    asks = steps[0]["run"]
    program = asks.replace("gh run list", "gh")  # a stand-in for GitHub's answer, given as the number of runs
    for number, code in (("1", 0), ("0", 1)):
        script = f"gh() {{ echo {number}; }}\n{program}"
        done = subprocess.run(
            ["bash", "-e", "-c", script], env={"GITHUB_SHA": "0" * 40}, capture_output=True, check=False
        )
        assert done.returncode == code, done.stdout
