"""A server on loopback that answers as GitHub does about pull requests, which GitHub itself cannot be asked to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.dying import Life, mortal
from tests.serving import serving

PULLS = "/repos/org/deployment/pulls"


@dataclass
class GitHub:
    """What the server on loopback holds and was asked."""

    status: int = 201
    message: str = ""
    opened: list[dict[str, Any]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    life: Life = field(default_factory=Life)


@contextmanager
def answering(state: GitHub) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: object) -> None:
            state.authorizations.add(self.headers["Authorization"])
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            heads = [head.partition(":")[2] for head in parse_qs(asked.query).get("head", [])]
            bases = parse_qs(asked.query).get("base", [])
            pulls = [
                one for one in state.opened
                if (not heads or one["head"] in heads) and (not bases or one["base"] in bases)
            ]  # fmt: skip
            self.answer(200, pulls if asked.path == PULLS else {})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if state.status != 201:
                self.answer(state.status, {"message": state.message})
                return
            made = {**asked, "html_url": "https://github.com/org/deployment/pull/7", "url": f"{PULLS}/7"}
            state.opened.append(made)
            self.answer(201, made)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(mortal(Handler, state.life)) as address:
        yield f"http://{address}"
