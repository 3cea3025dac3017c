"""Until when a registry keeps a tag, as far as it or the image says, or as a rule that is given would have it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from hubimages import json_text
from hubimages.duration import duration
from hubimages.errors import BadInputError, HubImagesError
from hubimages.image_ref import DOCKER_HUB, ImageRef
from hubimages.registry import Registries, base_address, creation_dates, each, labels

# https://docs.quay.io/guides/tag-expiration.html
LABEL = "quay.expires-after"
# They have no dates for single tags: a rule for the whole repository, which only their own interfaces show.
WITHOUT_DATES = ("ghcr.io", "public.ecr.aws", ".amazonaws.com", ".pkg.dev", ".azurecr.io", DOCKER_HUB)
PAGES = 100


@dataclass(frozen=True)
class Expiry:
    """When a tag goes, and what says so."""

    when: datetime
    source: str

    def __str__(self) -> str:
        return f"{self.when:%Y-%m-%d}, says {self.source}"


def expiry_dates(
    registries: Registries, image: ImageRef, running: Iterable[str]
) -> tuple[dict[str, Expiry], list[str]]:
    """Return when running tags expire, and what could not be found out."""
    wanted = list(dict.fromkeys(running))
    found: dict[str, Expiry] = {}
    unknown: list[str] = []
    dates = quay_dates(registries, image)
    if dates is None:
        unknown.append(f"retention rules of {image.host}: it does not show them. Try one with --keep-newest or --older")
    for tag, when in (dates or {}).items():
        if tag in wanted:
            found[tag] = Expiry(when, image.host)
    left = [image.at(tag) for tag in wanted if tag not in found]
    said = each(registries, left, lambda one: labels(registries, one))
    expiring = {one: answer[LABEL] for one, answer in said.items() if isinstance(answer, dict) and answer.get(LABEL)}
    unknown += [f"{one}: {answer}" for one, answer in said.items() if isinstance(answer, HubImagesError)]
    if dates is not None:
        return found, unknown  # the registry counts from the push, and has counted already
    for one, when_made in creation_dates(registries, expiring).items():
        try:
            length = duration(expiring[one])
        except BadInputError:
            continue
        if isinstance(when_made, datetime):
            found[one.tag] = Expiry(when_made + length, f"its label {LABEL}={expiring[one]}")
    return found, unknown


def quay_dates(registries: Registries, image: ImageRef) -> dict[str, datetime] | None:
    """Return the tags with a date of expiry in a registry of the Quay kind; None if it is of another kind.

    https://docs.quay.io/api/swagger/#!/tag/listRepoTags
    """
    if image.host == DOCKER_HUB or image.host.endswith(WITHOUT_DATES):
        return None
    found: dict[str, datetime] = {}
    for page in range(1, PAGES + 1):
        path = f"/api/v1/repository/{quote(image.name)}/tag/?onlyActiveTags=true&limit=100&page={page}"
        try:
            answer = registries.transport.send("GET", base_address(image.host) + path, {"Accept": "application/json"})
            listed = json_text.loads(answer.body) if answer.status == 200 else None
        except (HubImagesError, ValueError):
            listed = None
        if not isinstance(listed, dict) or not isinstance(listed.get("tags"), list):
            return None
        for entry in listed["tags"]:
            when = _moment(entry.get("expiration")) if isinstance(entry, dict) else None
            if when is not None and isinstance(entry.get("name"), str):
                found[entry["name"]] = when
        if not listed.get("has_additional"):
            break
    return found


def _moment(text: object) -> datetime | None:
    """Return a date of an e-mail header, as Quay writes it; None for anything else."""
    try:
        moment = parsedate_to_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@dataclass(frozen=True)
class RetentionRule:
    """A rule as registries have it: keep so many of the newest, remove what is older; both together remove less."""

    keep_newest: int | None = None
    older: timedelta | None = None

    def __str__(self) -> str:
        parts = [f"keep the {self.keep_newest} newest"] if self.keep_newest is not None else []
        parts += [f"remove what is older than {self.older.days} days"] if self.older is not None else []
        return " and ".join(parts)

    def removes(self, dates: Mapping[str, datetime], now: datetime) -> set[str]:
        """Return the tags that the rule removes, of those whose dates are known."""
        newest = sorted(dates, key=lambda tag: (dates[tag], tag), reverse=True)
        beyond = set(newest[self.keep_newest :]) if self.keep_newest is not None else set(newest)
        old = {tag for tag in newest if self.older is None or now - dates[tag] > self.older}
        return beyond & old
