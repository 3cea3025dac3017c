"""The report of a check, for people and for programs."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hubimages.findings import ERROR, WARNING, grade_as_json
from hubimages.imagebuilding.check.all_hubs import HubsReport
from hubimages.imagebuilding.check.finding import LAYERS, Finding
from hubimages.imagebuilding.check.kinds import Kind

KINDS = {
    Kind.FORM: "with a form that builds images",
    Kind.PAGE: "with BinderHub's own page",
    Kind.ALONE: "BinderHub without a hub",
}


def as_text(report: HubsReport) -> str:
    """Return each layer with its findings, errors first, then what was not checked, then a summary."""
    return "\n".join(_lines(report))


def _lines(report: HubsReport) -> Iterator[str]:
    if not report.hubs:
        yield "no hub in this repository lets users build images"
        return
    for layer, about in LAYERS.items():
        found = [finding for finding in report.findings if finding.layer == layer]
        yield f"{layer} ({about}): {_counts(found)}"
        for finding in sorted(found, key=lambda one: one.grade != ERROR):
            yield ""
            yield str(finding)
            if len(report.hubs) > 1:
                yield f"  hubs: {', '.join(finding.hubs)}"
        if found:
            yield ""
    for note in report.not_checked:
        yield f"not checked: {note}"
    concerned = {hub for finding in report.findings for hub in finding.hubs}
    kinds = Counter(report.kinds)
    shown = ", ".join(f"{kinds[kind]} {about}" for kind, about in KINDS.items() if kinds[kind])
    hubs = f"{_count(len(report.hubs), 'hub')} ({shown})" if shown else _count(len(report.hubs), "hub")
    yield f"{_counts(report.findings)} in {len(concerned)} of {hubs}" if report.findings else f"no findings in {hubs}"


def as_json(report: HubsReport) -> str:
    """Return one object: `version`, `hubs`, `kinds`, `findings`, `not_checked`."""
    findings: list[dict[str, Any]] = [
        {
            "code": finding.code, "layer": finding.layer, "file": finding.place.file, "line": finding.place.line,
            "message": finding.message, "why": finding.why, "remedy": finding.remedy, "hubs": list(finding.hubs),
            **grade_as_json(finding),
        }
        for finding in report.findings
    ]  # fmt: skip
    facts = {"version": 1, "hubs": list(report.hubs), "kinds": dict(Counter(report.kinds))}
    return json.dumps(
        {**facts, "findings": findings, "not_checked": list(report.not_checked)}, indent=2, ensure_ascii=False
    )


def _counts(findings: tuple[Finding, ...] | list[Finding]) -> str:
    if not findings:
        return "no findings"
    numbers = Counter(finding.grade for finding in findings)
    return ", ".join(_count(numbers[grade], grade) for grade in (ERROR, WARNING) if numbers[grade])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
