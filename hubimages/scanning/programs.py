"""Ask gitleaks and trufflehog, where they are on PATH, about blobs.

Both read files, so each blob is written once into a folder that only the user can read, and removed with it. Their
reports are read from a pipe, and what they say of a secret is dropped at once: gitleaks is asked to leave it out.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubimages import disk, json_text
from hubimages.errors import ProgramFailedError
from hubimages.repository.git import Repo
from hubimages.run import attempt
from hubimages.scanning.blobs import Blob
from hubimages.scanning.engines.blob import decoded
from hubimages.scanning.engines.text import Hit, Text, keyed

AT_ONCE = 64 * 1024 * 1024  # bytes of blobs on the disk
SAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class Place:
    """What a program found: the file, the line, its rule."""

    file: Path
    first: int
    last: int
    rule: str


@dataclass(frozen=True)
class Program:
    """A scanner on PATH."""

    name: str
    argv: Callable[[Path], Sequence[str]]
    places: Callable[[bytes], Iterator[Place]]
    codes: frozenset[int]  # of a run that went well

    def hits(self, repository: Repo, blobs: Sequence[Blob], salt: bytes) -> dict[str, list[Hit]]:
        """Return blob to what the program found in it."""
        found: dict[str, list[Hit]] = {}
        for some in _portions(blobs):
            texts = dict(zip((blob.id for blob in some), _contents(repository, some), strict=True))
            for place in self._run(some, texts):
                hit = _hit(self.name, place, texts[place.file.name], salt)
                if hit is not None:
                    found.setdefault(place.file.name, []).append(hit)
        return found

    def _run(self, blobs: Sequence[Blob], texts: dict[str, bytes]) -> list[Place]:
        with disk.temporary_directory("scan") as folder:
            root = Path(folder)  # mode 0700
            for blob in blobs:
                place = root / blob.id
                place.mkdir()
                (place / SAFE.sub("_", blob.name.rpartition("/")[2])[-100:]).write_bytes(texts[blob.id])
            done = attempt(*self.argv(root), cwd=root)
            if done.returncode not in self.codes:  # its words could name a secret, so they are not shown
                raise ProgramFailedError(f"{self.name} failed (exit code {done.returncode}). Is it a current release?")
            return [
                Place(root / _inside(root, place.file), place.first, place.last, place.rule)
                for place in self.places(done.stdout)
            ]


def _inside(root: Path, file: Path) -> str:
    """Return the blob's id: the folder below the root that a file is in."""
    return (file.relative_to(root) if file.is_absolute() else file).parts[0]


def _portions(blobs: Sequence[Blob]) -> Iterator[list[Blob]]:
    portion: list[Blob] = []
    size = 0
    for blob in blobs:
        portion.append(blob)
        size += blob.size
        if size > AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _contents(repository: Repo, blobs: Sequence[Blob]) -> list[bytes]:
    read = iter(repository.contents([blob.id for blob in blobs if blob.text is None]))
    return [next(read) if blob.text is None else blob.text for blob in blobs]


# What gitleaks' rule for any word behind a name takes for secrets: ids that are public, and versions of charts.
NO_SECRET = re.compile(r"(?i)client[_-]?id\b|\b\d+\.\d+\.\d+-[n0]?[.\d-]{0,60}h[0-9a-f]{7,}")
GENERIC = "generic-api-key"


def _hit(program: str, place: Place, content: bytes, salt: bytes) -> Hit | None:
    text = Text(decoded(content) or content.decode("latin-1"), "", salt)
    last = min(max(place.first, place.last), len(text.starts))
    lines = "\n".join(text.line(number) for number in range(min(place.first, last), last + 1))
    kind = re.sub(r"[^a-z0-9]+", "-", place.rule.lower()).strip("-")
    if kind == GENERIC and NO_SECRET.search(lines):
        return None
    return Hit(kind or program, place.first, keyed(salt, f"{kind}\0{lines.strip()}"))


def _gitleaks(root: Path) -> Sequence[str]:
    return (
        *("gitleaks", "dir", "--no-banner", "--log-level=error", "--redact=100", "--exit-code=0"),
        *("--report-format=json", "--report-path=-", str(root)),
    )


def _gitleaks_places(output: bytes) -> Iterator[Place]:
    with _understood("gitleaks"):
        for one in json_text.loads(output or b"[]") or []:
            yield Place(Path(one["File"]), int(one["StartLine"]), int(one["EndLine"]), str(one["RuleID"]))


def _trufflehog(root: Path) -> Sequence[str]:
    # Verification would send what was found to its issuer.
    return ("trufflehog", "filesystem", "--json", "--no-verification", "--no-update", str(root))


def _trufflehog_places(output: bytes) -> Iterator[Place]:
    with _understood("trufflehog"):
        for line in output.splitlines():
            one = json_text.loads(line)
            if "SourceMetadata" in one:
                data = one["SourceMetadata"]["Data"]["Filesystem"]
                number = int(data.get("line", 1)) or 1
                yield Place(Path(data["file"]), number, number, str(one["DetectorName"]))


@contextmanager
def _understood(program: str) -> Iterator[None]:
    """Raise ProgramFailedError where a program's answer has another form than its releases until now write."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        said = f"{type(error).__name__}: {error}"
        raise ProgramFailedError(f"{program} answered in a form that hubimages does not know ({said})") from error


GITLEAKS = Program("gitleaks", _gitleaks, _gitleaks_places, frozenset({0}))
TRUFFLEHOG = Program("trufflehog", _trufflehog, _trufflehog_places, frozenset({0, 183}))
