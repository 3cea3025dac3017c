"""What an image is built from, in a commit and in the work tree, whatever its folders are called in each.

A folder that was renamed has the same files as before: they are compared by their place below the build context, the
Dockerfile, or one of the image's `paths`, not by their names from the top of the repository.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubimages.errors import BadInputError
from hubimages.hub_image.check.ignored import Ignored, ignored
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.layout import Image
from hubimages.hub_image.reading import layout_of
from hubimages.repository.git import Repo

Key = tuple[str, str]  # the part that it belongs to, and the path below that
Content = tuple[str, str]  # mode and object id


@dataclass(frozen=True)
class Sources:
    """The files of an image: each with its content, and with its path from the top of the repository."""

    content: Mapping[Key, Content]
    paths: Mapping[Key, str]

    def differing(self, other: "Sources") -> list[str]:
        """Return the paths of all files that differ, by their names in this one where it has them."""
        keys = {*self.content, *other.content}
        different = [key for key in keys if self.content.get(key) != other.content.get(key)]
        return sorted(self.paths.get(key) or other.paths[key] for key in different)


def reader_at(repo: Repo, commit: str) -> Reader:
    """Return a reader of the files of a commit."""

    def read(path: str) -> str | None:
        name = f"{commit}:{path}"
        if "\n" in name or next(iter(repo.batch_check([name])))[1] != "blob":
            return None
        return next(iter(repo.contents([name]))).decode(errors="replace")

    return read


def image_at(repo: Repo, image: Image, commit: str) -> Image | None:
    """Return the image as it was in a commit; None if it was not there, or cannot be read there."""
    read = reader_at(repo, commit)
    config = image.config if read(image.config) is not None else former_path(repo, image.config, commit)
    if not config:
        return None
    try:
        images = layout_of([config], read).images
    except BadInputError:
        return None
    return next((one for one in images if (one.chart, one.name) == (image.chart, image.name)), None)


def former_path(repo: Repo, path: str, commit: str) -> str:
    """Return the name that a file had in a commit, before it was renamed; empty if it had none."""
    asked = ("diff", "--cached", "--find-renames", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", commit)
    fields = repo.read(*asked).decode(errors="surrogateescape").split("\0")
    renamed = dict(zip(fields[2::3], fields[1::3], strict=False))
    return renamed.get(path, "")


def sources_in(repo: Repo, image: Image, commit: str) -> Sources:
    """Return what the image was built from in a commit."""
    listed = repo.read("ls-tree", "-r", "-z", "--full-tree", commit, "--", *image.sources)
    files: dict[str, Content] = {}
    for entry in listed.split(b"\0")[:-1]:
        facts, _, path = entry.decode(errors="surrogateescape").partition("\t")
        mode, _, object_id = facts.split(" ")
        files[path] = (mode, object_id)
    return parted(image, files, reader_at(repo, commit))


def sources_now(repo: Repo, image: Image, read: Reader) -> Sources:
    """Return what the image would be built from in the work tree, new files that git does not ignore included."""
    assert repo.work_tree is not None
    files: dict[str, Content] = {}
    for entry in repo.read("ls-files", "--stage", "-z", "--", *image.sources).split(b"\0")[:-1]:
        facts, _, path = entry.decode(errors="surrogateescape").partition("\t")
        mode, object_id, _ = facts.split(" ")
        files[path] = (mode, object_id)
    changed = names(repo, "diff-files", "--name-only", "-z", "--", *image.sources)
    changed += names(repo, "ls-files", "--others", "--exclude-standard", "-z", "--", *image.sources)
    for path in changed:
        place = repo.work_tree / path
        if place.is_symlink() or not place.is_file():
            files[path] = ("work tree", str(place.readlink()) if place.is_symlink() else "")
            if not place.is_symlink():
                del files[path]
            continue
        mode = "100755" if place.stat().st_mode & 0o100 else "100644"
        files[path] = (mode, repo.text("hash-object", "--", path))
    return parted(image, files, read)


def names(repo: Repo, *asked: str) -> list[str]:
    """Return the paths that a git command lists."""
    return [name for name in repo.read(*asked).decode(errors="surrogateescape").split("\0") if name]


def parted(image: Image, files: Mapping[str, Content], read: Reader) -> Sources:
    """Return the files by the part of the image that they belong to; without what is no source.

    No sources are: what .dockerignore keeps out of the context, the chart's values.yaml, to which chartpress writes the
    tag afterwards, and chartpress.yaml, whose entry of the image is compared by itself.
    """
    keep_out = context_ignores(image, read)
    content: dict[Key, Content] = {}
    paths: dict[Key, str] = {}
    for path, what in files.items():
        if path in (image.values_file, image.config):
            continue
        for part, below in belongs(image, path, keep_out):
            content[part, below], paths[part, below] = what, path
    return Sources(content, paths)


def belongs(image: Image, path: str, keep_out: Ignored) -> Iterator[Key]:
    """Yield every part of the image that a file belongs to, and its path below that."""
    if path == image.dockerfile:
        yield "Dockerfile", ""
    config_folder = posixpath.dirname(image.config) or "."
    for source in image.sources:
        if source == image.dockerfile:
            continue
        if source in (path, ".") or path.startswith(source + "/"):
            below = path if source == "." else path[len(source) + 1 :]
            if source == image.context:
                if path != image.dockerfile and not keep_out(below):
                    yield "context", below
            else:
                yield posixpath.relpath(source, config_folder), below


def context_ignores(image: Image, read: Reader) -> Callable[[str], bool]:
    """Return what the image's .dockerignore keeps out: the file beside the Dockerfile counts, else the context's."""
    for file in (f"{image.dockerfile}.dockerignore", posixpath.normpath(f"{image.context}/.dockerignore")):
        text = read(file)
        if text is not None:
            return ignored(text)
    return lambda path: False


def differing_without(before: Sources, after: Sources, others: Sequence[str]) -> list[str]:
    """Return the paths of files that differ, without those that only other images name."""
    return [path for path in after.differing(before) if path not in others]
