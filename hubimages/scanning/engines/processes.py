"""Examine many blobs in processes of their own, so that a blob that takes too long can be given up."""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubimages.errors import ProgramFailedError
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.run import environment, started
from hubimages.scanning.engines.blob import Verdict
from hubimages.scanning.engines.text import Hit

PATIENCE = 120.0  # seconds for one blob
MOST = 2  # processes
FEW = 200  # blobs that one process has examined before a second has started


@dataclass(frozen=True)
class Order:
    """What to examine: a blob of the repository by its id, or a text itself."""

    key: str
    name: str  # a path of it
    text: bytes | None = None


def examine_all(
    repository: Repo, orders: Sequence[Order], salt: bytes, *, plugins: bool
) -> Iterator[tuple[Order, Verdict | None]]:
    """Yield every order with its verdict as it comes; None for one that took longer than two minutes."""
    number = min(MOST, os.cpu_count() or 1) if len(orders) > FEW else 1
    todo: queue.SimpleQueue[Order] = queue.SimpleQueue()
    for order in orders:
        todo.put(order)
    done: queue.SimpleQueue[tuple[Order, Verdict | None] | BaseException | None] = queue.SimpleQueue()
    stop, running = threading.Event(), list["subprocess.Popen[bytes]"]()
    setup = {
        "git": repository.argv("cat-file", "--batch"),
        "env": environment(ENVIRONMENT),
        "salt": base64.b64encode(salt).decode(),
        "plugins": plugins,
    }
    arguments = (setup, todo, done, stop, running, repository)
    threads = [threading.Thread(target=_work, args=arguments, daemon=True) for _ in range(number)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(number):
            while (one := done.get()) is not None:
                if isinstance(one, BaseException):
                    raise one
                yield one
    finally:
        stop.set()
        for process in running:  # one may be at a blob that takes long
            process.kill()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


def _work(
    setup: dict[str, object],
    todo: "queue.SimpleQueue[Order]",
    done: "queue.SimpleQueue[tuple[Order, Verdict | None] | BaseException | None]",
    stop: threading.Event,
    running: "list[subprocess.Popen[bytes]]",
    repository: Repo,
) -> None:
    """Feed one process at a time until nothing is left to do; start another after one was given up."""
    try:
        while not stop.is_set() and not todo.empty():
            _one_process(setup, todo, done, stop, running, repository)
    except BaseException as error:
        done.put(error)
    finally:
        done.put(None)


def _one_process(
    setup: dict[str, object],
    todo: "queue.SimpleQueue[Order]",
    done: "queue.SimpleQueue[tuple[Order, Verdict | None] | BaseException | None]",
    stop: threading.Event,
    running: "list[subprocess.Popen[bytes]]",
    repository: Repo,
) -> None:
    # -P: nothing is imported from the directory it runs in, which may be somebody's repository
    argv = (sys.executable, "-P", "-m", "hubimages.scanning.engines.worker")
    worker = started(*argv, cwd=repository.directory, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with worker as process:
        running.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        _send(process, setup)
        while not stop.is_set():
            try:
                order = todo.get_nowait()
            except queue.Empty:
                return
            _send(process, [order.key, order.name] if order.text is None else [_text(order.text), order.name, True])
            late = threading.Timer(PATIENCE, process.kill)
            late.start()
            answer = process.stdout.readline()
            late.cancel()
            if not answer:
                if process.wait() > 0:
                    raise ProgramFailedError(f"the scan stopped at blob {order.key}: exit code {process.returncode}")
                done.put((order, None))
                return
            hits, state = json.loads(answer)
            done.put((order, Verdict(tuple(Hit(*hit) for hit in hits), state)))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _send(process: "subprocess.Popen[bytes]", message: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
