"""Images that build from other images of the same repository: their order, and the FROM that follows a new tag."""

from collections.abc import Sequence

from hubimages.errors import BadInputError
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.dockerfile import bases, with_tags
from hubimages.hub_image.layout import Chart, Image, Layout


def connected(layout: Layout, images: Sequence[Image]) -> tuple[Image, ...]:
    """Return the images with those that they build from, and those that build from them, in the order of building.

    Experiments, which nothing writes a place for, are not drawn in by an image that they build from.
    """
    wanted = {image.repository: image for image in images}
    known = {image.repository: image for image in layout.images if image.is_hub}
    while True:
        below = [name for image in wanted.values() for name in image.own_bases if name in known]
        above = [
            image.repository
            for image in known.values()
            if image.values_paths and any(name in wanted for name in image.own_bases)
        ]
        new = {name: known[name] for name in (*below, *above) if name not in wanted}
        if not new:
            return tuple(image for level in levels(list(wanted.values())) for image in level)
        wanted |= new


def levels(images: Sequence[Image]) -> list[list[Image]]:
    """Return the images in groups, each built only from groups before it. Raises BadInputError for a ring."""
    left = list(images)
    found: list[list[Image]] = []
    while left:
        names = {image.repository for image in left}
        ready = [image for image in left if not names & {*image.own_bases} - {image.repository}]
        if not ready:
            raise BadInputError(f"{', '.join(image.name for image in left)} build from each other in a ring")
        found.append(ready)
        left = [image for image in left if image not in ready]
    return found


def chart_of(layout: Layout, image: Image) -> Chart:
    """Return the chart of the image."""
    return next(chart for chart in layout.charts if (chart.config, chart.name) == (image.config, image.chart))


def rebased(image: Image, tags: dict[str, str], read: Reader) -> str | None:
    """Return the image's Dockerfile with new tags of what it builds from; None if nothing changes.

    `tags` has them by the name of the image. Raises BadInputError if a tag does not stand in the Dockerfile.
    """
    text = read(image.dockerfile) or ""
    spans = {}
    for base in bases(text, image.build_args):
        tag = tags.get(base.repository)
        if tag is None or base.reference().tag == tag:
            continue
        if base.tag is None or base.tag.build_arg or base.reference().digest:
            raise BadInputError(
                f"{image.dockerfile}:{base.line}: FROM {base.text} needs the tag {tag}, which cannot be written there. "
                f"Write FROM {base.repository}:{tag}, commit it, and run the same command again"
            )
        spans[base.tag] = tag
    return with_tags(text, spans) if spans else None
