"""Collect what is known about each image repository, from its files, its registry, the hubs and GitHub."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from hubimages.console import count
from hubimages.errors import NoAnswerError
from hubimages.fleet.github import Page
from hubimages.fleet.report import in_columns


@dataclass(frozen=True)
class Used:
    """A tag, and the hubs that run it."""

    tag: str
    hubs: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """An image repository. What is empty is not known, and `unknown` says why.

    `made` is when the newest image was made. `pull_requests` and `failing` are None where nobody was asked.
    """

    repository: str
    address: str
    template: str = ""
    template_version: int = 0
    image: str = ""
    newest_tag: str = ""
    made: datetime | None = None
    used: tuple[Used, ...] = ()
    pull_requests: tuple[Page, ...] | None = None
    failing: tuple[Page, ...] | None = None
    unknown: tuple[str, ...] = ()
    exit_code: int = 0  # of the reason why the repository itself could not be read

    @property
    def failed(self) -> bool:
        """Whether the repository itself could not be read."""
        return self.exit_code != 0

    def age(self, now: datetime) -> str:
        """Return how long ago the newest image was made, as people say it; "" if that is not known."""
        if self.made is None:
            return ""
        days = (now - self.made).days
        return "today" if days < 1 else count(days, "day") if days < 100 else f"{days / 30.44:.0f} months"

    @property
    def hubs(self) -> tuple[str, ...]:
        """The hubs that run any of its tags."""
        return tuple(sorted({hub for each in self.used for hub in each.hubs}))

    @property
    def behind(self) -> tuple[str, ...]:
        """The hubs that run another tag than the newest, if that is known."""
        if not self.newest_tag:
            return ()
        return tuple(sorted({hub for each in self.used for hub in each.hubs if each.tag != self.newest_tag}))


@dataclass(frozen=True)
class Overview:
    """All of them, the template's version in this hubimages, and whether hubs were looked at."""

    repositories: tuple[Facts, ...]
    template_version: int
    with_hubs: bool
    seen: datetime

    @property
    def exit_code(self) -> int:
        """0 if every repository could be read; the failures' code if they share one, or else that of no answer."""
        codes = {each.exit_code for each in self.repositories if each.failed}
        return next(iter(codes), 0) if len(codes) < 2 else NoAnswerError.exit_code

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        rows = [_row(each) for each in self.repositories]
        report = {"version": 1, "template_version": self.template_version, "repositories": rows}
        return json.dumps(report, indent=2, ensure_ascii=False)

    def as_table(self) -> str:
        """Return a line for each repository, in columns with headings."""
        head = ("REPOSITORY", "TEMPLATE", "NEWEST TAG", "AGE", "HUBS", "PULL REQUESTS", "FAILING", "")
        return in_columns([head, *map(self._cells, self.repositories)])

    def as_lines(self) -> str:
        """Return a line for each repository with tabs between, for other programs."""
        return "\n".join("\t".join(self._cells(each)) for each in self.repositories)

    def _cells(self, each: Facts) -> tuple[str, ...]:
        hubs = f"{len(each.hubs)}, {len(each.behind)} behind" if each.behind else str(len(each.hubs))
        return (
            each.repository, self.template_of(each) or "-", each.newest_tag or "-", each.age(self.seen) or "-",
            hubs if self.with_hubs else "-",
            number(each.pull_requests), ", ".join(page.title for page in each.failing or ()) or number(each.failing),
            "; ".join(each.unknown),
        )  # fmt: skip

    def template_of(self, each: Facts) -> str:
        """Return the version of the template, and which one it could have."""
        if not each.template_version:
            return ""
        newer = each.template_version < self.template_version
        return f"{each.template_version}" + (f" of {self.template_version}" if newer else "")

    def summary(self) -> str:
        """Return a line about all: `3 repositories: 1 with an older template, 2 with open pull requests`."""
        all_of = self.repositories
        counted = {
            "with an older template": sum(0 < each.template_version < self.template_version for each in all_of),
            "with hubs at another tag than the newest": sum(bool(each.behind) for each in all_of),
            "with open pull requests": sum(bool(each.pull_requests) for each in all_of),
            "with failing workflows": sum(bool(each.failing) for each in all_of),
            "not read": sum(each.failed for each in all_of),
        }
        told = ", ".join(f"{found} {what}" for what, found in counted.items() if found)
        many = "1 repository" if len(all_of) == 1 else f"{len(all_of)} repositories"
        return f"{many}: {told}" if told else many


def number(pages: Sequence[Page] | None) -> str:
    """Return how many there are, `-` where nobody was asked."""
    return "-" if pages is None else str(len(pages))


def _row(facts: Facts) -> dict[str, Any]:
    row = asdict(facts)
    row["made"] = facts.made.astimezone(UTC).isoformat() if facts.made else None
    row["unknown"] = list(facts.unknown)
    return row
