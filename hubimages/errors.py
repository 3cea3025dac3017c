"""Errors that a user can cause or meet, each with its exit code (docs/reference.md).

The message names the thing and the remedy, in one line where possible. A bug is none of these and keeps its traceback.
"""


class HubImagesError(Exception):
    """The base of all errors a user can cause or meet."""

    exit_code = 1


class BadInputError(HubImagesError):
    """The input does not exist or cannot be read: a repository, path, ref, key, version, file."""

    exit_code = 2


class RefusedError(HubImagesError):
    """Refused, to protect something: a dirty tree, a destination in use, a question without an answer."""

    exit_code = 3


class ProgramFailedError(HubImagesError):
    """A program that hubimages runs failed; the message ends with its last lines."""

    exit_code = 4


class NotInstalledError(HubImagesError):
    """Something needed is missing, too old or not running; the message has the line that installs it."""

    exit_code = 69  # EX_UNAVAILABLE


class StorageError(HubImagesError):
    """The disk is full or not writable."""

    exit_code = 74  # EX_IOERR


class NoAnswerError(HubImagesError):
    """The network, a registry or a server gave no usable answer; nothing was concluded."""

    exit_code = 75  # EX_TEMPFAIL: try again later


class LoginError(HubImagesError):
    """The user is not logged in, or lacks the permission."""

    exit_code = 77  # EX_NOPERM


INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def message_of(error: Exception) -> str:
    """Return what an error says in one line that fits a terminal; of the system's, without its number and the path."""
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
