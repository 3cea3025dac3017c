"""A gate on loopback in front of a server, which closes after so many bytes of its answers and stays closed.

What is on the way then is cut off, and who connects later is refused: as with a server that dies.
"""

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Gate:
    """Passes connections on to `target` (HOST:PORT); `limit`: after how many bytes of answers it closes, or None."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self.target = (host, int(port))
        self.limit: int | None = None
        self.passed = 0
        self.lock = Lock()
        self.listening: socket.socket | None = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.port = self.listening.getsockname()[1]
        Thread(target=self._accept, args=[self.listening], daemon=True).start()

    def open(self, limit: int | None = None) -> None:
        """Begin to count anew, open again."""
        with self.lock:
            self.limit, self.passed = limit, 0
            if self.listening is None:
                self.listening = socket.create_server(("127.0.0.1", self.port))
                Thread(target=self._accept, args=[self.listening], daemon=True).start()

    def close(self) -> None:
        """Refuse connections."""
        with self.lock:
            if self.listening is not None:
                with suppress(OSError):
                    self.listening.shutdown(socket.SHUT_RDWR)
                self.listening.close()
                self.listening = None

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                ours, _ = listening.accept()
            except OSError:
                return
            Thread(target=self._pass, args=[ours], daemon=True).start()

    def _pass(self, ours: socket.socket) -> None:
        with (
            suppress(OSError),
            ours,
            socket.create_connection(self.target) as theirs,
            selectors.DefaultSelector() as both,
        ):
            both.register(ours, selectors.EVENT_READ, theirs)
            both.register(theirs, selectors.EVENT_READ, ours)
            while True:
                for key, _ in both.select():
                    came = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    if key.fileobj is theirs:
                        came, dies = self._counted(came)
                        if came:
                            key.data.sendall(came)
                        if dies:
                            self.close()
                            return
                    elif came:
                        key.data.sendall(came)
                    if not came:
                        return

    def _counted(self, came: bytes) -> tuple[bytes, bool]:
        with self.lock:
            if self.limit is not None and self.passed + len(came) > self.limit:
                came = came[: max(0, self.limit - self.passed)]
                self.passed = self.limit
                return came, True
            self.passed += len(came)
            return came, False


@contextmanager
def gate(target: str) -> Iterator[Gate]:
    """Yield a gate in front of a server."""
    made = Gate(target)
    try:
        yield made
    finally:
        made.close()
