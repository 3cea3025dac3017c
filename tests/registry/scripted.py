"""A server on loopback that gives the answers that a real registry cannot be made to give."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.registry import Limits, Registries, digests
from tests.registry.images import sha256
from tests.serving import serving

DIGEST = sha256(b"{}")


@dataclass(frozen=True)
class Asked:
    """A request: when it came (monotonic seconds), what it asked for and with which headers and body."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    time: float

    @property
    def login(self) -> str:
        return self.headers.get("Authorization", "")


@dataclass(frozen=True)
class Reply:
    """An answer. With `pause` its body comes byte by byte, so many seconds apart; with `cut` it ends before its end."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: bool = False


HERE = Reply(200, b"", {"Docker-Content-Digest": DIGEST})
QUICK = Limits(connect=1, answer=1, patience=2)


def tags(*names: str, **headers: str) -> Reply:
    return Reply(200, json.dumps({"name": "a/b", "tags": list(names)}).encode(), headers)


def error(status: int, code: str = "UNKNOWN", message: str = "as the test wants it", **headers: str) -> Reply:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, body, {key.replace("_", "-"): value for key, value in headers.items()})


def replies(*given: Reply) -> Callable[[Asked], Reply]:
    """Return an answer function that gives the replies in order and then repeats the last."""
    left = list(given)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


@dataclass
class Scripted:
    """A running server, its requests so far, and its image a/b:1."""

    host: str
    asked: list[Asked]

    @property
    def image(self) -> ImageRef:
        return ImageRef(self.host, "a/b", "1")

    @property
    def lines(self) -> list[str]:
        """Return method and path of every request."""
        return [f"{each.method} {each.path}" for each in self.asked]


@contextmanager
def scripted(answer: Callable[[Asked], Reply]) -> Iterator[Scripted]:
    """Run a server that answers every request with the function, apart from the greeting of a registry."""
    asked: list[Asked] = []
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Asked(self.command, parts.path, parse_qs(parts.query), dict(self.headers), body, monotonic())
            with lock:
                asked.append(request)
            reply = answer(request)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if reply.cut:
                self.wfile.write(reply.body[:-1])
                self.close_connection = True
            elif reply.pause:
                self.slowly(reply)
            else:
                with suppress(OSError):  # nobody waits any more
                    self.wfile.write(reply.body)

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = do_GET

        def slowly(self, reply: Reply) -> None:
            try:
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    sleep(reply.pause)
            except OSError:
                self.close_connection = True  # nobody waits any more

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with serving(Handler) as address:
        yield Scripted(address, asked)


def ask(answer: Callable[[Asked], Reply], limits: Limits = QUICK) -> tuple[str | HubImagesError, Scripted]:
    """Return the digest of an image at a server, or the error, and the server with its requests."""
    with scripted(answer) as server, Registries.anonymous(limits=limits) as registries:
        return digests(registries, [server.image])[server.image], server
