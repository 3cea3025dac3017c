"""What came of a task in one repository, as a row of the table and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hubimages.repository.proposals.proposing import DECLINED, OPEN, OPENED, PUSHED, UPDATED

# The words of the table, in the order of its last line. `failed` alone is a failure.
UNCHANGED, CHANGED, COMMITTED, SKIPPED, FAILED = "nothing to do", "changed", "committed", "skipped", "failed"
STATES = (OPENED, UPDATED, OPEN, PUSHED, COMMITTED, CHANGED, UNCHANGED, DECLINED, SKIPPED, FAILED)


@dataclass(frozen=True)
class Outcome:
    """A row: the state, one line about it, and what a program may want to know.

    `exit_code` is the one that `each` would end with if this were the only failure. `output` is what the task printed
    on stdout.
    """

    repository: str
    address: str
    state: str
    detail: str = ""
    exit_code: int = 0
    branch: str = ""
    commit: str = ""
    pull_request: str = ""
    files: tuple[str, ...] = ()
    diff: str = field(default="", repr=False)
    output: str = field(default="", repr=False)
    directory: str = ""
    log: str = ""

    @property
    def failed(self) -> bool:
        """Whether somebody has to look at it."""
        return self.state == FAILED

    def as_json(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {**asdict(self), "files": list(self.files)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Outcome":
        """Return the row that `as_json` gave. Raises KeyError, TypeError or ValueError if it is none."""
        words = {name: row[name] for name in cls.__dataclass_fields__}
        kinds = {"exit_code": int, "files": list}
        if any(not isinstance(value, kinds.get(name, str)) for name, value in words.items()):
            raise TypeError("a value of another kind")
        if words["state"] not in STATES:
            raise ValueError(f"no state {words['state']!r}")
        return cls(**{**words, "files": tuple(words["files"])})
