"""The sentences that such a comment can hold.

    # hubimages: keep
    # hubimages: keep until 2026-12-20: end of term
    # hubimages: follow staging after 7d

Everything after a second colon is the reason. The last day of `until` counts, in UTC.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hubimages.duration import duration
from hubimages.errors import BadInputError

KEEP, FOLLOW = "keep", "follow"
FORMS = "`keep`, `keep until 2026-12-20`, `follow staging after 7d`, each with `: reason` if you like"
KEPT = re.compile(rf"{KEEP}(?:[ \t]+until[ \t]+(?P<until>[^\s:]+))?[ \t]*+(?::[ \t]*+(?P<reason>.*))?")
FOLLOWED = re.compile(
    rf"{FOLLOW}[ \t]+(?P<hub>[^\s:]+)(?:[ \t]+after[ \t]+(?P<after>[0-9]+[ \t]*[a-z]+))?"
    r"[ \t]*+(?::[ \t]*+(?P<reason>.*))?"
)


@dataclass(frozen=True)
class Rule:
    """What a comment asks for; `problem` says why it cannot be read, and then it asks for nothing."""

    text: str
    kind: str = ""
    until: date | None = None
    hub: str = ""  # to follow: a whole name, or the last part of one in the same cluster
    after: timedelta = timedelta()
    reason: str = ""
    problem: str = ""

    def is_past(self, now: datetime) -> bool:
        """Return True if the last day of the rule is over."""
        return self.until is not None and now.date() > self.until

    def holds(self, now: datetime) -> bool:
        """Return True if the place must not move by itself now."""
        return not self.problem and not self.is_past(now)


def rule_of(text: str) -> Rule:
    """Return the rule in the text after `# hubimages:`."""
    text = text.strip()
    if matched := KEPT.fullmatch(text):
        try:
            until = date.fromisoformat(matched["until"]) if matched["until"] else None
        except ValueError:
            return Rule(text, problem=f"`{matched['until']}` is no date such as 2026-12-20")
        return Rule(text, KEEP, until, reason=(matched["reason"] or "").strip())
    if matched := FOLLOWED.fullmatch(text):
        try:
            after = duration(matched["after"]) if matched["after"] else timedelta()
        except BadInputError as error:
            return Rule(text, problem=str(error))
        return Rule(text, FOLLOW, hub=matched["hub"], after=after, reason=(matched["reason"] or "").strip())
    return Rule(text, problem=f"it is none of {FORMS}")
