"""Combine the image's files with those of a repository made from the template: one rule for each kind of file.

Whichever side a rule takes, the other text stays in the history of the other parent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hubimages.extract.companions import ASIDE, LICENCE, MAILMAP, NOT_CHECKED_OUT, Companions
from hubimages.extract.destination import Base
from hubimages.extract.history.image_directory import CONFIGURATION_FILES, is_configuration
from hubimages.extract.history.trees import Files, Forest
from hubimages.repository.git import Repo
from hubimages.repository.packing import Object, object_id
from hubimages.template import RECORD, answer_problem, with_own_files

BUILDING = "BUILDING.md"
# What builds the repository: a file of the image at one of these places had no effect where it was.
REPOSITORY_MACHINERY = re.compile(r"\.github/.*|\.pre-commit-config\.yaml|noxfile\.py|\.hubimages\.yaml")
README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Decision:
    """A file that both sides have, or that does not stay as it was, and what becomes of it."""

    path: str
    rule: str


@dataclass(frozen=True)
class Combined:
    """The tree of the merge, and the decisions that led to it."""

    tree: str
    decisions: list[Decision]
    readme: str = "README.md"  # the path of the repository's own README
    new: list[Object] = field(default_factory=list)  # what the tree has that is still to be written


@dataclass(frozen=True)
class Blobs:
    """The blobs of a repository, those that will be there, and new ones, which are written later."""

    repo: Repo
    coming: Mapping[str, bytes]
    new: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes) -> str:
        """Return the id of a new blob."""
        name = object_id("blob", content)
        self.new[name] = content
        return name

    def read(self, name: str) -> bytes:
        """Return the content of a blob."""
        known = self.new.get(name, self.coming.get(name))
        return next(iter(self.repo.contents([name]))) if known is None else known

    def joined_lines(self, first: str, second: str) -> str:
        """Return a blob with the lines of both, each once."""
        one, two = self.read(first), self.read(second)
        missing = [line for line in two.splitlines() if line.strip() and line not in one.splitlines()]
        if not missing:
            return first
        text = one if not one or one.endswith(b"\n") else one + b"\n"
        return self.add(text + b"".join(line + b"\n" for line in missing))


def combine(repo: Repo, base: Base, image: str, companions: Companions) -> Combined:
    """Return the tree that has the files of both; `base` is the repository's side, `image` the image's tree."""
    before = files(repo, base.tree) if base.files is None else base.files
    blobs = Blobs(repo, {object_id(kind, content): content for kind, content in base.unwritten if kind == "blob"})
    result: dict[str, tuple[str, str]] = dict(before)
    decisions: list[Decision] = []
    theirs = put_aside(files(repo, image), companions, decisions)
    choose_licence(result, companions, decisions)
    replace_configuration(result, theirs, decisions)
    readme = move_readme(result, theirs, decisions)
    for path, entry in theirs.items():
        if path == ".gitignore" and path in result and result[path][1] != entry[1]:
            result[path] = (entry[0], blobs.joined_lines(entry[1], result[path][1]))
            decisions.append(Decision(path, "the image's lines, then those of the repository that it lacks"))
        elif REPOSITORY_MACHINERY.fullmatch(path) and path in result and result[path] != entry:
            decisions.append(
                Decision(path, "the repository's, which builds the image; the image's own stays in history")
            )
        else:
            make_room(result, path, decisions)
            if path in result and result[path] != entry:
                decisions.append(Decision(path, "the image's own; the repository's stays in history"))
            result[path] = entry
    add_mailmap(blobs, result, companions, decisions)
    record_own_files(blobs, before, result, decisions)
    forest = Forest(repo)
    tree = forest.planted(result)
    new: list[Object] = [("blob", content) for content in blobs.new.values()]
    return Combined(tree, decisions, readme, [*new, *forest.objects()])


def put_aside(theirs: Files, companions: Companions, decisions: list[Decision]) -> dict[str, tuple[str, str]]:
    """Return the image's files with those moved away on which GitHub would act from the first push on."""
    result = dict(theirs)
    if result.get(NOT_CHECKED_OUT, ("", ""))[0] == "120000":
        result["gitmodules"] = result.pop(NOT_CHECKED_OUT)
        decisions.append(Decision(NOT_CHECKED_OUT, "moved to gitmodules: git checks out no symlink of that name"))
    if companions.keep_workflows:
        return result
    for path in companions.alive:
        aside = f"{ASIDE}/{path.removeprefix('.github/')}"
        result[aside] = result.pop(path)
        decisions.append(Decision(path, f"moved to {aside}: GitHub ignored it in SOURCE, and would act on it here"))
    return result


def choose_licence(result: dict[str, tuple[str, str]], companions: Companions, decisions: list[Decision]) -> None:
    """Let the source's licence files come along where neither the image nor the repository has one."""
    ours = [path for path in result if LICENCE.fullmatch(path)]
    if ours:
        if companions.licences:
            names = ", ".join(companions.licences)
            decisions.append(Decision(ours[0], f"the repository's; {names} of SOURCE stays behind: compare them"))
        return
    for path, entry in companions.licences.items():
        result[path] = entry
        decisions.append(Decision(path, "from the top of SOURCE: the image has no licence of its own"))
    if not companions.licences and not companions.image_has_licence:
        decisions.append(Decision("LICENSE", "none: neither the image nor the top of SOURCE has one"))


def add_mailmap(
    blobs: Blobs, result: dict[str, tuple[str, str]], companions: Companions, decisions: list[Decision]
) -> None:
    """Add the entries of SOURCE's .mailmap about people of the kept commits."""
    if not companions.mailmap:
        return
    mode, new = "100644", blobs.add(companions.mailmap)
    if MAILMAP in result and result[MAILMAP][0].startswith("100"):
        mode, new = result[MAILMAP][0], blobs.joined_lines(result[MAILMAP][1], new)
    result[MAILMAP] = (mode, new)
    decisions.append(Decision(MAILMAP, "with the entries of SOURCE's about people of the kept commits"))


def record_own_files(blobs: Blobs, base: Files, result: dict[str, tuple[str, str]], decisions: list[Decision]) -> None:
    """Leave to the owner what the image replaced or removed of the template, so that updates do not bring it back."""
    if base.get(RECORD) is None or result.get(RECORD) != base[RECORD]:
        return
    changed = [path for path, entry in base.items() if path != RECORD and result.get(path) != entry]
    own = [path for path in changed if answer_problem({"own_files": path}, "own_files") is None]
    if not own:
        return
    record = blobs.read(base[RECORD][1])
    if (told := with_own_files(record, own)) != record:
        result[RECORD] = (base[RECORD][0], blobs.add(told))
        decisions.append(Decision(RECORD, f"with own_files: {' '.join(own)}: updates leave them alone"))


def replace_configuration(result: dict[str, tuple[str, str]], theirs: Files, decisions: list[Decision]) -> None:
    """Remove the example image when the image has its own configuration files."""
    if not any(is_configuration(path) for path in theirs):
        return
    for path in [path for path in result if "/" not in path and is_example(path)]:
        entry = result.pop(path)
        if path not in theirs:
            decisions.append(Decision(path, "removed: it describes the example image"))
        elif theirs[path] != entry:
            decisions.append(Decision(path, "the image's own replaces the example"))


def is_example(path: str) -> bool:
    """Return True for a file at the top of the template that describes its example image."""
    return path in CONFIGURATION_FILES - {"pyproject.toml", "setup.py", "DESCRIPTION"} or path == "Dockerfile"


def move_readme(result: dict[str, tuple[str, str]], theirs: Files, decisions: list[Decision]) -> str:
    """Keep the image's README; rename the repository's, which says how to build. Return the new name."""
    images = [path for path in theirs if README.fullmatch(path)]
    repositorys = [path for path in result if README.fullmatch(path)]
    if not images or not repositorys or any(result[path] == theirs.get(path) for path in repositorys):
        return "README.md"
    name = BUILDING if BUILDING not in theirs and BUILDING not in result else "BUILDING-hubimages.md"
    result[name] = result.pop(repositorys[0])
    decisions.append(Decision(images[0], f"the image's own; the repository's becomes {name}"))
    return name


def make_room(result: dict[str, tuple[str, str]], path: str, decisions: list[Decision]) -> None:
    """Remove what cannot be beside `path`: a file where it needs a directory, or a directory where it is a file."""
    parts = path.split("/")
    above = {"/".join(parts[:length]) for length in range(1, len(parts))}
    for other in [other for other in result if other in above or other.startswith(path + "/")]:
        del result[other]
        decisions.append(Decision(other, f"removed: the image has {path}; it stays in history"))


def files(repo: Repo, tree: str) -> dict[str, tuple[str, str]]:
    """Return every file of a tree."""
    return {entry.path: (entry.mode, entry.name) for entry in repo.list_tree(tree, recursive=True)}


def write_tree(repo: Repo, entries: Files) -> str:
    """Write a tree with these files; return its id."""
    forest = Forest(repo)
    tree = forest.planted(entries)
    forest.write(repo)
    return tree
