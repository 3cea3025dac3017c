"""The edits of a bump's first commit: version, lock file, the chart's other images, and every FROM."""

from collections.abc import Sequence

from hubimages import yaml_text
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image import lock
from hubimages.hub_image.bump.helm_repository import Target
from hubimages.hub_image.check import companions
from hubimages.hub_image.dependencies import Dependency, Reader
from hubimages.hub_image.dockerfile import Span, hub_bases, with_tags
from hubimages.hub_image.layout import Chart, Image
from hubimages.image_ref import TAG
from hubimages.repository.file_edit import FileEdit


def edits_for(
    chart: Chart, dependency: Dependency, images: Sequence[Image], target: Target, read: Reader, notes: list[str]
) -> tuple[FileEdit, ...]:
    """Return the edits of the chart's version, its lock and companions, and of every FROM of the published hub image.

    What a person must know about them is added to `notes`. Raises what `hub_bases` raises.
    """
    if not TAG.fullmatch(target.hub_tag):
        raise BadInputError(f"{target.hub_tag!r} cannot be the tag of an image")
    place = dependency.version
    before = read(place.file) or ""
    after = {place.file: before}
    if place.scalar.value != target.version:
        after[place.file] = yaml_text.replace(before, {place.scalar: target.version})
    after |= with_base(images, target, read)
    values = read(chart.values_file)
    if values is not None:
        after[chart.values_file] = companions.bumped(values, [(dependency.section,)], target.version)
    if chart.lock_file and before != after[place.file]:
        locked = lock.bumped(chart.lock_file, before, after[place.file], read(chart.lock_file) or "")
        if locked is None:
            notes.append(f"{chart.lock_file} keeps the old version: run helm dependency update {chart.directory}")
        else:
            after[chart.lock_file] = locked
    edits = (FileEdit(path, read(path), text) for path, text in after.items())
    return tuple(edit for edit in edits if edit.before != edit.after)


def with_base(images: Sequence[Image], target: Target, read: Reader) -> dict[str, str]:
    """Return the files with the new tag in every FROM: Dockerfiles, and chartpress.yaml for its arguments."""
    after: dict[str, str] = {}
    spans: dict[str, dict[Span, str]] = {}
    arguments: list[tuple[Image, Span]] = []
    for image in images:
        if image.own_bases and not image.takes_hub:
            continue
        for base in hub_bases(image.dockerfile, image.bases or (), read(image.dockerfile) or ""):
            assert base.tag is not None  # hub_bases has looked
            if base.tag.build_arg:
                arguments.append((image, base.tag))
            else:
                spans.setdefault(image.dockerfile, {})[base.tag] = target.hub_tag
    for dockerfile, tags in spans.items():
        after[dockerfile] = with_tags(read(dockerfile) or "", tags)
    for image, span in arguments:
        after[image.config] = with_argument(image, span, after.get(image.config) or read(image.config) or "", target)
    return after


def with_argument(image: Image, span: Span, config: str, target: Target) -> str:
    """The text of chartpress.yaml with the tag in one of the image's buildArgs."""
    path, offset = image.argument_places[span.build_arg]
    scalar = next((one for one in yaml_text.scalars(config) if one.path == path and not one.document), None)
    if scalar is None or scalar.also:
        raise RefusedError(
            f"{image.config}:{image.line}: {span.build_arg} of {image.name} is shared through an anchor. Write it out"
        )
    value = scalar.value
    new = value[: offset + span.start] + target.hub_tag + value[offset + span.end :]
    return config if scalar.value == new else yaml_text.replace(config, {scalar: new})
