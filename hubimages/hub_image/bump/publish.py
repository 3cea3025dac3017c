"""From a commit to its image in the registry and its tag in values.yaml: what a bump and a rebuild have in common."""

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
    """Images of one chart that are to be built, pushed unless `push` is False, and pointed at.

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
        """Raise BadInputError or RefusedError for what would stop a build or an edit and can be known before both."""
        for image in self.images:
            try:
                ImageRef.parse(image.repository)
            except BadInputError as error:
                raise BadInputError(f"{image.config}:{image.line}: {error}") from error
        changes.check_no_links(self.repo, [self.chart.values_file, *(image.dockerfile for image in self.images)])
        len(self.places)  # which raises
        check_no_submodules(self.repo, needed(self.chart, self.images))

    def steps(self) -> list[str]:
        """What will be run and changed, as a dry run shows it, line by line."""
        program = " ".join(["$ chartpress", *arguments(push=self.push, builder=self.builder)])
        lines = [f"{program}  # in a copy, for {' and '.join(image.name for image in self.images)} alone\n"]
        for image, place in self.places if self.push else []:
            where = f"{place.file}:{place.line}"
            lines.append(f"# then, in a commit of its own, {where}: {image.repository} and the tag that it got\n")
        return [*lines, *(f"# {note}\n" for note in self.replaced())]

    def replaced(self) -> list[str]:
        """What a person should know where values.yaml names another image than the one that will stand there."""
        return [
            f"{place.file}:{place.line} names {place.current_name} now: all hubs with these values go from that image "
            f"to {image.repository}"
            for image, place in (self.places if self.push else [])
            if place.current_name not in ("", image.repository)
        ]

    @cached_property
    def places(self) -> list[tuple[Image, ImageValue]]:
        """Where the images stand in values.yaml. Raises BadInputError or RefusedError where they cannot be edited."""
        content = self.read(self.chart.values_file)
        with_values = [image for image in self.images if image.values_paths]
        if content is None and with_values:
            raise BadInputError(f"no file {self.chart.values_file}, in which {with_values[0].name} has its valuesPath")
        return [(image, place) for image in with_values for place in image_values(image, content or "")]


def prepare(publication: Publication) -> Chartpress:
    """Check, before anything is changed, what a build and a push need: program, engine, login.

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
    """Whether we may push each of the images. Raises NoAnswerError."""
    from hubimages.registry import Registries, login_state

    with Registries() as registries:
        return [login_state(registries, reference) for reference in references]


def check_values(publication: Publication, changed: Sequence[str], *, interrupted: bool) -> None:
    """Raise RefusedError where values.yaml is among the files with changes that are not committed.

    With `interrupted`, what a run like this one has written and not committed may stand there.
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
    refuse_changes(publication.repo, [chart.values_file], expected, "in a file that this task edits")


def own_writings(publication: Publication, before: str, now: str) -> str | None:
    """`before` with the tags that `now` has, if they are tags of the images' last commits; else None."""
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
    """Whether chartpress may have given this tag to the image as HEAD has it."""
    abbreviated = tag.rpartition("h")[2]
    if len(abbreviated) >= 4 and last_commit(repo, image).startswith(abbreviated):
        return True
    return bool(tag) and repo.succeeds("rev-parse", "-q", "--verify", f"refs/tags/{tag}")


def last_commit(repo: Repo, image: Image) -> str:
    """The last commit that touched what chartpress makes the image's tag from; empty where there is none."""
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
        console.step(f"note: what git ignores is not in that copy: {', '.join(ignored[:SHOWN])}{more}")
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
                raise ProgramFailedError(f"chartpress ended well, and {one} is not in the registry: {error}") from error
            except NoAnswerError as error:
                raise NoAnswerError(f"{one} was pushed, it seems; to be sure, run this again: {error}") from error


def commit_values(publication: Publication, built: Sequence[Built]) -> str:
    """Put name and tag of the images into values.yaml, and nothing else, and commit that; the commit's id or ""."""
    changed = changed_files(publication.repo, [publication.chart.values_file], untracked=True)
    edit = values_edit(publication, built, changed)
    if edit is None or edit.before == edit.after:
        return ""
    if changed:
        refuse_changes(publication.repo, [edit.path], {edit.path: edit.after or ""}, "in a file that this task edits")
    names = ", ".join(one.image.name for one in built)
    body = "".join(f"{one}\n" for one in built)
    return changes.commit(publication.repo, Commit(f"Use the new {names} image\n\n{body}", [edit]))


def values_edit(publication: Publication, built: Sequence[Built], changed: Sequence[str]) -> FileEdit | None:
    """The edit of values.yaml as HEAD has it; None where none of the images stands there.

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
    """Do what may fail after a commit was made; the error then says how to go on and how to take the commit back."""
    try:
        return action()
    except HubImagesError as error:
        raise type(error)(f"{error}\n{hint}") from error
    except KeyboardInterrupt:
        console.step(hint)
        raise
