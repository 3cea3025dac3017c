"""What of the repository does not reach the image as it should, found before the build."""

from pathlib import Path

import nox

from image_build.programs import git

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
BINDER = ("binder", ".binder")  # repo2docker reads its files there, if there is one of these
READ_BY_REPO2DOCKER = (
    "environment.yml", "requirements.txt", "Pipfile", "Pipfile.lock", "pyproject.toml", "setup.py", "Project.toml",
    "JuliaProject.toml", "REQUIRE", "install.R", "DESCRIPTION", "runtime.txt", "apt.txt", "postBuild", "start",
    "default.nix", "Dockerfile", "appendix",
)


def check_sources(session: nox.Session) -> None:
    """Stop if tracked files are not here as they would be in the image, and warn of files that repo2docker ignores."""
    pointers = [name for name in tracked() if is_pointer(Path(name))]
    if pointers:
        session.error(f"{some(pointers)}: a Git LFS pointer, not the file itself. Run git lfs install, then git lfs pull")
    empty = [name for name in submodules() if not any(Path(name).glob("*"))]
    if empty:
        session.error(f"{some(empty)}: a submodule that is not checked out. Run git submodule update --init --recursive")
    for warning in ignored_files():
        session.warn(warning)


def tracked() -> list[str]:
    """Return the names of the files that git tracks and that are here."""
    return [name for name in git("ls-files", "-z").split("\0") if name and Path(name).is_file()]


def appendix() -> str:
    """Return the file of lines that repo2docker adds to its Dockerfile; empty if there is none, or an own Dockerfile."""
    file = directory() / "appendix"
    return file.as_posix() if file.is_file() and not (directory() / "Dockerfile").is_file() else ""


def submodules() -> list[str]:
    """Return the paths of submodules."""
    entries = git("ls-files", "--stage", "-z").split("\0")
    return [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]


def is_pointer(path: Path) -> bool:
    """Return whether a file only says where Git LFS has its content."""
    if path.is_symlink() or path.stat().st_size > 1024:
        return False
    with path.open("rb") as file:
        return file.read(len(POINTER)) == POINTER


def directory() -> Path:
    """Return the directory in which repo2docker looks for its files."""
    return next((Path(name) for name in BINDER if Path(name).is_dir()), Path())


def ignored_files() -> list[str]:
    """Return one line if repo2docker ignores files at the top because of a directory binder/."""
    place = directory()
    if (place / "appendix").is_file() and (place / "Dockerfile").is_file():
        return [f"repo2docker builds {place / 'Dockerfile'} and ignores {place / 'appendix'}. Move its lines there"]
    ignored = [name for name in READ_BY_REPO2DOCKER if place != Path() and Path(name).is_file()]
    if not ignored:
        return []
    return [f"repo2docker reads only {place}/ and ignores {some(ignored)} at the top. Move them there, or remove {place}/"]


def some(names: list[str]) -> str:
    """Return the first names of a list."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
