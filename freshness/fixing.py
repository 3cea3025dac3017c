"""Bring defaults up to date, and say in the template's changelog what that changes for owners."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from freshness.findings import Report, read
from hubimages.errors import ProgramFailedError
from hubimages.update.released import CHANGES, releases

QUESTIONS = "cookiecutter.json"
NOTHING = "You must do nothing."


def fix(root: Path, report: Report) -> tuple[str, ...]:
    """Make the edits of a report; return the files that changed.

    Nothing is written before all edits are known to be possible. Raises ProgramFailedError if one is not.
    """
    fixed = [each for each in report.behind if each.edits]
    texts: dict[str, str] = {}
    for each in fixed:
        for edit in each.edits:
            text = texts.get(edit.path) or read(root, edit.path)
            if edit.before not in text:
                raise ProgramFailedError(f"{edit.path} has no {edit.before!r} any more. Run this again")
            texts[edit.path] = text.replace(edit.before, edit.after)
    if lines := [each.owners for each in fixed if each.in_template and each.owners]:
        questions, changes = texts.get(QUESTIONS) or read(root, QUESTIONS), read(root, f"docs/{CHANGES}")
        texts[QUESTIONS], texts[f"docs/{CHANGES}"] = told(questions, changes, lines, newest_release())
    for path, text in texts.items():
        (root / path).write_text(text, encoding="utf-8")
    return tuple(sorted(texts))


def newest_release() -> int:
    """Return the newest version of the template that is released."""
    return max(each.version for each in releases())


def told(questions: str, changes: str, lines: Sequence[str], released: int) -> tuple[str, str]:
    """Return the questions and the changelog with the lines in the section of the version that comes next."""
    version = int(json.loads(questions)["__template_version"])
    if version == released:
        questions = questions.replace(f'"__template_version": "{version}"', f'"__template_version": "{version + 1}"')
        version += 1
        changes = changes.replace(f"## {released}\n", f"## {version}\n\n{NOTHING}\n\n## {released}\n", 1)
    found = re.search(rf"^## {version}\n\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ProgramFailedError(f"docs/{CHANGES} has no section {version}")
    *paragraphs, todo = found[1].strip().split("\n\n")
    items = "\n".join(f"- {line}" for line in lines)
    lists = "\n\n".join(paragraphs)
    section = f"{lists}\n{items}\n\n{todo}\n\n" if lists else f"{items}\n\n{todo}\n\n"
    return questions, f"{changes[: found.start(1)]}{section}{changes[found.end() :]}".rstrip() + "\n"
