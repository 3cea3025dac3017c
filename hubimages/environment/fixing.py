"""Mend what can be mended without a decision, and no other byte."""

import re
from bisect import bisect_right
from pathlib import Path

from hubimages import console
from hubimages.environment.check import Options, Report, checked
from hubimages.environment.rules.scripts import HANDS_OVER, STARTS
from hubimages.environment.specs import EnvironmentFile, read_environment_file
from hubimages.environment.surroundings import ENVIRONMENT, Surroundings
from hubimages.errors import RefusedError
from hubimages.findings import Finding
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit
from hubimages.yaml_text import UnreadableYamlError, compose, remove, replace, scalars

PLAIN_VERSION = re.compile(r"(?:conda-forge::)?python\s*+=*+\s*+(\d+\.\d+(?:\.\d+)*)(?:\.\*)?")
LF_ONLY = ("postBuild", "start", "apt.txt", "requirements.txt", "runtime.txt", "install.R", *ENVIRONMENT)


def plan_fixes(path: Path, options: Options | None = None) -> tuple[Path, list[FileEdit]]:
    """Return the repository's directory and the edits that mend the safe findings of `check_environment`."""
    here, report = checked(path, options or Options())
    edits = []
    for name, before in here.texts.items():
        after = fixed(here, name, before, [one for one in report.findings if one.file == name])
        if after != before:
            edits.append(FileEdit(name, before, after))
    return here.root, edits


def fix_environment(path: Path, options: Options | None = None) -> Report:
    """Write the edits, and return the report on the result."""
    root, edits = plan_fixes(path, options)
    for edit in edits:
        if (root / edit.path).is_symlink():
            raise RefusedError(f"{edit.path} is a symbolic link. Fix the file that it leads to")
    file_edit.apply(root, edits)
    for edit in edits:
        console.step(f"fixed {edit.path}")
    return checked(path, options or Options())[1]


def fixed(here: Surroundings, path: str, text: str, found: list[Finding]) -> str:
    """Return a file's text with its safe findings mended."""
    codes = {one.code for one in found}
    name = path.rpartition("/")[2]
    if name in ENVIRONMENT and isinstance(here.environment, EnvironmentFile) and here.environment.path == path:
        text = environment_file(here, text, codes)
    if "windows-line-ends" in codes and name in LF_ONLY:
        text = text.replace("\r\n", "\n")
    if "byte-order-mark" in codes:
        text = text.removeprefix("\ufeff")
    if "no-shebang" in codes:
        text = "#!/bin/bash\n" + text
    if name == "start" and "start-without-exec" in codes:
        text = with_exec(text)
    if name == "apt.txt" and "duplicate" in codes:
        text = without_duplicate_lines(text)
    if "trailing-blanks" in codes:
        text = without_trailing_blanks(text)
    if "no-line-end" in codes:
        text += "\r\n" if "\r\n" in text else "\n"
    return text


def environment_file(here: Surroundings, text: str, codes: set[str]) -> str:
    """Return an environment file's text with its python line readable and without what stands there twice."""
    if "python-not-read" in codes and (here.choice.kind == "conda"):
        text = with_readable_python(text)
    while "duplicate" in codes:
        shorter = without_one_duplicate(text)
        if shorter == text:
            break
        text = shorter
    if "prefix" in codes:
        text = remove(text, ("prefix",))
    return text


def with_readable_python(text: str) -> str:
    """Return the text with `python 3.12` and `conda-forge::python=3.12` as repo2docker reads them."""
    specs = [spec for spec in read_environment_file("", text).specs if spec.name == "python" and not spec.pip]
    new = {}
    for scalar in scalars(text):
        for spec in specs:
            plain = PLAIN_VERSION.fullmatch(spec.text.strip())
            if scalar.path == spec.path and plain and not re.match(r"python\s*=", spec.text):
                new[scalar] = f"python={plain[1]}"
    return replace(text, new) if new else text


def without_one_duplicate(text: str) -> str:
    """Return the text without the first entry that stands there twice in the same words."""
    try:
        file = read_environment_file("", text)
    except UnreadableYamlError:
        return text
    seen: set[tuple[bool, str]] = set()
    for spec in file.specs:
        key = (spec.pip, re.sub(r"\s+", "", spec.text).lower())
        if key in seen and spec.name and (spec.pip is False or spec.path[:2] == _first_list(file)):
            return remove(text, spec.path)
        seen.add(key)
    channels: set[str] = set()
    for index, (name, _) in enumerate(file.channels):
        if name in channels:
            return remove(text, ("channels", index))
        channels.add(name)
    return text


def _first_list(file: EnvironmentFile) -> tuple[str | int, ...]:
    return next(spec.path[:2] for spec in file.specs if spec.pip)


def with_exec(text: str) -> str:
    """Return a start script that hands over to the server at its end."""
    end = "\r\n" if "\r\n" in text else "\n"
    if HANDS_OVER.search(text):
        return text
    starts = list(STARTS.finditer(text))
    if starts:  # only if it is the last line: what comes after it would no longer run
        last = starts[-1]
        if text[last.end() :].strip():
            return text
        at = last.start() + len(last[0]) - len(last[0].lstrip())
        return text[:at] + "exec " + text[at:]
    return text + ("" if text.endswith("\n") else end) + f'exec "$@"{end}'


def without_duplicate_lines(text: str) -> str:
    """Return apt.txt without later lines that name one package a second time."""
    seen, kept = set(), []
    for line in text.splitlines(keepends=True):
        words = line.partition("#")[0].split()
        if len(words) == 1 and words[0] in seen and "#" not in line:
            continue
        seen.update(words)
        kept.append(line)
    return "".join(kept)


def without_trailing_blanks(text: str) -> str:
    """Return YAML without blanks at the end of lines, unless they belong to a text of several lines."""
    ends = {scalar.start: scalar.end for scalar in scalars(text) if "\n" in text[scalar.start : scalar.end]}
    starts = sorted(ends)
    kept, done = [], 0
    for blank in re.finditer(r"(?<![ \t])[ \t]++(?=\r?\n|\Z)", text):
        before = bisect_right(starts, blank.start()) - 1
        if before >= 0 and blank.start() < ends[starts[before]]:
            continue
        kept.append(text[done : blank.start()])
        done = blank.end()
    result = "".join([*kept, text[done:]])
    return result if compose(result).data() == compose(text).data() else text
