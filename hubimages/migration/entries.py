"""Read the manifest that `find-images` wrote and a person edited: strictly, with the line of each mistake."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.extract import NOTHING, Removal, read_removal
from hubimages.image_ref import ImageRef
from hubimages.repository import file_edit
from hubimages.template import check_answers

TOP_KEYS = ("source", "ref", "defaults", "images")
OPTION_KEYS = (
    *("answers", "registry", "template", "keep_messages", "only_moved_files", "remote", "visibility", "description"),
    *("topics", "secrets", "image", "drop_paths", "replace_text", "strip_blobs_bigger_than"),
)
IMAGE_KEYS = ("directory", "repository", "former_paths", "skip", "replaces", *OPTION_KEYS)
WHAT_NAMES_THE_REPOSITORY = "{repository}"


@dataclass(frozen=True)
class Entry:
    """An image to move, with the defaults filled in."""

    line: int  # in the manifest
    directory: str
    repository: str
    former_paths: tuple[str, ...] | None = None  # None: those that are found; (): none
    skip: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    template: bool = True
    keep_messages: bool = False
    only_moved_files: bool = False
    remote: str = ""  # the address of its repository; "" for none
    visibility: str = "private"
    description: str = ""
    topics: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()  # names
    image: str = ""  # that the repository pushes; "" for what it records itself
    removal: Removal = NOTHING  # from its history
    replaces: tuple[str, ...] = ()  # images that hubs run instead, beside those of chartpress.yaml and hubploy.yaml

    def options(self) -> dict[str, Any]:
        """Return what decides about the result of an extraction."""
        return {
            "directory": self.directory,
            "former_paths": None if self.former_paths is None else list(self.former_paths),
            "answers": dict(sorted(self.answers.items())),
            "template": self.template,
            "keep_messages": self.keep_messages,
            "only_moved_files": self.only_moved_files,
            **self.removal.options(),
        }


@dataclass(frozen=True)
class Manifest:
    """What to move, from where."""

    name: str  # the file's
    source: str
    ref: str | None
    entries: tuple[Entry, ...]

    @property
    def wanted(self) -> list[Entry]:
        """The images that are to move."""
        return [one for one in self.entries if not one.skip]

    def without(self, removal: Removal) -> "Manifest":
        """Return the manifest with more to be removed from every image."""
        return replace(self, entries=tuple(replace(one, removal=one.removal.and_also(removal)) for one in self.entries))

    def place(self, line: int) -> str:
        """Return the place of a line, as messages begin with it."""
        return f"{self.name}:{line}"


def read_manifest(file: Path, remote: str | None = None) -> Manifest:
    """Return what a manifest says; `remote` overrides its own. Raises BadInputError with a line for each mistake."""
    if not file.is_file():
        made = "Make one: hubimages find-images SOURCE > images.yaml, and edit it"
        raise BadInputError(f"no manifest {str(file)!r}. {made}")
    try:
        text = file_edit.read_text(file.parent, file.name)
        tree = yaml_text.compose(text)
    except yaml_text.UnreadableYamlError as error:
        raise BadInputError(f"{file}: {error}") from error
    reader = Reader(str(file))
    manifest = reader.manifest(tree, remote)
    if reader.problems:
        raise BadInputError("\n".join(reader.problems))
    return manifest


@dataclass
class Reader:
    """Reads the nodes of a manifest, and notes what is wrong with them."""

    name: str
    problems: list[str] = field(default_factory=list)

    def wrong(self, node: yaml_text.Node, problem: str) -> None:
        """Note a mistake at a node."""
        self.problems.append(f"{self.name}:{node.line}: {problem}")

    def manifest(self, tree: yaml_text.Tree, remote: str | None) -> Manifest:
        """Return what the whole document says."""
        if not tree.documents:
            raise BadInputError(f"{self.name} is empty. Write a manifest: hubimages find-images SOURCE > {self.name}")
        for path, _, second in tree.duplicates():
            self.wrong(second, f"the key {path[-1]} is there twice. Remove one")
        top = self.mapping(tree.documents[0], TOP_KEYS, "the manifest")
        source = self.text(top, "source", "")
        if "images" not in top or not isinstance(yaml_text.resolved(top["images"]), yaml_text.SequenceNode):
            raise BadInputError(
                f"{self.name} is no manifest: it has no list `images`. Write one: hubimages find-images SOURCE > "
                f"{self.name}"
            )
        if "source" not in top:
            self.problems.append(f"{self.name}: there is no `source`, the deployment repository")
        general = self.mapping(top["defaults"], OPTION_KEYS, "`defaults`") if "defaults" in top else {}
        defaults = self.options(general)
        defaults["removal"] = self.removal(general, everywhere=True)
        if remote is not None:
            defaults["remote"] = remote
        images = yaml_text.resolved(top["images"])
        assert isinstance(images, yaml_text.SequenceNode)
        entries = [one for item in images.items if (one := self.entry(item, defaults, remote)) is not None]
        self.problems += clashes(self.name, [one for one in entries if not one.skip])
        return Manifest(self.name, source, self.text(top, "ref", "") or None, tuple(entries))

    def entry(self, item: yaml_text.Node, defaults: Mapping[str, Any], remote: str | None) -> Entry | None:
        """Return what one item of `images` says; None where it does not even name a directory and a repository."""
        node = self.mapping(item, IMAGE_KEYS, "an image")
        directory, repository = self.text(node, "directory", ""), self.text(node, "repository", "")
        for key, value in (("directory", directory), ("repository", repository)):
            if not value:
                self.wrong(item, f"an image needs a `{key}`")
        if not directory or not repository:
            return None
        found = self.options(node)
        if remote is not None:
            found.pop("remote", None)
        answers = {**defaults.get("answers", {}), **found.pop("answers", {})}
        values = {**{key: value for key, value in defaults.items() if key != "answers"}, **found}
        with_repo = {"repo": repository, **answers}
        try:
            check_answers(with_repo)
        except BadInputError as error:
            self.wrong(node.get("answers", node["repository"]), str(error))
        if pattern := values.get("remote", ""):
            values["remote"] = self.address(node.get("remote", item), pattern, repository)
        if pattern := values.get("image", ""):
            values["image"] = self.address(node.get("image", item), pattern, repository, "image")
            self.image(node.get("image", item), values["image"])
        replaces = self.texts(node, "replaces") if "replaces" in node else ()
        for name in replaces:
            self.image(node["replaces"], name)
        values["removal"] = values["removal"].and_also(self.removal(node, everywhere=False))
        former = self.texts(node, "former_paths") if "former_paths" in node else None
        return Entry(
            line=item.line,
            directory=directory.strip("/").removeprefix("./"),
            repository=repository,
            former_paths=former,
            skip=self.flag(node, "skip"),
            answers=answers,
            replaces=replaces,
            **values,
        )

    def options(self, node: Mapping[str, yaml_text.Node]) -> dict[str, Any]:
        """Return the options that are there, with `registry` as the answer that it is."""
        found: dict[str, Any] = {}
        readers: dict[str, Callable[[Mapping[str, yaml_text.Node], str], Any]] = {
            **dict.fromkeys(("template", "keep_messages", "only_moved_files"), self.flag),
            **dict.fromkeys(("remote", "visibility", "description", "image"), self.text),
            **dict.fromkeys(("topics", "secrets"), self.texts),
        }
        for key, read in readers.items():
            if key in node:
                found[key] = read(node, key)
        if found.get("visibility", "private") not in ("private", "public"):
            self.wrong(node["visibility"], f"visibility is private or public, not {found['visibility']}")
        answers = self.answers(node["answers"]) if "answers" in node else {}
        if "registry" in node:
            answers.setdefault("registry", self.text(node, "registry"))
        if answers:
            found["answers"] = answers
        return found

    def removal(self, node: Mapping[str, yaml_text.Node], *, everywhere: bool) -> Removal:
        """Return what is to be removed; a file is named from the manifest's directory."""
        keys = ("drop_paths", "replace_text", "strip_blobs_bigger_than")
        present = [key for key in keys if key in node]
        if not present:
            return NOTHING
        file = self.text(node, "replace_text")
        try:
            return read_removal(
                self.texts(node, "drop_paths") if "drop_paths" in node else (),
                str(Path(self.name).parent / file) if file else None,
                self.text(node, "strip_blobs_bigger_than") or None,
                everywhere=everywhere,
            )
        except BadInputError as error:
            self.wrong(node[present[0]], str(error))
            return NOTHING

    def answers(self, node: yaml_text.Node) -> dict[str, str]:
        """Return the answers to the template's questions, as they are written: 3.10 stays 3.10."""
        here = yaml_text.resolved(node)
        if not isinstance(here, yaml_text.MappingNode):
            self.wrong(node, "`answers` is a mapping: one `key: value` for each answer")
            return {}
        found = {}
        for key, (_, value) in yaml_text.effective(here).items():
            scalar = yaml_text.resolved(value)
            if not isinstance(scalar, yaml_text.ScalarNode):
                self.wrong(value, f"the answer to {key} must be one text")
            elif key == "repo":
                self.wrong(value, "`repo` is the image's `repository`. Remove this answer")
            else:
                found[key] = scalar.value
        return found

    def mapping(self, node: yaml_text.Node, known: Sequence[str], what: str) -> dict[str, yaml_text.Node]:
        """Return the values of a mapping by their keys, and note the unknown ones."""
        here = yaml_text.resolved(node)
        if not isinstance(here, yaml_text.MappingNode):
            self.wrong(node, f"{what} is a mapping of keys to values")
            return {}
        pairs = yaml_text.effective(here)
        for name, (key, _) in pairs.items():
            if name not in known:
                self.wrong(key, f"{what} has no key `{name}`. The keys are {', '.join(known)}")
        return {name: value for name, (_, value) in pairs.items() if name in known}

    def text(self, node: Mapping[str, yaml_text.Node], key: str, default: str = "") -> str:
        """Return a text, `default` where there is none."""
        if key not in node:
            return default
        scalar = yaml_text.resolved(node[key])
        if not isinstance(scalar, yaml_text.ScalarNode) or "\n" in scalar.value.strip():
            self.wrong(node[key], f"`{key}` must be one line of text")
            return default
        return scalar.value.strip()

    def flag(self, node: Mapping[str, yaml_text.Node], key: str) -> bool:
        """Return a boolean, False where there is none."""
        value = yaml_text.data(node[key]) if key in node else False
        if not isinstance(value, bool):
            self.wrong(node[key], f"`{key}` is true or false")
        return value is True

    def texts(self, node: Mapping[str, yaml_text.Node], key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        here = yaml_text.resolved(node[key])
        items = (
            [yaml_text.resolved(item) for item in here.items] if isinstance(here, yaml_text.SequenceNode) else [here]
        )
        found = tuple(one.value for one in items if isinstance(one, yaml_text.ScalarNode))
        if len(found) != len(items) or not isinstance(here, yaml_text.SequenceNode):
            self.wrong(node[key], f"`{key}` is a list of texts")
            return ()
        return found

    def address(self, node: yaml_text.Node, pattern: str, repository: str, key: str = "remote") -> str:
        """Return the address of one repository, or the name of its image."""
        if WHAT_NAMES_THE_REPOSITORY not in pattern and "{" in pattern:
            self.wrong(node, f"the only variable of `{key}` is {WHAT_NAMES_THE_REPOSITORY}: {pattern}")
        return pattern.replace(WHAT_NAMES_THE_REPOSITORY, repository)

    def image(self, node: yaml_text.Node, name: str) -> None:
        """Note a mistake in the name of an image."""
        try:
            ImageRef.parse(name)
        except BadInputError as error:
            self.wrong(node, str(error))


def clashes(name: str, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for every two images that want one repository, or of which one is inside the other."""
    repositories: dict[str, Entry] = {}
    remotes: dict[str, Entry] = {}
    for one in entries:
        first = repositories.setdefault(one.repository.lower(), one)
        if first is not one:
            yield (
                f"{name}:{one.line}: {one.directory} has the repository {one.repository}, as {first.directory} in line "
                f"{first.line}. Choose another name"
            )
        elif one.remote and remotes.setdefault(one.remote, one) is not one:
            yield (
                f"{name}:{one.line}: {one.directory} has the remote {one.remote}, as {remotes[one.remote].directory}. "
                f"Write {WHAT_NAMES_THE_REPOSITORY} into `remote`"
            )
    for number, one in enumerate(entries):
        for other in entries[:number]:
            outer, inner = sorted((one, other), key=lambda entry: len(entry.directory))
            if inner.directory == outer.directory:
                yield f"{name}:{one.line}: {one.directory} is in line {other.line}, too. Remove one"
            elif inner.directory.startswith(outer.directory + "/"):
                yield (
                    f"{name}:{inner.line}: {inner.directory} is inside of {outer.directory} in line {outer.line}. Skip "
                    "one of them"
                )
