"""Which buildpack, Python and R version repo2docker takes for a directory, as repo2docker itself says."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubimages import json_text, systems
from hubimages.errors import NotInstalledError, ProgramFailedError
from hubimages.run import started

PROBE = Path(__file__).parent / "buildpack_probe.py"
SECONDS = 60
# Where a repository pins the repo2docker that builds it; the first is ours.
PINS = (
    ".github/requirements-repo2docker.txt",
    "requirements-repo2docker.txt",
    "dev-requirements.txt",
    "requirements-dev.txt",
)
PIN = re.compile(r"^[ \t]*jupyter[-_.]repo2docker[ \t]*==[ \t]*([\w.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """A reason why repo2docker would not build: what it was reading, what it says, and the line of a YAML error."""

    at: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Choice:
    """What repo2docker takes: its version, the buildpack's class, what that reads, and what it refuses."""

    version: str
    buildpack: str | None
    is_default: bool = False  # no buildpack found anything to read
    environment_file: str | None = None
    python: str | None = None
    r: str | None = None
    reads: Sequence[str] | None = None  # files from which packages are installed; None if it did not get so far
    jupyterhub: str | None = None  # what the image has before the repository's own packages are installed
    always: Sequence[str] = ()  # packages that repo2docker installs in any case
    problems: Sequence[Problem] = field(default_factory=tuple)

    @property
    def kind(self) -> str:
        """Return the buildpack in one word: conda, python, r, docker, pipfile, juliaproject, nix; none if it fails."""
        return re.sub(r"(Toml)?BuildPack$", "", self.buildpack or "none").lower()


@dataclass(frozen=True)
class Question:
    """A question to repo2docker, asked in a process of its own, which imports while we read files."""

    process: "subprocess.Popen[bytes]"

    def answer(self) -> Choice:
        """Return the answer. Raises NotInstalledError without repo2docker, ProgramFailedError if it gives none."""
        try:
            out, err = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ProgramFailedError(
                f"repo2docker's buildpacks gave no answer within {SECONDS} s. Run the task again when the machine "
                "is less busy"
            ) from error
        try:
            told = json_text.loads(out)
        except ValueError:
            last = err.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ProgramFailedError(f"repo2docker's buildpacks cannot be read: {''.join(last)}") from None
        if "missing" in told:
            what = "" if told["missing"] == "repo2docker" else f" (it lacks {told['missing']})"
            raise NotInstalledError(
                f"jupyter-repo2docker is not installed{what}. Run {systems.install_line('environment')}"
            )
        return _choice(told)


@contextmanager
def asked(directory: Path, platforms: Sequence[str]) -> Iterator[Question]:
    """Ask repo2docker about a directory; without an answer, the process ends with the block."""
    argv = (sys.executable, "-P", str(PROBE), *platforms)  # -P: no module of the repository is imported
    with started(*argv, cwd=directory, env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}) as process:
        yield Question(process)


def _choice(told: dict[str, Any]) -> Choice:
    return Choice(
        version=told["version"],
        buildpack=told.get("buildpack"),
        is_default=bool(told.get("default")),
        environment_file=told.get("environment_file"),
        python=told.get("python"),
        r=told.get("r") or None,
        reads=told.get("installing"),
        always=tuple(told.get("always") or ()),
        jupyterhub=told.get("jupyterhub"),
        problems=tuple(Problem(**each) for each in told["problems"]),
    )


def pinned_version(repository: Path) -> str | None:
    """Return the version of repo2docker that the repository pins; None if it pins none."""
    for name in PINS:
        file = repository / name
        if file.is_file() and (found := PIN.search(file.read_text(encoding="utf-8", errors="replace"))):
            return found[1]
    return None
