"""Report what was built, in the session's output and on the summary page of a GitHub run."""

import os
import shutil

import nox

from image_build import registry
from image_build.programs import docker, git, inspect, tell_github

LISTING = """
import importlib.metadata, json, pathlib, sys
found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
for path in pathlib.Path(sys.prefix, "conda-meta").glob("*.json"):
    package = json.loads(path.read_text())
    found[package["name"]] = package["version"]
for name in sorted(found, key=str.lower):
    print(name, found[name])
"""


def summarise(session: nox.Session, reference: str, digest: str, pushed: str) -> None:
    """Report a built image. `pushed` is the reference for hubs, empty if nothing was pushed."""
    size = int(inspect(session, reference, "{{.Size}}"))
    lines = [f"image   {pushed or reference}"]
    lines += [f"digest  {digest}"] if digest else []
    lines += [f"size    {size / 1e9:.2f} GB", f"disk    {shutil.disk_usage('.').free / 1e9:.0f} GB left"]
    difference = difference_to_previous(reference, pushed) if pushed else ""
    lines += [f"change  {difference}"] if difference else []
    session.log("\n  ".join(["done", *lines]))
    if pushed:
        tell_workflow(pushed, digest)
    if "GITHUB_STEP_SUMMARY" in os.environ:
        page = ["### The image, ready to paste", "", "```", pushed or reference, "```", "", *(f"- {line}" for line in lines), ""]
        page += ["<details><summary>Packages</summary>", "", "```", packages(reference), "```", "", "</details>", ""]
        tell_github("GITHUB_STEP_SUMMARY", "\n".join(page))


def joined(session: nox.Session, reference: str, digest: str) -> None:
    """Report the image that joins several architectures."""
    session.log("\n  ".join(["done", f"image   {reference}", f"digest  {digest}"]))
    tell_workflow(reference, digest)
    page = ["### The image, ready to paste", "", "```", reference, "```", "", f"- digest {digest}", ""]
    tell_github("GITHUB_STEP_SUMMARY", "\n".join(page))


def tell_workflow(pushed: str, digest: str) -> None:
    """Pass the reference, and the digest by architecture, to later steps and jobs."""
    architecture = os.environ.get("ARCHITECTURE")
    lines = [f"image={pushed}"] if pushed else []
    lines += [f"{architecture}={digest}"] if architecture and digest else []
    tell_github("GITHUB_OUTPUT", "".join(f"{line}\n" for line in lines))


def difference_to_previous(reference: str, pushed: str) -> str:
    """Return how much more a node pulls than for the newest earlier image in the registry."""
    name, _, tag = reference.rpartition(":")
    now = compressed_size(pushed)
    for commit in git("rev-list", "--skip=1", "--max-count=20", "HEAD").splitlines():
        before = compressed_size(f"{name}:{commit[:12]}{tag[12:]}")
        if now and before:
            return f"{(now - before) / 1e6:+.1f} MB to pull, compared with {commit[:12]}"
    return ""


def compressed_size(reference: str) -> int:
    """Return how many bytes a node pulls for an image; 0 if the registry does not have it."""
    return sum(layer["size"] for layer in registry.manifest(reference).get("layers", []))


def packages(reference: str) -> str:
    """Return the conda and Python packages in the image, with their versions."""
    return docker("run", "--rm", "--network", "none", reference, "python", "-c", LISTING).stdout.strip()
