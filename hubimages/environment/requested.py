"""The names of the packages that a repository asks for, in the file that repo2docker reads."""

import re
from dataclasses import dataclass

from hubimages.environment.specs import EnvironmentFile, Spec, pip_spec
from hubimages.environment.surroundings import Surroundings

# A name before an address, `name @ https://...`, or behind one, `git+https://...#egg=name`.
BEFORE = re.compile(r"\s*+([A-Za-z0-9][\w.-]*+)\s*+(?:\[[^\]]*+\])?+\s*+@")
BEHIND = re.compile(r"(?:^[^#]*#.*&|#)egg=([A-Za-z0-9][\w.-]*)")
REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Requested:
    """The file, relative to the repository, and the names in it of conda packages and of pip packages."""

    file: str
    conda: tuple[str, ...]
    pip: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the names as a part of a JSON object."""
        return {"file": self.file, "conda": list(self.conda), "pip": list(self.pip)}


def requested(here: Surroundings) -> Requested | None:
    """Return what the repository asks for; None if repo2docker reads no environment file and no requirements.txt.

    A Dockerfile decides for itself. The environment file beside it is the one that the template's starters install.
    """
    asked, choice = here.environment, here.choice
    if isinstance(asked, EnvironmentFile) and (choice.environment_file == asked.path or choice.kind == "docker"):
        conda = tuple(spec.name for spec in asked.specs if not spec.pip)
        return Requested(asked.path, conda, _names([spec for spec in asked.specs if spec.pip]))
    text = here.text(REQUIREMENTS)
    if text is not None and here.path(REQUIREMENTS) in (choice.reads or ()):
        lines = [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]
        return Requested(here.path(REQUIREMENTS), (), _names([pip_spec(line) for line in lines]))
    return None


def _names(specs: list[Spec]) -> tuple[str, ...]:
    found = [spec.name or _name_at_an_address(spec.text) for spec in specs]
    return tuple(name for name in found if name)  # options such as -r, and addresses without a name, have none


def _name_at_an_address(text: str) -> str:
    found = BEHIND.search(text) or BEFORE.match(text)
    return found[1] if found else ""
