"""Lock an environment, and say what changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubimages.environment.check import Options, checked
from hubimages.environment.lock.changes import Row, as_table, changes
from hubimages.environment.lock.formats import CONDA_LOCK, PIXI, lock_text, read_lock
from hubimages.environment.lock.model import Lock, Locked, content_hash
from hubimages.environment.lock.pip_part import lock_pip
from hubimages.environment.rules.lock import STALE
from hubimages.environment.solving.request import Request, request_of
from hubimages.environment.solving.solver import Solution, solve
from hubimages.environment.specs import EnvironmentFile, conda_spec
from hubimages.environment.surroundings import LOCKS
from hubimages.errors import BadInputError, ProgramFailedError
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit

FORMATS = {"conda-lock": CONDA_LOCK, "pixi": PIXI}


@dataclass(frozen=True)
class LockPlan:
    """The lock to write, and what it changes."""

    root: Path
    edit: FileEdit
    rows: Sequence[Row]
    lock: Lock = field(repr=False)

    def __str__(self) -> str:
        return as_table(list(self.rows))

    def as_json(self) -> str:
        """Return the changes as one JSON object."""
        keys = ("package", "before", "after", "platforms")
        shown = [dict(zip(keys, row, strict=True)) for row in self.rows]
        return json.dumps({"version": 1, "file": self.edit.path, "changes": shown}, indent=2, ensure_ascii=False)

    def apply(self) -> None:
        """Write the lock."""
        file_edit.apply(self.root, [self.edit])


def plan_lock(path: Path, form: str = "") -> LockPlan:
    """Return a fresh lock of the environment at a path, in the given format or that of the lock that is there.

    Raises BadInputError, NoAnswerError without channels, ProgramFailedError if packages cannot be installed together.
    """
    if form and form not in FORMATS:
        raise BadInputError(f"--format {form} is not one of {', '.join(FORMATS)}")
    here, report = checked(path, Options())
    wrong = [one for one in report.findings if one.grade == "error" and one.code != STALE]
    if wrong:
        raise BadInputError(f"{wrong[0]}. Run hubimages check-environment")
    request = request_of(here)
    if here.choice.kind == "docker" and not any(
        (spec := conda_spec(text)) and spec.name == "python" for text in request.conda
    ):
        raise BadInputError(
            f"{request.file} names no Python, so the lock would replace that of the base image. "
            "Add the base image's, for example python=3.12"
        )
    assert isinstance(here.environment, EnvironmentFile)
    directory = here.root / here.directory
    name = FORMATS[form] if form else next((each for each in LOCKS if (directory / each).is_file()), CONDA_LOCK)
    file = here.path(name)
    before = file_edit.text_of(here.root, file)
    lock, text = make_lock(request, here.environment.text, name)
    old = read_lock(here.root / file) if before is not None else Lock([], [])
    return LockPlan(here.root, FileEdit(file, before, text), changes(old, lock), lock)


def make_lock(request: Request, environment: str, name: str) -> tuple[Lock, str]:
    """Return the lock of what is asked for in the text of an environment file, and the text of the file `name` for it.

    Raises NoAnswerError without channels, ProgramFailedError if packages cannot be installed together.
    """
    solutions = solve(request).solutions
    packages: list[Locked] = []
    for solution in solutions:
        packages += _of_platform(request, solution)
    lock = Lock(request.channels, packages, content_hash(environment))
    return lock, lock_text(lock, name, {solution.platform: list(solution.records) for solution in solutions})


def _of_platform(request: Request, solution: Solution) -> list[Locked]:
    if solution.conflict:
        raise ProgramFailedError(
            f"the packages cannot be installed together on {solution.platform}:\n{solution.conflict}"
        )
    conda = [_locked(record, solution.platform) for record in solution.records]
    python = next((each.version for each in conda if each.name == "python"), request.python or "")
    return conda + lock_pip(request.pip, conda, solution.platform, python)


def _locked(record: Any, platform: str) -> Locked:
    return Locked(
        platform, "conda", record.name.normalized, str(record.version), str(record.build), str(record.url),
        record.md5.hex() if record.md5 else "", record.sha256.hex() if record.sha256 else "", tuple(record.depends),
    )  # fmt: skip
