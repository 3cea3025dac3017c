"""The report of a check, for people and for programs."""

import json
from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import LAYERS
from hubimages.imagebuilding.check.operation import Report


def as_text(report: Report) -> str:
    """Return each layer with its findings, then what was not checked, then a summary."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    if not report.hubs:
        yield "no hub in this repository lets users build images"
        return
    for layer, about in LAYERS.items():
        found = [finding for finding in report.findings if finding.layer == layer]
        yield f"{layer} ({about}): {_count(len(found), 'finding')}"
        for finding in found:
            yield ""
            yield str(finding)
            if len(report.hubs) > 1:
                yield f"  hubs: {', '.join(finding.hubs)}"
        if found:
            yield ""
    for note in report.not_checked:
        yield f"not checked: {note}"
    concerned = {hub for finding in report.findings for hub in finding.hubs}
    yield (
        f"{_count(len(report.findings), 'finding')} in {len(concerned)} of {_count(len(report.hubs), 'hub')}"
        if report.findings
        else f"no findings in {_count(len(report.hubs), 'hub')}"
    )


def as_json(report: Report) -> str:
    """Return one object: `version`, `hubs`, `findings`, `not_checked`."""
    findings = [
        {
            "code": finding.code, "layer": finding.layer, "file": finding.place.file, "line": finding.place.line,
            "message": finding.message, "why": finding.why, "remedy": finding.remedy, "hubs": list(finding.hubs),
        }
        for finding in report.findings
    ]  # fmt: skip
    return json.dumps(
        {"version": 1, "hubs": list(report.hubs), "findings": findings, "not_checked": list(report.not_checked)},
        indent=2, ensure_ascii=False,
    )  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
