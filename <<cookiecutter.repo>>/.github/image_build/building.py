"""Build the image with repo2docker, and reuse the layers of an earlier image where they are still valid."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import nox

from image_build import locked, registry, sources
from image_build.programs import docker, git

# On the hub, each user's own storage hides the image's home directory, so the image must need nothing in there.
REPOSITORY_IN_IMAGE = "/srv/repo"
# When quay.io removes the image of a pull request.
PREVIEWS_EXPIRE = "4w"


def build_image(session: nox.Session, reference: str, cache: str) -> None:
    """Build the image with repo2docker, without the build cache if `cache` is empty. Stop with the remedy if that fails."""
    command = ["jupyter-repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    command += ["--target-repo-dir", REPOSITORY_IN_IMAGE, "--image-name", reference, *arguments(cache)]
    if sources.appendix():
        command += ["--appendix", Path(sources.appendix()).read_text(encoding="utf-8")]
    command[0] = shutil.which(command[0], path=session.bin) or command[0]
    if reference.endswith("-dirty") or not cache:
        docker("image", "rm", reference)  # repo2docker does not build if an image of that name exists
    said: list[str] = []
    # No attestations: the image must be a single manifest with a known digest.
    env = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace", "env": env}
    with locked.source(session) as directory, subprocess.Popen([*command, directory], start_new_session=True, **output) as building:
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
        session.error(f"the build failed (exit code {building.returncode}); see the output above. {reason(said)}")


def reason(said: list[str]) -> str:
    """Return the line that says why a build failed: the last one, or Docker's if repo2docker only repeats the command."""
    lines = [line.strip() for line in said if line.strip()]
    if lines and lines[-1].startswith("subprocess.CalledProcessError"):
        lines = lines[: next((number for number, line in enumerate(lines) if line.startswith("Traceback")), -1)]
    return lines[-1] if lines else ""


def arguments(cache: str) -> list[str]:
    """Return repo2docker's other arguments: the build cache, if `cache` names one, and labels that name the commit.

    Every image contains its own build cache, so the newest earlier image in the registry serves as the cache, and
    `latest` is not needed. https://docs.docker.com/build/cache/backends/inline/
    """
    words = ["--build-arg", "BUILDKIT_INLINE_CACHE=1"]
    if not cache:
        # Relative, because jupyterhub/repo2docker-action sees the repository under another path.
        words += ["--config", os.path.relpath(Path(__file__).with_name("no_cache.py"))]
    elif "BUILDX_BUILDER" in os.environ:
        words += ["--config", os.path.relpath(Path(__file__).with_name("load.py"))]
    earlier = registry.newest_earlier(cache) if cache else ""
    words += ["--cache-from", earlier] if earlier else []
    facts = {"org.opencontainers.image.revision": git("rev-parse", "HEAD")}
    if "PREVIEW" in os.environ:  # https://docs.quay.io/guides/tag-expiration.html; other registries ignore it
        facts["quay.expires-after"] = PREVIEWS_EXPIRE
    if "GITHUB_REPOSITORY" in os.environ:
        facts["org.opencontainers.image.source"] = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    return words + [word for name, value in facts.items() for word in ("--label", f"{name}={value}")]


def repo2docker() -> str:
    """Return the pinned requirement for repo2docker."""
    lines = Path(".github/requirements-repo2docker.txt").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("jupyter-repo2docker"))
