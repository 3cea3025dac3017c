"""Edits of text files: shown as a diff that `git apply` takes, or applied, all of them or none.

A file may have several edits, each made on top of the one before.
"""

import contextlib
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import disk
from hubimages.errors import BadInputError, RefusedError, StorageError


@dataclass(frozen=True)
class FileEdit:
    """One file's text before and after. `path` is relative to the repository, with `/`.

    `before` is None for a file that is made, `after` for one that is removed. The texts are exactly the file's: byte
    order mark and line ends included.
    """

    path: str
    before: str | None
    after: str | None

    def diff(self) -> str:
        """The unified diff, as `git apply` takes it; empty where nothing changes."""
        if self.after is None and is_binary(self.before or ""):
            return self._binary_removal()
        old = "/dev/null" if self.before is None else f"a/{self.path}"
        new = "/dev/null" if self.after is None else f"b/{self.path}"
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), old, new)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def _binary_removal(self) -> str:
        """Return the diff that removes a file which no text can show, as `git diff --full-index` writes it."""
        import hashlib

        content = (self.before or "").encode("utf-8", "surrogateescape")
        name = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return (
            f"diff --git a/{self.path} b/{self.path}\ndeleted file mode 100644\nindex {name}..{'0' * 40}\n"
            f"Binary files a/{self.path} and /dev/null differ\n"
        )


def is_binary(text: str) -> bool:
    """Return True for what git takes for binary, or what is not UTF-8."""
    return "\0" in text or any("\udc80" <= character <= "\udcff" for character in text)


def read_text(root: Path, path: str) -> str:
    """The text of a file below `root`, every byte of it: no line end is changed.

    Raises BadInputError where there is no such file, where it is not UTF-8, and where it is outside of `root`.
    """
    place = os.path.join(root, path)  # noqa: PTH118 - by text: a run reads thousands of files, and Path takes longer
    if not os.path.isfile(place):  # noqa: PTH113
        raise BadInputError(f"no file {path} in {root}")
    if _may_lead_out(f"{root}", path):
        top = os.path.realpath(root)
        if os.path.commonpath((top, os.path.realpath(place))) != top:
            raise BadInputError(f"{path} is a link out of {root}; give the repository that holds the file")
    try:
        with open(place, "rb", buffering=0) as opened:  # noqa: PTH123
            return opened.readall().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def _may_lead_out(root: str, path: str) -> bool:
    """Return True if a step of a path is a link, or leads upwards."""
    if path.startswith("/"):
        return True
    here = root
    for step in path.split("/"):
        here = f"{here}/{step}"
        if step == ".." or os.path.islink(here):  # noqa: PTH114
            return True
    return False


def show(edits: Sequence[FileEdit]) -> str:
    """All diffs, one after the other, so that `git apply` takes them together.

    A file that is edited several times has a diff for each edit, on top of the one before; only the whole where it is
    made or removed in between, which `git apply` does not do in the order of the diffs.
    """
    by_path: dict[str, list[FileEdit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    at_once = {
        path: combined(here)
        for path, here in by_path.items()
        if len(here) > 1 and any(None in (edit.before, edit.after) for edit in here)
    }
    shown = [each for here in at_once.values() for each in here]
    return "".join(edit.diff() for edit in [*(each for each in edits if each.path not in at_once), *shown])


def combined(edits: Sequence[FileEdit]) -> list[FileEdit]:
    """One edit for each file that changes, from its text before the first edit to that after the last.

    Raises RefusedError where an edit is not made on top of the one before: one of the two would be lost.
    """
    by_path: dict[str, FileEdit] = {}
    for edit in edits:
        first = by_path.get(edit.path)
        if first is None:
            by_path[edit.path] = edit
        elif first.after == edit.before:
            by_path[edit.path] = FileEdit(edit.path, first.before, edit.after)
        else:
            raise _lost(edit.path)
    return [edit for edit in by_path.values() if edit.before != edit.after]


@dataclass(frozen=True)
class Undo:
    """What it takes to undo edits that are written: the modes of files before, and the folders made for new ones."""

    root: Path
    edits: Sequence[FileEdit]
    modes: Mapping[str, int]
    folders: Sequence[Path]  # the deepest first

    def changed(self) -> dict[str, str | None]:
        """Return the texts of files that are no longer what was written."""
        now = {edit.path: text_of(self.root, edit.path) for edit in self.edits}
        return {edit.path: now[edit.path] for edit in self.edits if now[edit.path] != edit.after}

    def back(self, found: Mapping[str, str | None] | None = None) -> list[str]:
        """Put every file back that is as written, or as `found`; return the paths of the others.

        Each file is tried, whatever happens to the others.
        """
        left = []
        for edit in reversed(self.edits):
            try:
                now = text_of(self.root, edit.path)
                if now == edit.before:
                    continue
                if now not in (edit.after, (found or {}).get(edit.path, edit.after)):
                    left.append(edit.path)
                    continue
                put(self.root / edit.path, edit.before, self.modes.get(edit.path))
            except OSError:
                left.append(edit.path)
        for folder in self.folders:
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()
        return left


def apply(root: Path, edits: Sequence[FileEdit]) -> Undo:
    """Write the edits, all or none, and read them back; return what undoes them.

    Each file is replaced in one step and keeps its mode. A file that an interrupted run has written already is left as
    it is. Raises RefusedError if a file is no longer what the edit was made for or an edit is not made on top of the
    one before, StorageError if a file is not what was written, and what the system refuses.
    """
    edits = combined(edits)
    _check_one_text(root, edits)
    for edit in edits:
        if text_of(root, edit.path) not in (edit.before, edit.after):
            raise RefusedError(f"{edit.path} has changed meanwhile. Nothing was written; run the command again")
    places = {edit.path: root / edit.path for edit in edits}
    modes = {path: place.stat().st_mode & 0o7777 for path, place in places.items() if place.exists()}
    missing = {folder for place in places.values() for folder in place.parents if not folder.exists()}
    undo = Undo(root, edits, modes, sorted(missing, reverse=True))
    try:
        for edit in edits:
            put(places[edit.path], edit.after, modes.get(edit.path))
        check_written(root, edits)
    except BaseException:
        undo.back()
        raise
    return undo


def check_written(root: Path, edits: Sequence[FileEdit]) -> None:
    """Raise StorageError unless every file holds exactly what its edits show."""
    other = [edit.path for edit in combined(edits) if text_of(root, edit.path) != edit.after]
    if other:
        raise StorageError(
            f"{', '.join(other)}: changed after it was written, probably by another program. "
            "Look at it with git diff, put it in order, and run the command again"
        )


def are_written(root: Path, edits: Sequence[FileEdit]) -> bool:
    """Whether every file is what its edits make of it already."""
    return all(text_of(root, edit.path) == edit.after for edit in combined(edits))


def _check_one_text(root: Path, edits: Sequence[FileEdit]) -> None:
    """Raise RefusedError where two paths are one file, by a link, and their edits differ."""
    by_place: dict[Path, FileEdit] = {}
    for edit in edits:
        first = by_place.setdefault((root / edit.path).resolve(), edit)
        if (first.before, first.after) != (edit.before, edit.after):
            raise _lost(f"{edit.path} (the same file as {first.path})")


def _lost(path: str) -> RefusedError:
    return RefusedError(
        f"{path}: two edits of this file would overwrite each other. Nothing was "
        "written; this is a bug of hubimages, please report it"
    )


def _lines(text: str | None) -> list[str]:
    """Lines as git counts them, ended by a line feed alone: U+2028 and a lone carriage return end none."""
    return list(_split(text)) if text else []


def _split(text: str) -> Iterator[str]:
    *whole, last = text.split("\n")
    yield from (f"{line}\n" for line in whole)
    if last:
        yield last


def text_of(root: Path, path: str) -> str | None:
    """Return the text of a file, whatever bytes it has; None if there is no file."""
    place = root / path
    return place.read_bytes().decode("utf-8", "surrogateescape") if place.is_file() else None


def put(place: Path, text: str | None, mode: int | None) -> None:
    """Write a file in one step, or remove it; `mode` is that of a file which is not there."""
    if text is None:
        place.unlink(missing_ok=True)
        return
    place.resolve().parent.mkdir(parents=True, exist_ok=True)
    disk.write_whole(place, text, mode)
