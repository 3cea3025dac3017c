"""Tell what the image contains: attached to it in the registry, and compared with the image before on a GitHub run's page.

hubimages does both. The image stands without it: what fails here is a warning, with the command that does it later.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nox
from nox.command import CommandFailed

from image_build.programs import tell_github


def attach(session: nox.Session, requirement: Sequence[str], reference: str) -> None:
    """Attach the packages of a pushed image to it, as an SBOM. The image stays as it is."""
    if not run(session, requirement, "attach-contents", reference, "--yes"):
        remedy = f"Attach it: hubimages attach-contents {reference}"
        warn(session, f"{reference} is pushed, but the list of its packages is not attached to it; see above. {remedy}")


def compare(session: nox.Session, requirement: Sequence[str], earlier: str, reference: str, *, local: bool) -> None:
    """Put what differs from an earlier image on the summary page of a GitHub run; elsewhere do nothing."""
    if "GITHUB_STEP_SUMMARY" not in os.environ or not earlier or earlier == reference:
        return
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "comparison.md")
        words = ["--markdown", str(page), *(["--local"] if local else [])]
        if run(session, requirement, "compare-images", earlier, reference, *words):
            told = page.read_text(encoding="utf-8")
        else:
            told = f"Not compared with `{earlier}`; the log says why."
    tell_github("GITHUB_STEP_SUMMARY", f"### What is different inside\n\n{told}\n\n")


def run(session: nox.Session, requirement: Sequence[str], *words: str) -> bool:
    """Install hubimages and run one of its tasks; return whether that went well."""
    try:
        session.install("--quiet", *requirement)
        session.run("hubimages", *words)
    except CommandFailed:
        return False
    return True


def warn(session: nox.Session, text: str) -> None:
    """Show a warning, on GitHub also on the page of the run."""
    session.warn(text)
    if "GITHUB_ACTIONS" in os.environ:
        print(f"::warning::{text}")
