"""Charts and images of a deployment repository, as its `chartpress.yaml` describes them.

Paths are relative to the top of the repository, with `/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubimages.hub_image.dependencies import Dependency
from hubimages.hub_image.dockerfile import Base
from hubimages.yaml_text import Path

# chartpress's own defaults for what `chartpress --reset` writes
RESET_TAG = "set-by-chartpress"
RESET_VERSION = "0.0.1-set.by.chartpress"


@dataclass(frozen=True)
class Image:
    """One entry under `images` in a chartpress.yaml."""

    name: str
    chart: str
    repository: str  # what is pushed, without the tag
    config: str  # the chartpress.yaml
    entry: Path  # where in it the entry stands
    line: int
    context: str
    dockerfile: str
    paths: tuple[str, ...]  # what chartpress makes the tag from; the config among them, the context unless switched off
    values_paths: tuple[str, ...]  # dotted; none where chartpress writes no value
    values_file: str
    build_args: Mapping[str, str]
    argument_places: Mapping[str, tuple[Path, int]]  # of each build argument: the scalar, and where its value begins
    has_build_options: bool  # extraBuildCommandOptions, which may name any file
    bases: tuple[Base, ...] | None  # None if there is no Dockerfile
    placeholder: str = RESET_TAG  # chartpress's reset tag, which the deployment replaces
    own_bases: tuple[str, ...] = ()  # images of this repository that it builds from: their `repository`
    above_hub: bool = False  # whether one of these builds from the hub image

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what the image is built from: its paths without the chartpress.yaml that all images share."""
        return tuple(path for path in self.paths if path != self.config)

    @property
    def is_hub(self) -> bool:
        """Return True if it builds from the hub image of Zero to JupyterHub, itself or through images built here.

        A `FROM` that cannot be read counts, where no other one says what the image is.
        """
        return self.above_hub or self.takes_hub or self.may_be_hub or self.fills_hub_key

    @property
    def fills_hub_key(self) -> bool:
        """Return True if chartpress writes it to `hub.image`: hubs run it, whatever it builds from."""
        return any(path.split(".")[-2:] == ["hub", "image"] for path in self.values_paths)

    @property
    def takes_hub(self) -> bool:
        """Return True if a FROM of its own names the hub image of Zero to JupyterHub."""
        return any(base.is_hub and not base.copied for base in self.bases or ())

    @property
    def may_be_hub(self) -> bool:
        """Return True if a FROM of its own cannot be read, and no other one names the hub image."""
        return not self.takes_hub and any(base.without_value and not base.copied for base in self.bases or ())


@dataclass(frozen=True)
class Chart:
    """One entry under `charts` in a chartpress.yaml."""

    name: str
    config: str
    index: int  # among the charts of the config
    directory: str
    chart_file: str
    values_file: str
    images: tuple[Image, ...]
    dependencies: tuple[Dependency, ...]  # those that are called jupyterhub
    lock_file: str | None


@dataclass(frozen=True)
class Layout:
    """All charts of all chartpress.yaml in a repository."""

    charts: tuple[Chart, ...]

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(image for chart in self.charts for image in chart.images)


def shared_values_paths(images: Sequence[Image]) -> dict[tuple[str, str], list[Image]]:
    """Return every (values file, values path) of more than one image: chartpress writes the last image there."""
    users: dict[tuple[str, str], list[Image]] = {}
    for image in images:
        for path in image.values_paths:
            users.setdefault((image.values_file, path), []).append(image)
    return {place: sharing for place, sharing in users.items() if len(sharing) > 1}
