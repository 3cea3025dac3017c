"""Only questions that the earlier template did not ask are asked; earlier answers stay."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.template import read_answers
from tests.update.repositories import ROOT, blob, git, update


@pytest.fixture
def without_maintainers(earlier) -> Path:
    """A repository from a template that did not ask for the maintainers yet."""

    def private(template: Path) -> None:
        for path in [template / "cookiecutter.json", *template.rglob("*")]:
            if path.is_file() and ".git" not in path.relative_to(template).parts[:1]:
                text = path.read_bytes()
                text = text.replace(b"cookiecutter.maintainers", b"cookiecutter.__maintainers")
                text = text.replace(b'answers["maintainers"]', b'answers["__maintainers"]')
                path.write_bytes(text.replace(b'"maintainers": "The', b'"__maintainers": "The'))

    return earlier(adapt=private)


def test_without_a_terminal_a_new_question_gets_its_default_and_is_listed(without_maintainers):
    assert "maintainers" not in read_answers(without_maintainers)
    report = json.loads(update(without_maintainers, "--json", "--yes").stdout)
    assert report["answers"]["maintainers"] == {"before": None, "after": "The maintainers of our-image"}


def test_on_a_terminal_only_the_new_question_is_asked(without_maintainers):
    repo = without_maintainers
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "hubimages", "update-image-repo", str(repo)],
        stdin=there, stderr=there, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
    )  # fmt: skip
    os.close(there)
    os.write(here, b"y\nThe image team\n")  # trusts the template's address, then answers
    said, _ = process.communicate(timeout=120)
    asked = os.read(here, 65536).decode()
    os.close(here)
    assert process.returncode == 0, asked
    assert (asked.count("  1. "), asked.count("  2. ")) == (1, 0)
    assert "Maintainers (people or a team)" in asked
    assert b"  maintainers: The image team (new question)\n" in said
    branch = git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads/update-*")
    assert b"Maintained by: The image team\n" in blob(repo, f"{branch}:README.md")
