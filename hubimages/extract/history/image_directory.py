"""Which directory is meant, and the commit at which it held the image."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hubimages.errors import BadInputError
from hubimages.extract.history.log import History, Trees, trees_at
from hubimages.extract.history.prune import Kept, prune
from hubimages.extract.sources.source import Source, check_word
from hubimages.repository.git import Repo

# https://repo2docker.readthedocs.io/en/latest/configuration/: any of these makes a directory an image's, at its top or
# in binder/ or .binder/. Dockerfiles are often named after what they build.
CONFIGURATION_FILES = frozenset(
    {
        *("environment.yml", "environment.yaml", "Pipfile", "Pipfile.lock", "requirements.txt", "setup.py"),
        *("pyproject.toml", "Project.toml", "JuliaProject.toml", "REQUIRE", "install.R", "DESCRIPTION"),
        *("apt.txt", "postBuild", "start", "runtime.txt", "default.nix", "Dockerfile"),
    }
)
DOCKERFILE = re.compile(r"(.+\.)?(Dockerfile|Containerfile)([.-].+)?", re.IGNORECASE)
LEFTOVER = re.compile(
    r"(readme|license|licence|copying|notice|changelog|contributing)([.-].*)?|.*\.(md|rst)|\.git\w+", re.I
)


def normalise(image_dir: str, name: str = "IMAGE_DIR") -> str:
    """The path as git has it: no `./`, no doubled or trailing slash. Raises BadInputError for what is no such path."""
    check_word(image_dir, name)
    if image_dir.startswith(("/", "~")):
        raise BadInputError(f"{name} is a path inside the repository, not an absolute one: {image_dir}")
    parts = [part for part in image_dir.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadInputError(f"{name} must not have '..' in it: {image_dir}")
    if not parts:
        raise BadInputError(f"{name} is the whole repository, there is nothing to extract: git clone it instead")
    return "/".join(parts)


def normalise_former(path: str) -> str:
    """The same for a former path, which may have been the top of the repository."""
    return "" if path in (".", "./") else normalise(path, "--former-path")


def other_spelling(source: Source, path: str) -> str | None:
    """The directory at the commit that is the same text to a reader, in another Unicode normalisation."""
    wanted = unicodedata.normalize("NFC", path)
    if wanted.isascii():
        return None
    found = (
        name for name in directories(source.scratch, source.commit) if unicodedata.normalize("NFC", name) == wanted
    )
    return next(found, None)


def directories(repo: Repo, commit: str) -> list[str]:
    """Every directory of a commit."""
    return (
        repo.read("ls-tree", "-r", "-d", "-z", "--name-only", commit).decode(errors="surrogateescape").split("\0")[:-1]
    )


def not_found(source: Source, path: str) -> BadInputError:
    """The error for a directory that is not there and never was, with what comes nearest."""
    kind = kind_of(source.scratch, source.commit, path)
    if kind == "blob":
        above = path.rpartition("/")[0] or "the directory it is in"
        return BadInputError(f"{path} is a file at {source.ref}; the image directory is meant: {above}")
    if kind == "commit":
        return BadInputError(f"{path} is a submodule: extract from the repository that it stands for")
    tips = trees_at(source.scratch, list(source.branches.values()), path)
    other_branches = [branch for branch, tree in zip(source.branches, tips, strict=True) if tree]
    if other_branches:
        return BadInputError(
            f"no {path} at {source.ref} nor before; it is on another branch: --ref {other_branches[0]}"
        )
    here = directories(source.scratch, source.commit)
    near = nearest(path, [*here, *former_directories(source.scratch, source.commit)])
    lists = [f"there is: {', '.join(found)}" for found in [[name for name in near if name in here]] if found]
    lists += [f"there was: {', '.join(found)}" for found in [[name for name in near if name not in here]] if found]
    return BadInputError("; ".join([f"no {path} in {source.given} at {source.ref}, nor in its history", *lists]))


def kind_of(repo: Repo, commit: str, path: str) -> str:
    """`blob`, `tree` or `commit` (a submodule) for what is at a path of a commit, "" for nothing."""
    above, _, name = path.rpartition("/")
    ((_, kind, _),) = repo.batch_check([f"{commit}:{above}"])
    if kind != "tree":
        return ""
    rows = repo.read("ls-tree", "-z", f"{commit}:{above}").decode(errors="surrogateescape").split("\0")[:-1]
    kinds = {row.split("\t", 1)[1]: row.split(" ", 2)[1] for row in rows}
    return kinds.get(name, "")


def nearest(path: str, names: Sequence[str]) -> list[str]:
    """At most three directories that could have been meant."""
    by_folded = {name.casefold(): name for name in names}
    if path.casefold() in by_folded:
        return [by_folded[path.casefold()]]
    near = [by_folded[name] for name in get_close_matches(path.casefold(), by_folded, n=3, cutoff=0.6)]
    tail = path.rpartition("/")[2].casefold()
    same_tail = [name for name in names if name.rpartition("/")[2].casefold() == tail]
    return list(dict.fromkeys([*near, *same_tail]))[:3]


def former_directories(repo: Repo, commit: str) -> list[str]:
    """Every directory that ever had a file added to it."""
    output = repo.read("log", "--format=", "--name-only", "--diff-filter=A", "--no-renames", "-z", commit)
    names = {name.rpartition("/")[0] for name in output.decode(errors="surrogateescape").split("\0")}
    return sorted(above for name in names for above in [name] if above)


@dataclass(frozen=True)
class Chosen:
    """The commit to extract, and what must be said about the choice."""

    commit: int
    note: str


def choose_commit(repo: Repo, history: History, path: str, trees: Trees) -> Chosen:
    """The tip, or the last commit that still had the image where it has gone from the tip.

    Gone means: the directory is not there any more, or all that is left is a note to say where the image went.
    """
    tip = len(history) - 1
    if trees[tip] and not is_leftover(repo, trees[tip]):
        return Chosen(tip, "")
    kept = prune(history, trees)
    last = last_commits(trees, kept, lambda tree: not is_leftover(repo, tree))
    if not last and trees[tip]:  # notes are all that it ever held
        return Chosen(tip, "")
    last = last or last_commits(trees, kept, lambda _: True)
    short = history.ids[last[0]][:12]
    left = f"only {', '.join(names(repo, trees[tip]))} is left in" if trees[tip] else "there is no more"
    others = f" ({len(last) - 1} more lines of history end elsewhere)" if len(last) > 1 else ""
    return Chosen(
        last[0], f"at the tip {left} {path}; extracted at {short}, the last commit that had the image{others}"
    )


def last_commits(trees: Trees, kept: Kept, has_image: Callable[[str], bool]) -> list[int]:
    """The kept commits with an image from which no later one with an image descends, the newest first."""
    known: dict[str, bool] = {"": False}
    covered: set[int] = set()
    last = []
    for commit in sorted(kept.parents, reverse=True):
        if commit in covered:
            continue
        tree = trees[commit]
        if tree not in known:
            known[tree] = has_image(tree)
        if not known[tree]:
            continue
        last.append(commit)
        todo = [commit]
        while todo:
            above = [parent for parent in kept.parents[todo.pop()] if parent not in covered]
            covered.update(above)
            todo += above
    return last


def is_leftover(repo: Repo, tree: str) -> bool:
    """Whether a directory holds nothing but notes: a README, a licence."""
    return all(LEFTOVER.fullmatch(name) for name in names(repo, tree))


def names(repo: Repo, tree: str) -> list[str]:
    """What stands directly in a directory."""
    return repo.read("ls-tree", "-z", "--name-only", tree).decode(errors="surrogateescape").split("\0")[:-1]


def is_configuration(name: str) -> bool:
    """Whether a file, by its path in the image directory, says what is in the image."""
    above, _, base = name.rpartition("/")
    return above in ("", "binder", ".binder") and (
        base in CONFIGURATION_FILES or DOCKERFILE.fullmatch(base) is not None
    )
