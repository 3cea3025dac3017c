"""A body that is read as it comes, for blobs that are larger than memory."""

import hashlib
import io
from typing import IO, Any

import urllib3
from urllib3.exceptions import HTTPError

from hubimages.errors import NoAnswerError
from hubimages.registry.http.transport import Limits, explain

BUFFER = 256 * 1024


class Blob(io.RawIOBase):
    """The content with a digest, as it comes.

    Raises NoAnswerError if the connection breaks or is silent too long, or if more comes than `size` bytes.
    """

    def __init__(self, answer: urllib3.BaseHTTPResponse, host: str, digest: str, size: int, limits: Limits) -> None:
        self.host, self.digest, self.size, self.limits = host, digest, size, limits
        self.received = 0
        self._answer = answer
        self._hash = hashlib.new(digest.partition(":")[0])

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what comes next, no more than there is room for, and return the number of bytes."""
        try:
            part = self._answer.read(len(buffer), decode_content=False)
        except HTTPError as error:
            said = explain(getattr(error, "reason", None) or error, self.limits)
            raise NoAnswerError(f"{self.host} stopped sending {self.digest}, try again later: {said}") from error
        self.received += len(part)
        if self.received > self.size:
            raise NoAnswerError(f"{self.host} sends more of {self.digest} than the {self.size} bytes that it announced")
        self._hash.update(part)
        buffer[: len(part)] = part
        return len(part)

    def read_rest(self, content: IO[bytes]) -> None:
        """Read to the end. Raises NoAnswerError if this is not the content that the digest names."""
        while content.read(BUFFER):
            pass
        if f"{self.digest.partition(':')[0]}:{self._hash.hexdigest()}" != self.digest:
            raise NoAnswerError(f"no answer from {self.host} that can be used: {self.digest} is something else")
