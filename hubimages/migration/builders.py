"""Read from a repository what builds the image of a directory, and under which name."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hubimages import hub_image, yaml_text
from hubimages.errors import BadInputError

HUBPLOY = re.compile(r"(.+/)?hubploy\.ya?ml")
# Files of programs that build images on a server, at their fixed places.
PIPELINES = re.compile(
    r"\.github/workflows/[^/]+\.ya?ml|\.circleci/config\.yml|\.travis\.yml|\.gitlab-ci\.yml|cloudbuild\.ya?ml"
    r"|azure-pipelines\.yml|Jenkinsfile|Makefile"
)

Reader = Callable[[str], str | None]


@dataclass(frozen=True)
class Builder:
    """What builds the image of one directory."""

    directory: str
    file: str
    line: int  # from 1
    image: str = ""  # host and name without a tag; "" if the file does not say it
    is_hub: bool = False  # the hub image, which `bump-hub-image` looks after
    builds: bool = True  # False: the file only names the directory

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def builders(files: Sequence[str], read: Reader, directories: Iterable[str]) -> tuple[list[Builder], list[str]]:
    """Return what builds the images of a repository, and what could not be read, a line each.

    chartpress.yaml and hubploy.yaml say themselves which directory they build; of the other files the lines count that
    name one of `directories`.
    """
    found: list[Builder] = []
    unread: list[str] = []
    for file in files:
        try:
            if HUBPLOY.fullmatch(file) and "{" not in file:
                found += of_hubploy(file, read(file) or "")
            elif hub_image.chartpress_files([file]):
                found += of_chartpress(file, read)
            elif PIPELINES.fullmatch(file):
                found += of_pipeline(file, read(file) or "", directories)
        except (BadInputError, yaml_text.UnreadableYamlError) as error:
            unread.append(str(error) if str(error).startswith(file) else f"{file}: {error}")
    return found, unread


def of_chartpress(file: str, read: Reader) -> Iterator[Builder]:
    """Yield the images that a chartpress.yaml builds."""
    for chart in hub_image.layout_of([file], read).charts:
        for image in chart.images:
            yield Builder(image.context, file, image.line, image.repository, image.is_hub)


def of_hubploy(file: str, text: str) -> Iterator[Builder]:
    """Yield the images that a hubploy.yaml builds; hubploy's defaults are those of its `hubploy/config.py`."""
    folder = posixpath.dirname(file)
    images = yaml_text.compose(text).find(("images",))
    if not isinstance(images, yaml_text.MappingNode):
        return
    options = {name: value for name, (_, value) in yaml_text.effective(images).items()}
    if "image_name" in options:
        yield Builder(posixpath.join(folder, "image"), file, options["image_name"].line, plain(options["image_name"]))
    listed = yaml_text.resolved(options["images"]) if "images" in options else None
    for item in listed.items if isinstance(listed, yaml_text.SequenceNode) else ():
        one = yaml_text.resolved(item)
        if isinstance(one, yaml_text.MappingNode):
            texts = {name: plain(value) for name, (_, value) in yaml_text.effective(one).items()}
            path = posixpath.normpath(posixpath.join(folder, texts.get("path") or "image"))
            yield Builder(path, file, one.line, texts.get("name", ""))


def plain(node: yaml_text.Node) -> str:
    """Return the text of a scalar without a tag of an image; "" for another node."""
    node = yaml_text.resolved(node)
    if not isinstance(node, yaml_text.ScalarNode):
        return ""
    above, slash, last = node.value.rpartition("/")
    return f"{above}{slash}{last.partition(':')[0]}"


def of_pipeline(file: str, text: str, directories: Iterable[str]) -> Iterator[Builder]:
    """Yield a builder for every directory that the file names, at the first line that does."""
    for directory in directories:
        name = re.compile(rf"(?<![\w./-]){re.escape(directory)}(?![\w-])")
        for number, line in enumerate(text.splitlines(), 1):
            if name.search(line.partition(" #")[0]):
                yield Builder(directory, file, number, builds=False)
                break
