"""Is an image's tag built from its sources as they are? What chartpress would say is not asked.

chartpress makes the tag from the last commit that touched any path of the image, chartpress.yaml included: a change of
another image's entry gives it a new name and the same content. Here the sources themselves are compared: as they were
in the commit that the tag names, and as they are.
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hubimages.git import Repo

# 0.0.1-0.dev.git.16609.hb23fbd448   0.9.0-n116.h1c766a1   0.8-7b33351   7b33351
COMMIT_IN_TAG = re.compile(r"(?:.*[.-])?(?:(?<=[.-])h)?(?P<id>[0-9a-f]{6,40})")

# An image's entry in the text of a chartpress.yaml, as plain data; None where there is none.
ReadEntries = Callable[[str], Mapping[str, object]]


class State(enum.Enum):
    """What can be said about a tag and the sources."""

    FRESH = "fresh"
    STALE = "stale"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Freshness:
    """The state, the reason as the end of a sentence, and the commit that the tag names, where it is here."""

    state: State
    reason: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Sources:
    """What an image is built from: paths relative to the repository, its name in chartpress.yaml, and the tag."""

    image: str
    tag: str
    context: str
    paths: Sequence[str]
    also: Sequence[str] = field(default_factory=tuple)
