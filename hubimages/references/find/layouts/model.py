"""A hub, and the layers of its values."""

from dataclasses import dataclass

from hubimages.references.reference import Path


@dataclass(frozen=True)
class Layer:
    """Values that a hub gets: a file, or a part of one.

    `root` leads to them in a document of the file, also through the text of a scalar. They go below `prefix` if they
    belong to a subchart. With `sets` the root is one value, for that path; in a program, which has no documents, both
    are the path that it sets. Without a document all of them count. What is `hidden`, by document and path, is
    overridden by a patch.
    """

    file: str
    prefix: Path = ()
    root: Path = ()
    document: int | None = 0
    sets: Path | None = None
    hidden: frozenset[tuple[int, Path]] = frozenset()
    by_name: bool = False  # a list of variables overrides those with the same names, as docker-compose merges it

    def __hash__(self) -> int:
        """Hash where the values are: layers are looked up thousands of times."""
        return hash((self.file, self.root))

    def has(self, path: Path, document: int) -> bool:
        """Return True if what is at a path of the file belongs to the layer."""
        return path[: len(self.root)] == self.root and self.document in (None, document)

    @property
    def is_whole(self) -> bool:
        """Whether all of a file counts, whatever path it has."""
        return self.document is None and not self.root

    def holds(self, file: str, path: Path) -> bool:
        """Return True if the layer is a value that a program sets at a path."""
        return self.document is None and self.file == file and self.root == path

    def whole(self, path: Path) -> Path:
        """Return the values path of what is at a path of the file."""
        return self.sets if self.sets is not None else (*self.prefix, *path[len(self.root) :])


@dataclass(frozen=True)
class Owner:
    """A program that keeps an image's tag up to date: at these values paths, or wherever the hub has the image."""

    repository: str
    program: str
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Hub:
    """A hub, or another release (the support chart of a cluster). Later layers override earlier ones.

    The name is CLUSTER/HUB, HUB/staging, or HUB.
    """

    name: str
    layers: tuple[Layer, ...]
    is_hub: bool = True
    layout: str = ""
    guess: bool = False
    owners: tuple[Owner, ...] = ()
