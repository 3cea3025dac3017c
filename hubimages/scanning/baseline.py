"""What earlier scans found, kept in the user's cache: a blob is examined once, whichever histories have it.

The file has no blob ids, paths or secrets: rows are found by an HMAC with a salt that is in the file, which only its
user can read. Without the file everything is examined again.
"""

import contextlib
import json
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hubimages.scanning.engines.blob import Verdict
from hubimages.scanning.engines.text import Hit, keyed

VERSION = 1  # of the rules: raise it when an engine changes, so that everything is examined again
TABLES = """
create table if not exists salt (value blob not null);
create table if not exists verdict (key text primary key, hits text not null) without rowid;
"""
AT_ONCE = 500  # rows


def default_place() -> Path:
    """Return the file in the user's cache (https://specifications.freedesktop.org/basedir-spec)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named.startswith("/") else Path.home() / ".cache") / "hubimages" / "scan.sqlite"


class Baseline:
    """Verdicts by blob, kind of file and engine. Use it as a context.

    `problem` says why nothing is kept, where the cache cannot be used; the scan then goes on without it.
    """

    def __init__(self, place: Path | None = None) -> None:
        self.place = place or default_place()
        self.problem = ""
        self._database = self._open()
        self.salt = self._salt()

    def __enter__(self) -> "Baseline":
        return self

    def __exit__(self, *reason: object) -> None:
        self._database.close()

    def known(self, engine: str, blobs: Mapping[str, str]) -> dict[str, Verdict]:
        """Return the verdicts that an engine gave on blobs before. `blobs`: id to path."""
        keys = {self._key(engine, blob, path): blob for blob, path in blobs.items()}
        found: dict[str, Verdict] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            for key, text in self._database.execute(f"select key, hits from verdict where key in ({marks})", some):
                hits, state = json.loads(text)
                found[keys[key]] = Verdict(tuple(Hit(*hit) for hit in hits), state)
        return found

    def keep(self, engine: str, verdicts: Iterable[tuple[str, str, Verdict]]) -> None:
        """Keep (blob, path, verdict) of an engine."""
        rows = (
            (
                self._key(engine, blob, path),
                json.dumps([[[hit.kind, hit.line, hit.same] for hit in verdict.hits], verdict.state]),
            )
            for blob, path, verdict in verdicts
        )
        try:
            with self._database:
                self._database.executemany("insert or replace into verdict values (?, ?)", rows)
        except sqlite3.Error as error:
            self.problem = f"{self.place}: {error}"

    def _key(self, engine: str, blob: str, path: str) -> str:
        name = path.rpartition("/")[2].lower()  # the name decides how a file is read
        return keyed(self.salt, f"{VERSION}\0{engine}\0{blob}\0{name}")

    def _open(self) -> sqlite3.Connection:
        try:
            return _private(self.place)
        except sqlite3.DatabaseError as error:  # damaged, or no database
            self.problem = f"{self.place}: {error}"
        except (OSError, sqlite3.Error) as error:
            self.problem = f"{self.place}: {error}"
        return _tables(sqlite3.connect(":memory:"))

    def _salt(self) -> bytes:
        with contextlib.suppress(sqlite3.Error), self._database:
            self._database.execute("begin immediate")
            row = self._database.execute("select value from salt").fetchone()
            if row is None:
                row = (secrets.token_bytes(32),)
                self._database.execute("insert into salt values (?)", row)
            return bytes(row[0])
        self.problem = self.problem or f"{self.place} is in use"
        return secrets.token_bytes(32)


def _private(place: Path) -> sqlite3.Connection:
    """Open the file, which only its user can read; make it anew if it is damaged."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_ours(place):
        database = sqlite3.connect(place, timeout=30)
        try:
            return _tables(database)
        except sqlite3.OperationalError:
            database.close()
            raise
        except sqlite3.DatabaseError:  # no database: a write that was cut off
            database.close()
            place.unlink()
    with _only_ours(place):
        return _tables(sqlite3.connect(place, timeout=30))


@contextlib.contextmanager
def _only_ours(place: Path) -> Iterator[None]:
    """Create the file with mode 0600, or set that mode. Raises OSError for a link, or another user's file."""
    handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid():
            raise PermissionError(f"{place} is no file of this user")
        os.fchmod(handle, 0o600)
        yield
    finally:
        os.close(handle)


def _tables(database: sqlite3.Connection) -> sqlite3.Connection:
    database.executescript(TABLES)
    return database
