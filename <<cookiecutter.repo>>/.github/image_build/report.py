"""Report what was built, in the session's output and on the summary page of a GitHub run."""

import os
import shutil
from collections.abc import Iterable

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
    lines += to_pull(reference, pushed) if pushed else []
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


def to_pull(reference: str, pushed: str) -> list[str]:
    """Return what nodes pull: all layers, each compressed, and those that a node with the newest earlier image lacks."""
    layers = registry.manifest(pushed).get("layers", [])
    if not layers:
        return []
    sizes = ", ".join(f"{layer['size'] / 1e6:.1f}" for layer in layers)
    lines = [f"pull    {total(layers):.1f} MB compressed, by layer: {sizes}"]
    name, _, tag = reference.rpartition(":")
    for commit in git("rev-list", "--skip=1", "--max-count=20", "HEAD").splitlines():
        before = registry.manifest(f"{name}:{commit[:12]}{tag[12:]}").get("layers", [])
        if before:
            there = {layer["digest"] for layer in before}
            new = {layer["digest"]: layer for layer in layers if layer["digest"] not in there}
            return [*lines, f"update  {total(new.values()):.1f} MB of them on a node that has {commit[:12]}"]
    return lines


def total(layers: Iterable[dict]) -> float:
    """Return the size of layers together, in megabytes."""
    return sum(layer["size"] for layer in layers) / 1e6


def packages(reference: str) -> str:
    """Return the conda and Python packages in the image, with their versions."""
    return docker("run", "--rm", "--network", "none", reference, "python", "-c", LISTING).stdout.strip()
