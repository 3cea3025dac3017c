"""A server on loopback that answers real Docker commands with one status."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from tests.serving import serving

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
CODES = {401: "UNAUTHORIZED", 403: "DENIED", 404: "NAME_UNKNOWN", 429: "TOOMANYREQUESTS", 500: "UNKNOWN"}
TAKEN = {"HEAD": 200, "POST": 202, "PATCH": 202, "PUT": 201}


@dataclass(frozen=True)
class Answering:
    """A registry at `address` (host:port), and the requests that it got."""

    address: str
    requests: list[str]


@contextmanager
def answering(status: int, *, also_greeting: bool = False) -> Iterator[Answering]:
    """Run a registry that answers everything, with or without its greeting, with a status.

    With 500 it takes layers, and gives that answer to manifests alone: Docker tries layers for a minute.
    """
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append(f"{self.command} {self.path}")
            takes = status == 500 and "/blobs/" in self.path
            code = (
                TAKEN.get(self.command, 404) if takes else 200 if self.path == "/v2/" and not also_greeting else status
            )
            error = {"code": CODES[status], "message": "as the test wants it"}
            body = b"" if code < 300 else json.dumps({"errors": [error]}).encode()
            self.send_response(code)
            if code == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="a test"')
            if takes:
                self.send_header("Location", self.path.partition("?")[0] + ("x" if self.command == "POST" else ""))
                self.send_header("Range", "0-0")
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with serving(Handler) as address:
        yield Answering(address, requests)
