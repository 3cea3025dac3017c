"""Search the images of a deployment repository for a package."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key

from hubimages.console import count, step
from hubimages.contents import Cache, Found, Reader, Searched, Wanted, folder, order, search_cache, search_images
from hubimages.duration import in_words
from hubimages.errors import HubImagesError, LoginError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.references.listing import shorten
from hubimages.references.reference import Form, Inventory, Reference
from hubimages.registry import Registries


@dataclass(frozen=True)
class Row:
    """A version of the package: who installed it, its name, the image, and the hubs that run the image."""

    kind: str
    name: str
    version: str
    image: ImageRef
    hubs: tuple[str, ...]
    known: datetime | None = None  # when the registry was asked; None: now


@dataclass(frozen=True)
class PackageSearch:
    """The images with a package, those whose packages are not known, with the reason, and how many were searched."""

    wanted: Wanted
    rows: Sequence[Row]
    not_searched: Mapping[str, HubImagesError | str]
    searched: int
    now: datetime

    @property
    def exit_code(self) -> int:
        """0; 75 if a registry or the cache gave no answer, else 77 if a login is missing: more may have the package."""
        problems = [each for each in self.not_searched.values() if isinstance(each, NoAnswerError | LoginError)]
        codes = {each.exit_code for each in problems}
        return NoAnswerError.exit_code if NoAnswerError.exit_code in codes else max(codes, default=0)

    def as_lines(self) -> str:
        """Return a line for each version in an image: image, kind, name, version, hubs, with tabs between them.

        With what the cache alone knows, a sixth column says for how long.
        """
        return "\n".join("\t".join(" ".join(cell.split()) for cell in self._cells(each)) for each in self.rows)

    def _cells(self, row: Row) -> list[str]:
        age = [f"as of {ago(self.now - row.known)} ago"] if row.known else []
        return [str(row.image), row.kind, row.name, row.version, ", ".join(row.hubs) or "-", *age]

    def summary(self) -> str:
        """Return how many images and hubs have it, and what was not searched, with the reasons."""
        images = len({each.image for each in self.rows})
        hubs = len({hub for each in self.rows for hub in each.hubs})
        searched = count(self.searched, "searched image")
        have = f"{images} of {searched} {'has' if images == 1 else 'have'} {self.wanted.text}"
        lines = [f"{have}; {count(hubs, 'hub')} {'runs' if hubs == 1 else 'run'} {'it' if images == 1 else 'them'}"]
        by_reason: dict[str, list[str]] = {}
        for image, why in self.not_searched.items():
            by_reason.setdefault(str(why), []).append(image)
        return "\n".join([*lines, *(f"not searched: {shorten(images)}: {why}" for why, images in by_reason.items())])

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        rows = [
            {
                "image": str(each.image), "kind": each.kind, "name": each.name, "version": each.version,
                "hubs": list(each.hubs), "known": each.known.isoformat() if each.known else None,
            }
            for each in self.rows
        ]  # fmt: skip
        missing = [{"image": image, "reason": str(why)} for image, why in self.not_searched.items()]
        whole = {"version": 1, "with": self.wanted.text, "searched": self.searched, "found": rows}
        return json.dumps({**whole, "not_searched": missing}, indent=2, ensure_ascii=False)


def ago(length: timedelta) -> str:
    """Return `6 days`, `5 hours` or `less than an hour`."""
    return in_words(length) if length >= timedelta(hours=1) else "less than an hour"


def search_packages(
    inventory: Inventory, wanted: Wanted, *, agree: Callable[[str], bool], offline: bool = False, layers: bool = True
) -> PackageSearch:
    """Return which images of the repository have a package, and the hubs that run them.

    Images that only Dockerfiles name, and those that every hub overrides, are left out. `offline` takes what the cache
    knows. `agree` gets the question before 500 MB of layers are read; without `layers` none are. Raises RefusedError if
    nobody can answer it.
    """
    meant = [each for each in inventory.references if each.form is not Form.DOCKERFILE and is_run(each)]
    hubs: dict[ImageRef, set[str]] = {}
    missing: dict[str, HubImagesError | str] = {}
    for each in meant:
        if each.image and not each.invalid and (each.tag or each.digest):
            hubs.setdefault(each.image, set()).update(each.hubs)
        else:
            missing[f"{each.file}:{each.line}"] = each.invalid or "no file says which image or tag it is"
    images = sorted(hubs, key=str)
    found = search_offline(wanted, images) if offline else search(wanted, images, agree, layers=layers)
    known = {image: each for image, each in found.items() if isinstance(each, Searched)}
    missing |= {str(image): each for image, each in found.items() if isinstance(each, HubImagesError)}
    rows = [
        Row(match.kind, match.name, match.version, image, tuple(sorted(hubs[image])), each.known)
        for image, each in known.items()
        for match in each.matches
    ]
    return PackageSearch(wanted, oldest_first(rows), missing, len(known), datetime.now(UTC))


def is_run(reference: Reference) -> bool:
    """Return True unless every hub that reads the reference overrides it."""
    return bool(reference.hubs) or not reference.read_by


def search_offline(wanted: Wanted, images: Sequence[ImageRef]) -> Found:
    """Return what the cache knows of the images."""
    return search_cache(wanted, images, Cache(folder()))


def search(wanted: Wanted, images: Sequence[ImageRef], agree: Callable[[str], bool], *, layers: bool) -> Found:
    """Return what the registries say about the images."""
    with Registries() as registries:
        return search_images(wanted, images, Reader(step, agree, Cache(folder()), registries), layers=layers)


def oldest_first(rows: Sequence[Row]) -> list[Row]:
    """Return the rows by kind, name and version, the oldest version first, then by image."""

    def compare(one: Row, other: Row) -> int:
        before, after = ((each.kind, each.name) for each in (one, other))
        if before != after:
            return -1 if before < after else 1
        by_version = order(one.kind, one.version, other.version)
        return by_version or (str(one.image) > str(other.image)) - (str(one.image) < str(other.image))

    return sorted(rows, key=cmp_to_key(compare))
