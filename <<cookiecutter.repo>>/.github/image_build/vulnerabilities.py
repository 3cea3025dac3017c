"""Report the known vulnerabilities of an image, by the list of its packages, with Grype.

A report never fails because of what it finds: the image is pushed. It fails if the scanner did not run, or had no current
database, since nobody could tell that from an image without vulnerabilities.
"""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import nox

from image_build.programs import tell_github

SEVERITIES = ("Critical", "High", "Medium", "Low", "Negligible", "Unknown")
LISTED = 100  # on the page of the run
# https://oss.anchore.com/docs/reference/grype/configuration/
SETTINGS = {"GRYPE_DB_REQUIRE_UPDATE_CHECK": "true", "GRYPE_DB_VALIDATE_AGE": "true", "GRYPE_CHECK_FOR_APP_UPDATE": "false"}


def report(session: nox.Session, reference: str, sbom: Path) -> None:
    """Report what Grype finds in a CycloneDX document, in the output and on the page of a GitHub run."""
    command = [os.environ.get("GRYPE") or "grype", f"sbom:{sbom}", "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **SETTINGS})
    except FileNotFoundError:
        session.error("Grype is not installed: https://oss.anchore.com/docs/installation/grype/")
    last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
    if done.returncode:
        session.error(f"no report on {reference}: the scanner failed (exit code {done.returncode}): {last}")
    try:
        told = json.loads(done.stdout)
        database = told["descriptor"]["db"]
        status = database.get("status") or database  # before Grype 0.88 there is no `status`
        rows = sorted({row(each) for each in told["matches"]}, key=lambda one: (SEVERITIES.index(one[0]), one[1:]))
    except (ValueError, LookupError, TypeError, AttributeError):
        session.error(f"no report on {reference}: what the scanner said cannot be read. {last}")
    if not status.get("built") or status.get("error") or status.get("valid") is False:
        session.error(f"no report on {reference}: the scanner had no database that can be used. {status.get('error') or last}")
    tell(session, reference, rows, str(status["built"]))


def row(match: dict) -> tuple[str, str, str, str, str]:
    """Return severity, package, version, vulnerability, and the version that has it fixed."""
    found, package = match["vulnerability"], match["artifact"]
    severity = found.get("severity") if found.get("severity") in SEVERITIES else "Unknown"
    fixed = ", ".join((found.get("fix") or {}).get("versions") or [])
    return severity, package["name"], package["version"], found["id"], fixed


def tell(session: nox.Session, reference: str, rows: list[tuple[str, str, str, str, str]], built: str) -> None:
    """Show the numbers, and list what was found on the page of a GitHub run."""
    counts = Counter(one[0] for one in rows)
    numbers = ", ".join(f"{counts[each]} {each.lower()}" for each in SEVERITIES if counts[each]) or "none known"
    session.log(f"known vulnerabilities of {reference}: {numbers} (database of {built})")
    lines = [f"{one[0]:10}  {one[1]} {one[2]}  {one[3]}{f'  fixed in {one[4]}' if one[4] else ''}" for one in rows]
    more = [f"... and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    page = ["### Known vulnerabilities", "", f"{numbers} (database of {built})", ""]
    if lines:
        listed = [line.replace("`", "'") for line in [*lines[:LISTED], *more]]
        page += ["<details><summary>The list</summary>", "", "```", *listed, "```", "", "</details>", ""]
    tell_github("GITHUB_STEP_SUMMARY", "\n".join([*page, ""]))
