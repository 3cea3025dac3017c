"""Build and push images from HEAD, and commit their tags to values.yaml: shared by bump, rebuild and experiments."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hubimages import console
from hubimages.container_engine import check_engine
from hubimages.errors import HubImagesError, NoAnswerError, ProgramFailedError, RefusedError
from hubimages.hub_image.building import pinned
from hubimages.hub_image.building.chartpress import (
    Built,
    Chartpress,
    arguments,
    build,
    find_chartpress,
    find_pin,
    meets,
    needed,
    tags_of,
)
from hubimages.hub_image.building.graph import chart_of, levels, rebased
from hubimages.hub_image.building.labels import find_there, labels_for, options
from hubimages.hub_image.building.throwaway import throwaway
from hubimages.hub_image.bump.base_images import check_bases
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.tags import commit_values, last_commit
from hubimages.hub_image.layout import Image
from hubimages.hub_image.reading import layout_of
from hubimages.hub_image.work_tree import changed_files, ignored_files, reader_of_head, refuse_changes
from hubimages.image_ref import ImageRef
from hubimages.markdown import message, name
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.signals import Threads

if TYPE_CHECKING:
    from hubimages.registry import LoginState

SHOWN = 3  # files
Ask = Callable[[str], bool]
Outcome = tuple[tuple[Built, ...], list[str]]


def prepare(publication: Publication, ask: Ask) -> Chartpress:
    """Check what a build and a push need, before anything is changed: program, engine, login, base images.

    Raises NotInstalledError, LoginError, BadInputError for a repository that the registry does not have or a base that
    does not exist, NoAnswerError, RefusedError without an answer to the question whether to install chartpress.
    """
    chartpress = chosen_chartpress(publication, ask)
    console.step(f"{chartpress}: {chartpress.program}")
    for note in publication.replaced():
        console.step(f"note: {note}")
    with Threads(1) as beside:
        engine = beside.submit(check_engine)  # while the registry is asked
        logins = login_states(publication.references) if publication.push else []
        engine.result()
    for login in logins:
        login.check()
    check_bases(publication)
    return chartpress


def chosen_chartpress(publication: Publication, ask: Ask) -> Chartpress:
    """Return the chartpress that runs: the one that is named, or that the repository pins, or that is installed."""
    pin = None if publication.program else find_pin(publication.repo)
    chartpress = find_chartpress(publication.repo, pin, publication.program)
    if pin is None or meets(chartpress.version, pin.wanted):
        return chartpress
    if not pin.version:
        raise pinned.refusal(pin.wanted, pin.place)
    return Chartpress(pinned.install(pin.version, pin.place, ask), pin.version, "as pinned")


def login_states(references: Sequence[ImageRef]) -> "list[LoginState]":
    """Return whether each of the images may be pushed. Raises NoAnswerError."""
    from hubimages.registry import Registries, login_state

    with Registries() as registries:
        return [login_state(registries, reference) for reference in references]


def publish(publication: Publication, chartpress: Chartpress) -> tuple[tuple[Built, ...], list[str]]:
    """Build the images from HEAD, push them, and commit their tags; return what was built, and the commits' ids.

    An image that builds from another one gets its new tag first, in a commit. No commits are made where values.yaml
    has the tags already, or nothing was pushed. Raises ProgramFailedError when chartpress fails, RefusedError for a tag
    that is in the registry with other content, NoAnswerError if the registry does not have what was pushed.
    """
    console.step(f"building {' and '.join(image.name for image in publication.images)} from a copy of the repository")
    if ignored := ignored_files(publication.repo, [image.context for image in publication.images]):
        more = f" and {len(ignored) - SHOWN} more" if ignored[SHOWN:] else ""
        console.step(f"note: files that git ignores are not built: {', '.join(ignored[:SHOWN])}{more}")
    made: list[Built] = []
    commits: list[str] = []
    for level in levels(publication.images):
        commits += commit_bases(publication, level, made)
        for chart in dict.fromkeys((image.config, image.chart) for image in level):
            images = [image for image in level if (image.config, image.chart) == chart]
            made += build_level(publication, images, chartpress)
    if publication.push:
        commits += filter(None, [commit_values(publication, made)])
    return tuple(made), commits


def build_level(publication: Publication, images: Sequence[Image], chartpress: Chartpress) -> list[Built]:
    """Build images that do not build from each other; those that the registry has already are not built again."""
    repo, chart = publication.repo, chart_of(publication.layout, images[0])
    labels = {image.name: expected_labels(publication, image) for image in images}
    there: list[Built] = []
    with throwaway(repo, needed(chart, images)) as copy:
        if publication.push:
            tagged = tags_of(repo, chart, images, chartpress=chartpress, copy=copy)
            found = find_there([(ImageRef.parse(str(one)), labels[one.image.name]) for one in tagged])
            for one in tagged:
                if known := found.get(ImageRef.parse(str(one))):
                    there.append(replace(one, was_there=was_there(one, known.labelled, known.differs)))
            images = [one.image for one in tagged if one.image not in [known.image for known in there]]
        if not images:
            return there
        flags = ["--force-build", *arguments(push=publication.push, builder=publication.builder)]
        more = {name: options(given) for name, given in labels.items()}
        built = build(
            repo, chart, images, chartpress=chartpress, options=flags, labels=more, verbose=publication.verbose,
            copy=copy,
        )  # fmt: skip
    if publication.push:
        check_pushed(built)
    return [*there, *built]


def expected_labels(publication: Publication, image: Image) -> dict[str, str]:
    """Return the labels of the image as HEAD has its sources."""
    chart = chart_of(publication.layout, image)
    read = reader_of_head(publication.repo, changed_files(publication.repo))
    layout = layout_of(sorted({one.config for one in publication.layout.images} | {image.config}), read)
    now = next((one for one in layout.images if (one.config, one.chart, one.name) == (
        image.config, image.chart, image.name)), image)  # fmt: skip
    versions = next((one for one in layout.charts if (one.config, one.name) == (chart.config, chart.name)), chart)
    version = versions.dependencies[0].version.scalar.value if len(versions.dependencies) == 1 else ""
    return labels_for(now, commit=last_commit(publication.repo, image), chart_version=version)


def was_there(one: Built, labelled: bool, differs: Sequence[str]) -> str:
    """Return the note on an image that the registry has. Raises RefusedError if it was built from other files."""
    again = f"hubimages rebuild-hub-image --image={one.image.name} builds one under a new tag"
    if differs:
        raise RefusedError(
            f"{one} is in the registry already, built from other sources: {', '.join(differs)}. An existing tag is "
            f"never overwritten: {again}"
        )
    if labelled:
        return "its labels match what would be built"
    return f"it has no labels that tell what it was built from. If that matters, {again}"


def commit_bases(publication: Publication, level: Sequence[Image], made: Sequence[Built]) -> list[str]:
    """Commit the new tags of what the images build from; return the commit as a list, empty if nothing changes."""
    repo = publication.repo
    tags = {one.name: one.tag for one in made}
    changed = changed_files(repo, sorted({image.dockerfile for image in level}), untracked=True)
    read = reader_of_head(repo, changed)
    edits: dict[str, FileEdit] = {}
    for image in level:
        after = rebased(image, tags, read)
        if after is not None:
            edits[image.dockerfile] = FileEdit(image.dockerfile, read(image.dockerfile), after)
    if not edits:
        return []
    if not publication.push:
        names = ", ".join(image.name for image in level)
        raise RefusedError(f"{names} builds from an image that --no-push does not push. Run without --no-push")
    expected = {path: edit.after for path, edit in edits.items()}
    refuse_changes(repo, list(edits), expected, " in a file that this task edits")
    used = [name(one.image.name) for one in made if any(one.name in image.own_bases for image in level)]
    told = message("Build {} from the new {} image", [name(image.name) for image in level], used)
    return [changes.commit(repo, Commit(publication.message or f"{told}\n", list(edits.values())))]


def check_pushed(built: Sequence[Built]) -> None:
    """Raise ProgramFailedError unless the registry has the images: chartpress may end well without a push."""
    from hubimages.registry import NotThereError, Registries

    with Registries() as registries:
        for one in built:
            try:
                registries.digest(ImageRef.parse(str(one)))
            except NotThereError as error:
                raise ProgramFailedError(f"chartpress succeeded, but {one} is not in the registry: {error}") from error
            except NoAnswerError as error:
                raise NoAnswerError(f"{one} was probably pushed. Run this again to be sure: {error}") from error


def going_on(action: Callable[[], Outcome], hint: Callable[[], str]) -> Outcome:
    """Run the action; an error then says how to continue, and how to undo the commit."""
    try:
        return action()
    except HubImagesError as error:
        raise type(error)(f"{error}\n{hint()}") from error
    except KeyboardInterrupt:
        console.step(hint())
        raise
