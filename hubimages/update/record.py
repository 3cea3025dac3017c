"""The record of a generated repository: which template it was made from, with which answers."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubimages import disk
from hubimages.errors import BadInputError
from hubimages.repository.git import Repo
from hubimages.template import RECORD, check_answers, read_answers

OTHER_TOOLS = {
    ".copier-answers.yml": "copier",
    ".copier-answers.yaml": "copier",
    ".cruft.json": "cruft",
    ".cookiecutter.json": "cookiecutter",
}
HEAD = re.compile(r'^(template|version|commit|template_version|checksum): "?([^"\n\r]*)"?\r?$', re.MULTILINE)
COMMIT = re.compile(r"[0-9a-f]{40}|")
RESTORE = f"Look at its history (git log -p {RECORD}), put back what the template wrote, and commit it"


@dataclass(frozen=True)
class Record:
    """The template's address, hubimages' version, commit ("" if unknown), the template's version, and the answers."""

    template: str
    version: str
    commit: str
    template_version: int
    answers: Mapping[str, str]

    def checksum(self) -> str:
        """Return the checksum that the template writes into such a record."""
        facts = [self.template, self.version, self.commit, str(self.template_version), dict(self.answers)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def read_record(repo: Repo) -> Record:
    """Return the record at HEAD. Raises BadInputError if there is none that an update can start from."""
    assert repo.work_tree is not None
    names = set(repo.read("ls-tree", "-z", "--name-only", "HEAD").decode(errors="surrogateescape").split("\0"))
    if RECORD not in names:
        for name, tool in OTHER_TOOLS.items():
            if name in names:
                raise BadInputError(f"{repo.work_tree} was made with {tool} ({name}), not from the hubimages template")
        raise BadInputError(
            f"{repo.work_tree} has no {RECORD} in its commit: it was not made from the hubimages template. To link it: "
            "hubimages adopt-image-repo"
        )
    (data,) = repo.contents([f"HEAD:{RECORD}"])
    record, checksum = parse(data)
    if record.template_version > 1 or checksum:
        if checksum != record.checksum():
            raise BadInputError(f"{RECORD} was edited by hand: its checksum is not that of its content. {RESTORE}")
    else:
        _check_never_edited(repo, record)
    try:
        check_answers(record.answers)
    except BadInputError as error:
        raise BadInputError(f"{RECORD}: {error}") from error
    return record


def parse(data: bytes) -> tuple[Record, str]:
    """Return a record and its checksum ("" if it has none). Raises BadInputError if the text is no record."""
    text = data.decode(errors="replace")
    facts = dict(HEAD.findall(text))
    with disk.temporary_directory("record") as temporary:
        file = Path(temporary, RECORD)
        file.write_bytes(data)
        try:
            answers = read_answers(file)
        except BadInputError as error:
            raise BadInputError(str(error).replace(str(file), RECORD)) from error
    version = facts.get("template_version", "1")
    if not facts.get("template") or "commit" not in facts or not answers:
        raise BadInputError(
            f"{RECORD} is not a record of the hubimages template: it has no template, commit or answers"
        )
    # cookiecutter renders what it is given: template syntax in an address would be a program.
    if any(opener in facts["template"] for opener in ("<<", "<%", "<#")):
        raise BadInputError(f"{RECORD} was edited by hand: its template is no address. {RESTORE}")
    if not COMMIT.fullmatch(facts["commit"]) or not re.fullmatch(r"[1-9][0-9]{0,5}", version):
        raise BadInputError(f"{RECORD} was edited by hand: commit or template_version is not one. {RESTORE}")
    return (
        Record(facts["template"], facts.get("version", ""), facts["commit"], int(version), answers),
        facts.get("checksum", ""),
    )


def _check_never_edited(repo: Repo, record: Record) -> None:
    """Raise BadInputError if a record without a checksum differs from the one that the repository began with."""
    rows = repo.text("log", "--format=", "--raw", "--no-abbrev", "--full-history", "--no-renames", "HEAD", "--", RECORD)
    written = [row.split()[3] for row in rows.splitlines() if row]
    blobs = [blob for blob in dict.fromkeys(written) if set(blob) != {"0"}]
    if len(blobs) < 2:
        return
    (data,) = repo.contents(blobs[-1:])
    first, _ = parse(data)
    if first == record:
        return
    changed = [key for key, value in first.answers.items() if record.answers.get(key) != value]
    if not changed or changed[0] not in record.answers:
        raise BadInputError(f"{RECORD} was edited by hand. {RESTORE}")
    key, value = changed[0], record.answers[changed[0]]
    raise BadInputError(
        f"{RECORD} was edited by hand: {key} was {first.answers[key]!r} and is {value!r}. Put it back as it was, "
        f"commit, and use --set {key}=VALUE to change an answer"
    )


def reference(answers: Mapping[str, str]) -> str:
    """Return the image's name with its registry."""
    return f"{answers.get('registry_host', '')}/{answers.get('image', '')}"
