"""Servers on loopback that answer some requests and are gone then, in the middle of what a task does."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any


@dataclass
class Life:
    """How many more requests are answered, None for all; the next ones find the connection closed."""

    requests: int | None = None

    def ends(self) -> bool:
        """Count one request, and return True if it is not answered."""
        if self.requests is None:
            return False
        self.requests -= 1
        return self.requests < 0


def mortal(handler: Callable[..., BaseHTTPRequestHandler], life: Life) -> type[BaseHTTPRequestHandler]:
    """Return the handler for a server that lives so long."""

    class Mortal(handler):  # type: ignore[misc,valid-type]
        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            if life.ends():
                self.close_connection = True
                self.connection.shutdown(SHUT_RDWR)
                return False
            return True

    return Mortal


def git_server(place: Path) -> type[BaseHTTPRequestHandler]:
    """Return a handler that serves the bare repositories below a folder, and takes pushes, by git's own program."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                **os.environ, "GIT_PROJECT_ROOT": str(place), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "ada",
                "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler


def registry_before(address: str) -> type[BaseHTTPRequestHandler]:
    """Return a handler that hands what it is asked on to a registry."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urllib.request.Request(f"http://{address}{self.path}", method=self.command)
            if accepted := self.headers.get_all("Accept"):
                asked.add_header("Accept", ", ".join(accepted))
            try:
                with urllib.request.urlopen(asked, timeout=20) as answer:
                    self._hand_on(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as error:
                self._hand_on(error.code, error.headers, error.read())

        do_HEAD = do_GET

        def _hand_on(self, status: int, headers: Any, content: bytes) -> None:
            self.send_response(status)
            for name in ("Content-Type", "Content-Length", "Docker-Content-Digest", "Docker-Distribution-Api-Version"):
                if name in headers:
                    self.send_header(name, headers[name])
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler
