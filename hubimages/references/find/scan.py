"""Find every image reference in a deployment repository."""

import gc
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError
from hubimages.references.find import dockerfile, layout, lines
from hubimages.references.find import hubs as run_by
from hubimages.references.find import yaml_files as yaml_references
from hubimages.references.find.yaml_files import Found
from hubimages.references.reference import Inventory, NotRead, Reference
from hubimages.repository.git import Repo
from hubimages.yaml_text import Tree, UnreadableYamlError, compose

YAML = (".yaml", ".yml")
TEMPLATES = (".j2", ".jinja", ".jinja2", ".gotmpl", ".tmpl", ".template")  # after the suffix of YAML
BY_LINE = (".env", ".tpl")  # variables; the shared templates of a chart
# A file without one of these words neither holds nor overrides a reference: a list replaces another list as a whole.
WORDS = (b"image", b"Image", b"IMAGE", b"profileList", b"profile_list", b"ontainers")
KEYS = re.compile(rb"[iI]mage[\w-]*[\"']?[ \t]*:|IMAGE|profileList|profile_list|ontainers[\"']?[ \t]*:|\? ")
ENCRYPTED = b"ENC[AES256_GCM"  # https://github.com/getsops/sops


def find_references(directory: Path) -> Inventory:
    """Return every reference in the repository that contains the directory, and what was not read.

    Files that git ignores are skipped. A directory outside of a repository is read as it is. Raises BadInputError if
    there is no such directory.
    """
    return read_all(*listed(directory))


def read_all(root: Path, files: list[str]) -> Inventory:
    """Return the references of these files, which are paths from the root, and what was not read."""
    with _uncollected():
        return _read(root, files)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Turn off the garbage collector, which would traverse all trees again and again: a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read(root: Path, files: list[str]) -> Inventory:
    scan = _Scan(root)
    for file in files:
        scan.look_at(file)
    hubs = layout.hubs(files, scan.data, frozenset(scan.trees))
    references = run_by.assign(scan.references, hubs, scan.trees)
    return Inventory(
        tuple(references),
        tuple(sorted(scan.not_read, key=lambda each: (each.file, each.line))),
        tuple(hub.name for hub in hubs if hub.is_hub),
        scan.files,
        scan.placeholders,
        dict(scan.other_kinds.most_common()),
    )


def listed(directory: Path) -> tuple[Path, list[str]]:
    """Return the top of the repository, and its files as sorted paths from there."""
    if not directory.is_dir():
        raise BadInputError(f"`{directory}` is not a directory. Name a clone of the deployment repository with --repo")
    here = directory.resolve()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if root is None and (here / "HEAD").is_file() and (here / "objects").is_dir():
        raise BadInputError(f"`{directory}` is a bare repository, without files. Name a clone of it with --repo")
    if root is None:
        return here, sorted(_walked(here))
    names = Repo(root / ".git", root).read("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
    return root, sorted({os.fsdecode(name) for name in names if name})


def _walked(root: Path) -> Iterable[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            yield (Path(folder) / name).relative_to(root).as_posix()


@dataclass
class _Scan:
    """The result so far."""

    root: Path
    references: list[Reference] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    trees: dict[str, Tree] = field(default_factory=dict)
    other_kinds: Counter[str] = field(default_factory=Counter)
    files: int = 0
    placeholders: int = 0

    def look_at(self, file: str) -> None:
        """Read a file as its name requires, if it can hold a reference."""
        name = file.rpartition("/")[2]
        kind = kind_of(file)
        if kind is None:
            suffix = os.path.splitext(name)[1]  # noqa: PTH122 - thousands of them
            if not suffix and os.path.isdir(f"{self.root}/{file}"):  # noqa: PTH112
                self.not_read.append(NotRead(file, 0, "submodule; read its own clone with --repo"))
            else:
                self.other_kinds[suffix or name] += 1
            return
        content = self.bytes_of(file)
        if content is None:
            return
        self.files += 1
        if ENCRYPTED in content:
            self.not_read.append(NotRead(file, 0, "encrypted (SOPS)"))
            return
        if not may_hold_reference(content, kind):
            return
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            why = "encrypted (git-crypt)" if content.startswith(b"\0GITCRYPT") else "not UTF-8"
            self.not_read.append(NotRead(file, 0, why))
            return
        found, tree = read(file, text, kind)
        if tree is not None:
            self.trees[file] = tree
        self.references += found.references
        self.placeholders += found.placeholders
        self.not_read += found.not_read

    def bytes_of(self, file: str) -> bytes | None:
        """Return the content; None for a link, a submodule or a deleted file."""
        path = f"{self.root}/{file}"
        if os.path.islink(path):  # noqa: PTH114 - hundreds of them
            self.not_read.append(NotRead(file, 0, "symbolic link; its target is read at its own path"))
            return None
        try:
            with open(path, "rb") as opened:  # noqa: PTH123
                return opened.read()
        except FileNotFoundError:
            self.not_read.append(NotRead(file, 0, "not in the work tree: deleted, or left out by a sparse checkout"))
            return None
        except OSError as error:
            self.not_read.append(NotRead(file, 0, error.strerror or "cannot be read"))
            return None

    def data(self, file: str) -> Any:
        """Return the data of a YAML file; None if it cannot be read."""
        try:
            if file not in self.trees:
                self.trees[file] = compose((self.root / file).read_bytes().decode("utf-8"))
            return layout.data_of(self.trees[file])
        except UnreadableYamlError as error:
            if all(each.file != file for each in self.not_read):
                self.not_read.append(NotRead(file, error.line, f"not YAML ({error.problem})"))
            return None
        except (UnicodeDecodeError, OSError):
            return None


class Kind(Enum):
    """How a file is read."""

    YAML = "by its keys, or line by line if it is not YAML"
    LINES = "line by line"
    DOCKERFILE = "by its instructions"


def kind_of(file: str) -> Kind | None:
    """Return how a file with this name is read; None if it is not read."""
    name = file.rpartition("/")[2]
    if name.endswith(YAML):
        return Kind.YAML
    if dockerfile.NAMES.fullmatch(file):
        return Kind.DOCKERFILE
    by_line = name.endswith(BY_LINE) or (name.endswith(TEMPLATES) and any(each in name for each in YAML))
    return Kind.LINES if by_line else None


def may_hold_reference(content: bytes, kind: Kind) -> bool:
    """Return True if the file can hold a reference: a tenth of the files of most repositories."""
    if kind is Kind.DOCKERFILE:
        return True
    return any(word in content for word in WORDS) and (kind is Kind.LINES or KEYS.search(content) is not None)


def read(file: str, text: str, kind: Kind) -> tuple[Found, Tree | None]:
    """Return what is found in a text, and its tree if it is YAML."""
    if kind is Kind.DOCKERFILE:
        return Found(*dockerfile.find(file, text)), None
    if kind is Kind.LINES:
        return Found(*lines.find(file, text)), None
    try:
        tree = compose(text)
        return yaml_references.find(file, tree), tree
    except UnreadableYamlError as error:
        why = NotRead(file, error.line, f"not YAML ({error.problem}); read line by line")
        return Found(*lines.find(file, text), [why]), None


def references_in(file: str, text: str) -> list[Reference]:
    """Return the references of one text, without hubs, and not joined with other files.

    A file whose name is not known (it had another name once) is read line by line.
    """
    return read(file, text, kind_of(file) or Kind.LINES)[0].references
