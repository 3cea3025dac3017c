"""The end of a test run names each reason for skipped tests once, with their number.

Load it in the top conftest: `pytest_plugins = ["tests.skips"]`.
"""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the reasons, the most frequent first."""
    reasons = Counter(reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        terminalreporter.section("skipped tests", sep="-")
    for text, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        terminalreporter.write_line(f"{number:5} {text}")


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without where."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
