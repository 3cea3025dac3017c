"""What is no answer of a hub: one that broke off, or one of something else."""

from http.server import BaseHTTPRequestHandler

import pytest

from hubimages.errors import BadInputError, HubImagesError, NoAnswerError
from hubimages.live_hub import Hub
from tests.serving import serving

NOT_A_HUB = r"http://\S+/hub/api/user does not answer like a JupyterHub\. Check --hub-url"


@pytest.mark.parametrize(("content", "error", "said"), [
    (b"", NoAnswerError, r"no whole answer from http://\S+\. Try again later"),
    *((each, BadInputError, NOT_A_HUB) for each in (b"null", b"[]", b'"text"', b"<html>", b"[" * 100_000)),
])  # fmt: skip
def test_an_answer_that_is_no_object_is_one_line(content: bytes, error: type[HubImagesError], said: str) -> None:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + content)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Answering) as address, pytest.raises(error, match=f"^{said}$"):
        Hub(f"http://{address}", "token").read("/hub/api/user")
