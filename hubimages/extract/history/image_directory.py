"""Find the image directory, and the commit at which it held the image."""

import posixpath
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hubimages.errors import BadInputError
from hubimages.extract.history.commits import History, Trees, trees_at
from hubimages.extract.history.prune import Kept, prune
from hubimages.extract.sources.source import Source, check_word
from hubimages.repository.git import Repo

# https://repo2docker.readthedocs.io/en/latest/configuration/: a directory with one of these, at its top or in
# binder/ or .binder/, is an image's. Dockerfiles are often named after what they build.
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
    """Return the path as git has it: no `./`, no doubled or trailing slash. Raises BadInputError."""
    check_word(image_dir, name)
    if image_dir.startswith(("/", "~/")) or image_dir == "~":
        raise BadInputError(f"{name} must be a path inside the repository, not an absolute one: {image_dir}")
    parts = [part for part in image_dir.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadInputError(f"{name} must not contain '..': {image_dir}")
    if not parts:
        raise BadInputError(f"{name} is the whole repository. Nothing to extract: git clone it instead")
    return "/".join(parts)


def normalise_former(path: str) -> str:
    """Return a former path as git has it, "" for the top of the repository."""
    return "" if path in (".", "./") else normalise(path, "--former-path")


def other_spelling(source: Source, path: str) -> str | None:
    """Return the directory whose name differs in Unicode normalisation only, if there is one."""
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
    """Return the error for a directory that never existed, with the most similar names."""
    if linked := symlink_target(source, path):
        return linked
    kind = kind_of(source.scratch, source.commit, path)
    if kind == "blob":
        above = path.rpartition("/")[0] or "the directory it is in"
        return BadInputError(f"{path} is a file at {source.ref}. Give its directory: {above}")
    if kind == "commit":
        return BadInputError(f"{path} is a submodule. Extract from the repository that it points to")
    tips = trees_at(source.scratch, list(source.branches.values()), path)
    other_branches = [branch for branch, tree in zip(source.branches, tips, strict=True) if tree]
    if other_branches:
        return BadInputError(
            f"{path} does not exist at {source.ref}, nor in its history; "
            f"another branch has it: --ref {other_branches[0]}"
        )
    here = directories(source.scratch, source.commit)
    near = nearest(path, [*here, *former_directories(source.scratch, source.commit)])
    there, gone = [name for name in near if name in here], [name for name in near if name not in here]
    lists = [f"similar directories: {', '.join(there)}"] if there else []
    lists += [f"similar deleted directories: {', '.join(gone)}"] if gone else []
    return BadInputError("; ".join([f"no {path} in {source.given} at {source.ref}, nor in its history", *lists]))


def symlink_target(source: Source, path: str) -> BadInputError | None:
    """Return the error for a path that is a symlink at the commit; None where it is none."""
    for length in range(path.count("/"), -1, -1):
        link = path.rsplit("/", length)[0] if length else path
        rows = source.scratch.read("ls-tree", "-z", source.commit, "--", link)
        if not rows.startswith(b"120000 "):
            continue
        (content,) = source.scratch.contents([rows.split(b"\t")[0].split(b" ")[2].decode()])
        target = content.decode(errors="surrogateescape")
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, path[len(link) + 1 :]))
        (tree,) = trees_at(source.scratch, [source.commit], reached) if not reached.startswith(("..", "/")) else ("",)
        remedy = f"Give {reached} as IMAGE_DIR" if tree else "There is no such directory in SOURCE"
        return BadInputError(f"{link} is a symlink to {target} at {source.ref}. {remedy}")
    return None


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
    """Return at most three directories with similar names."""
    by_folded = {name.casefold(): name for name in names}
    if path.casefold() in by_folded:
        return [by_folded[path.casefold()]]
    near = [by_folded[name] for name in get_close_matches(path.casefold(), by_folded, n=3, cutoff=0.6)]
    tail = path.rpartition("/")[2].casefold()
    same_tail = [name for name in names if name.rpartition("/")[2].casefold() == tail]
    return list(dict.fromkeys([*near, *same_tail]))[:3]


def former_directories(repo: Repo, commit: str) -> list[str]:
    """Return every directory that ever had a file added to it."""
    output = repo.read("log", "--format=", "--name-only", "--diff-filter=A", "--no-renames", "-z", commit)
    names = {name.rpartition("/")[0] for name in output.decode(errors="surrogateescape").split("\0")}
    return sorted(above for name in names for above in [name] if above)


@dataclass(frozen=True)
class Chosen:
    """The commit to extract, and a note where it is not the tip."""

    commit: int
    note: str


def choose_commit(repo: Repo, history: History, path: str, trees: Trees) -> Chosen:
    """Return the tip, or the last commit that has the image where the tip does not.

    The tip does not have it when the directory is gone, or holds only a note that says where the image went.
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
    left = f"{path} has only {', '.join(names(repo, trees[tip]))} left" if trees[tip] else f"{path} is gone"
    others = f" ({len(last) - 1} more branches end elsewhere)" if len(last) > 1 else ""
    return Chosen(last[0], f"{left} at the tip; extracted at {short}, the last commit that has the image{others}")


def last_commits(trees: Trees, kept: Kept, has_image: Callable[[str], bool]) -> list[int]:
    """Return the kept commits with an image that have no descendant with an image, newest first."""
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
    """Return True if a directory holds only notes: a README, a licence."""
    return all(LEFTOVER.fullmatch(name) for name in names(repo, tree))


def names(repo: Repo, tree: str) -> list[str]:
    """Return the names directly in a directory."""
    return [entry.path for entry in repo.list_tree(tree)]


def is_configuration(name: str) -> bool:
    """Return True if a path in the image directory is a configuration file of the image."""
    above, _, base = name.rpartition("/")
    return above in ("", "binder", ".binder") and (
        base in CONFIGURATION_FILES or DOCKERFILE.fullmatch(base) is not None
    )
