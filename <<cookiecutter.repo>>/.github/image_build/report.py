"""Report what was built, in the session's output and on the summary page of a GitHub run."""

import os
import shutil
from collections.abc import Iterable

import nox

from image_build import packages
from image_build.programs import inspect, tell_github


def summarise(session: nox.Session, reference: str, digest: str, pushed: str, to_pull: Iterable[str]) -> None:
    """Report a built image. `pushed` is the reference for hubs, empty if nothing was pushed."""
    size = int(inspect(session, reference, "{{.Size}}"))
    lines = [f"image   {pushed or reference}"]
    lines += [f"digest  {digest}"] if digest else []
    lines += [f"size    {size / 1e9:.2f} GB", f"disk    {shutil.disk_usage('.').free / 1e9:.0f} GB left"]
    lines += to_pull
    session.log("\n  ".join(["done", *lines]))
    if pushed:
        tell_workflow(pushed, digest)
    if "GITHUB_STEP_SUMMARY" in os.environ:
        page = ["### The image, ready to paste", "", "```", pushed or reference, "```", "", *(f"- {line}" for line in lines), ""]
        page += ["<details><summary>Packages</summary>", "", "```", *packages.of_image(reference)[0], "```", "", "</details>", ""]
        tell_github("GITHUB_STEP_SUMMARY", "\n".join(page))


def joined(session: nox.Session, reference: str, digest: str) -> None:
    """Report the image that joins several architectures."""
    session.log("\n  ".join(["done", f"image   {reference}", f"digest  {digest}"]))
    tell_workflow(reference, digest)
    page = ["### The image, ready to paste", "", "```", reference, "```", "", f"- digest {digest}", ""]
    tell_github("GITHUB_STEP_SUMMARY", "\n".join(page))


def tell_workflow(pushed: str, digest: str) -> None:
    """Pass the reference, and the digest, also by architecture, to later steps and jobs."""
    architecture = os.environ.get("ARCHITECTURE")
    lines = [f"image={pushed}", f"digest={digest}"] if pushed else []
    lines += [f"{architecture}={digest}"] if architecture and digest else []
    tell_github("GITHUB_OUTPUT", "".join(f"{line}\n" for line in lines))
