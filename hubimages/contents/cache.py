"""Remember what is in layers and images, by digest: a digest names one content for ever."""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 300 << 20  # bytes; what was not used for longest goes first
FORM = "contents-1"  # another form of the files gets another folder


def folder() -> Path:
    """Return the directory of the cache: XDG_CACHE_HOME or ~/.cache, and hubimages/ in it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hubimages" / FORM


@dataclass(frozen=True)
class Cache:
    """JSON data by kind and key. A cache that cannot be read or written is as good as an empty one."""

    place: Path
    limit: int = LIMIT

    def file(self, kind: str, key: str) -> Path:
        """Return where the data of a key are kept."""
        return self.place / kind / (key.replace(":", "-") + ".json")

    def get(self, kind: str, key: str) -> Any:
        """Return the data of a key; None if there are none."""
        file = self.file(kind, key)
        try:
            content = json.loads(file.read_bytes())
            os.utime(file)
        except (OSError, ValueError, RecursionError):
            return None
        return content

    def put(self, kind: str, key: str, content: Any) -> None:
        """Keep the data of a key; all or nothing, whoever else writes at the same moment."""
        file = self.file(kind, key)
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=".")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as made:
                    json.dump(content, made, ensure_ascii=False, separators=(",", ":"))
                Path(name).replace(file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._shrink(file)

    def _shrink(self, newest: Path) -> None:
        """Delete what was not used for longest until the rest is below the limit."""
        kept = []
        for file in self.place.glob("*/*.json"):
            with contextlib.suppress(OSError):
                found = file.stat()
                kept.append((found.st_mtime, found.st_size, file))
        size = sum(each[1] for each in kept)
        for _, one, file in sorted(kept):
            if size <= self.limit:
                return
            if file != newest:
                file.unlink(missing_ok=True)
                size -= one
