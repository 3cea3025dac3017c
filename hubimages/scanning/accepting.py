"""Read `--accept ID=REASON`, and refuse to publish what nobody has accepted."""

import re
from collections.abc import Mapping, Sequence

from hubimages.console import count
from hubimages.errors import BadInputError, RefusedError
from hubimages.scanning.finding import Report

ID = re.compile(r"[a-z0-9][a-z0-9-]*:[0-9a-f]{40}:\d+")


def read_accepts(given: Sequence[str]) -> dict[str, str]:
    """Return id to reason. Raises BadInputError for an id that is none, a wildcard, or a missing reason."""
    reasons: dict[str, str] = {}
    for text in given:
        name, _, reason = text.partition("=")
        name, reason = name.strip(), reason.strip()
        if not ID.fullmatch(name):
            raise BadInputError(
                f"--accept takes the id of one finding as the scan prints it, KIND:BLOB:LINE, and a reason: "
                f"--accept 'private-key:{'0' * 40}:1=a key for tests'. {name!r} is no such id"
            )
        if not any(character.isalnum() for character in reason):
            raise BadInputError(
                f"--accept {name}= has no reason. Say why it can be published: --accept '{name}=REASON'"
            )
        if reasons.setdefault(name, reason) != reason:
            raise BadInputError(f"--accept {name} is given twice, with two reasons")
    return reasons


def settle(report: Report, reasons: Mapping[str, str]) -> Report:
    """Return the report with these findings accepted. Raises BadInputError for an id that was not found."""
    unknown = sorted(set(reasons) - {one.id for one in report.findings})
    if unknown:
        raise BadInputError(
            f"--accept {unknown[0]}: the scan has no such finding. Copy the id from its report (--scan shows it)"
        )
    return report.settled(reasons)


def refuse_unsettled(report: Report) -> None:
    """Raise RefusedError, with every finding that nobody has accepted."""
    left = report.unsettled
    if not left:
        return
    lines = [line for one in left for line in one.lines()]
    raise RefusedError(
        "\n".join(
            [
                f"the scan has {count(len(left), 'finding')} that nobody accepted, so nothing was pushed:",
                *lines,
                "Then accept each with its reason, or remove it: --drop-path, --replace-text, "
                "--strip-blobs-bigger-than",
            ]
        )
    )
