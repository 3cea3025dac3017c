"""A stand-in for the Configurator's service, which no package registry has: what its two requests do, on loopback.

`HUBIMAGES_CONFIGURATOR=DIRECTORY` (a checkout of https://github.com/yuvipanda/jupyterhub-configurator) runs the real
one instead.
"""

import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCHEMA = {"type": "object", "properties": json.loads(os.environ["FIELDS"])}
DATA = {"config": json.loads(os.environ["STORED"])}


class Handler(BaseHTTPRequestHandler):
    def user(self) -> dict[str, object]:
        """The user whose token came with the request, as the hub knows them."""
        headers = {"Authorization": self.headers.get("Authorization", "")}
        asked = urllib.request.Request(os.environ["JUPYTERHUB_API_URL"] + "/user", headers=headers)
        try:
            with urllib.request.urlopen(asked) as answer:
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError:
            return {}

    def answer(self, status: int, body: object = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if body is not None:
            self.wfile.write(json.dumps(body).encode())

    def do_GET(self) -> None:
        self.answer(200, {"schema": SCHEMA, **DATA})

    def do_POST(self) -> None:
        config = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.user().get("admin"):
            self.answer(403)
            return
        if "FORGETS" not in os.environ:
            DATA["config"] = config
        self.answer(200)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
