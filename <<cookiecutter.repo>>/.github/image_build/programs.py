"""docker and git: run them, and say what to do when Docker is not there."""

import os
import shutil
import subprocess
from pathlib import Path

import nox

Done = subprocess.CompletedProcess[str]


def docker(*words: str, stdin: str | None = None) -> Done:
    """Run docker and keep what it says."""
    return subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)


def git(*words: str) -> str:
    """What git says; nothing where it fails."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()


def last(done: Done) -> str:
    """The last line that a program said."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def has_image(reference: str) -> bool:
    """Whether the engine has the image."""
    return docker("image", "inspect", reference).returncode == 0


def inspect(session: nox.Session, reference: str, form: str) -> str:
    """One fact about an image of the engine."""
    done = docker("image", "inspect", "--format", form, reference)
    if done.returncode:
        session.error(f"there is no image {reference}: {last(done)}")
    return done.stdout.strip()


def check_engine(session: nox.Session) -> None:
    """Stop with the remedy when there is no Docker, or it does not answer."""
    if shutil.which("docker") is None:
        session.error("Docker is not installed: https://docs.docker.com/engine/install/")
    done = docker("version", "--format", "{{.Server.Version}}")
    if done.returncode and "permission denied" in done.stderr:
        session.error(f"you may not use Docker: sudo usermod -aG docker $USER, and log in again. {last(done)}")
    if done.returncode:
        session.error(f"Docker does not answer: start it (Docker Desktop, or: sudo systemctl start docker). {last(done)}")
    if docker("buildx", "version").returncode:
        session.error("Docker has no buildx, which builds the image: https://github.com/docker/buildx#installing")


def commit_tag(session: nox.Session) -> str:
    """The first 12 characters of the commit's id; with `-dirty` when there are changes that no commit has."""
    commit = git("rev-parse", "--short=12", "HEAD")
    if not commit:
        session.error("this is not a git repository with a commit: git init, git add --all, git commit")
    return f"{commit[:12]}-dirty" if git("status", "--porcelain") else commit[:12]


def tell_github(file: str, text: str) -> None:
    """Add to one of the files by which a step talks to GitHub (GITHUB_OUTPUT, GITHUB_STEP_SUMMARY), if there is one."""
    if file in os.environ:
        with Path(os.environ[file]).open("a", encoding="utf-8") as told:
            told.write(text)
