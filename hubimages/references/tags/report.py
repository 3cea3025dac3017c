"""List the tags of an image with what uses them. Nothing is deleted."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hubimages.console import count
from hubimages.errors import BadInputError, HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.references.find.scan import find_references
from hubimages.references.reference import Inventory
from hubimages.references.selection import named
from hubimages.references.tags.expiry import Expiry, RetentionRule, expiry_dates
from hubimages.references.tags.used import Use, in_history, on_branches
from hubimages.registry import Registries, creation_dates
from hubimages.repository.git import Repo

RUNS, REFERENCED, BRANCH, RAN, UNUSED = "runs", "referenced", "on a branch", "ran", "unused"


@dataclass(frozen=True)
class TagUse:
    """A tag, what uses it, and when the registry will remove it."""

    tag: str
    state: str
    where: str = ""
    hubs: tuple[str, ...] = ()
    expiry: Expiry | None = None
    removed_by_rule: bool = False

    def as_object(self) -> dict[str, Any]:
        """Return the object for JSON."""
        expires = {"expires": self.expiry.when.isoformat(), "expires_by": self.expiry.source} if self.expiry else {}
        removed = {"removed_by_rule": True} if self.removed_by_rule else {}
        return {
            "tag": self.tag, "state": self.state, "where": self.where, "hubs": list(self.hubs), **expires, **removed
        }  # fmt: skip


@dataclass(frozen=True)
class TagsReport:
    """All tags of an image, and what could not be found out."""

    image: ImageRef
    since: datetime
    tags: tuple[TagUse, ...]
    rule: RetentionRule | None = None
    not_checked: Sequence[str] = field(default_factory=tuple)

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        whole = {
            "version": 1, "image": self.image.repository, "since": self.since.date().isoformat(),
            "tags": [each.as_object() for each in self.tags], "not_checked": list(self.not_checked),
        }  # fmt: skip
        return json.dumps(whole, indent=2)

    def as_lines(self) -> str:
        """Return one line for each tag, with tabs between its columns: tag, state, where, when it is removed."""
        rows = ((each.tag, each.state, each.where, _removal(each)) for each in self.tags)
        return "\n".join("\t".join(row) for row in rows)

    def summary(self) -> str:
        """Return the numbers, what will be removed although hubs run it, and what is not known."""
        numbers = {state: sum(each.state == state for each in self.tags) for state in (RUNS, BRANCH, RAN, UNUSED)}
        here = numbers[RUNS] + sum(each.state == REFERENCED for each in self.tags)
        lines = [
            f"{self.image.repository}: {count(len(self.tags), 'tag')}; {here} in use, {numbers[BRANCH]} on other "
            f"branches, {numbers[RAN]} in use since {self.since:%Y-%m-%d}, {numbers[UNUSED]} that no hub runs"
        ]
        lines += _warnings(self.tags, self.rule)
        return "\n".join([*lines, *(f"not checked: {text}" for text in self.not_checked)])


def _warnings(tags: Sequence[TagUse], rule: RetentionRule | None) -> Iterator[str]:
    for each in tags:
        if each.state not in (RUNS, REFERENCED):
            continue
        if each.expiry:
            yield f"warning: {each.tag} expires on {each.expiry}, and {each.where} has it"
        if each.removed_by_rule:
            yield f"warning: `{rule}` removes {each.tag}, and {each.where} has it"


def _removal(each: TagUse) -> str:
    if each.expiry:
        return f"{each.expiry.when:%Y-%m-%d}"
    return "by the rule" if each.removed_by_rule else ""


def list_tags(
    directory: Path,
    image: ImageRef,
    registries: Registries,
    *,
    since: timedelta,
    rule: RetentionRule | None = None,
    hubs_file: Path | None = None,
    now: datetime | None = None,
) -> TagsReport:
    """Return every tag of the image in its registry, with the hubs, branches and commits that have it.

    Raises BadInputError for an image that no file names, and what the registry's client raises.
    """
    now = now or datetime.now(UTC)
    inventory = find_references(directory, hubs_file)
    if not inventory.of_image(image):
        raise BadInputError(f"no file names {image.repository}. List the images with: hubimages images")
    tags = registries.tags(image.at())
    not_checked: list[str] = []
    here = _of_work_tree(inventory, image)
    elsewhere = _elsewhere(directory, image, [tag for tag in tags if tag not in here], now - since, not_checked)
    dates, unknown = expiry_dates(registries, image.at(), [tag for tag in tags if tag in here])
    not_checked += unknown
    removed = _removed(registries, image, tags, rule, now, not_checked)
    found = []
    for tag in tags:
        state, where, hubs = here.get(tag) or (*elsewhere.get(tag, (UNUSED, "")), ())
        found.append(TagUse(tag, state, where, hubs, dates.get(tag), tag in removed))
    order = [RUNS, REFERENCED, BRANCH, RAN, UNUSED]
    found.sort(key=lambda each: (order.index(each.state), each.tag))
    gone = sorted(set(here) - set(tags))
    not_checked += [f"{tag}: {here[tag][1]} has it, but the registry does not" for tag in gone]
    return TagsReport(image.at(), now - since, tuple(found), rule, tuple(not_checked))


def _of_work_tree(inventory: Inventory, image: ImageRef) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Return state, place and hubs of each tag that a file has which is checked out."""
    hubs: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for each in inventory.of_image(image):
        tag = each.tag or "latest"
        hubs.setdefault(tag, []).extend(each.hubs)
        places.setdefault(tag, f"{each.file}:{each.line}")
    return {
        tag: (RUNS, named(sorted(set(here))), tuple(sorted(set(here)))) if here else (REFERENCED, places[tag], ())
        for tag, here in hubs.items()
    }


def _elsewhere(
    directory: Path, image: ImageRef, tags: Sequence[str], after: datetime, not_checked: list[str]
) -> dict[str, tuple[str, str]]:
    """Return state and place of each tag that a branch or the history names."""
    here = directory.resolve()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if root is None:
        not_checked.append("branches and history: this is not a git repository")
        return {}
    repo = Repo(root / ".git", root)
    if repo.text("rev-parse", "--is-shallow-repository") == "true":
        not_checked.append("the whole history: this clone is shallow. Fetch it with: git fetch --unshallow")
    uses: Mapping[str, Use] = on_branches(repo, image.name, tags)
    found = {tag: (BRANCH, str(use)) for tag, use in uses.items()}
    for tag, use in in_history(repo, image.name, [tag for tag in tags if tag not in found], after).items():
        found[tag] = (RAN, str(use))
    return found


def _removed(
    registries: Registries,
    image: ImageRef,
    tags: Sequence[str],
    rule: RetentionRule | None,
    now: datetime,
    not_checked: list[str],
) -> set[str]:
    """Return the tags that a rule would remove, by the dates of the images."""
    if rule is None:
        return set()
    dates: dict[str, datetime] = {}
    for one, answer in creation_dates(registries, (image.at(tag) for tag in tags)).items():
        if isinstance(answer, datetime):
            dates[one.tag] = answer
        else:
            why = str(answer) if isinstance(answer, HubImagesError) else "it has no date"
            not_checked.append(f"whether the rule removes {one}: {why}")
    return rule.removes(dates, now)
