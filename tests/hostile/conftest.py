"""A git server that asks for a login."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dying import git_server
from tests.hostile.secrets import USER, secret
from tests.serving import serving


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """The address, without `http://`, of a server of the repositories in `served`, which only the robot may see."""
    wanted = "Basic " + base64.b64encode(f"{USER}:{secret('address')}".encode()).decode()
    served = tmp_path / "served"
    served.mkdir()

    class Guarded(git_server(served)):  # type: ignore[misc]
        def _answer(self, body: bytes) -> None:
            if self.headers["Authorization"] == wanted:
                super()._answer(body)
                return
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving(Guarded) as address:
        yield address
