"""Requests to a JupyterHub's REST API with a user's token.

Paths and answers: https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from hubimages import json_text
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, RefusedError

TOKEN = "JUPYTERHUB_API_TOKEN"  # JupyterHub's own name for it
ANSWER_WITHIN = 30.0  # seconds
SILENT_AT_MOST = 60.0  # seconds; JupyterHub sends a keepalive every 8 s while a server starts


@dataclass(frozen=True)
class Hub:
    """A hub's address as its users see it, without `/hub`, and a user's token."""

    address: str
    token: str

    @classmethod
    def at(cls, hub_url: str) -> "Hub":
        """Return the hub at an address copied from a browser, with the token from the environment.

        Raises BadInputError if it is not an address, LoginError if there is no token.
        """
        address = address_of(hub_url)
        token = os.environ.get(TOKEN, "")
        if not token:
            raise LoginError(f"{TOKEN} is not set. Make a token at {address}/hub/token and export it")
        return cls(address, token)

    def read(self, path: str) -> dict[str, Any]:
        """Return the JSON object that a path of the hub answers. Raises what `send` raises."""
        content = self.send("GET", path)
        if not content:  # it broke off among its headers, which counts as complete: no length, and no body
            raise NoAnswerError(f"no whole answer from {self.address}. Try again later")
        try:
            answer = json_text.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise BadInputError(f"{self.address}{path} does not answer like a JupyterHub. Check --hub-url")
        return answer

    def send(self, method: str, path: str, body: object = None) -> bytes:
        """Send a request, and return the hub's answer.

        Raises LoginError, BadInputError, RefusedError or NoAnswerError with the hub's message.
        """
        import requests

        try:
            answer = requests.request(
                method,
                self.address + path,
                json=body,
                auth=self._authorize,
                timeout=ANSWER_WITHIN,
                allow_redirects=False,  # to a login page
            )
        except requests.RequestException as error:
            raise NoAnswerError(f"no answer from {self.address} ({type(error).__name__}). Try again later") from error
        if answer.status_code >= 300:
            raise self._refusal(method, path, answer.status_code, _message(answer.text))
        return bytes(answer.content)

    def _event(self, path: str, text: bytes) -> dict[str, Any]:
        """Return an event. Raises NoAnswerError for what no hub sends."""
        try:
            event = json_text.loads(text)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise NoAnswerError(f"{self.address}{path} sends events that are not a JupyterHub's. Check --hub-url")
        return event

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the hub's events while a server starts. Raises NoAnswerError if they break off."""
        import requests

        headers = {"Accept": "text/event-stream"}
        try:
            with requests.get(
                self.address + path, headers=headers, auth=self._authorize, stream=True, timeout=SILENT_AT_MOST
            ) as answer:
                if answer.status_code >= 300:
                    raise self._refusal("GET", path, answer.status_code, _message(answer.text))
                for line in answer.iter_lines():
                    if line.startswith(b"data:"):
                        yield self._event(path, line[len(b"data:") :])
        except requests.RequestException as error:
            raise NoAnswerError(
                f"{self.address} stopped answering while the server started. Look at the server there"
            ) from error

    def user(self) -> dict[str, Any]:
        """Return the token's user. Raises BadInputError if the token is a service's."""
        asked = self.read("/hub/api/user")
        if asked.get("kind", "user") != "user" or "name" not in asked:
            raise BadInputError(f"the token in {TOKEN} is not a user's. Make one at {self.address}/hub/token")
        return asked

    def user_path(self, name: str) -> str:
        """Return the path of a user in the hub's API."""
        return f"/hub/api/users/{quote(name, safe='')}"

    def _authorize(self, request: Any) -> Any:
        request.headers["Authorization"] = f"token {self.token}"  # a callable: ~/.netrc would replace a plain header
        return request

    def _refusal(self, method: str, path: str, status: int, message: str) -> HubImagesError:
        said = f": {message}" if message else ""
        if status == 401 or (status == 403 and path == "/hub/api/user"):
            return LoginError(
                f"{self.address} does not accept the token in {TOKEN}. Make a new one at {self.address}/hub/token"
            )
        if status == 403:
            return LoginError(f"{self.address} does not allow the token in {TOKEN} to do this ({method} {path}){said}")
        if status == 429 or status > 500 or (status == 500 and not message):  # a proxy's: the hub's own has a message
            return NoAnswerError(f"{self.address} answered {status} to {method} {path}{said}. Try again later")
        if status == 404 or status < 400:
            return BadInputError(f"{self.address} has no {path}. Check --hub-url")
        return RefusedError(f"{self.address} refused {method} {path} ({status}){said}")


def address_of(hub_url: str) -> str:
    """Return the hub's address, from one copied from a browser. Raises BadInputError if it is none, or has a login."""
    parts = urlsplit(hub_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInputError(f"--hub-url={hub_url} is not an address. Write it like https://hub.example.org")
    if parts.username or parts.password:
        raise BadInputError("--hub-url contains a login. Leave it out, and put a token into " + TOKEN)
    return f"{parts.scheme}://{parts.netloc}" + parts.path.partition("/hub/")[0].removesuffix("/hub").rstrip("/")


def _message(text: str) -> str:
    """Return the message in the body of an error, in one line; empty for an HTML page."""
    try:
        body = json_text.loads(text)
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else ""
    return " ".join(str(message or "").split())
