"""Pull images with the docker command and explain failed pulls."""

import re
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError
from hubimages.run import attempt, disk_failure, failure

# Error texts of engines and registries. Their order matters: a registry that needs a login also answers `denied`.
NOT_LOGGED_IN = re.compile(
    r"no basic auth|unauthorized|authentication required|denied|forbidden|\b40[13]\b", re.IGNORECASE
)
NOT_THERE = re.compile(r"not found|manifest unknown|name unknown|\b404\b|does not exist", re.IGNORECASE)
NO_ANSWER = re.compile(
    r"\b(429|5\d\d)\b|too ?many ?requests|timeout|refused|no such host|EOF|reset|unreachable|no route|TLS|deadline",
    re.IGNORECASE,
)


def have_image(reference: str) -> None:
    """Pull an image if the engine does not have it.

    Raises BadInputError if the image does not exist, LoginError if the registry needs a login, NoAnswerError if it
    does not answer.
    """
    if attempt("docker", "image", "inspect", reference, cwd=Path("/")).returncode == 0:
        return
    argv = ["docker", "pull", "--quiet", reference]
    console.command(argv)
    done = attempt(*argv, cwd=Path("/"))
    if done.returncode:
        raise pull_failure(reference, argv, done.returncode, done.stderr)


def pull_failure(reference: str, argv: list[str], code: int, output: bytes) -> HubImagesError:
    """Return the error for a failed pull."""
    said = console.without_colours(output.decode(errors="replace")).strip()
    line = said.splitlines()[-1] if said else "no message"
    host = reference.split("/", maxsplit=1)[0]
    if about_disk := disk_failure(said):
        return about_disk
    if "invalid reference format" in said:
        return BadInputError(
            f"{reference!r} is not an image reference. Write it like quay.io/organisation/name:tag ({line})"
        )
    if NOT_THERE.search(said) and "denied" not in said:
        return BadInputError(f"no image {reference}: {line}")
    if NOT_LOGGED_IN.search(said):
        return LoginError(f"{reference} is not there, or {host} wants a login (docker login {host}): {line}")
    if NO_ANSWER.search(said):
        return NoAnswerError(f"no answer from {host}, try again later: {line}")
    return failure(argv, code, output)
