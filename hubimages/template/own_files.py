"""Record which files the template leaves to the owner of a repository."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from hubimages import yaml_text

LINE = re.compile(r"^(?P<space> +)own_files: .*$", re.MULTILINE)
CHECKSUM = re.compile(r"^checksum: .*$", re.MULTILINE)


def with_own_files(record: bytes, paths: Collection[str]) -> bytes:
    """Return a record that has these paths in its answer `own_files`, besides those that are there.

    It is returned as it was if there are none to add, or if it is not as the template wrote it.
    """
    text = record.decode(errors="replace")
    try:
        loaded = yaml_text.load(text)  # the checksum tells whether that is what the template wrote
        answers = dict(loaded["answers"])
        before = answers["own_files"].split()
        if loaded["checksum"] != _checksum(loaded, answers):
            return record
    except (yaml_text.UnreadableYamlError, ValueError, KeyError, TypeError, AttributeError):
        return record
    answers["own_files"] = " ".join(dict.fromkeys([*before, *paths]))
    line = f"own_files: {json.dumps(answers['own_files'])}"
    changed = LINE.sub(lambda found: found["space"] + line, text)
    return CHECKSUM.sub(f'checksum: "{_checksum(loaded, answers)}"', changed).encode()


def _checksum(record: Mapping[str, Any], answers: Mapping[str, str]) -> str:
    """The checksum that the template writes (hubimages_filters.py)."""
    facts = [*(record[key] for key in ("template", "version", "commit", "template_version")), answers]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
