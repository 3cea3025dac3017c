"""Runs a scenario, undisturbed once and then with faults, and judges what each run leaves."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests import command
from tests.faults import moments, state
from tests.faults.world import Done, Scenario, State, World, copy
from tests.lingering import wait_for_programs

OF_OTHERS = "cache/rattler/"  # a cache that another program looks after
REMEDY = "if none is running: rm "
SHIM = """\
#!/bin/sh
read number < "$FAULT_COUNT"
number=$((number + 1))
echo $number > "$FAULT_COUNT"
[ "$number" = "$FAULT_AT" ] && kill -$FAULT_SIGNAL $PPID
exec {git} "$@"
"""
OBSERVED = """
import sys
from tests.faults import moments
moments.install(sys.argv[1], int(sys.argv[2]), sys.argv[3])
sys.argv[1:4] = []
from hubimages.__main__ import main
main()
"""


@dataclass
class Trial:
    """A scenario that is made, with the states before and after a clean run, its moments, and whether it prints."""

    scenario: Scenario
    world: World
    before: State
    after: State
    moments: int
    prints: bool = False

    @property
    def record(self) -> Path:
        return self.world.root / "record"

    def reset(self) -> None:
        """Have everything as it was made."""
        copy(self.world.root / "pristine/there", self.world.there)
        copy(self.world.root / "pristine/home", self.world.home)
        copy(self.world.root / "pristine/temporary", self.world.temporary)
        self.world.runs += 1
        self.world.fresh()

    def run(self, moment: int = 0, action: str = "") -> Done:
        """Run the task in a forked process, which gets the signal before this moment."""
        first = ("tests.faults.moments:install", str(self.record), moment, action)
        return command.hubimages(*self.words(), cwd=self.world.there, env=self.world.environment(), first=first)

    def run_with_program(self, number: int = 0, action: str = "") -> Done:
        """Run the task, which gets the signal while the git that it starts as this number runs."""
        count = self.world.root / "programs/count"
        count.write_text("0\n")
        env = self.world.environment()
        env |= {"PATH": f"{count.parent}:{env['PATH']}", "FAULT_COUNT": str(count), "FAULT_AT": str(number)}
        env["FAULT_SIGNAL"] = action.removeprefix("SIG")
        first = ("tests.faults.moments:forget",)
        return command.hubimages(*self.words(), cwd=self.world.there, env=env, first=first)

    def programs(self) -> int:
        """Return how often an undisturbed run starts git."""
        self.reset()
        self.run_with_program()
        return int((self.world.root / "programs/count").read_text())

    def process(self, *before: str, stdout: object = subprocess.PIPE, **env: str) -> "subprocess.Popen[str]":
        """Start the task as a person does, in a Python of its own."""
        argv = [*before, sys.executable, "-P", "-m", "hubimages", *self.words()]
        mine = {**self.world.environment(), "PYTHONPATH": str(command.ROOT), **env}
        return subprocess.Popen(
            argv, cwd=self.world.there, env=mine, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            text=True, errors="replace",
        )  # type: ignore[call-overload,no-any-return]  # fmt: skip

    def observed(self, moment: int, action: str) -> "subprocess.Popen[str]":
        """Start the task in a process of its own, which gets the signal before this moment."""
        argv = [sys.executable, "-P", "-c", OBSERVED, str(self.record), str(moment), action, *self.words()]
        mine = {**self.world.environment(), "PYTHONPATH": str(command.ROOT)}
        return subprocess.Popen(
            argv, cwd=self.world.there, env=mine, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip

    def problems(self, done: Done, what: str, signal: str, code: int, line: str) -> list[str]:
        """Return what is wrong after a run that a signal has stopped, or that was done before."""
        try:
            assert "Traceback" not in done.stderr, f"{what}: {done.stderr}"
            assert done.returncode in (code, self.scenario.code) or self.scenario.parted(done), (
                f"{what}: {done.returncode} {done.stderr}"
            )
            if done.returncode == code:
                assert done.stderr.endswith(line), f"{what}: {done.stderr}"
            self.world.has_died = signal == "SIGKILL"
            self.check_again(what, self.check_between(what, killed=signal == "SIGKILL"))
        except AssertionError as failure:
            return [str(failure).split("\nassert")[0]]
        return []

    def check_failed(self, done: Done, what: str, *codes: int) -> State:
        """Check that a run has succeeded, or failed with such a code and a message; return what is there."""
        assert "Traceback" not in done.stderr, f"{what}: {done.stderr}"
        if done.returncode != self.scenario.code:
            assert done.returncode in codes, f"{what}: {done.returncode} {done.stdout}{done.stderr}"
            assert max(map(len, done.stderr.splitlines())) > 20, f"{what}: {done.stderr}"  # a message, not a word
        return self.check_between(what)

    def words(self) -> list[str]:
        return [str(word) for word in self.scenario.words(self.world)]

    def state(self) -> State:
        """Return what is there now, files of sources byte by byte."""
        return seen(self.scenario, self.world)

    def check_between(self, what: str, *, killed: bool = False) -> State:
        """Check that the task has left all or nothing, and nothing else; return what is there."""
        wait_for_programs(self.world.root)
        now = self.state()
        for source in self.scenario.sources:
            assert of(now, source) == of(self.before, source), f"{what}: {source} has changed"
        if not killed:
            assert self.left() == [], f"{what}: files are left: {self.left()}"
        shown = without_leftovers(now, self.after) if killed else now
        if killed and (texts := state.recorded(self.world.there)):  # the next run puts back what is not committed
            other = {path for found in (self.before, self.after, shown) for path in outside_git(found)} - {*texts}
            odd = [path for path in other if shown.get(path) not in (self.before.get(path), self.after.get(path))]
            assert odd == [], f"{what}: {odd}"
            assert all(texts.values()), f"{what}: neither as before nor as planned: {texts}"
        elif shown not in (self.before, self.after):
            steps = self.scenario.steps
            told = f"{what}: neither as before nor as after\nbefore: {differ(self.before, shown)}"
            told += f"\nafter: {differ(self.after, shown)}"
            assert killed or steps is not None, told
            assert steps is None or steps(self.world, self.before, self.after, shown), told
        assert not killed or state.broken(self.world.there) == [], what
        return now

    def check_again(self, what: str, now: State) -> None:
        """Check that the same command ends well now, and that everything is as after one clean run."""
        complete = without_leftovers(now, self.after) == self.after
        if complete and not self.scenario.repeats:
            return
        by_hand = self.scenario.by_hand
        if by_hand is not None and without_leftovers(now, self.after) not in (self.before, self.after):
            by_hand(self.world)
            again = without_leftovers(self.state(), self.after)  # what the next run for the same place removes
            assert again == self.after, f"{what}, by hand: {differ(self.after, again)}"
            return
        done = self.run()
        for _ in range(3):  # the locks of a git that was killed
            if done.returncode != 3 or REMEDY not in done.stderr:
                break
            subprocess.run(["rm", done.stderr.rpartition(REMEDY)[2].split("\n")[0].strip()], check=True)
            done = self.run()
        codes = {self.scenario.code, *(self.scenario.again if complete else ())}
        assert done.returncode in codes, f"{what}, again: {done.returncode} {done.stderr}"
        again = self.state()
        assert again == self.after, f"{what}, again: {differ(self.after, again)}"
        assert self.left() == [], f"{what}: files are left after the next run: {self.left()}"

    def left(self) -> list[str]:
        """Return what is left of runs that have ended."""
        places = [str(each) for each in self.world.temporary.iterdir()]
        before = state.left(self.world.root / "pristine")
        old = {each.replace("/pristine/", "/", 1) for each in before}
        kept = tuple(f"{self.world.there}/{each}/" for each in self.scenario.kept)  # has locks of its own
        found = state.left(self.world.there) + state.left(self.world.home)
        mine = [each for each in found if each.startswith(kept) and each.endswith(".lock")] if kept else []
        mine += [each for each in found if each.startswith(f"{self.world.home}/{OF_OTHERS}")]
        return places + [each for each in found if each not in old and each not in mine]


def seen(scenario: Scenario, world: World) -> State:
    found = {path: text for path, text in state.state(world.there).items() if path.split("/")[0] not in scenario.kept}
    if scenario.normal is not None:
        for path in list(found):
            place = world.there / path
            if place.is_file() and not place.is_symlink():
                found[path] = scenario.normal(place.read_bytes()).decode(errors="replace")
            elif (place / "objects").is_dir():
                found[path] = state.ID.sub(partial(state.subject, place), found[path])
    if scenario.in_any_order:
        for path in list(found):
            if (world.there / path / "objects").is_dir():
                found[path] = state.ID.sub(partial(state.in_any_order, world.there / path), found[path])
    if scenario.beyond is not None:
        found |= scenario.beyond(world)
    for source in scenario.sources:
        for folder, _, files in os.walk(world.there / source):
            for name in files:
                place = Path(folder, name)
                found[f"{place.relative_to(world.there)}: bytes"] = state.described(place)
    return found


def outside_git(found: State) -> set[str]:
    """Return the files that are not git's own."""
    return {path for path, text in found.items() if ".git" not in path and not text.startswith("directory ")}


def of(found: State, source: str) -> State:
    return {
        path: text for path, text in found.items() if path == source or path.startswith((f"{source}/", f"{source}:"))
    }


def without_leftovers(found: State, after: State) -> State:
    """Return the state without what only a killed run leaves: files that the next one removes, and empty folders."""
    names = [path for path in found if not any(map(state.LEFT.search, path.partition(":")[0].split("/")))]
    empty = {
        path
        for path in names
        if found[path].startswith("directory")
        and path in after
        and not any(each.startswith(f"{path}/") for each in names)
        and any(each.startswith(f"{path}/") for each in after)
    }
    return {path: found[path] for path in names if path not in empty}


def differ(one: State, other: State) -> str:
    """Return what differs, for a failure's message."""
    names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    return "".join(f"\n  {name}: {one.get(name, '-')!r}\n   now {other.get(name, '-')!r}" for name in names[:6])


def begin(scenario: Scenario, world: World) -> Trial:
    """Make the scenario's place, run the task once, and return the trial."""
    world.begin()
    scenario.make(world)
    pristine = world.root / "pristine"
    pristine.mkdir()
    for name in ("there", "home", "temporary"):
        copy(world.root / name, pristine / name)
    shim = world.root / "programs/git"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(git=real_git()))
    shim.chmod(0o755)
    trial = Trial(scenario, world, {}, {}, 0)
    trial.reset()
    trial.before = trial.state()
    done = trial.run()
    assert done.returncode == scenario.code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    trial.moments = moments.counted(trial.record)
    trial.prints = done.stdout != ""
    trial.after = trial.state()
    assert trial.left() == []
    assert (trial.before == trial.after) == scenario.unchanged, differ(trial.before, trial.after)
    return trial


def real_git() -> str:
    import shutil

    found = shutil.which("git")
    assert found is not None
    return found


def spread(number: int, most: int) -> Sequence[int]:
    """Return at most so many of the numbers 1 to NUMBER, evenly spread."""
    if number <= most:
        return range(1, number + 1)
    return sorted({1 + round(each * (number - 1) / max(1, most - 1)) for each in range(most)})
