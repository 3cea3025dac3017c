"""Check that the hub image, its chart and the hubs' values are in step.

Nothing is changed or built. What the check cannot know, it lists.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hubimages import console, yaml_text
from hubimages.errors import BadInputError, LoginError, RefusedError
from hubimages.hub_image.check.freshness import State, freshness
from hubimages.hub_image.check.report import Report
from hubimages.hub_image.check.state import Check, read
from hubimages.hub_image.check.versions import check_companions, check_versions
from hubimages.hub_image.choice import check_dockerfile
from hubimages.hub_image.layout import Image, read_layout, shared_values_paths
from hubimages.hub_image.values import ImageValue, image_values
from hubimages.image_ref import ImageRef
from hubimages.repository.changes import deployment_repository


def check_hub_image(directory: Path, *, offline: bool = False, before_commit: bool = False) -> Report:
    """What is out of step in the deployment repository that the directory is in.

    With `offline` no registry is asked. With `before_commit` only that is looked at which a commit can put right: not
    whether tags are built from the sources, since an image is built after the commit of its sources.
    Raises BadInputError where the repository has no hub image that is built with chartpress.
    """
    repo = deployment_repository(directory)
    layout = read_layout(repo)
    images = [image for image in layout.images if image.is_hub]
    if not images:
        for image in layout.images:
            check_dockerfile(image)
        raise BadInputError(
            f"none of the images in {layout.charts[0].config if layout.charts else 'chartpress.yaml'} builds upon "
            "jupyterhub/k8s-hub: there is no hub image to check"
        )
    check = Check(repo, layout)
    for image in images:
        check_versions(check, image)
    for chart in layout.charts:
        check_companions(check, chart)
    check_sharing(check, images)
    if not before_commit:
        check_values(check, images)
    if check.tags and not offline:
        check_registry(check)
    names = ", ".join(image.name for image in images)
    good = f"{console.count(len(images), 'hub image')} in step, as far as was checked: {names}"
    return Report(check.findings, check.not_checked, good, check.no_answer, check.hidden)


def check_sharing(check: Check, images: Sequence[Image]) -> None:
    """Does chartpress write two images to one place, so that the last one wins?"""
    for (file, path), sharing in shared_values_paths(images).items():
        names = " and ".join(image.name for image in sharing)
        check.add(
            "shared-values-path",
            sharing[-1].config,
            sharing[-1].line,
            f"{names} have one valuesPath, {path}: a plain chartpress points every hub at {sharing[-1].repository}",
            f"write `valuesPath: {{}}` for all but the one that belongs into {file}",
        )


def check_values(check: Check, images: Sequence[Image]) -> None:
    """Is what values.yaml names built here, from the sources as they are?"""
    places: dict[tuple[str, object], list[tuple[Image, ImageValue]]] = {}
    for image in images:
        for place in places_of(check, image):
            places.setdefault((place.file, place.path), []).append((image, place))
    for sharing in places.values():
        place = sharing[0][1]
        named = next((image for image, _ in sharing if image.repository == place.current_name), None)
        if named is not None:
            check_tag(check, named, place)
        elif place.current_name:
            check.add(
                "other-image",
                place.file,
                place.line,
                f"{place.current_name} is not what {sharing[0][0].config} builds for this place: "
                + " or ".join(one.repository for one, _ in sharing),
                f"hubimages rebuild-hub-image --image {sharing[0][0].name}, or mend chartpress.yaml",
            )
        else:
            check.cannot_tell(f"{place.file}:{place.line}: no image is named here; the deployment sets it elsewhere")


def places_of(check: Check, image: Image) -> Iterator[ImageValue]:
    """Where values.yaml has the image."""
    text = read(check.repo, image.values_file)
    if not image.values_paths:
        return
    if text is None:
        check.cannot_tell(f"{image.name}: there is no {image.values_file}")
        return
    try:
        yield from image_values(image, text)
    except (BadInputError, RefusedError) as error:
        check.cannot_tell(str(error))


def check_tag(check: Check, image: Image, place: ImageValue) -> None:
    """Is there a tag, is it text to Helm, and is it built from the sources?"""
    tag = place.current_tag
    written = place.tag or place.whole
    if not tag or written is None:
        check.cannot_tell(f"{place.file}:{place.line}: no tag for {image.repository}; the deployment sets it elsewhere")
        return
    if place.tag is not None and place.tag.style == "plain" and (what := read_as(tag)):
        check.add(
            "tag-not-text",
            place.file,
            written.line,
            f"Helm reads the tag {tag} as a {what}, and looks for another one",
            f'write it in quotes: tag: "{tag}"',
        )
    found = freshness(check.repo, image, tag)
    if found.state is State.CANNOT_TELL:
        check.cannot_tell(
            f"{place.file}:{written.line}: whether {image.name} is built from its sources: {found.reason}"
        )
    elif found.state is State.STALE:
        check.add(
            "stale-tag",
            place.file,
            written.line,
            f"{image.repository}:{tag} is not built from the sources as they are: {found.reason}",
            f"hubimages rebuild-hub-image --image {image.name}",
        )
    try:
        check.tags[ImageRef.parse(f"{image.repository}:{tag}")] = (image, place, written.line)
    except BadInputError as error:
        check.cannot_tell(f"{place.file}:{written.line}: {error}")


def read_as(tag: str) -> str:
    """What Helm reads in the place of a tag without quotes; empty where it reads the text."""
    value = yaml_text.compose(tag).data()
    return "" if isinstance(value, str) else "truth value" if isinstance(value, bool) else "number"


def check_registry(check: Check) -> None:
    """Do the tags exist?"""
    from hubimages.registry import NotThereError, Registries, digests

    with Registries() as registries:
        answers = digests(registries, check.tags)
    for reference, answer in answers.items():
        image, place, line = check.tags[reference]
        if isinstance(answer, str):
            continue
        if isinstance(answer, NotThereError):
            check.add(
                "tag-not-in-registry",
                place.file,
                line,
                f"{reference} does not exist: a hub with it could not start",
                f"hubimages rebuild-hub-image --image {image.name}",
            )
            continue
        check.hidden = check.hidden or isinstance(answer, LoginError)
        check.no_answer = check.no_answer or not isinstance(answer, LoginError)
        check.cannot_tell(f"whether {reference} exists: {answer}")
