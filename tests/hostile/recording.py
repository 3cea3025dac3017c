"""Record the arguments of every program that a task starts, and of those that git starts in turn."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Python's own list of what starts programs: https://docs.python.org/3/library/audit_events.html
STARTS = {"subprocess.Popen": 1, "os.exec": 1, "os.posix_spawn": 1, "os.spawn": 2, "os.system": 0}
# A Python that the task starts imports it before anything else.
IN_WORKERS = "import os; from tests.hostile.recording import record; record(os.environ['RECORD_ARGUMENTS'])\n"


def record(file: str) -> None:
    """Append the arguments of each program that this process starts from now on to the file, one JSON a line."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)

    def hook(event: str, given: tuple[object, ...]) -> None:
        if event in STARTS:
            words = given[STARTS[event]]
            listed = [words] if isinstance(words, str | bytes) or not isinstance(words, Sequence) else list(words)
            os.write(descriptor, (json.dumps([_text(word) for word in listed]) + "\n").encode())

    sys.addaudithook(hook)


def _text(word: object) -> str:
    return os.fsdecode(word) if isinstance(word, str | bytes | os.PathLike) else str(word)


def recording(folder: Path) -> Mapping[str, str]:
    """Return the variables with which workers in Python record, too, and git what it starts, addresses as they are."""
    place = folder / "sitecustomize"
    place.mkdir(parents=True, exist_ok=True)
    (place / "sitecustomize.py").write_text(IN_WORKERS)
    root = Path(__file__).parents[2]
    return {
        "RECORD_ARGUMENTS": str(folder / "arguments"),
        "PYTHONPATH": f"{place}:{root}",
        "GIT_TRACE": str(folder / "git"),
        "GIT_TRACE_REDACT": "0",
    }
