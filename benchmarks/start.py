"""How long a person waits for the list of tasks and for a task's help, beside invoke's own.

    python benchmarks/start.py [--runs 9]

The peers are `invoke` of the same environment with two files tasks.py: one has the tasks that we have, each with its
name, docstring, arguments and their help texts, and an empty body; the other has as many tasks of one line, so that
what is left is invoke's own start. Runs alternate, and the figures are the medians of the CPU time (user and system)
of a run: that says more than the clock on a machine that does other things too. Python's bytecode is compiled on both
sides.
"""

import argparse
import compileall
import inspect
import keyword
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from table import Row, machine, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

import hubimages
from hubimages.cli.program import contexts
from hubimages.cli.tasks import namespace

GOAL = 1.3  # times


def peer_tasks() -> str:
    """The text of the peer's tasks.py."""
    parts = ["from invoke import task\n"]
    for name, context in contexts().items():
        arguments = sorted(context.args.values(), key=lambda argument: not argument.positional)
        words = {python_name(argument.names[0]): argument for argument in arguments}
        given = [word if argument.positional else f"{word}=None" for word, argument in words.items()]
        texts = {word: argument.help or "" for word, argument in words.items()}
        described = (inspect.getdoc(namespace[name]) or "").replace("\\", "")
        head = f"@task(help={texts!r})\ndef {python_name(name)}({', '.join(['c', *given])}):"
        parts.append(f'{head}\n    """{described}"""\n')
    return "\n\n".join(parts)


def bare_tasks() -> str:
    """The text of a tasks.py with as many tasks of one line."""
    parts = [f'@task\ndef {python_name(name)}(c):\n    """Do it."""\n' for name in contexts()]
    return "\n\n".join(["from invoke import task\n", *parts])


def python_name(word: str) -> str:
    word = word.replace("-", "_")
    return f"{word}_" if keyword.iskeyword(word) else word


def cpu(argv: list[str], folder: Path) -> float:
    """The seconds of CPU time of a run."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(argv, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{argv}: exit code {process.returncode}")
    return used.ru_utime + used.ru_stime


def pair(theirs: list[str], ours: list[str], folder: Path, runs: int) -> tuple[float, float]:
    """The medians of both, run in turn."""
    figures = [(cpu(theirs, folder), cpu(ours, folder)) for _ in range(runs + 1)][1:]
    return statistics.median(one for one, _ in figures), statistics.median(two for _, two in figures)


def row(name: str, theirs: float, ours: float) -> Row:
    ratio = ours / theirs
    return Row(
        name, seconds(theirs), seconds(ours), f"{ratio:.2f}x", f"at most {GOAL}x", "met" if ratio <= GOAL else "NOT MET"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="pairs of runs for each row")
    runs = parser.parse_args().runs
    load = os.getloadavg()[0]
    compileall.compile_dir(str(Path(hubimages.__file__).parent), quiet=1)
    invoke, ours = (str(Path(sys.executable).with_name(name)) for name in ("invoke", "hubimages"))
    with tempfile.TemporaryDirectory() as place:
        folder, bare = Path(place, "same"), Path(place, "bare")
        folder.mkdir()
        bare.mkdir()
        (folder / "tasks.py").write_text(peer_tasks())
        (bare / "tasks.py").write_text(bare_tasks())
        rows = [
            row("--list, the same tasks", *pair([invoke, "--list"], [ours, "--list"], folder, runs)),
            row("--list, tasks of one line", *pair([invoke, "--list"], [ours, "--list"], bare, runs)),
        ]
        helps = {
            task: pair([invoke, "--help", task], [ours, task, "--help"], folder, max(3, runs // 3))
            for task in contexts()
        }
        worst = max(helps, key=lambda task: helps[task][1] / helps[task][0])
        middle = sorted(helps, key=lambda task: helps[task][1] / helps[task][0])[len(helps) // 2]
        rows.append(row(f"{middle} --help, the middle one of {len(helps)}", *helps[middle]))
        rows.append(row(f"{worst} --help, the slowest beside invoke's", *helps[worst]))
    show(machine(load), rows)


if __name__ == "__main__":
    main()
