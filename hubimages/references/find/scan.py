"""Find every image reference in a deployment repository."""

import gc
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.references import unread
from hubimages.references.find import code, dockerfile, lines, merging, owners, templates, untagged
from hubimages.references.find import yaml_files as yaml_references
from hubimages.references.find.gathering import EmptyTag, Found, Text
from hubimages.references.find.layouts import argocd, flux, hubploy, scripts
from hubimages.references.find.layouts.all_layouts import hubs as all_hubs
from hubimages.references.find.layouts.flux import substituted
from hubimages.references.find.layouts.view import View
from hubimages.references.find.values import references_of_paths
from hubimages.references.keep.comment import SIGN, Comment, comments
from hubimages.references.reference import Inventory, NotRead, Reference
from hubimages.references.remarks import left_over, may_name_image
from hubimages.repository.git import Repo
from hubimages.yaml_text import Tree, UnreadableYamlError, compose

YAML = (".yaml", ".yml")
TEMPLATES = (".j2", ".jinja", ".jinja2", ".gotmpl", ".tmpl", ".template")  # after the suffix of YAML
BY_LINE = (".env", ".tpl")  # variables; the shared templates of a chart
# A file without one of these words neither holds nor overrides a reference: a list replaces another list as a whole.
WORDS = (b"image", b"Image", b"IMAGE", b"profileList", b"profile_list", b"ontainers")
# In small letters: a YAML file without any of these has none of the words, and no key of a tag or a repository.
HINTS = (b"image", b"profile", b"ontainers", b"repository", b"tag")
COMMANDS = (b"docker ", b"podman ", b"nerdctl ")
KEYS = re.compile(
    rb"[iI]mage[\w-]{0,100}[\"']?[ \t]{0,100}:|IMAGE|profileList|profile_list|ontainers[\"']?[ \t]*:|\? "
    rb"|[iI]mage[\w-]{0,100}=|Image\b|/image"
)
SIGNS = (
    argocd.SIGN,
    argocd.PREFIX,
    flux.SIGN,
    flux.CONFIG_MAPS,
    substituted.SIGN,
    scripts.HELM,
    scripts.TERRAFORM,
    hubploy.SIGN,
)
SIGN_HINTS = (b"argoproj.io", b"elm", b"ConfigMap", b"postBuild", hubploy.SIGN.encode())  # one of them is in each sign
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # as PowerShell writes it; Helm reads it, too
PART = 1 << 16  # bytes
MANY = 5000  # files, after which the number that was found is shown
MOST = 100_000  # files of a directory that is not in a repository: `/` and a home directory have more
TAG = re.compile(rb"(?<![A-Za-z])tag(?![a-z])|[a-z]Tag(?![a-z])|TAG|[iI]mage[_-]?tag")  # not `storage`, `tags`
TAG_WORD, QUOTA = b"tag", b"repository"
ENCRYPTED = b"ENC[AES256_GCM"  # https://github.com/getsops/sops


def find_references(directory: Path, hubs_file: Path | None = None) -> Inventory:
    """Return every reference in the repository that contains the directory, and what was not read.

    Files that git ignores are skipped. A directory outside of a repository is read as it is. `hubs_file` lists the hubs
    with their values files; otherwise the layout of the repository says which there are. Raises BadInputError if there
    is no such directory.
    """
    return read_all(*listed(directory), hubs_file)


def some_references(directory: Path, hubs_file: Path | None = None) -> Inventory:
    """Return what `find_references` does. Raises BadInputError, too, if no file there has to do with images."""
    found = find_references(directory, hubs_file)
    if not (found.references or found.not_read or found.placeholders or found.hubs):
        raise BadInputError(
            f"no file of `{directory}` names an image. Name a clone of the deployment repository with --repo"
        )
    return found


def read_all(root: Path, files: list[str], hubs_file: Path | None = None) -> Inventory:
    """Return the references of these files, which are paths from the root, and what was not read."""
    with _uncollected():
        return _read(root, files, hubs_file)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Turn off the garbage collector, which would traverse all trees again and again: a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()  # or all that was read would be traversed at once
            gc.enable()


def _read(root: Path, files: list[str], hubs_file: Path | None) -> Inventory:
    scan = _Scan(root)
    for file in _shown(files):
        scan.look_at(file)
    with_images = frozenset(file for file, tree in scan.trees.items() if tree is not None).union(scan.with_words)
    view = View(files, scan.tree, scan.text, with_images, scan.signs, scan.not_read)
    hubs = all_hubs(view, hubs_file)
    for file in sorted({layer.file for hub in hubs for layer in hub.layers} - scan.seen):
        scan.read_values(file)  # values in JSON, or under a name that says nothing
    scan.references += references_of_paths(hubs, scan.references, view.values)
    references = merging.assign(scan.references, hubs, view.values)
    repo = Repo(root / ".git", root) if (root / ".git").exists() else None
    references = [*owners.by_hub(references, hubs)]
    references = [*untagged.hubploys([*untagged.named(references)], view, repo)]
    not_read = dict.fromkeys([*scan.not_read, *untagged.empty_tags(scan.empty_tags, hubs, view)])
    known = [hub for hub in hubs if hub.is_hub]
    return Inventory(
        tuple(references),
        tuple(sorted(not_read, key=lambda each: (each.file, each.line))),
        tuple(hub.name for hub in known),
        scan.files,
        tuple(scan.placeholders),
        dict(scan.other_kinds.most_common()),
        {hub.name: hub.layout for hub in known},
        tuple(hub.name for hub in known if hub.guess),
        tuple(scan.comments),
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
    found = 0
    with console.Waiting("looking for files") as waiting:
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                yield (Path(folder) / name).relative_to(root).as_posix()
            if found // MANY != (found + len(files)) // MANY:
                waiting(f"{found + len(files)} so far in {root}, which is not a git repository")
            found += len(files)
            if found > MOST:
                raise BadInputError(
                    f"`{root}` is not a git repository, and has more than {MOST} files. Name a clone of the deployment "
                    "repository with --repo"
                )


def _shown(files: Sequence[str]) -> Iterator[str]:
    """Yield the files, and show on a terminal how many were read."""
    with console.counting("reading files", len(files)) as one_more:
        for file in files:
            yield file
            one_more()


@dataclass
class _Scan:
    """The result so far."""

    root: Path
    references: list[Reference] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    empty_tags: list[EmptyTag] = field(default_factory=list)
    trees: dict[str, Tree | None] = field(default_factory=dict)
    with_words: list[str] = field(default_factory=list)
    signs: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    other_kinds: Counter[str] = field(default_factory=Counter)
    files: int = 0
    placeholders: list[tuple[str, int]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    def look_at(self, file: str) -> None:
        """Read a file as its name requires, if it can hold a reference."""
        kind = kind_of(file)
        if kind is None:
            self.pass_over(file)
            return
        content = self.bytes_of(file)
        if content is not None:
            self.look_into(file, content, kind)

    def pass_over(self, file: str) -> None:
        """Count a file of another kind; name a submodule and a link to a directory."""
        name = file.rpartition("/")[2]
        suffix = os.path.splitext(name)[1]  # noqa: PTH122 - thousands of them
        path = f"{self.root}/{file}"
        if suffix or not os.path.isdir(path):  # noqa: PTH112
            self.other_kinds[suffix or name] += 1
        elif os.path.islink(path):  # noqa: PTH114
            self.not_read.append(
                NotRead(file, 0, "symbolic link to a directory; its files are read at their own paths")
            )
        else:
            self.not_read.append(NotRead(file, 0, "submodule; read its own clone with --repo"))

    def read_values(self, file: str) -> None:
        """Read a file that a layout names as values, whatever its name is."""
        kind = kind_of(file)
        if kind in (None, Kind.LINES) and file not in self.trees:
            content = self.bytes_of(file)
            if content is not None:
                self.other_kinds.subtract([os.path.splitext(file)[1] or file])  # noqa: PTH122
                self.references = [each for each in self.references if each.file != file]
                self.look_into(file, content, Kind.YAML)

    def look_into(self, file: str, content: bytes, kind: "Kind") -> None:
        """Read the content of a file."""
        self.seen.add(file)
        self.files += 1
        if ENCRYPTED in content:
            self.not_read.append(NotRead(file, 0, "encrypted (SOPS)"))
            self.trees[file] = None
            return
        if content.startswith(UTF_16):
            content = content.decode("utf-16", "replace").encode()
        if reason := unread.why(content):
            self.not_read.append(NotRead(file, 0, reason))
            return
        self.look_for_signs(file, content, kind)
        by_name, lower = may_name_image(content), content.lower()
        if b"image" in lower and SIGN.search(content):
            self.comments += comments(file, content.decode("utf-8", "replace"))
        if kind is Kind.YAML and not by_name and not any(map(lower.__contains__, HINTS)):
            return  # as most files, whatever their number
        by_key = (by_name and kind is Kind.YAML) or may_hold_reference(content, kind)
        if not by_key and kind is Kind.YAML and TAG_WORD in content:
            self.with_words.append(file)  # no reference, and still a hub's, where a layout is guessed
        if not (by_key or by_name):
            return
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            self.not_read.append(NotRead(file, 0, "not UTF-8"))
            return
        found, tree = read(file, text, kind) if by_key else (Found(), None)
        if tree is not None:
            self.trees[file] = tree
        self.references += found.references
        self.placeholders += [(file, line) for line in found.placeholders]
        self.not_read += found.not_read
        self.empty_tags += found.empty_tags
        if by_name:
            self.not_read += left_over(file, text, lines_of(found, text))

    def look_for_signs(self, file: str, content: bytes, kind: "Kind") -> None:
        """Note which texts that layouts look for are in a file."""
        if kind in (Kind.YAML, Kind.CODE) and any(map(content.__contains__, SIGN_HINTS)):
            for sign, text in SIGN_BYTES:
                if text in content:
                    self.signs.setdefault(sign, []).append(file)

    def bytes_of(self, file: str) -> bytes | None:
        """Return the content; None for a link, a submodule or a deleted file."""
        path = f"{self.root}/{file}"
        try:
            return read_file(path)
        except FileNotFoundError:
            why = "not in the work tree: deleted, or left out by a sparse checkout"
        except OSError as error:
            why = error.strerror or "cannot be read"
            if os.path.islink(path):  # noqa: PTH114
                inside = Path(os.path.realpath(path)).is_relative_to(self.root)
                why = f"symbolic link{'; its target is read at its own path' if inside else ' out of the repository'}"
        self.not_read.append(NotRead(file, 0, why))
        return None

    def text(self, file: str) -> str | None:
        """Return the text of a file; None if it cannot be read."""
        try:
            return decoded(read_file(f"{self.root}/{file}", links=True))
        except (UnicodeDecodeError, OSError):
            return None

    def tree(self, file: str) -> Tree | None:
        """Return the tree of a YAML file; None if it cannot be read."""
        if file not in self.trees:
            self.trees[file] = self.compose(file)
        return self.trees[file]

    def compose(self, file: str) -> Tree | None:
        text = self.text(file)
        if text is None or ENCRYPTED.decode() in text:
            return None
        try:
            return tree_of(file, text).tree
        except UnreadableYamlError as error:
            if all(each.file != file for each in self.not_read):
                self.not_read.append(NotRead(file, error.line, f"not YAML ({error.problem})"))
            return None


def read_file(path: str, *, links: bool = False) -> bytes:
    """Return the content of a file, in half the time that `open` takes for a small one.

    Raises OSError, for a link, too, unless `links` are followed.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW))
    try:
        parts = [os.read(descriptor, PART)]
        while parts[-1]:
            parts.append(os.read(descriptor, PART))
        return b"".join(parts)
    finally:
        os.close(descriptor)


SIGN_BYTES = [(sign, sign.encode()) for sign in SIGNS]


class Kind(Enum):
    """How a file is read."""

    YAML = "by its keys, or line by line if it is not YAML"
    LINES = "line by line"
    DOCKERFILE = "by its instructions"
    CODE = "by its literals"


def kind_of(file: str) -> Kind | None:
    """Return how a file with this name is read; None if it is not read."""
    name = file.rpartition("/")[2]
    if name.endswith(YAML):
        return Kind.YAML
    if dockerfile.NAMES.fullmatch(file):
        return Kind.DOCKERFILE
    if code.is_program(file):
        return Kind.CODE
    by_line = name.endswith(BY_LINE) or (name.endswith(TEMPLATES) and any(each in name for each in YAML))
    return Kind.LINES if by_line else None


def may_hold_reference(content: bytes, kind: Kind) -> bool:
    """Return True if the file can hold a reference: a tenth of the files of most repositories."""
    if kind is Kind.DOCKERFILE:
        return True
    if not any(map(content.__contains__, WORDS)):
        by_command = kind is Kind.CODE and any(map(content.__contains__, COMMANDS))
        return by_command or (kind is Kind.YAML and (QUOTA in content or _has_tag(content)))
    return kind is not Kind.YAML or KEYS.search(content) is not None or _has_tag(content)


def _has_tag(content: bytes) -> bool:
    return any(map(content.__contains__, (b"tag", b"Tag", b"TAG"))) and TAG.search(content) is not None


def read(file: str, text: str, kind: Kind) -> tuple[Found, Tree | None]:
    """Return what is found in a text, and its tree if it is YAML."""
    if kind is Kind.DOCKERFILE:
        return Found(*dockerfile.find(file, text)), None
    if kind is Kind.CODE:
        program = code.find(file, text)
        return Found(program.references, program.placeholders, program.not_read), None
    if kind is Kind.LINES and not file.endswith(".gotmpl"):
        return Found(*lines.find(file, text)), None
    try:
        whole = tree_of(file, text)
        return yaml_references.find(whole), whole.tree
    except UnreadableYamlError as error:
        why = NotRead(file, error.line, f"not YAML ({error.problem}){unread.BY_LINE}")
        return Found(*lines.find(file, text), [why]), None


def tree_of(file: str, text: str) -> Text:
    """Return the tree of a YAML text, or of a template without its template language. Raises UnreadableYamlError."""
    try:
        return Text(file, compose(text))
    except UnreadableYamlError:
        if "{{" not in text or not templates.is_template(file):
            raise
        inside = templates.blanked(text)
        return Text(file, compose(inside.text), inside)


def decoded(content: bytes) -> str:
    """Return the text of a file. Raises UnicodeDecodeError."""
    return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8")


def lines_of(found: Found, text: str) -> set[int]:
    """Return the lines in which something was found."""
    places = [
        place
        for each in found.references
        for place in (each.tag_place, each.name_place, each.digest_place, each.registry_place)
        if place
    ]
    known = {place.line for place in places} | {each.line for each in found.not_read}
    for place in places:  # a block scalar, whose text is below the line of its key
        known.update(place.line + number for number in range(text.count("\n", place.start, place.end) + 1))
    return known | {each.place.line for each in found.empty_tags}


def references_in(file: str, text: str) -> list[Reference]:
    """Return the references of one text, without hubs, and not joined with other files.

    A file whose name is not known (it had another name once) is read line by line.
    """
    return read(file, text, kind_of(file) or Kind.LINES)[0].references
