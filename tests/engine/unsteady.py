"""A proxy in front of a real registry that answers some requests with a status or breaks the connection."""

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock

from tests.serving import serving

DROP = 0  # in place of a status: break the connection without an answer


@dataclass
class Fault:
    """How often to answer requests of one kind with a status. `request` matches `METHOD /path`."""

    request: str
    status: int
    times: int


@dataclass
class Line:
    """A registry at `address` (host:port) that is not always there, and the faults that it had so far."""

    address: str
    faults: list[Fault] = field(default_factory=list)
    had: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def fault(self, request: str) -> int | None:
        """Return the status of the next fault for a request; None if it goes to the registry."""
        with self.lock:
            for each in self.faults:
                if each.times and re.match(each.request, request):
                    each.times -= 1
                    self.had.append(f"{each.status} {request}")
                    return each.status
        return None


@contextmanager
def unsteady(registry: str, *faults: Fault) -> Iterator[Line]:
    """Serve a registry (host:port) under another address, with faults."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.content()
            status = line.fault(f"{self.command} {self.path}")
            if status == DROP:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if status is not None:
                self.reply(status, {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>")
                return
            upstream = http.client.HTTPConnection(registry, timeout=60)
            headers = {
                k: v for k, v in self.headers.items() if k.lower() not in ("transfer-encoding", "content-length")
            }
            upstream.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
            answer = upstream.getresponse()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in ("transfer-encoding", "connection")}
            self.reply(answer.status, kept, answer.read())
            upstream.close()

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def content(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers and status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with serving(Handler) as address:
        line = Line(address, list(faults))
        yield line
