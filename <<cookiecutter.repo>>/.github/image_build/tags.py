"""The tags of an image. Those of a commit and its date never move to another image."""

import os
import re
from collections.abc import Sequence
from datetime import datetime, timezone

import nox

from image_build import refresh
from image_build.programs import commit_tag, git

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
COMMIT = re.compile(r"(pr-\d+-)?[0-9a-f]{12}(-\w+)*")
DATE = re.compile(r"\d{4}-\d\d-\d\d-\d{4}")


def moves(tag: str) -> bool:
    """Return whether a tag moves from image to image: `latest`, or another word of TAGS."""
    return not is_date(tag) and not COMMIT.fullmatch(tag)


def is_date(tag: str) -> bool:
    """Return whether a tag is a commit's day and minute. Two commits can have the same."""
    return bool(DATE.fullmatch(tag))


def own(session: nox.Session) -> str:
    """Return the tag to build under: the commit's, then the day of a refreshed image, then ARCHITECTURE if that is set."""
    parts = [commit_tag(session), refresh.day() if refresh.is_on() else "", os.environ.get("ARCHITECTURE", "")]
    return "-".join(part for part in parts if part)


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
    known = {"commit": own, "date": date}
    if refresh.is_on():
        kinds = [kind for kind in kinds if kind != "date"]  # the commit's first image has it
    wrong = [kind for kind in kinds if kind not in known and (not TAG.fullmatch(kind) or not moves(kind))]
    if wrong:
        session.error(f"{wrong[0]!r} in TAGS cannot be a tag that moves. Use letters, digits, '.', '_' and '-'")
    return [known[kind](session) if kind in known else kind for kind in kinds]


def date(session: nox.Session) -> str:
    """Return the day and minute of the commit, in UTC. It does not change when the commit is built again."""
    when = datetime.fromtimestamp(int(git("log", "-1", "--format=%ct")), timezone.utc)
    return f"{when:%Y-%m-%d-%H%M}"
