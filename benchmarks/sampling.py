"""What a run of ours needs beside its result: disk, and the memory of git's processes, sampled while it runs."""

import ctypes
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sides import Place, start_command
from table import contents

INTERVAL = 0.002  # seconds
LIBC = ctypes.CDLL(None)
KCMP, KCMP_VM = {"x86_64": 312, "aarch64": 272}[platform.machine()], 1


@dataclass(frozen=True)
class Peak:
    """The most that was seen at any moment, in bytes."""

    disk: int  # of the staging directory, without the result in it
    memory: int  # of git's processes together, proportional set size: what they share is counted once
    samples: int


def peak(place: Place, source: str, image_dir: str) -> Peak:
    """Run ours once, slowed down by being watched."""
    folder, origin = place.fresh("ours")
    process = start_command(folder, origin, source, image_dir)
    disk = memory = samples = 0
    while process.poll() is None:
        memory = max(memory, sum(proportional_set_size(pid) for pid in git_processes(process.pid)))
        disk = max(disk, *(used(stage) - used(stage / "result") for stage in folder.glob(".ours.hubimages-*")), 0)
        samples += 1
        time.sleep(INTERVAL)
    process.communicate()
    return Peak(disk, memory, samples)


def used(path: Path) -> int:
    """The bytes that a directory takes on disk; files that come and go meanwhile may be missed."""
    total = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                total += used(Path(entry.path)) if entry.is_dir(follow_symlinks=False) else blocks(entry)
    except OSError:
        return total
    return total


def blocks(entry: "os.DirEntry[str]") -> int:
    """The bytes of the blocks of one file; 0 when it has gone."""
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0


def git_processes(parent: int) -> list[int]:
    """The processes called git or git-…, anywhere below a process."""
    found = []
    for child in children(parent):
        if contents(f"/proc/{child}/comm").startswith("git"):
            found.append(child)
        found += git_processes(child)
    return found


def children(parent: int) -> list[int]:
    """The processes that a process has started; none when it has ended."""
    try:
        tasks = list(Path(f"/proc/{parent}/task").iterdir())
    except OSError:
        return []
    return [int(pid) for task in tasks for pid in contents(str(task / "children")).split()]


def with_own_memory(processes: Sequence[int]) -> list[int]:
    """The processes but those that share all memory with an earlier one, as a child does until it becomes a program.

    Such a child of vfork would count a second time: see kcmp(2).
    """
    found: list[int] = []
    for process in processes:
        if not any(LIBC.syscall(KCMP, process, other, KCMP_VM, 0, 0) == 0 for other in found):
            found.append(process)
    return found


def proportional_set_size(pid: int) -> int:
    """Bytes; 0 when the process has ended."""
    lines = contents(f"/proc/{pid}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
