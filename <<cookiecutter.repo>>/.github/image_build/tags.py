"""The tags of an image. Only `latest` ever moves to another image."""

import os
import re
from collections.abc import Sequence
from datetime import datetime, timezone

import nox

from image_build.programs import commit_tag, git

DATE = re.compile(r"\d{4}-\d\d-\d\d-\d{4}")


def moves(tag: str) -> bool:
    """Return whether a tag moves from image to image."""
    return tag == "latest"


def is_date(tag: str) -> bool:
    """Return whether a tag is a commit's day and minute. Two commits can have the same."""
    return bool(DATE.fullmatch(tag))


def own(session: nox.Session) -> str:
    """Return the tag to build under: the commit's, with the runner's ARCHITECTURE appended if that is set."""
    architecture = os.environ.get("ARCHITECTURE")
    return f"{commit_tag(session)}-{architecture}" if architecture else commit_tag(session)


def published(session: nox.Session, kinds: Sequence[str]) -> list[str]:
    """Return the tags to push under. The first is the one for hubs.

    A pull request sets PREVIEW to `pr-NUMBER`. Its only tag is `pr-NUMBER-COMMIT`, where COMMIT is what was checked out:
    GitHub's merge of the pull request, which changes with the branch that it would be merged into.
    """
    preview = os.environ.get("PREVIEW")
    if preview:
        return [f"{preview}-{commit_tag(session)}"]
    if "ARCHITECTURE" in os.environ:
        return [own(session)]  # only a part: the session `join` adds the other tags
    known = {"commit": own, "date": date, "latest": lambda session: "latest"}
    return [known[kind](session) for kind in kinds]


def date(session: nox.Session) -> str:
    """Return the day and minute of the commit, in UTC. It does not change when the commit is built again."""
    when = datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), timezone.utc)
    return f"{when:%Y-%m-%d-%H%M}"
