"""What is to be removed from the extracted history, as the command line and the manifest say it."""

import hashlib
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages.errors import BadInputError

SIZE = re.compile(r"(\d{1,12})([KMG]?)")
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
ARROW = b"==>"
DEFAULT = b"***REMOVED***"  # git-filter-repo's


@dataclass(frozen=True)
class Removal:
    """Paths, texts and sizes to remove. `everywhere`: for many images at once, some of which lack a path."""

    paths: Sequence[str] = ()
    replace_text: Path | None = None  # git-filter-repo's file of expressions
    largest: int | None = None  # bytes
    everywhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.paths) or self.replace_text is not None or self.largest is not None

    def and_also(self, other: "Removal") -> "Removal":
        """Return this with what another one removes; the other's file and size count where it has them."""
        if not other:
            return self
        return Removal(
            tuple(dict.fromkeys((*self.paths, *other.paths))),
            other.replace_text or self.replace_text,
            other.largest if other.largest is not None else self.largest,
            self.everywhere or other.everywhere,
        )

    def options(self) -> dict[str, object]:
        """Return what decides about the result, without a text that is to be removed."""
        content = self.replace_text.read_bytes() if self.replace_text else b""
        found: dict[str, object] = {
            "drop_paths": sorted(self.paths),
            "replace_text": hashlib.sha256(content).hexdigest() if self.replace_text else "",
            "strip_blobs_bigger_than": self.largest,
        }
        return found if self else {}

    def argv(self) -> list[str]:
        """Return git-filter-repo's options."""
        argv = [option for path in self.paths for option in ("--path", path)]
        argv += ["--invert-paths"] if self.paths else []
        if self.replace_text is not None:
            argv += ["--replace-text", str(self.replace_text), "--replace-message", str(self.replace_text)]
        argv += ["--strip-blobs-bigger-than", str(self.largest)] if self.largest is not None else []
        return argv


NOTHING = Removal()


def read_removal(
    paths: Sequence[str], replace_text: str | None, bigger_than: str | None, *, everywhere: bool = False
) -> Removal:
    """Return what the options ask for. Raises BadInputError for what git-filter-repo would misunderstand."""
    return Removal(
        tuple(dict.fromkeys(checked_path(path) for path in paths)),
        checked_file(replace_text) if replace_text is not None else None,
        size(bigger_than) if bigger_than is not None else None,
        everywhere,
    )


def checked_path(path: str) -> str:
    """Return a path of the image's repository. git-filter-repo takes an empty one for everything."""
    bare = path.removeprefix("./").rstrip("/")
    if not bare or bare == "." or path.startswith("/") or posixpath.normpath(bare) != bare or bare.startswith(".."):
        raise BadInputError(
            f"--drop-path {path!r} is no path of the image's repository. Give it from the image directory, as the scan "
            "prints it: data/students.csv"
        )
    return bare


def size(text: str) -> int:
    """Return the bytes of a size: 10M, as git-filter-repo writes it."""
    found = SIZE.fullmatch(text.strip().upper())
    if not found or not int(found[1]):
        raise BadInputError(f"--strip-blobs-bigger-than {text} is no size. Write a number with K, M or G: 50M")
    return int(found[1]) * UNITS[found[2]]


def checked_file(name: str) -> Path:
    """Return the file of expressions. No message shows a line of it, since it has what must not be shown."""
    file = Path(name).absolute()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadInputError(f"--replace-text {name} cannot be read: {error.strerror}") from error
    rules = 0
    for number, line in enumerate(content.split(b"\n"), 1):
        before = line.rstrip(b"\r").rsplit(ARROW, 1)[0]
        kind, colon, pattern = before.partition(b":")
        if colon and kind in (b"literal", b"regex", b"glob") and not pattern:
            raise BadInputError(f"{name}:{number}: {kind.decode()}: has no expression")
        if not before and line.strip():
            raise BadInputError(f"{name}:{number}: no text before {ARROW.decode()}")
        if kind == b"regex" and colon:
            try:
                re.compile(pattern)
            except re.error as error:
                raise BadInputError(f"{name}:{number}: not a regular expression: {error.msg}") from error
        rules += bool(before)
    if not rules:
        raise BadInputError(f"--replace-text {name} has no expression. Write one per line: TEXT==>REPLACEMENT")
    return file
