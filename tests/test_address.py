"""One line says the project's address; the documents and a fork follow it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ANY = re.compile(r"https://[\w.-]+/[\w.-]+/hubimages(?![\w-])")


def texts(root: Path) -> list[Path]:
    names = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "mkdocs.yml")
    return [*(root / name for name in names), *sorted((root / "docs").glob("*.md"))]


def address(root: Path) -> str:
    return str(json.loads((root / "cookiecutter.json").read_text())["_address"])


def test_every_document_has_the_address_of_the_one_line() -> None:
    named = {found for file in texts(ROOT) for found in ANY.findall(file.read_text())}
    assert named == {address(ROOT)}
    for file in (*ROOT.glob("hubimages/**/*.py"), *ROOT.glob("<<cookiecutter.repo>>/**/*"), *ROOT.glob("*.py")):
        if file.is_file() and "__pycache__" not in file.parts:
            assert address(ROOT) not in file.read_text(), file


def test_a_fork_changes_one_line(tmp_path: Path) -> None:
    fork = tmp_path / "fork"
    for file in (*texts(ROOT), ROOT / "cookiecutter.json", ROOT / "docs/write_address.py"):
        (fork / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, fork / file.relative_to(ROOT))
    line = fork / "cookiecutter.json"
    line.write_text(line.read_text().replace(address(ROOT), "https://github.com/another-org/hubimages"))
    subprocess.run([sys.executable, "docs/write_address.py"], cwd=fork, check=True)
    assert {found for file in texts(fork) for found in ANY.findall(file.read_text())} == {address(fork)}
    assert "uses: another-org/hubimages/.github" in (fork / "docs/hub-image.md").read_text()
    old = address(ROOT).removeprefix("https://github.com/")
    assert [file.name for file in texts(fork) if old in file.read_text()] == []
