"""Build and push images from HEAD, and commit their tags to values.yaml: shared by bump, rebuild and experiments."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hubimages import console
from hubimages.container_engine import check_engine
from hubimages.errors import BadInputError, HubImagesError, NoAnswerError, ProgramFailedError, RefusedError
from hubimages.hub_image.bump.chartpress import (
    Builder,
    Built,
    Chartpress,
    arguments,
    build,
    find_chartpress,
    find_pin,
    meets,
    needed,
)
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.layout import Chart, Image
from hubimages.hub_image.values import ImageValue, image_values, with_image
from hubimages.hub_image.work_tree import (
    changed_files,
    check_no_submodules,
    ignored_files,
    reader_of_head,
    refuse_changes,
)
from hubimages.image_ref import ImageRef
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo

if TYPE_CHECKING:
    from hubimages.registry import LoginState

SHOWN = 3  # files


@dataclass(frozen=True)
class Publication:
    """Images of one chart to build, to push (unless `push` is False), and to write to values.yaml.

    `read` gives files as HEAD has them at the beginning.
    """

    repo: Repo
    chart: Chart
    images: tuple[Image, ...]
    builder: Builder
    push: bool
    read: Reader

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
        changes.check_no_links(self.repo, [self.chart.values_file, *(image.dockerfile for image in self.images)])
        len(self.places)  # which raises
        check_no_submodules(self.repo, needed(self.chart, self.images))

    def steps(self) -> list[str]:
        """Return the lines of a dry run: commands and edits."""
        program = " ".join(["$ chartpress", *arguments(push=self.push, builder=self.builder)])
        lines = [f"{program}  # in a copy, for {' and '.join(image.name for image in self.images)} alone\n"]
        for image, place in self.places if self.push else []:
            where = f"{place.file}:{place.line}"
            lines.append(f"# then, in a commit of its own, {where}: {image.repository} and the tag that it got\n")
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


def prepare(publication: Publication) -> Chartpress:
    """Check what a build and a push need, before anything is changed: program, engine, login, base images.

    Raises NotInstalledError, LoginError, BadInputError for a repository that the registry does not have, NoAnswerError.
    """
    pin = find_pin(publication.repo)
    chartpress = find_chartpress(publication.repo, pin)
    console.step(f"{chartpress}: {chartpress.program}")
    if pin and not meets(chartpress.version, pin.wanted):
        console.step(
            f"{pin.place} asks for chartpress{pin.wanted}: activate the repository's environment to use that one"
        )
    for note in publication.replaced():
        console.step(f"note: {note}")
    with ThreadPoolExecutor(1) as beside:
        engine = beside.submit(check_engine)  # while the registry is asked
        logins = login_states(publication.references) if publication.push else []
        engine.result()
    for login in logins:
        login.check()
    return chartpress


def login_states(references: Sequence[ImageRef]) -> "list[LoginState]":
    """Return whether each of the images may be pushed. Raises NoAnswerError."""
    from hubimages.registry import Registries, login_state

    with Registries() as registries:
        return [login_state(registries, reference) for reference in references]


def check_values(publication: Publication, changed: Sequence[str], *, interrupted: bool) -> None:
    """Raise RefusedError if values.yaml has uncommitted changes.

    With `interrupted`, tags that an interrupted run has written are allowed.
    """
    chart = publication.chart
    if chart.values_file not in changed:
        return
    expected: dict[str, str] = {}
    if interrupted:
        before = reader_of_head(publication.repo, [chart.values_file])(chart.values_file) or ""
        now = reader_of_head(publication.repo, [])(chart.values_file) or ""
        written = own_writings(publication, before, now)
        expected = {} if written is None else {chart.values_file: written}
    refuse_changes(publication.repo, [chart.values_file], expected, " in a file that this task edits")


def own_writings(publication: Publication, before: str, now: str) -> str | None:
    """Return `before` with the tags that `now` has, if they are tags of the images' last commits; else None."""
    text = before
    for image in publication.images:
        for number in range(len(image.values_paths)):
            try:
                tag = image_values(image, now)[number].current_tag
            except HubImagesError:  # somebody has changed more than tags
                return None
            if not is_tag_of(publication.repo, image, tag):
                return None
            text = with_image(text, image_values(image, text)[number], image.repository, tag)
    return text


def is_tag_of(repo: Repo, image: Image, tag: str) -> bool:
    """Return True if chartpress can have given this tag to the image as HEAD has it."""
    abbreviated = tag.rpartition("h")[2]
    if len(abbreviated) >= 4 and last_commit(repo, image).startswith(abbreviated):
        return True
    return bool(tag) and repo.succeeds("rev-parse", "-q", "--verify", f"refs/tags/{tag}")


def last_commit(repo: Repo, image: Image) -> str:
    """Return the last commit that touched the image's paths; empty if there is none."""
    return repo.text("log", "-1", "--format=%H", "--", *image.paths)


def publish(publication: Publication, chartpress: Chartpress) -> tuple[tuple[Built, ...], str]:
    """Build the images from HEAD, push them, and commit their tags; what was built, and the commit's id.

    The id is empty where values.yaml says it all already, or nothing was pushed. Raises ProgramFailedError when
    chartpress fails, NoAnswerError when the registry does not have afterwards what was pushed.
    """
    options = arguments(push=publication.push, builder=publication.builder)
    console.step(f"building {' and '.join(image.name for image in publication.images)} from a copy of the repository")
    if ignored := ignored_files(publication.repo, [image.context for image in publication.images]):
        more = f" and {len(ignored) - SHOWN} more" if ignored[SHOWN:] else ""
        console.step(f"note: files that git ignores are not built: {', '.join(ignored[:SHOWN])}{more}")
    built = build(publication.repo, publication.chart, publication.images, chartpress=chartpress, options=options)
    if not publication.push:
        return built, ""
    check_pushed(built)
    return built, commit_values(publication, built)


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


def commit_values(publication: Publication, built: Sequence[Built]) -> str:
    """Commit name and tag of the images to values.yaml; return the commit's id, empty if nothing changes."""
    changed = changed_files(publication.repo, [publication.chart.values_file], untracked=True)
    edit = values_edit(publication, built, changed)
    if edit is None or edit.before == edit.after:
        return ""
    if changed:
        refuse_changes(publication.repo, [edit.path], {edit.path: edit.after or ""}, " in a file that this task edits")
    names = ", ".join(one.image.name for one in built)
    body = "".join(f"{one}\n" for one in built)
    return changes.commit(publication.repo, Commit(f"Use the new {names} image\n\n{body}", [edit]))


def values_edit(publication: Publication, built: Sequence[Built], changed: Sequence[str]) -> FileEdit | None:
    """Return the edit of values.yaml as HEAD has it; None if none of the images has a values path.

    `changed` are files with changes that are not committed. Raises RefusedError where one image's edit would undo
    that of another.
    """
    path = publication.chart.values_file
    if not any(one.image.values_paths for one in built):
        return None
    before = reader_of_head(publication.repo, changed)(path) or ""
    after = before
    for one in built:
        for number in range(len(one.image.values_paths)):
            after = with_image(after, image_values(one.image, after)[number], one.name, one.tag)
    for one in built:
        for place in image_values(one.image, after):
            if (place.current_name, place.current_tag) != (one.name, one.tag):
                raise RefusedError(
                    f"{path}:{place.line}: {one} is to stand here, and another image as well; nothing was written. "
                    f"Give each image a valuesPath of its own in {one.image.config}"
                )
    return FileEdit(path, before, after)


def going_on(action: Callable[[], tuple[tuple[Built, ...], str]], hint: str) -> tuple[tuple[Built, ...], str]:
    """Run the action; an error then says how to continue, and how to undo the commit."""
    try:
        return action()
    except HubImagesError as error:
        raise type(error)(f"{error}\n{hint}") from error
    except KeyboardInterrupt:
        console.step(hint)
        raise
