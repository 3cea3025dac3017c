"""A git server that is reached through a line of 10 MB/s: git's own daemon, behind a small proxy that throttles."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sides import git

BYTES_PER_SECOND = 10_000_000
CHUNK = 16 * 1024


@dataclass(frozen=True)
class Server:
    """The addresses of one repository on it, behind the slow line."""

    with_filters: str
    without_filters: str


@contextlib.contextmanager
def serve(source: str, folder: Path) -> Iterator[Server]:
    """Serve copies of a repository, with the reachability bitmaps that hosting services have; ends both programs."""
    offers, refuses = folder / "offers.git", folder / "refuses.git"
    git("clone", "--quiet", "--bare", "--template=", source, str(offers), cwd=folder)
    git("repack", "-adbq", cwd=offers)
    git("clone", "--quiet", "--bare", "--template=", str(offers), str(refuses), cwd=folder)  # hard links
    git("config", "uploadpack.allowFilter", "true", cwd=offers)
    git("config", "uploadpack.allowFilter", "false", cwd=refuses)
    port = free_port()
    program = Path(git("--exec-path", cwd=folder)) / "git-daemon"  # not through `git`, which would be what we end
    daemon = subprocess.Popen(
        [program, "--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", folder],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        with Proxy(port) as proxy:
            yield Server(*(f"git://127.0.0.1:{proxy.port}/{copy.name}" for copy in (offers, refuses)))
    finally:
        daemon.terminate()
        daemon.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until something listens there. Raises ConnectionRefusedError after ten seconds."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@dataclass
class Direction:
    """One direction of the line, which all connections share."""

    free_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, size: int) -> None:
        """Take the time that these bytes take."""
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + size / BYTES_PER_SECOND
            wait = self.free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)


class Proxy:
    """Passes connections on to a port of this machine, as fast as the line allows."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._up, self._down = Direction(), Direction()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed: it is over
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink, direction in ((client, server, self._up), (server, client, self._down)):
                    threading.Thread(target=self._pass_on, args=(source, sink, direction), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        with contextlib.suppress(OSError):  # one side went away: the other learns of it
            while data := source.recv(CHUNK):
                direction.carry(len(data))
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
