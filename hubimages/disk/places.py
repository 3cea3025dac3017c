"""Paths that a person wrote."""

import os
from pathlib import Path


def written(text: str) -> Path:
    """Return the path with `~` and `~USER` replaced, and as it is where there is no such user, as shells do.

    `Path.expanduser` raises RuntimeError then.
    """
    try:
        return Path(os.path.expanduser(text))  # noqa: PTH111
    except ValueError:  # a NUL
        return Path(text)
