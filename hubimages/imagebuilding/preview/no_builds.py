"""Stands in for BinderHub in a preview that cannot build: the form shows what is missing, and the remedy."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class NoBuilds(BaseHTTPRequestHandler):
    """Answers every build like a failed one of BinderHub: an event stream with the message."""

    message = ""

    def do_GET(self) -> None:
        """Send one event, `failed`, with the message."""
        event = json.dumps({"phase": "failed", "message": f"\n{self.message}\n"})
        body = f"data: {event}\n\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the hub logs its requests."""


def main() -> None:
    """Serve at the address of JupyterHub's service."""
    NoBuilds.message = json.loads(Path(os.environ["HUBIMAGES_PREVIEW"]).read_text(encoding="utf-8"))["missing"]
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    ThreadingHTTPServer((url.hostname or "127.0.0.1", url.port or 0), NoBuilds).serve_forever()


if __name__ == "__main__":
    main()
