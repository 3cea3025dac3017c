"""With `machinery: shared`, git fetches the code of the sessions, the same as a vendored one has."""

import ast
import filecmp
import io
import os
import re
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from hubimages import template
from hubimages.errors import BadInputError
from hubimages.template import Origin
from tests.histories import git
from tests.template.published import PUBLISHED


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository that has this template in a commit."""
    path = tmp_path_factory.mktemp("published") / "hubimages"
    source = template.template_directory()
    path.mkdir()
    shutil.copytree(source / "<<cookiecutter.repo>>", path / "<<cookiecutter.repo>>")
    for argv in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Template"]):
        git("-C", path, *argv)
    return path


@pytest.fixture
def shared(published: Path, tmp_path: Path) -> Path:
    """Return a repository that fetches its code from there."""
    commit = git("-C", published, "rev-parse", "HEAD").strip()
    origin = Origin("https://example.org/hubimages", commit)
    path = tmp_path / "shared"
    template.plan_new_repository(path, {"machinery": "shared", "image": "our-org/image"}, made_from=origin).apply()
    text = (path / "noxfile.py").read_text()
    there = 'MACHINERY = "https://example.org/hubimages"'
    assert text.count(there) == 1
    (path / "noxfile.py").write_text(text.replace(there, f'MACHINERY = "file://{published}"'))
    git("-C", path, "commit", "--quiet", "--all", "--message", "Fetch from this machine")
    return path


def nox(path: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "nox", "-s", *words]
    return subprocess.run(argv, cwd=path, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def test_the_code_is_fetched_once_and_is_that_of_a_vendored_repository(
    shared: Path, published: Path, tmp_path: Path
) -> None:
    assert not (shared / ".github/image_build").exists()
    assert not (shared / "image-contract").exists()
    done = nox(shared, "settings", "--", "name")
    assert done.returncode == 0, done.stderr
    assert git("-C", shared, "status", "--porcelain") == ""
    (code,) = (shared / ".nox").glob("hubimages-*")
    every = {"repo": "vendored", "starter": "pixi", "scan": "yes", "preview": "yes", "registry": "ghcr.io"}
    every |= {"compression": "zstd", "arm64": "yes"}
    vendored = tmp_path / "vendored"  # with every choice that has code of its own
    template.plan_new_repository(vendored, every, made_from=PUBLISHED).apply()
    for fetched, own in ((code / "image_build", vendored / ".github/image_build"),
                         (code / "image-contract", vendored / "image-contract")):  # fmt: skip
        names = sorted(path.name for path in own.glob("*.py"))
        assert sorted(path.name for path in fetched.glob("*.py")) == names
        assert filecmp.cmpfiles(fetched, own, names, shallow=False) == (names, [], [])
    moved = published.with_name("elsewhere")
    published.rename(moved)
    try:
        assert nox(shared, "settings", "--", "name").returncode == 0  # without any network
    finally:
        moved.rename(published)


def test_a_session_says_the_same_as_with_vendored_code(shared: Path) -> None:
    done = nox(shared, "settings", "--", "name", IMAGE="quay.io/hub")
    assert done.returncode == 1
    assert "IMAGE is quay.io/hub, which quay.io would refuse" in done.stdout


def test_a_commit_that_cannot_be_fetched_is_told_in_one_line_and_leaves_nothing(shared: Path) -> None:
    text = re.sub(r'COMMIT = "\w+"', f'COMMIT = "{"0" * 40}"', (shared / "noxfile.py").read_text())
    (shared / "noxfile.py").write_text(text)
    done = nox(shared, "settings", "--", "name")
    assert done.returncode != 0
    assert f"cannot fetch the code of the sessions, {'0' * 40} of file://" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((shared / ".nox").glob("hubimages-*")) == []


def test_the_noxfile_is_all_the_python_that_a_shared_repository_has_besides_its_tests() -> None:
    made = template.render_files({"machinery": "shared"}, PUBLISHED)
    assert {name for name in made.files if name.endswith(".py")} == {"noxfile.py", "image-tests/test_image.py"}
    assert "image-contract/test_contract.py" not in made.files["README.md"].data.decode()


def test_a_copy_that_nobody_can_fetch_is_refused_for_shared_code() -> None:
    with pytest.raises(BadInputError, match="machinery: the repository could not fetch the code: not pushed"):
        template.render_files({"machinery": "shared"}, Origin(problem="not pushed"))


def test_the_code_has_no_template_syntax() -> None:
    folder = template.template_directory() / "<<cookiecutter.repo>>"
    files = [*(folder / ".github/image_build").iterdir(), *(folder / "image-contract").iterdir()]
    texts = {file.name: file.read_text() for file in files if file.is_file()}
    assert {name for name, text in texts.items() if re.search("<<|<%|%>|<#|#>", text)} == set()


def lines_of_code(text: str) -> int:
    """Return how many lines have code: neither empty, nor comments or docstrings alone."""
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    first = [node.body[0] for node in ast.walk(ast.parse(text)) if isinstance(node, documented) and node.body]
    strings = [one for one in first if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)]
    no_code = {line for one in strings for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    words = [each for each in tokenize.generate_tokens(io.StringIO(text).readline) if each.type not in silent]
    return len({line for each in words for line in range(each.start[0], each.end[0] + 1)} - no_code)


def test_each_module_that_a_repository_carries_has_its_size_and_its_reason_in_the_design() -> None:
    made = {"vendored": template.render_files({}, PUBLISHED).files}
    for answers in ({"starter": "pixi"}, {"scan": "yes", "preview": "yes", "registry": "ghcr.io", "image": "our/image",
                                          "compression": "zstd", "arm64": "yes"}):  # fmt: skip
        made[str(answers)] = template.render_files(answers, PUBLISHED).files
    sizes = {
        Path(name).name: lines_of_code(file.data.decode())
        for files in reversed(made.values())
        for name, file in files.items()
        if name.endswith(".py") and name.startswith((".github/image_build/", "image-contract/"))
    }
    del sizes["__init__.py"]
    page = (Path(__file__).parents[2] / "docs/design.md").read_text()
    listed = re.findall(r"^\| `(\w+\.py)` \| (\d+) \| (always|with [^|]+) \| .+ \|$", page, re.MULTILINE)
    assert {name: int(size) for name, size, _ in listed} == sizes
    always = {Path(name).name for name in made["vendored"]} & set(sizes)
    assert {name for name, _, when in listed if when == "always"} == always
    sessions = sum(sizes[name] for name in always - {"test_contract.py"})
    assert f"{sessions} lines of code" in page
    assert sessions < 1000
