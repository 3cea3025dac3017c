"""Find the image directories that a repository has, or had, with what `extract-image` takes along of each."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hubimages import console
from hubimages.errors import RefusedError
from hubimages.extract.history import image_directory
from hubimages.extract.history.reading import Reading, Wanted, decide_extraction
from hubimages.extract.sources.open import open_source
from hubimages.extract.sources.source import Source
from hubimages.repository import git
from hubimages.signals import Threads

# Files that only images have. The others of `image_directory.CONFIGURATION_FILES` are in every Python project, too.
TELLING = frozenset(
    {"environment.yml", "environment.yaml", "Project.toml", "JuliaProject.toml", "install.R", "apt.txt", "postBuild"}
)
INNER = ("binder", ".binder")  # where repo2docker looks first
AT_ONCE = 2  # histories read at the same time: each is two processes of git


@dataclass(frozen=True)
class ImageHistory:
    """One image directory, and its history."""

    directory: str
    told_by: tuple[str, ...]  # names of its configuration files, over all time
    commits: int
    brought_in: int  # of the commits, those from former paths
    authors: int
    first: str  # date of the first and the last commit, YYYY-MM-DD, as its author had it
    last: str
    former_paths: tuple[str, ...]
    files: int  # in the last commit that has the image
    size: int  # bytes of these files
    gone: str = ""  # what happened if the source's tip does not have the image: commit, date, subject
    question: str = ""  # what `extract-image` asks and `--yes` does not answer


@dataclass(frozen=True)
class Survey:
    """The image directories of one source at one commit, and what looked like one and was left out."""

    source: str
    ref: str
    commit: str
    images: tuple[ImageHistory, ...]
    left_out: Mapping[str, str]  # directory: why
    files: Mapping[str, str] = field(default_factory=dict)  # at the commit: path to the id of its content


@contextlib.contextmanager
def survey_images(given: str, ref: str | None, place: Path) -> Iterator[tuple[Survey, Source]]:
    """Yield what image directories a repository has had, and the repository to read more of it.

    `place` is an empty directory to work in. Raises BadInputError where there is no such repository or ref, and what
    `extract-image` raises for a remote.
    """
    git.check_version()
    source = open_source(given, ref, place)
    console.step(f"looking for image directories in the history of {source.ref}")
    found = directories(source)
    left_out = not_images(found)
    people = authors_and_dates(source)
    wanted = sorted(path for path in found if path not in left_out)
    console.step(f"reading {len(wanted)} histories")
    readings = {}
    with Threads(AT_ONCE) as pool, console.counting("reading histories", len(wanted)) as one_more:
        for path, reading in zip(
            wanted, pool.map(lambda path: history(source, path, found[path], people), wanted), strict=True
        ):
            readings[path] = reading
            one_more()
    for path, other in absorbed(readings).items():
        left_out[path] = f"a former path of {other}"
        del readings[path]
    yield Survey(source.given, source.ref, source.commit, tuple(readings.values()), left_out, tree(source)), source


def directories(source: Source) -> dict[str, set[str]]:
    """Return every directory that ever had an image's configuration file, with the names of these files."""
    output = source.scratch.read(
        "log", "--format=", "--name-only", "--diff-filter=A", "--no-renames", "-m", "-z", source.commit
    )  # fmt: skip
    found: dict[str, set[str]] = {}
    for name in set(output.decode(errors="surrogateescape").split("\0")):
        above, _, base = name.strip("\n").rpartition("/")
        if not image_directory.is_configuration(base):
            continue
        outer, _, last = above.rpartition("/")
        found.setdefault(outer if last in INNER else above, set()).add(base)
    return found


def not_images(found: Mapping[str, set[str]]) -> dict[str, str]:
    """Return the directories that only look like an image's, each with the reason."""
    left_out: dict[str, str] = {}
    for path, names in found.items():
        if not path:
            left_out[path] = "the whole repository: nothing to extract"
        elif "{" in path:
            left_out[path] = "a template"
        elif not any(name in TELLING or image_directory.DOCKERFILE.fullmatch(name) for name in names):
            left_out[path] = f"only {', '.join(sorted(names))}, which other directories have, too"
    for path in sorted(found.keys() - left_out.keys()):
        images = found.keys() - left_out.keys()
        outer = next((str(above) for above in PurePosixPath(path).parents if str(above) in images), "")
        if outer:
            left_out[path] = f"inside of {outer}"
    return left_out


def authors_and_dates(source: Source) -> dict[str, tuple[str, str]]:
    """Return the author, by the source's mailmap, and the day of every commit."""
    rows = source.scratch.read("log", "--format=%H%x00%aN <%aE>%x00%ad", "--date=format:%Y-%m-%d", source.commit)
    split = (row.split("\0") for row in rows.decode(errors="replace").splitlines())
    return {row[0]: (row[1], row[2]) for row in split if len(row) == 3}


def history(source: Source, path: str, names: set[str], people: Mapping[str, tuple[str, str]]) -> ImageHistory:
    """Return what `extract-image` would take along of one directory, its former paths followed."""
    question = ""
    try:
        reading = decide_extraction(source, path, Wanted(), lambda _: True)
    except RefusedError as error:
        question = str(error)
        reading = decide_extraction(source, path, Wanted(follow=False), lambda _: True)
    commits = [people[commit] for commit in reading.commits if commit in people]
    days = sorted(day for _, day in commits)
    sizes = list(content_sizes(source, reading))
    return ImageHistory(
        directory=path,
        told_by=tuple(sorted(names)),
        commits=len(reading.kept.parents),
        brought_in=reading.accounts.brought_in,
        authors=len({author for author, _ in commits}),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        former_paths=tuple(one.path for one in reading.former_paths),
        files=len(sizes),
        size=sum(sizes),
        gone=end_of(source, path) if reading.has_gone else "",
        question=question,
    )


def content_sizes(source: Source, reading: Reading) -> Iterator[int]:
    """Yield the size of every file of the image, 0 for what a clone without file contents does not have."""
    rows = source.scratch.read("ls-tree", "-r", "-z", reading.source_tree).decode(errors="surrogateescape")
    facts = (row.split("\t", 1)[0].split(" ") for row in rows.split("\0")[:-1])
    blobs = [name for _, kind, name in facts if kind == "blob"]
    for _, kind, size in source.scratch.batch_check(blobs):
        yield size if kind == "blob" else 0


def end_of(source: Source, path: str) -> str:
    """Return the commit, day and subject of the last change to a directory.

    Without --full-history git follows only the side of a merge on which the directory never was.
    """
    form = ("--format=%h, %ad, %s", "--date=format:%Y-%m-%d", "--full-history", "--no-merges")
    return source.scratch.text("log", "-1", *form, source.commit, "--", path)


def tree(source: Source) -> dict[str, str]:
    """Return every file at the source's commit, with the id of its content."""
    rows = source.scratch.read("ls-tree", "-r", "-z", source.commit).decode(errors="surrogateescape").split("\0")[:-1]
    split = (row.split("\t", 1) for row in rows)
    return {name: facts.split(" ")[2] for facts, name in split}


def absorbed(found: Mapping[str, ImageHistory]) -> dict[str, str]:
    """Return the directories that are gone and are a former path of another, with the one they come along with."""
    former = {path: one.directory for one in found.values() for path in one.former_paths}
    return {path: former[path] for path, one in found.items() if one.gone and path in former}
