"""A clone of this project that is published, and its wheel as pip installs it for people."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/example/hubimages"


def run(
    *argv: str | Path, cwd: Path, env: Mapping[str, str] | None = None, code: int = 0
) -> "subprocess.CompletedProcess[str]":
    """A program that has to end with an exit code."""
    whole = {name: text for name, text in {**os.environ, **(env or {})}.items() if name not in OURS}
    done = subprocess.run(list(map(str, argv)), cwd=cwd, env=whole, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


# Folders with Python of the template; and what a person's machine has not set: pip then compiles what it installs.
COMPILED = ("<<cookiecutter.repo>>/.github", "<<cookiecutter.repo>>/image-contract", "hooks", "hubimages_template.py")
OURS = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")


@dataclass(frozen=True)
class Copy:
    """A copy of hubimages: the Python that has it, and the folder that it is run in."""

    python: Path
    folder: Path
    path: str = ""

    def hubimages(self, *words: str | Path, code: int = 0) -> str:
        """What a task prints that ends with an exit code."""
        return self.run("sys.argv[0] = 'hubimages'; main()", *words, code=code)

    def help_of(self, tasks: Sequence[str]) -> dict[str, str]:
        """The help of each task, from one process."""
        loop = (
            "import contextlib\nfor task in sys.argv[1:]:\n    sys.argv = ['hubimages', task, '--help']; print('\\0')\n"
        )
        texts = self.run(f"{loop}    with contextlib.suppress(SystemExit): main()", *tasks).split("\0\n")[1:]
        return dict(zip(tasks, texts, strict=True))

    def run(self, program: str, *words: str | Path, code: int = 0) -> str:
        """What a program prints that has `sys`, and `main` of this copy."""
        start = (
            f"import sys; sys.path[:0] = {[self.path] if self.path else []!r}\nfrom hubimages.cli.program import main\n"
        )
        return run(self.python, "-c", start + program, *words, cwd=self.folder, code=code).stdout


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what this checkout has, one commit, which a remote has too."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("needs a git checkout of hubimages, to make a copy of what it holds")
    folder = tmp_path_factory.mktemp("published") / "hubimages"
    for name in listed.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod((ROOT / name).stat().st_mode & 0o755 | 0o644)
    run("git", "init", "--quiet", "--initial-branch=main", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "--quiet", "--message", "Everything", cwd=folder)
    run("git", "remote", "add", "origin", ADDRESS, cwd=folder)
    run("git", "update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    # as after the template's own Python was imported
    run(sys.executable, "-m", "compileall", "-q", *COMPILED, cwd=folder)
    assert list(folder.glob("<<cookiecutter.repo>>/**/*.pyc"))
    return folder


@pytest.fixture(scope="session")
def commit(project: Path) -> str:
    """The id of the project's commit."""
    return run("git", "rev-parse", "HEAD", cwd=project).stdout.strip()


def built(what: str, project: Path, folder: Path) -> Path:
    """Build the `wheel` or the `sdist` of a project into a folder, and return the file."""
    builder = f"from hatchling.build import build_{what} as build; import sys; build(sys.argv[1])"
    run(sys.executable, "-c", builder, folder, cwd=project)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the project."""
    return built("wheel", project, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def source_distribution(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of the project."""
    return built("sdist", project, tmp_path_factory.mktemp("source-distribution"))


@pytest.fixture(scope="session")
def pip_cache() -> str:
    """One cache for all that is installed: each test has its own empty home."""
    return os.environ.get("PIP_CACHE_DIR", str(HOME / ".cache/pip"))


HOME = Path.home()  # read when tests are collected


@pytest.fixture(scope="session")
def installed(wheel: Path, pip_cache: str, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The wheel in an environment that has nothing else, installed as pip does it unless it is told otherwise."""
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "venv/bin/python"
    run(sys.executable, "-m", "venv", "--without-pip", python.parents[1], cwd=folder)
    # The libraries come with uv, in a tenth of pip's time, where it gets them; the wheel is pip's in any case.
    uv = ("-m", "uv", "pip", "install", "--quiet", "--python", str(python), str(wheel))
    done = subprocess.run([sys.executable, *uv], cwd=folder, capture_output=True, check=False)
    alone = () if done.returncode else ("--force-reinstall", "--no-deps")
    pip = ("-m", "pip", "--python", python, "install", "--quiet", *alone, wheel)
    run(sys.executable, *pip, cwd=folder, env={"PIP_CACHE_DIR": pip_cache})
    return Copy(python, folder)


@pytest.fixture(scope="session")
def checkout(project: Path, installed: Copy) -> Copy:
    """The project itself, with the libraries that the installed copy has."""
    return Copy(installed.python, installed.folder, str(project))
