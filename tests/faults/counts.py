"""How many moments each task was tried at and held, as the last deep run counted them; docs/faults.md is made from it.

`HUBIMAGES_COUNT_FAULTS=1 nox -s deep -- tests/faults`, then `python -m tests.faults`, writes both anew.
"""

import fcntl
import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("counts.json")
VARIABLE = "HUBIMAGES_COUNT_FAULTS"


def counts() -> dict[str, dict[str, int]]:
    """Return by scenario and fault how many moments were tried."""
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def counted(scenario: str, fault: str, number: int) -> None:
    """Keep the number, if this run counts and it is a deep one."""
    if not os.environ.get(VARIABLE):
        return
    lock = os.open(FILE.parent, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    found = counts()
    found.setdefault(scenario, {})[fault] = number
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    os.close(lock)
