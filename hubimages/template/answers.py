"""Answers from the command line and from a file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hubimages import json_text, yaml_text
from hubimages.errors import BadInputError, message_of
from hubimages.template.checking import check_answers
from hubimages.template.questions import RECORD, template_directory
from hubimages.template.rules import answer_rules


def given_answers(settings: Sequence[str], file: str | None) -> dict[str, str]:
    """Return the answers from a file, overridden by those set as `key=value`. Raises BadInputError."""
    answers = {} if file is None else read_answers(Path(file))
    chosen: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key or key != key.strip():
            shown = answer_rules().shown(setting)
            raise BadInputError(f"--set {shown} is not KEY=VALUE, without spaces around the equals sign")
        if key in chosen:
            raise BadInputError(f"--set {answer_rules().shown(key)} is given twice")
        chosen[key] = value
    answers.update(chosen)
    check_answers(answers)
    return answers


def read_answers(file: Path) -> dict[str, str]:
    """Return the answers in a YAML or JSON file: a mapping, or the record of a generated repository.

    Values stay as they are written: `3.10` stays `3.10`. Raises BadInputError.
    """
    if file.is_dir():
        file = file / RECORD
    try:
        loaded = _load(file)
    except (OSError, ValueError, yaml_text.UnreadableYamlError) as error:
        raise BadInputError(f"cannot read answers from {file}: {message_of(error)}") from error
    if isinstance(loaded, dict) and isinstance(loaded.get("answers"), dict):
        extra = [key for key in loaded if key not in record_keys()]
        if extra:
            named = answer_rules().shown(str(extra[0]))
            raise BadInputError(f"{file}: the key {named} is outside `answers`. Move it into `answers`, or remove it")
        loaded = loaded["answers"]
    if not isinstance(loaded, dict):
        raise BadInputError(f"{file} must contain a mapping, with one `key: value` for each answer")
    for key, value in loaded.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise BadInputError(f"{file}: the answer to {answer_rules().shown(str(key))} must be one text")
    return dict(loaded)


def record_keys() -> set[str]:
    """Return the keys of the record that the template writes."""
    record = template_directory() / "<<cookiecutter.repo>>" / RECORD
    return set(re.findall(r"^(\w+):", record.read_text(encoding="utf-8"), re.MULTILINE))


def _load(file: Path) -> Any:
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".json":
        return json_text.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_unique)
    return yaml_text.load_texts(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return JSON's pairs as a mapping. Raises ValueError for a duplicate key."""
    loaded: dict[str, Any] = {}
    for key, value in pairs:
        if key in loaded:
            raise ValueError(f"it has the key {answer_rules().shown(key)} twice")
        loaded[key] = value
    return loaded
