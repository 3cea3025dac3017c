"""What to solve: the packages of the environment file, and those that repo2docker installs in any case."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubimages.environment.specs import EnvironmentFile, Spec
from hubimages.environment.surroundings import Surroundings, recorded
from hubimages.errors import BadInputError
from hubimages.yaml_text import UnreadableYamlError

DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
# What CondaBuildPack installs after the environment file if that has a package whose name begins with r-.
WITH_R = ("r-base", "r-irkernel", "r-devtools")
ARCHITECTURES = {"linux-64": "x86_64", "linux-aarch64": "aarch64"}


@dataclass(frozen=True)
class Request:
    """Channels and conda packages in the words of conda, pip packages in those of pip, and the platforms."""

    file: str
    channels: Sequence[str]
    conda: Sequence[str]
    pip: Sequence[Spec]
    platforms: Sequence[str]
    python: str | None


def request_of(here: Surroundings) -> Request:
    """Return what to solve. Raises BadInputError without an environment file that can be read."""
    file = here.environment
    if isinstance(file, UnreadableYamlError):
        raise BadInputError(f"{here.path('environment.yml')}: {file}")
    if not isinstance(file, EnvironmentFile):
        raise BadInputError(
            f"there is no environment.yml in {here.root / here.directory}, so there is nothing to solve"
        )
    conda = [spec.text for spec in file.specs if not spec.pip]
    if here.choice.kind == "conda":
        conda += _of_repo2docker(here, file)
    pip = [spec for spec in file.specs if spec.pip]
    if pip and not file.named("pip") and not any(text.split("=")[0] == "pip" for text in conda):
        conda.append("pip")
    return Request(file.path, _channels(file), conda, pip, platforms_of(here), here.choice.python)


def platforms_of(here: Surroundings) -> list[str]:
    """Return the conda platforms for which the image is built."""
    return ["linux-64", *(["linux-aarch64"] if recorded(here.root, "arm64") == "yes" else [])]


def _of_repo2docker(here: Surroundings, file: EnvironmentFile) -> list[str]:
    always = list(here.choice.always)
    named = {spec.name for spec in file.specs if not spec.pip and spec.version}
    if any(spec.text.startswith("r-") for spec in file.specs if not spec.pip):
        always += WITH_R
    return [text for text in always if text.split("=")[0].strip() not in named]


def _channels(file: EnvironmentFile) -> list[str]:
    names: list[str] = []
    for name, _ in file.channels:
        names += DEFAULTS if name == "defaults" else [] if name == "nodefaults" else [name]
    return list(dict.fromkeys(names)) or ["conda-forge"]
