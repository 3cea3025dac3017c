"""Check that the hub image, its chart and the hubs' values are in step.

Nothing is changed or built. What the check cannot know, it lists.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from hubimages import console, yaml_text
from hubimages.errors import BadInputError, LoginError, RefusedError
from hubimages.hub_image.check.freshness import State, freshness
from hubimages.hub_image.check.hubs import check_hubs
from hubimages.hub_image.check.report import HubImageReport
from hubimages.hub_image.check.state import Check, read
from hubimages.hub_image.check.versions import check_companions, check_lock, check_versions
from hubimages.hub_image.hubs import tracked_files
from hubimages.hub_image.layout import RESET_VERSION, Image, Layout, shared_values_paths
from hubimages.hub_image.reading import CONFIG, chartpress_files, read_layout
from hubimages.hub_image.values import ImageValue, image_values
from hubimages.hub_image.work_tree import check_no_linked_folders
from hubimages.image_ref import ImageRef
from hubimages.references import find_references
from hubimages.repository.changes import deployment_repository
from hubimages.repository.objects import UnchangedRepo


def check_hub_image(
    directory: Path, *, offline: bool = False, before_commit: bool = False, strict: bool = False, config: str = ""
) -> HubImageReport:
    """Return what is out of step in the deployment repository that the directory is in.

    With `offline` no registry is asked. With `before_commit` only what a commit can put right is checked: not whether
    tags are built from the sources, since an image is built after the commit of its sources. `config` names a
    chartpress configuration that is not called chartpress.yaml. Raises BadInputError if the repository has neither a
    hub image nor a jupyterhub chart.
    """
    with closing(UnchangedRepo.of(deployment_repository(directory))) as repo:  # files of many commits are read
        if not config and not chartpress_files(tracked_files(repo)):
            from hubimages.hub_image.check.plain import check_without_chartpress

            return check_without_chartpress(repo, strict=strict)
        layout = read_layout(repo, config=config)
        if not any(image.is_hub for image in layout.images) and not any(chart.dependencies for chart in layout.charts):
            raise BadInputError(no_hub_image(layout))
        return check_layout(Check(repo, layout), offline=offline, before_commit=before_commit, strict=strict)


def check_layout(check: Check, *, offline: bool, before_commit: bool, strict: bool) -> HubImageReport:
    """Return what is out of step in a repository whose layout is known."""
    layout = check.layout
    images = [image for image in layout.images if image.is_hub]
    for image in images:
        check_no_linked_folders(check.repo, image.sources)
        check_versions(check, image)
    for chart in layout.charts:
        check_lock(check, chart)
        check_companions(check, chart)
    check_sharing(check, images)
    if images and not check.compared:
        check_nothing_compared(check, images)
    if not before_commit:
        check_values(check, images)
        check_hubs(check, find_references(check.repo.directory))
    if check.tags and not offline:
        check_registry(check)
    names = ", ".join(image.name for image in images)
    agreeing = [f"  {pair}" for pair in check.agreeing]
    good = "\n".join([f"{console.count(len(images), 'hub image')} in step: {names}", *agreeing])
    if not images:
        charts = ", ".join(chart.chart_file for chart in layout.charts if chart.dependencies)
        good = f"no hub image is built here; hubs with {charts} run the chart's own"
    return HubImageReport(check.findings, check.not_checked, good, check.no_answer, check.hidden, strict)


def no_hub_image(layout: Layout) -> str:
    """Return why there is nothing to check: an image without a Dockerfile, or none from k8s-hub."""
    missing = [image for image in layout.images if image.bases is None]
    config = layout.charts[0].config if layout.charts else CONFIG
    said = f"no image in {config} builds from jupyterhub/k8s-hub, and no chart depends on jupyterhub"
    if missing:
        said += "".join(f"; {image.name} has no Dockerfile ({image.dockerfile})" for image in missing)
    return f"{said}. There is nothing to check"


def check_nothing_compared(check: Check, images: Sequence[Image]) -> None:
    """Find that no version could be compared: a check that says nothing must not look like one that passed."""
    image = images[0]
    line = next((base.line for base in image.bases or () if not base.copied), 1)
    check.add(
        "nothing-compared",
        image.dockerfile,
        line,
        "no hub image could be compared with a chart's version, for the reasons under `not checked`",
        "write the chart's version as the tag in FROM",
    )


def check_sharing(check: Check, images: Sequence[Image]) -> None:
    """Find images that chartpress writes to one place, where the last one wins."""
    for (file, path), sharing in shared_values_paths(images).items():
        names = " and ".join(image.name for image in sharing)
        check.add(
            "shared-values-path",
            sharing[-1].config,
            sharing[-1].line,
            f"{names} have one valuesPath, {path}: a plain chartpress points every hub at {sharing[-1].repository}",
            f"write `valuesPath: {{}}` for all but the one that belongs in {file}",
        )


def check_values(check: Check, images: Sequence[Image]) -> None:
    """Check that values.yaml names images built here, from the sources as they are."""
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
                f"run hubimages rebuild-hub-image --image={check.name_of(sharing[0][0])}, "
                f"or correct {sharing[0][0].config}",
            )
        else:
            check.cannot_tell(f"{place.file}:{place.line}: no image is named here; the deployment sets it elsewhere")


def places_of(check: Check, image: Image) -> Iterator[ImageValue]:
    """Yield the places of the image in values.yaml."""
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
    """Check that there is a tag, that Helm reads it as text, and that it is built from the sources."""
    tag = place.current_tag
    written = place.tag or place.whole
    if not tag or written is None or tag in (image.placeholder, RESET_VERSION):
        what = f"{tag} is a placeholder" if tag else "no tag"
        check.cannot_tell(f"{place.file}:{place.line}: {what} for {image.repository}; the deployment sets it elsewhere")
        return
    if place.tag is not None and not place.tag.tag and place.tag.style == "plain" and (what := read_as(tag)):
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
            f"run hubimages rebuild-hub-image --image={check.name_of(image)}",
        )
    try:
        check.tags[ImageRef.parse(f"{image.repository}:{tag}")] = (image, place, written.line)
    except BadInputError as error:
        check.cannot_tell(f"{place.file}:{written.line}: {error}")


def read_as(tag: str) -> str:
    """Return what Helm reads instead of a tag without quotes; empty if it reads the text."""
    value = yaml_text.compose(tag).data()
    return "" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "number"


def check_registry(check: Check) -> None:
    """Check that the tags exist."""
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
                f"run hubimages rebuild-hub-image --image={check.name_of(image)}",
            )
            continue
        check.hidden = check.hidden or isinstance(answer, LoginError)
        check.no_answer = check.no_answer or not isinstance(answer, LoginError)
        check.cannot_tell(f"whether {reference} exists: {answer}")
