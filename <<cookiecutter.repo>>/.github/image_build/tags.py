"""The tags of an image. Only `latest` ever moves to another image."""

import os
from collections.abc import Sequence
from datetime import datetime, timezone

import nox

from image_build.programs import commit_tag, git


def own(session: nox.Session) -> str:
    """Return the tag to build under: the commit's, with the runner's ARCHITECTURE appended if that is set."""
    architecture = os.environ.get("ARCHITECTURE")
    return f"{commit_tag(session)}-{architecture}" if architecture else commit_tag(session)


def published(session: nox.Session, kinds: Sequence[str]) -> list[str]:
    """Return the tags to push under. The first is the one for hubs.

    A pull request sets PREVIEW to `pr-NUMBER-COMMIT`, which is then the only tag.
    """
    preview = os.environ.get("PREVIEW")
    if preview:
        number, _, commit = preview.rpartition("-")
        return [f"{number}-{commit[:12]}"]
    if "ARCHITECTURE" in os.environ:
        return [own(session)]  # only a part: the session `join` adds the other tags
    known = {"commit": own, "date": date, "latest": lambda session: "latest"}
    return [known[kind](session) for kind in kinds]


def date(session: nox.Session) -> str:
    """Return the day and minute of the commit, in UTC. It does not change when the commit is built again."""
    when = datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), timezone.utc)
    return f"{when:%Y-%m-%d-%H%M}"
