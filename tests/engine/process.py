"""Servers of the tests: on loopback, in a temporary folder, stopped by their process id."""

import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hubimages.run import environment

PATIENCE = 30.0
PORTS = itertools.cycle([(os.getpid() + port) % 250 for port in range(250)])


def free_port() -> int:
    """Return a port of loopback that nobody listens on, and that no other test gets.

    Not one of those that systems give to whoever asks for any: it could be given before it is used. Each worker of
    pytest-xdist has 250 of its own, and takes them in turns.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", 20_000 + 250 * worker + port))
            return int(probe.getsockname()[1])
    raise AssertionError  # PORTS never end


def start(
    argv: Sequence[str],
    *,
    log: Path,
    answers: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers, up to `patience` seconds.

    Raises RuntimeError with the end of its log when it does not.
    """
    with log.open("wb") as output:
        # its own session: Ctrl-C in the terminal goes only to the tests, which then stop the server
        server = subprocess.Popen(
            argv, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=environment(env), cwd=log.parent, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + patience
    while server.poll() is None and time.monotonic() < deadline:
        if answers():
            return server
        time.sleep(0.05)
    stop(server)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
    raise RuntimeError(f"{argv[0]} did not start:\n{tail}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server that `start` started: with SIGTERM, then with SIGKILL."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def listens(port: int) -> bool:
    """Return True if a server listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
