"""Find uncommitted changes in the files that matter, and read what HEAD has instead.

An edit is made for what HEAD has. A file that already is what the edit makes of it was written by a run that was
interrupted, and does not count as changed.
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from hubimages.errors import RefusedError
from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.reading import work_tree_reader
from hubimages.repository.git import Repo

SUBMODULE = b"160000"  # the mode of git's entry


def check_whole_history(repo: Repo) -> None:
    """Raise RefusedError for a shallow clone, in which chartpress would count too few commits."""
    if repo.text("rev-parse", "--is-shallow-repository") == "true":
        raise RefusedError(
            f"{repo.work_tree} is a shallow clone, in which chartpress makes wrong tags. Run git fetch --unshallow"
        )


def changed_files(repo: Repo, paths: Sequence[str] = (), *, untracked: bool = False) -> tuple[str, ...]:
    """Return the files below the paths with uncommitted changes, staged or not; with `untracked`, new files too."""
    files = "--untracked-files=" + ("all" if untracked else "no")
    asked = ("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", files, "--", *paths)
    entries = repo.read(*asked).decode(errors="surrogateescape").split("\0")
    return tuple(entry[3:] for entry in entries if len(entry) > 3)


def reader_of_head(repo: Repo, changed: Sequence[str]) -> Reader:
    """Return a reader of the files as HEAD has them: unchanged files from the work tree, the others from git.

    It gives the same text each time, also when another run has committed meanwhile.
    """
    unchanged = work_tree_reader(repo)

    @functools.cache
    def read(path: str) -> str | None:
        if path not in changed:
            return unchanged(path)
        if not repo.succeeds("cat-file", "-e", f"HEAD:{path}"):
            return None
        # --filters: with the line ends that a checkout gives it
        return repo.read("cat-file", "--filters", f"HEAD:{path}").decode("utf-8", "surrogateescape")

    return read


def refuse_changes(repo: Repo, paths: Sequence[str], expected: Mapping[str, str | None], why: str) -> None:
    """Raise RefusedError if a file below the paths is neither as HEAD has it nor as `expected`."""
    if not paths:
        return  # to git, no path means every file
    changed = unexpected(repo, changed_files(repo, sorted(set(paths)), untracked=True), expected)
    if changed:
        raise RefusedError(f"{', '.join(changed)}: uncommitted changes{why}. Commit or stash them first")


def check_no_linked_folders(repo: Repo, paths: Sequence[str]) -> None:
    """Raise RefusedError for a path below a symbolic link: git has the link, and not what is below it."""
    assert repo.work_tree is not None
    for path in paths:
        for parent in [path, *map(str, PurePosixPath(path).parents)]:
            place = repo.work_tree / parent
            if parent != "." and place.is_symlink() and (parent != path or place.is_dir()):
                raise RefusedError(
                    f"{path} is below {parent}, a link to {place.readlink()}, where git follows no changes. "
                    "Name the folder itself in chartpress.yaml"
                )


def check_no_submodules(repo: Repo, paths: Sequence[str]) -> None:
    """Raise RefusedError for a submodule below the paths: its files are not in the repository's history."""
    for entry in repo.read("ls-files", "--stage", "-z", "--", *paths).split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        if facts.startswith(SUBMODULE):
            name = path.decode(errors="replace")
            raise RefusedError(
                f"{name} is a submodule among the image's files, which this task cannot build. Run chartpress itself"
            )


def ignored_files(repo: Repo, paths: Sequence[str]) -> list[str]:
    """Return files and folders below the paths that git ignores; a build in the work tree would see them."""
    asked = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", *paths)
    return repo.read(*asked).decode(errors="surrogateescape").split("\0")[:-1]


def unexpected(repo: Repo, changed: Sequence[str], expected: Mapping[str, str | None]) -> list[str]:
    """Return the changed files that are not as expected."""
    now = work_tree_reader(repo)
    return [path for path in changed if path not in expected or now(path) != expected[path]]
