"""What is built, pushed and written to values: the plan that a bump, a rebuild and an experiment share."""

from dataclasses import dataclass, field
from functools import cached_property

from hubimages.errors import BadInputError
from hubimages.hub_image.building.chartpress import Builder, arguments, needed
from hubimages.hub_image.building.graph import chart_of, levels
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.hubs import some
from hubimages.hub_image.layout import Chart, Image, Layout
from hubimages.hub_image.values import ImageValue, image_values
from hubimages.hub_image.work_tree import check_no_linked_folders, check_no_submodules
from hubimages.image_ref import ImageRef
from hubimages.references import Reference, find_references
from hubimages.repository import changes
from hubimages.repository.git import Repo


@dataclass(frozen=True)
class Publication:
    """Images of one chart to build, to push (unless `push` is False), and to write to values.yaml.

    `read` gives files as HEAD has them at the beginning. `base_tags` are the tags of the published images that FROM
    will have. `message` is that of the commit of the tags.
    """

    repo: Repo
    chart: Chart
    images: tuple[Image, ...]
    builder: Builder
    push: bool
    read: Reader
    base_tags: tuple[str, ...] = ()
    message: str = ""
    program: str = ""  # the chartpress that --chartpress names
    verbose: bool = False
    whole: Layout | None = field(default=None, repr=False)

    @property
    def layout(self) -> Layout:
        """Return all charts; the one chart if no others are known."""
        return self.whole or Layout((self.chart,))

    @property
    def references(self) -> list[ImageRef]:
        return [ImageRef.parse(image.repository) for image in self.images]

    def check(self) -> None:
        """Raise BadInputError or RefusedError for whatever is known to stop the build or the edit."""
        for image in self.images:
            try:
                ImageRef.parse(image.repository)
            except BadInputError as error:
                raise BadInputError(f"{image.config}:{image.line}: {error}") from error
        changes.check_files(self.repo, [self.chart.values_file, *(image.dockerfile for image in self.images)])
        len(self.places)  # which raises
        for image in self.images:
            check_no_linked_folders(self.repo, image.sources)
            check_no_submodules(self.repo, needed(chart_of(self.layout, image), [image]))
        if len(self.builder.platforms) > 1 and not self.push:
            raise BadInputError("--no-push with several --platform: Docker keeps no such image. Name one platform")

    def steps(self) -> list[str]:
        """Return the lines of a dry run: commands and edits."""
        program = " ".join(["$ chartpress", *arguments(push=self.push, builder=self.builder)])
        lines = []
        for number, level in enumerate(levels(self.images)):
            for image in level if number else ():
                lines.append(f"# then {image.dockerfile}: FROM gets the tag of what it builds from, and is committed\n")
            lines.append(f"{program}  # in a copy, for {' and '.join(image.name for image in level)} alone\n")
        for image, place in self.places if self.push else []:
            where = f"{place.file}:{place.line}"
            lines.append(f"# then, in a commit of its own, {where}: {image.repository} and the tag that it got\n")
        for reference in self.elsewhere if self.push else []:
            where = f"{reference.file}:{reference.line}" + (f" ({some(reference.hubs)})" if reference.hubs else "")
            lines.append(f"# then, in the same commit, {where}: the tag that {reference.repository} got\n")
        for image in self.unwritten:
            lines.append(f"# {self.nothing_written(image)}\n")
        return [*lines, *(f"# {note}\n" for note in self.replaced())]

    def replaced(self) -> list[str]:
        """Return a note for every place where values.yaml names another image now."""
        return [
            f"{place.file}:{place.line} names {place.current_name}: all hubs with these values change from that image "
            f"to {image.repository}"
            for image, place in (self.places if self.push else [])
            if place.current_name not in ("", image.repository)
        ]

    @cached_property
    def places(self) -> list[tuple[Image, ImageValue]]:
        """Return the images' places in values.yaml. Raises BadInputError or RefusedError if they cannot be edited."""
        content = self.read(self.chart.values_file)
        with_values = [image for image in self.images if image.values_paths]
        if content is None and with_values:
            raise BadInputError(f"{with_values[0].name} has a valuesPath, but {self.chart.values_file} does not exist")
        return [(image, place) for image in with_values for place in image_values(image, content or "")]

    @cached_property
    def elsewhere(self) -> tuple[Reference, ...]:
        """Return where hubs' values name an image that chartpress writes nowhere, an experiment's for example."""
        wanted = {image.repository for image in self.images if not image.values_paths}
        if not wanted:
            return ()
        found = find_references(self.repo.directory).references
        effective = (one for one in found if one.hubs or not one.read_by)  # where no hub is known, all count
        return tuple(one for one in effective if one.repository in wanted and one.tag_place and one.path)

    @property
    def unwritten(self) -> list[Image]:
        """Return the images whose tag is written to no file, and that no other image builds from."""
        used = {name for image in self.images for name in image.own_bases}
        named = {reference.repository for reference in self.elsewhere}
        return [
            image
            for image in self.images
            if not image.values_paths and image.repository not in {*named, *used} and self.push
        ]

    @staticmethod
    def nothing_written(image: Image) -> str:
        """Return what a person must know about an image whose tag is written nowhere."""
        return (
            f"{image.name} has no valuesPath in {image.config}:{image.line}, and no values file names it: no hub runs "
            "it until its name and tag are written there"
        )
