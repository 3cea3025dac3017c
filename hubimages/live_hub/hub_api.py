"""A JupyterHub as its REST API shows it: requests with a user's token, answers, and errors that say what to do.

The paths and answers are those of https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, RefusedError

TOKEN = "JUPYTERHUB_API_TOKEN"  # the name that JupyterHub itself uses
ANSWER_WITHIN = 30.0  # seconds
SILENT_AT_MOST = 60.0  # seconds; JupyterHub sends a keepalive every 8 s while a server starts


@dataclass(frozen=True)
class Hub:
    """One hub: the address that its users see, without `/hub`, and a token of one of them."""

    address: str
    token: str

    @classmethod
    def at(cls, hub_url: str) -> "Hub":
        """The hub at an address as people copy it from the browser, with the token from the environment.

        Raises BadInputError for what is no address, LoginError without a token.
        """
        parts = urlsplit(hub_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInputError(f"--hub-url={hub_url} is no address: give it as https://hub.example.org")
        if parts.username or parts.password:
            raise BadInputError("--hub-url has a login in it: leave it out, and put a token into " + TOKEN)
        base = parts.path.partition("/hub/")[0].removesuffix("/hub").rstrip("/")
        token = os.environ.get(TOKEN, "")
        address = f"{parts.scheme}://{parts.netloc}{base}"
        if not token:
            raise LoginError(f"{TOKEN} is not set: make a token at {address}/hub/token and export it")
        return cls(address, token)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer of a path below the hub's address, as data; None where there is none.

        Raises LoginError, BadInputError, RefusedError or NoAnswerError with what the hub said.
        """
        import requests

        try:
            answer = requests.request(
                method,
                self.address + path,
                json=body,
                auth=self._authorize,
                timeout=ANSWER_WITHIN,
                allow_redirects=False,  # a login page is no answer
            )
        except requests.RequestException as error:
            raise NoAnswerError(f"no answer from {self.address}, try again later ({type(error).__name__})") from error
        if answer.status_code >= 300:
            raise self._refusal(method, path, answer.status_code, _message(answer.text))
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as error:
            raise BadInputError(
                f"{self.address}{path} does not answer as a JupyterHub does; check --hub-url"
            ) from error

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """What the hub tells while a server starts, one event after the other. Raises NoAnswerError when it stops."""
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
                        yield json.loads(line[len(b"data:") :])
        except requests.RequestException as error:
            raise NoAnswerError(f"no answer from {self.address} while the server started; look at it there") from error

    def user(self) -> dict[str, Any]:
        """The user whose token it is. Raises BadInputError where the token is a service's."""
        asked = self.ask("GET", "/hub/api/user")
        if not isinstance(asked, dict) or asked.get("kind", "user") != "user" or "name" not in asked:
            raise BadInputError(f"the token in {TOKEN} is no user's: make one at {self.address}/hub/token")
        return asked

    def user_path(self, name: str) -> str:
        """The path of a user in the hub's API."""
        return f"/hub/api/users/{quote(name, safe='')}"

    def _authorize(self, request: Any) -> Any:
        request.headers["Authorization"] = f"token {self.token}"  # a callable: ~/.netrc would replace a plain header
        return request

    def _refusal(self, method: str, path: str, status: int, message: str) -> HubImagesError:
        said = f": {message}" if message else ""
        if status == 401 or (status == 403 and path == "/hub/api/user"):
            return LoginError(
                f"{self.address} does not know the token in {TOKEN}: make a new one at {self.address}/hub/token"
            )
        if status == 403:
            return LoginError(f"{self.address} does not let the token in {TOKEN} do this ({method} {path}){said}")
        if status == 429 or status > 500 or (status == 500 and not message):  # a proxy's; the hub's own says why
            return NoAnswerError(f"{self.address} answered {status} to {method} {path}{said}; try again later")
        if status == 404 or status < 400:
            return BadInputError(f"{self.address} has no {path}; check --hub-url")
        return RefusedError(f"{self.address} refused {method} {path} ({status}){said}")


def _message(text: str) -> str:
    """What the hub says in the body of a refusal, in one line; nothing for a page of HTML."""
    try:
        body = json.loads(text)
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else ""
    return " ".join(str(message or "").split())
