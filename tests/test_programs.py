"""Guards how programs start: a signal that comes while Python's own functions start one leaves it to itself."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "hubimages"
STARTS = re.compile(
    r"subprocess\.(?:Popen|run|call|check_\w+|get\w+)\(|create_subprocess_\w+|os\.(?:exec|fork|posix_spawn|spawn|system|popen)"
    r"|\bpty\.|forkpty|\.Process\(|ProcessPoolExecutor|\bPool\(|from (?:subprocess|multiprocessing) import"
)
ELSEWHERE = {
    # JupyterHub's loop takes signals between two steps, and what the hub has started ends with it.
    "imagebuilding/preview/spawner.py": ["create_subprocess_exec"] * 2,
    # Read by a Python without this package.
    "imagebuilding/preview/binderhub_config.py": ["subprocess.run("],
    "template/origin.py": ["subprocess.run("],
    # Forks, which `postponed` has start.
    "migration/workers.py": [".Process(", "from multiprocessing import"],
    "template/render.py": [".Process("],
}


def test_programs_start_in_one_place() -> None:
    found = {
        module.relative_to(PACKAGE).as_posix(): sorted(starts)
        for module in PACKAGE.rglob("*.py")
        if (starts := STARTS.findall(module.read_text()))
    }
    assert found == {**ELSEWHERE, "signals/programs.py": ["subprocess.Popen("]}
