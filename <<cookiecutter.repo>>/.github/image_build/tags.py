"""The tags of an image. None but `latest` is ever moved to another image."""

import os
from collections.abc import Sequence
from datetime import datetime, timezone

import nox

from image_build.programs import commit_tag, git


def own(session: nox.Session) -> str:
    """The tag under which an image is built: the commit's, and on GitHub with the runner's ARCHITECTURE where it has one."""
    architecture = os.environ.get("ARCHITECTURE")
    return f"{commit_tag(session)}-{architecture}" if architecture else commit_tag(session)


def published(session: nox.Session, kinds: Sequence[str]) -> list[str]:
    """The tags under which it is pushed; the first is the one for hubs.

    PREVIEW, set for a pull request to `pr-NUMBER-COMMIT`, is the only one then.
    """
    preview = os.environ.get("PREVIEW")
    if preview:
        number, _, commit = preview.rpartition("-")
        return [f"{number}-{commit[:12]}"]
    if "ARCHITECTURE" in os.environ:
        return [own(session)]  # one part: what joins the parts gives the other tags
    known = {"commit": own, "date": date, "latest": lambda session: "latest"}
    return [known[kind](session) for kind in kinds]


def date(session: nox.Session) -> str:
    """The day and minute of the commit, in UTC: the same however often it is built."""
    when = datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), timezone.utc)
    return f"{when:%Y-%m-%d-%H%M}"
