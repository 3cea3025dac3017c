"""Say which defaults of the project are behind, and with --fix bring them up to date."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from freshness import actions, hub, images, packages, rules
from freshness.findings import Report
from freshness.fixing import fix
from freshness.sources import Sources
from hubimages import console
from hubimages.errors import HubImagesError

ROOT = Path(__file__).parent.parent
CHECKS = (hub.check, packages.check_pythons, images.check, actions.check, packages.check_tools, rules.check)


def look(root: Path, sources: Sources) -> Report:
    """Return what is behind. Nothing is changed."""
    return Report.of(found for check in CHECKS for found in check(root, sources))


def main(words: Sequence[str]) -> int:
    """Run the checks; return 1 if something is behind, 75 if only sources did not answer."""
    parser = argparse.ArgumentParser(prog="nox -s freshness --", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="change the defaults, with lines for owners of repositories")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(words)
    report = look(ROOT, Sources())
    console.result(report.as_json() if given.json else str(report))
    if not given.fix:
        return report.exit_code
    changed = fix(ROOT, report)
    console.step(f"changed {', '.join(changed)}" if changed else "nothing to change")
    left = Report(tuple(each for each in report.behind if not each.edits), report.unknown, report.fresh)
    return left.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HubImagesError as error:
        console.step(f"error: {error}")
        sys.exit(error.exit_code)
