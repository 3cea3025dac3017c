"""Servers on loopback: a small HTTP server, for what cannot be made to answer, and git's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from tests.engine import process
from tests.histories import git


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Yield the address, HOST:PORT, of a server that answers with this handler, in threads, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def git_daemon() -> Iterator[str]:
    """Yield the address of git's own server: every repository of this machine, for pushes, too."""
    port = process.free_port()
    program = str(Path(git("--exec-path")) / "git-daemon")
    argv = [program, "--export-all", "--enable=receive-pack", "--base-path=/", "--listen=127.0.0.1", f"--port={port}"]
    with TemporaryDirectory() as folder:
        log = Path(folder, "log")
        daemon = process.start(argv, log=log, answers=lambda: process.listens(port))
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.stop(daemon)
