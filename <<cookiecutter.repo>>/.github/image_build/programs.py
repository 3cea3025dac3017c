"""Run docker and git."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nox

# What nox and Python write here. A repository whose .gitignore is not the template's may not list it.
NOT_SOURCES = (":(exclude,top,glob)**/__pycache__/**", ":(exclude,top).nox")
Done = subprocess.CompletedProcess[str]


def docker(*words: str, stdin: str | None = None) -> Done:
    """Run docker and capture its output."""
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)


def git(*words: str) -> str:
    """Return git's output; empty if git fails."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()


def git_agrees(*words: str) -> bool:
    """Return whether git answers with yes; no if it cannot answer."""
    return subprocess.run(["git", *words], capture_output=True, check=False).returncode == 0


def last(done: Done) -> str:
    """Return the last line of a program's output."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def has_image(reference: str) -> bool:
    """Return whether Docker has the image."""
    return docker("image", "inspect", reference).returncode == 0


def inspect(session: nox.Session, reference: str, form: str) -> str:
    """Return one property of a local image."""
    done = docker("image", "inspect", "--format", form, reference)
    if done.returncode:
        session.error(f"there is no image {reference}: {last(done)}")
    return done.stdout.strip()


def check_engine(session: nox.Session) -> None:
    """Stop with the remedy if Docker is missing or does not answer, or if Podman is in its place."""
    if shutil.which("docker") is None:
        session.error("Docker is not installed: https://docs.docker.com/engine/install/")
    done = docker("version", "--format", "{{.Server.Version}}")
    if done.returncode and "permission denied" in done.stderr:
        session.error(f"you are not allowed to use Docker. Run sudo usermod -aG docker $USER, then log in again. {last(done)}")
    if done.returncode:
        session.error(f"Docker does not answer. Start it (Docker Desktop, or sudo systemctl start docker). {last(done)}")
    if "podman engine" in docker("version").stdout.lower():
        session.error(
            "docker is Podman here, which has no BuildKit: repo2docker and the push need docker buildx. Install Docker, or set "
            "DOCKER_HOST to its daemon: https://docs.docker.com/engine/install/"
        )
    if docker("buildx", "version").returncode:
        session.error("Docker lacks buildx, which builds the image. Install it: https://github.com/docker/buildx#installing")


def has_login(file: Path, host: str) -> bool:
    """Return whether a Docker configuration has a login for a registry in it."""
    try:
        return host in json.loads(file.read_text(encoding="utf-8")).get("auths", {})
    except (OSError, ValueError):
        return False


def commit_tag(session: nox.Session) -> str:
    """Return the first 12 characters of the commit ID, with `-dirty` if there are uncommitted changes."""
    commit = git("rev-parse", "--short=12", "HEAD")
    if not commit:
        session.error("this is not a git repository, or it has no commit. Run git init, git add --all, git commit")
    return f"{commit[:12]}-dirty" if git("status", "--porcelain", "--", ".", *NOT_SOURCES) else commit[:12]


def tell_github(file: str, text: str) -> None:
    """Append to a file that GitHub reads after a step (GITHUB_OUTPUT, GITHUB_STEP_SUMMARY), if there is one."""
    if file in os.environ:
        with Path(os.environ[file]).open("a", encoding="utf-8") as told:
            told.write(text)
