"""Remember what is in layers and images, by digest: a digest names one content for ever."""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hubimages import disk
from hubimages.image_ref import ImageRef

LIMIT = 300 << 20  # bytes; what was not used for longest goes first
OFTEN = timedelta(hours=1)  # a tag is not written again before
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
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            # a path in a layer can have any bytes, which are half characters in Python
            disk.write_whole(file, text.encode("utf-8", "surrogatepass"), 0o600)
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


@dataclass(frozen=True)
class KnownTag:
    """The digest that an image had for a platform, that of its index if it has one, and when the registry said so."""

    digest: str
    index: str
    time: datetime


def remember(cache: Cache, image: ImageRef, new: KnownTag, platform: str = "") -> None:
    """Remember which digest an image has for a platform."""
    old = known_tag(cache, image, platform)
    if old is None or (old.digest, old.index) != (new.digest, new.index) or new.time - old.time > OFTEN:
        known = {"image": str(image), "digest": new.digest, "index": new.index, "time": new.time.isoformat()}
        cache.put("tags", tag_key(image, platform), known)


def known_tag(cache: Cache, image: ImageRef, platform: str = "") -> KnownTag | None:
    """Return what the cache has about an image's digest; None if it has nothing that can be read."""
    content = cache.get("tags", tag_key(image, platform))
    try:
        when = datetime.fromisoformat(content["time"])
        return KnownTag(str(content["digest"]), str(content.get("index") or ""), when.astimezone(UTC))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def tag_key(image: ImageRef, platform: str) -> str:
    """Return the key of an image in the cache."""
    return hashlib.sha256(f"{image} {platform}".encode()).hexdigest()
