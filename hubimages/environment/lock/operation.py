"""Lock an environment, and say what changes."""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubimages import systems
from hubimages.environment.check import Options, checked
from hubimages.environment.lock.changes import Row, as_table, changes
from hubimages.environment.lock.formats import CONDA_LOCK, PIXI, lock_text, read_lock
from hubimages.environment.lock.freshness import is_made_for
from hubimages.environment.lock.model import Lock, Locked, content_hash
from hubimages.environment.lock.pip_part import lock_pip
from hubimages.environment.rules.lock import STALE
from hubimages.environment.solving.request import Request, request_of
from hubimages.environment.solving.solver import Solution, solve
from hubimages.environment.specs import EnvironmentFile, conda_spec
from hubimages.environment.surroundings import ENVIRONMENT, LOCKS, find_directory, find_root
from hubimages.errors import BadInputError, NotInstalledError, ProgramFailedError
from hubimages.markdown import name
from hubimages.repository import delivery, file_edit
from hubimages.repository.changes import Commit, deployment_repository
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit

TABLE = 60_000  # characters in a pull request, of the 65,536 that GitHub takes
FORMATS = {"conda-lock": CONDA_LOCK, "pixi": PIXI}


@dataclass(frozen=True)
class LockPlan:
    """The lock to write, and what it changes; `stale`: the one that is there was made for another environment file."""

    root: Path
    edit: FileEdit
    rows: Sequence[Row]
    lock: Lock = field(repr=False)
    stale: bool = False

    def __str__(self) -> str:
        return self._text()

    def _text(self, most: int | None = None) -> str:
        renewed = f" {self.edit.path} was made for another environment file." if self.stale and not self.rows else ""
        return as_table(list(self.rows), most) + renewed

    def as_json(self) -> str:
        """Return the changes as one JSON object."""
        keys = ("package", "before", "after", "platforms")
        shown = [dict(zip(keys, row, strict=True)) for row in self.rows]
        return json.dumps({"version": 1, "file": self.edit.path, "changes": shown}, indent=2, ensure_ascii=False)

    def apply(self) -> None:
        """Write the lock."""
        file_edit.apply(self.root, [self.edit])

    def deliver(self, wanted: Delivery, because: str = "") -> str:
        """Write the lock, commit it, push its branch and open a pull request, as wanted; return what was done.

        The branch is named by the lock, so one lock is proposed once. Without changes nothing is done, unless a build
        would refuse the lock that is there.
        """
        if not self.rows and not self.stale:
            return str(self)
        repo = deployment_repository(self.root)
        assert repo.work_tree is not None
        prefix = self.root.resolve().relative_to(repo.work_tree.resolve())
        edit = replace(self.edit, path=(prefix / self.edit.path).as_posix())
        title = f"{'Add' if edit.before is None else 'Refresh'} {name(edit.path)}"
        reason = f"\n\n{because}" if because else ""
        body = f"{self._text(TABLE)}{reason}\n\nMerge it to build the image with these packages.\n"
        if wanted.open_pr and wanted.branch is None:
            digest = hashlib.sha256((edit.after or "").encode()).hexdigest()
            wanted = replace(wanted, branch=f"hubimages/lock-{digest[:8]}")
        done = delivery.deliver(repo, [Commit(f"{title}\n\n{self}{reason}\n", [edit])], wanted, title=title, body=body)
        return f"{self}\n\n{done}"


def take_lock(path: Path, made: Path) -> LockPlan:
    """Return the plan for a lock that another program made, pixi for example, for the environment at a path.

    Raises BadInputError for one that cannot be read or was made for another environment file.
    """
    root = find_root(path)
    directory = find_directory(root)
    name = next((each for each in LOCKS if made.name.endswith(each)), "")
    if not name:
        raise BadInputError(f"{made} is no lock: its name ends in neither {' nor '.join(LOCKS)}")
    lock = read_lock(made)
    here = root / directory
    asked = next((place for each in ENVIRONMENT if (place := here / each).is_file()), None)
    if asked is not None and not is_made_for(made, asked.read_text(encoding="utf-8")):
        raise BadInputError(f"{made} was made for another {asked.name}")
    file = f"{directory}/{name}" if directory else name
    before = file_edit.text_of(root, file)
    old = read_lock(root / file) if before is not None else Lock([], [])
    stale = before is not None and asked is not None and not is_made_for(root / file, asked.read_text(encoding="utf-8"))
    return LockPlan(root, FileEdit(file, before, made.read_text(encoding="utf-8")), changes(old, lock), lock, stale)


def _check_installed() -> None:
    """Raise NotInstalledError with the one extra that a lock needs, before the check names that of the check."""
    for module, package in (("repo2docker", "jupyter-repo2docker"), ("rattler", "py-rattler")):
        if importlib.util.find_spec(module) is None:
            raise NotInstalledError(f"{package} is not installed. Run {systems.install_line('lock')}")


def plan_lock(path: Path, form: str = "") -> LockPlan:
    """Return a fresh lock of the environment at a path, in the given format or that of the lock that is there.

    Raises BadInputError, NoAnswerError without channels, NotInstalledError without the extra `lock`, and
    ProgramFailedError if packages cannot be installed together.
    """
    if form and form not in FORMATS:
        raise BadInputError(f"--format {form} is not one of {', '.join(FORMATS)}")
    _check_installed()
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
    stale = before is not None and not is_made_for(here.root / file, here.environment.text)
    return LockPlan(here.root, FileEdit(file, before, text), changes(old, lock), lock, stale)


def make_lock(request: Request, environment: str, name: str) -> tuple[Lock, str]:
    """Return the lock of what is asked for in the text of an environment file, and the text of the file `name` for it.

    Raises NoAnswerError without channels, ProgramFailedError if packages cannot be installed together.
    """
    solutions = solve(request, "lock").solutions
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
        _hex(record.md5), _hex(record.sha256), tuple(record.depends),
    )  # fmt: skip


def _hex(digest: bytes | None) -> str:
    return digest.hex() if digest else ""
