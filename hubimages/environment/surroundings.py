"""The files around an environment: where repo2docker looks for them, their texts, and what the record says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hubimages.environment.buildpack import Choice
from hubimages.environment.specs import EnvironmentFile, read_environment_file
from hubimages.errors import BadInputError
from hubimages.yaml_text import UnreadableYamlError

BINDER = ("binder", ".binder")
RECORD = ".hubimages.yaml"
ENVIRONMENT = ("environment.yml", "environment.yaml")
LOCKS = ("conda-lock.yml", "pixi.lock")  # beside the environment file, in the order in which they are looked for
# What repo2docker reads: https://repo2docker.readthedocs.io/en/latest/configuration/
READ = (
    *ENVIRONMENT, "requirements.txt", "Pipfile", "Pipfile.lock", "Project.toml", "JuliaProject.toml", "REQUIRE",
    "install.R", "runtime.txt", "apt.txt", "postBuild", "start", "default.nix", "Dockerfile",
)  # fmt: skip
TEXTS = (*ENVIRONMENT, "requirements.txt", "apt.txt", "runtime.txt", "install.R", "postBuild", "start")
LARGEST = 5_000_000  # bytes


@dataclass(frozen=True)
class Surroundings:
    """The repository, the directory in which repo2docker looks ("" for the top), and what it takes."""

    root: Path
    directory: str
    choice: Choice
    hub_version: str = ""
    hub_version_from: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)  # by path relative to the root

    def path(self, name: str) -> str:
        """Return a file's path relative to the repository, in the directory in which repo2docker looks."""
        return f"{self.directory}/{name}" if self.directory else name

    def text(self, name: str) -> str | None:
        """Return a file's text, with its line ends; None if there is none."""
        return self.texts.get(self.path(name))

    def has(self, name: str) -> bool:
        """Return whether the directory in which repo2docker looks has a file."""
        return (self.root / self.path(name)).exists()

    @cached_property
    def environment(self) -> EnvironmentFile | UnreadableYamlError | None:
        """Return what the environment file asks for, or why it cannot be read."""
        for name in ENVIRONMENT:
            text = self.text(name)
            if text is not None:
                try:
                    return read_environment_file(self.path(name), text)
                except UnreadableYamlError as error:
                    return error
        return None


def find_root(path: Path) -> Path:
    """Return the repository's directory for a path to it or to a file of its environment. Raises BadInputError."""
    if not path.exists():
        raise BadInputError(f"there is no {path}. Name the directory of an image repository")
    directory = path if path.is_dir() else path.parent
    return directory.resolve().parent if directory.resolve().name in BINDER else directory


def find_directory(root: Path) -> str:
    """Return the directory in which repo2docker looks, relative to the repository."""
    return next((name for name in BINDER if (root / name).is_dir()), "")


def read_texts(root: Path, directory: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts by path, and for files that are no text the reason."""
    texts, unreadable = {}, {}
    for name in TEXTS:
        path = f"{directory}/{name}" if directory else name
        place = root / path
        if not place.is_file():
            continue
        if place.stat().st_size > LARGEST:
            unreadable[path] = "it is larger than 5 MB"
            continue
        try:
            texts[path] = place.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            unreadable[path] = f"it is not UTF-8 (byte {error.start})"
    return texts, unreadable


def recorded(root: Path, key: str) -> str:
    """Return an answer of the record that the template leaves; empty without one."""
    file = root / RECORD
    if not file.is_file():
        return ""
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.search(rf"^  {re.escape(key)}:(.*)$", text, re.MULTILINE)
    value = found[1].strip(" \t") if found else ""
    quote = value[:1] if value[:1] in ("'", '"') else ""
    return value[1:-1] if quote and len(value) > 1 and value.endswith(quote) else value
