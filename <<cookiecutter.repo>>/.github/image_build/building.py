"""Build the image with repo2docker, and reuse the layers of an earlier image where they are still valid."""

import os
import re
import shutil
import signal
import subprocess

import nox

from image_build import registry
from image_build.programs import docker, git

# On the hub, each user's own storage hides the image's home directory, so the image must need nothing in there.
REPOSITORY_IN_IMAGE = "/srv/repo"
# How many commits to search for an earlier image. The workflows check out at least as many.
COMMITS = 20


def build_image(session: nox.Session, reference: str, cache: str) -> None:
    """Build the image with repo2docker. Stop with the remedy if that fails."""
    command = ["jupyter-repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    command += ["--target-repo-dir", REPOSITORY_IN_IMAGE, "--image-name", reference, *arguments(reference, cache), "."]
    command[0] = shutil.which(command[0], path=session.bin) or command[0]
    if reference.endswith("-dirty"):
        docker("image", "rm", reference)  # repo2docker does not build if an image of that name exists
    said: list[str] = []
    # No attestations: the image must be a single manifest with a known digest.
    env = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace", "env": env}
    with subprocess.Popen(command, start_new_session=True, **output) as building:
        try:
            for line in building.stdout:
                said.append(line)
                if not any(one.startswith("Traceback") for one in said):  # repo2docker's own, which follows the build's output
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            os.killpg(building.pid, signal.SIGINT)  # the whole group: docker would go on building without repo2docker
            building.communicate()
            raise
    if building.returncode and re.search("no space left on device|disk quota exceeded", "".join(said), re.IGNORECASE):
        session.error("the build failed: the disk is full. Free some space (docker system df, docker system prune) and build again")
    if building.returncode:
        session.error(f"the build failed (exit code {building.returncode}); see the output above. {said[-1] if said else ''}")


def arguments(reference: str, cache: str) -> list[str]:
    """Return repo2docker's other arguments: the build cache, and labels that name the commit.

    Every image contains its own build cache, so the newest earlier image in the registry serves as the cache, and
    `latest` is not needed. https://docs.docker.com/build/cache/backends/inline/
    """
    words = ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]
    for earlier in earlier_images(reference, cache):
        words += ["--cache-from", earlier]
    facts = {"org.opencontainers.image.revision": git("rev-parse", "HEAD")}
    if "GITHUB_REPOSITORY" in os.environ:
        facts["org.opencontainers.image.source"] = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    return words + [word for name, value in facts.items() for word in ("--label", f"{name}={value}")]


def earlier_images(reference: str, cache: str) -> list[str]:
    """Return the newest image in the registry of this commit or an earlier one; empty if the registry does not say."""
    tag = reference.rpartition(":")[2]
    suffix = tag.removesuffix("-dirty")[12:]  # an architecture
    for commit in git("rev-list", f"--max-count={COMMITS}", "HEAD").splitlines():
        earlier = f"{cache}:{commit[:12]}{suffix}"
        found = registry.look_up(earlier)
        if found.problem:
            return []
        if found.digest:
            return [earlier]
    return []
