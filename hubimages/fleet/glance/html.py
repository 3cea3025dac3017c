"""Write one self-contained page about image repositories, in the look of the page about references."""

from pathlib import Path

from hubimages import disk
from hubimages.fleet.glance.facts import Overview
from hubimages.page import render

COLUMNS = ("Repository", "Template", "Newest image", "Hubs", "Pull requests", "Failing")


def write_overview(path: Path, overview: Overview) -> None:
    """Write the page. Raises OSError if it cannot be written."""
    disk.write_whole(path, page(overview))


def page(overview: Overview) -> str:
    """Return the HTML. It loads nothing, and every text of others is escaped."""
    all_of = overview.repositories
    older = sum(0 < each.template_version < overview.template_version for each in all_of)
    figures = [
        (len(all_of), "repositories", False),
        (older, "with an older template", True),
        (sum(bool(each.behind) for each in all_of), "with hubs behind", True),
        (sum(len(each.pull_requests or ()) for each in all_of), "open pull requests", False),
        (sum(len(each.failing or ()) for each in all_of), "failing workflows", True),
        (sum(each.failed for each in all_of), "not read", True),
    ]
    return render(
        "hubimages.fleet.glance",
        "page",
        overview=overview,
        figures=figures,
        columns=COLUMNS,
        sort={number: name.lower() for number, name in enumerate(COLUMNS)},
        versions=sorted({str(each.template_version or "none") for each in all_of}),
        made=overview.seen.strftime("%d %B %Y, %H:%M UTC"),
    )
