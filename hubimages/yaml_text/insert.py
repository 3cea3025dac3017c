"""Add keys to mappings and items to sequences, or remove them; the layout around them stays."""

from typing import Any

from hubimages.yaml_text.tree import Path


def add_key(text: str, path: Path, key: str, value: Any, *, document: int = 0, after: str | None = None) -> str:
    """`text` with `key: value` at the end of the mapping at `path`, or after its key `after`.

    `value` is plain data (dictionaries, lists, text, numbers, booleans, None), or a comment-bearing tree of
    ruamel.yaml. Text is quoted so that Helm reads text. The result has been parsed again. Raises BadInputError where
    there is no mapping at the path, RefusedError where it has the key, or could not be changed cleanly.
    """
    raise NotImplementedError


def add_item(text: str, path: Path, value: Any, *, document: int = 0, index: int | None = None) -> str:
    """`text` with `value` as last item of the sequence at `path`, or before the item `index`; see add_key."""
    raise NotImplementedError


def remove(text: str, path: Path, *, document: int = 0) -> str:
    """`text` without the key or item at `path`: its whole lines, with the comments on them. See add_key."""
    raise NotImplementedError
