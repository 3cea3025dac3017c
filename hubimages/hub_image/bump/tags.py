"""The tags of built images in values files: what an interrupted run has written, and the commit of new ones."""

from collections.abc import Sequence

from hubimages.errors import HubImagesError, RefusedError
from hubimages.hub_image.building.chartpress import Built
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.layout import Image
from hubimages.hub_image.values import image_values, with_image
from hubimages.hub_image.work_tree import changed_files, reader_of_head, refuse_changes
from hubimages.markdown import message, name
from hubimages.references import Target, edits_in_turn
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo


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


def commit_values(publication: Publication, built: Sequence[Built]) -> str:
    """Commit name and tag of the images to values.yaml; return the commit's id, empty if nothing changes."""
    repo = publication.repo
    files = {one.image.values_file for one in built if one.image.values_paths}
    changed = changed_files(repo, sorted(files), untracked=True) if files else ()
    edits = [values_edit(publication, [one for one in built if one.image.values_file == file], changed)
             for file in sorted(files)]  # fmt: skip
    edits += elsewhere_edits(publication, built)
    kept = [edit for edit in edits if edit is not None and edit.before != edit.after]
    if not kept:
        return ""
    refuse_changes(repo, [edit.path for edit in kept], {edit.path: edit.after for edit in kept},
                   " in a file that this task edits")  # fmt: skip
    elsewhere = {reference.repository for reference in publication.elsewhere}
    written = [one for one in built if one.image.values_paths or one.name in elsewhere]
    used = message("Use the new {} image", [name(one.image.name) for one in written])
    body = "".join(f"{name(str(one))}\n" for one in built)
    return changes.commit(repo, Commit(publication.message or f"{used}\n\n{body}", kept))


def elsewhere_edits(publication: Publication, built: Sequence[Built]) -> list[FileEdit | None]:
    """Return the edits of values files that name an image which chartpress writes nowhere."""
    tags = {one.name: one.tag for one in built}
    targets = {one: Target(tags[one.repository]) for one in publication.elsewhere if one.repository in tags}
    if not targets:
        return []
    (edits,) = edits_in_turn(publication.repo.directory, [targets])
    read = reader_of_head(publication.repo, changed_files(publication.repo))
    now = {edit.path: edit.after for edit in edits}
    files = dict.fromkeys(place.file for one in targets for place, _ in one.retagged(tags[one.repository]))
    there = reader_of_head(publication.repo, ())
    return [FileEdit(file, read(file), now.get(file, there(file))) for file in files]


def values_edit(publication: Publication, built: Sequence[Built], changed: Sequence[str]) -> FileEdit | None:
    """Return the edit of values.yaml as HEAD has it; None if none of the images has a values path.

    `changed` are files with changes that are not committed. Raises RefusedError where one image's edit would undo
    that of another.
    """
    path = next((one.image.values_file for one in built if one.image.values_paths), "")
    if not path:
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
                    f"{path}:{place.line}: {one} would be written here, and so would another image. Nothing was "
                    f"written. Give each image a valuesPath of its own in {one.image.config}"
                )
    return FileEdit(path, before, after)
