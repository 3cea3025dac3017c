"""The image, built by repo2docker, with the layers of an earlier image where they are still right."""

import os
import re
import shutil
import signal
import subprocess

import nox

from image_build import registry
from image_build.programs import docker, git

# The hub hides the image's home directory under each person's own storage, so nothing the image needs may be there.
REPOSITORY_IN_IMAGE = "/srv/repo"
# So far back an image is looked for; workflows check out as many commits.
COMMITS = 20


def build_image(session: nox.Session, reference: str) -> None:
    """Let repo2docker build the image, and say what to do where it could not."""
    command = ["jupyter-repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    command += ["--target-repo-dir", REPOSITORY_IN_IMAGE, "--image-name", reference, *arguments(reference), "."]
    command[0] = shutil.which(command[0], path=session.bin) or command[0]
    if reference.endswith("-dirty"):
        docker("image", "rm", reference)  # repo2docker builds nothing when it finds an image of that name
    said: list[str] = []
    # No attestations: the image is to be one manifest, of which the digest is known.
    env = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace", "env": env}
    with subprocess.Popen(command, start_new_session=True, **output) as building:
        try:
            for line in building.stdout:
                said.append(line)
                if not any(one.startswith("Traceback") for one in said):  # repo2docker's own, after the build's output
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            os.killpg(building.pid, signal.SIGINT)  # all of it: without repo2docker, docker would go on building
            building.communicate()
            raise
    if building.returncode and re.search("no space left on device|disk quota exceeded", "".join(said), re.IGNORECASE):
        session.error("not built: the disk is full. Make room (docker system df, docker system prune) and build again")
    if building.returncode:
        session.error(f"not built (exit code {building.returncode}); what went wrong stands above. {said[-1] if said else ''}")


def arguments(reference: str) -> list[str]:
    """What repo2docker is told besides the name: the build cache, and labels that lead back to the commit.

    Every image carries its build cache in itself, and the newest earlier image in the registry gives its layers: no
    `latest` is needed for that. https://docs.docker.com/build/cache/backends/inline/
    """
    words = ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]
    for earlier in earlier_images(reference):
        words += ["--cache-from", earlier]
    facts = {"org.opencontainers.image.revision": git("rev-parse", "HEAD")}
    if "GITHUB_REPOSITORY" in os.environ:
        facts["org.opencontainers.image.source"] = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    return words + [word for name, value in facts.items() for word in ("--label", f"{name}={value}")]


def earlier_images(reference: str) -> list[str]:
    """The newest image in the registry of this commit or one before it; none where the registry does not say."""
    name, _, tag = reference.rpartition(":")
    suffix = tag.removesuffix("-dirty")[12:]  # an architecture
    for commit in git("rev-list", f"--max-count={COMMITS}", "HEAD").splitlines():
        earlier = f"{name}:{commit[:12]}{suffix}"
        found = registry.look_up(earlier)
        if found.problem:
            return []
        if found.digest:
            return [earlier]
    return []
