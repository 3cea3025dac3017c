"""Take guards away, one at a time, and fail where no test notices: `nox -s mutants -- MODULE ...`.

modules.toml has the modules that promise something, each with the tests that guard it. survivors.toml has the mutants
that no test can tell from the code, with the reason. Any other mutant that survives is an error, and so is one that is
listed and is found by a test; on a busy machine a listed one can also end at the limit of time.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
PROCESSES = "2"
ARROW = "  =>  "
ALIVE = ("survived", "no tests", "not checked", "skipped", "suspicious")
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"  # the lines with which mutmut says that it still works


def main(wanted: Sequence[str]) -> int:
    modules = read("modules.toml")
    unknown = [each for each in wanted if each not in modules]
    if unknown:
        print(f"{', '.join(unknown)}: not in tests/guards/modules.toml", file=sys.stderr)
        return 2
    listed: dict[str, set[str]] = {}
    for entry in read("survivors.toml").get("survivors", []):
        listed.setdefault(entry["module"], set()).update(entry["mutants"])
    wrong = 0
    made = mutants({module: modules[module]["tests"] for module in wanted or modules})
    for module, found in made.items():
        surviving = [short(diff) for state in ALIVE for diff in found.get(state, [])]
        slow = {short(diff) for diff in found.get("timeout", [])}
        survived = {*surviving}
        expected = listed.get(module, set())
        total = sum(map(len, found.values()))
        known = sum(each in expected for each in surviving)
        late = f", {len(slow)} of them at the limit of time" if slow else ""
        print(f"{module}: {total} mutants, {total - len(surviving)} killed{late}, {known} listed")
        for text, those in (
            ("survives", survived - expected),
            ("is listed, but does not survive", expected - survived - slow),
        ):
            for mutant in sorted(those):
                print(f"  {text}: {mutant}")
                wrong += 1
    return 1 if wrong else 0


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def mutants(tests: Mapping[str, Sequence[str]]) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the diffs of the mutants of modules by what became of them, as mutmut says, in a process of its own."""
    with TemporaryDirectory() as folder:
        answer, log, temporary = (Path(folder, name) for name in ("answer", "log", "tmp"))
        temporary.mkdir()
        Path(folder).chmod(0o755)  # tests that are another user for a while have files in it
        # Without its guard, code that removes what a killed run left could remove what is beside.
        env = {**os.environ, "TMPDIR": str(temporary), "HOME": str(temporary)}
        with log.open("wb") as output:
            argv = [sys.executable, "-m", "tests.guards.making", str(answer), PROCESSES, json.dumps(tests)]
            done = subprocess.run(argv, stdout=output, stderr=subprocess.STDOUT, env=env, check=False)
        if done.returncode or not answer.exists():
            lines = log.read_text(errors="replace").splitlines(keepends=True)
            said = "".join(line for line in lines if line[:1] not in SPINNER)
            raise SystemExit(f"mutmut failed\n{said[-4000:]}")
        found: dict[str, dict[str, list[str]]] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def short(diff: str) -> str:
    """Return what a diff changes, in one line: `old  =>  new`."""
    lines = diff.splitlines()[2:]
    sides = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return ARROW.join(sides)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
