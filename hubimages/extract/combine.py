"""The image's files on top of a repository made from the template: a rule for every file that both sides have.

Nothing is lost whichever side a rule takes: the other text is in the history of the other parent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hubimages.extract.history.image_directory import CONFIGURATION_FILES, is_configuration
from hubimages.repository.git import Repo

BUILDING = "BUILDING.md"
# What the repository is built with: a file of the image at one of these places did nothing where it was.
REPOSITORY_MACHINERY = re.compile(r"\.github/.*|\.pre-commit-config\.yaml|noxfile\.py|\.hubimages\.yaml")
README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)

Files = Mapping[str, tuple[str, str]]
"""(mode, blob or submodule id) of every file of a tree."""


@dataclass(frozen=True)
class Decision:
    """One file that both sides have, or that gives way, and what becomes of it."""

    path: str
    rule: str


@dataclass(frozen=True)
class Combined:
    """The tree of the merge, and how it came about."""

    tree: str
    decisions: list[Decision]
    readme: str = "README.md"  # where the repository's own README is now


def combine(repo: Repo, base: str, image: str) -> Combined:
    """Write the tree that has the files of both; `base` is the repository's side, `image` the image's tree."""
    ours, theirs = files(repo, base), files(repo, image)
    result: dict[str, tuple[str, str]] = dict(ours)
    decisions: list[Decision] = []
    replace_configuration(result, theirs, decisions)
    readme = move_readme(result, theirs, decisions)
    for path, entry in theirs.items():
        if path == ".gitignore" and path in result and result[path][1] != entry[1]:
            result[path] = (entry[0], joined_lines(repo, entry[1], result[path][1]))
            decisions.append(Decision(path, "the image's lines, then those of the repository that were missing"))
        elif REPOSITORY_MACHINERY.fullmatch(path) and path in result and result[path] != entry:
            decisions.append(Decision(path, "the repository's, which builds the image; the image's own is in history"))
        else:
            make_room(result, path, decisions)
            if path in result and result[path] != entry:
                decisions.append(Decision(path, "the image's own; the repository's is in history"))
            result[path] = entry
    return Combined(write_tree(repo, result), decisions, readme)


def replace_configuration(result: dict[str, tuple[str, str]], theirs: Files, decisions: list[Decision]) -> None:
    """Take away the example image, when the image has its own configuration files."""
    if not any(is_configuration(path) for path in theirs):
        return
    for path in [path for path in result if "/" not in path and is_example(path)]:
        entry = result.pop(path)
        if path not in theirs:
            decisions.append(Decision(path, "removed: it described the example image"))
        elif theirs[path] != entry:
            decisions.append(Decision(path, "the image's own replaces the example"))


def is_example(path: str) -> bool:
    """Whether a file at the top of a repository made from the template describes its example image."""
    return path in CONFIGURATION_FILES - {"pyproject.toml", "setup.py", "DESCRIPTION"} or path == "Dockerfile"


def move_readme(result: dict[str, tuple[str, str]], theirs: Files, decisions: list[Decision]) -> str:
    """Keep the image's README where it is; the repository's, which says how to build, stands beside it. Its name."""
    images = [path for path in theirs if README.fullmatch(path)]
    repositorys = [path for path in result if README.fullmatch(path)]
    if not images or not repositorys or any(result[path] == theirs.get(path) for path in repositorys):
        return "README.md"
    name = BUILDING if BUILDING not in theirs and BUILDING not in result else "BUILDING-hubimages.md"
    result[name] = result.pop(repositorys[0])
    decisions.append(Decision(images[0], f"the image's own; the repository's becomes {name}"))
    return name


def make_room(result: dict[str, tuple[str, str]], path: str, decisions: list[Decision]) -> None:
    """Take away what cannot stand beside `path`: a file where it needs a directory, or the other way round."""
    parts = path.split("/")
    above = {"/".join(parts[:length]) for length in range(1, len(parts))}
    for other in [other for other in result if other in above or other.startswith(path + "/")]:
        del result[other]
        decisions.append(Decision(other, f"removed: the image has {path}; it is in history"))


def joined_lines(repo: Repo, first: str, second: str) -> str:
    """A blob with the lines of both, each once."""
    one, two = repo.contents([first, second])
    missing = [line for line in two.splitlines() if line.strip() and line not in one.splitlines()]
    if not missing:
        return first
    text = one if not one or one.endswith(b"\n") else one + b"\n"
    text += b"".join(line + b"\n" for line in missing)
    return repo.text("hash-object", "-w", "--stdin", stdin=text)


def files(repo: Repo, tree: str) -> dict[str, tuple[str, str]]:
    """Every file of a tree."""
    rows = repo.read("ls-tree", "-r", "-z", "--full-tree", tree).decode(errors="surrogateescape").split("\0")[:-1]
    found = {}
    for row in rows:
        facts, path = row.split("\t", 1)
        mode, _, name = facts.split(" ")
        found[path] = (mode, name)
    return found


def write_tree(repo: Repo, entries: Files) -> str:
    """Write a tree with these files; its id."""
    index = {"GIT_INDEX_FILE": str(repo.git_dir / "combine.index")}
    rows = "".join(f"{mode} {name}\t{path}\0" for path, (mode, name) in entries.items())
    repo.read("update-index", "-z", "--index-info", stdin=rows.encode(errors="surrogateescape"), env=index)
    tree = repo.text("write-tree", "--missing-ok", env=index)
    (repo.git_dir / "combine.index").unlink()
    return tree
