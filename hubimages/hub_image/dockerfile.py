"""Find the base images of a Dockerfile, and the places of their tags in its text.

`FROM` is read as BuildKit reads it: `--platform`, arguments with and without defaults, stages that build upon stages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubimages.errors import BadInputError
from hubimages.hub_image.instructions import Instruction, Letter, instructions, spell, unquoted, words
from hubimages.image_ref import ImageRef

HUB_IMAGE = "jupyterhub/k8s-hub"

VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})")
# https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
PLATFORM = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)")


@dataclass(frozen=True)
class Span:
    """Offsets in code points of a text in the Dockerfile, or in the value of one of its build arguments."""

    start: int
    end: int
    build_arg: str = ""


@dataclass(frozen=True)
class Base:
    """The base image of a stage: its `FROM` with the values of its arguments.

    `tag` is where the tag stands; None where there is none, or where it is put together from several places.
    `without_value` names the arguments that have neither a default nor a value. `line` counts from 1.
    """

    text: str
    line: int
    tag: Span | None = None
    without_value: tuple[str, ...] = ()

    def reference(self) -> ImageRef:
        """Return the image reference. Raises BadInputError if the text is none."""
        return ImageRef.parse(self.text)

    @property
    def is_hub(self) -> bool:
        """Whether it is the hub image of Zero to JupyterHub, from Docker Hub, quay.io or a mirror of them."""
        name = self.text.partition("@")[0]
        head, colon, tag = name.rpartition(":")
        name = head if colon and "/" not in tag else name
        return name == HUB_IMAGE or name.endswith(f"/{HUB_IMAGE}")


def bases(text: str, build_args: Mapping[str, str]) -> tuple[Base, ...]:
    """Return the base image of every stage, in order; without those that are stages themselves."""
    found: list[Base] = []
    arguments: dict[str, list[Letter]] = {}
    stages: set[str] = set()
    in_stage = False
    for instruction in instructions(text):
        if instruction.keyword == "ARG" and not in_stage:
            declare(instruction, arguments, build_args)
        elif instruction.keyword == "FROM":
            in_stage = True
            named = [word for word in words(instruction.arguments) if not spell(word).startswith("--")]
            if not named:
                continue
            without_value: list[str] = []
            image = expand(named[0], arguments, without_value)
            if spell(image).lower() not in stages and spell(image) != "scratch":
                found.append(Base(spell(image), instruction.line, tag_span(image), tuple(without_value)))
            if len(named) > 2 and spell(named[1]).upper() == "AS":
                stages.add(spell(named[2]).lower())
    return tuple(found)


def with_tags(text: str, tags: Mapping[Span, str]) -> str:
    """Return the text with new tags at the spans, and no other difference."""
    for span in sorted(tags, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + tags[span] + text[span.end :]
    return text


def hub_bases(dockerfile: str, found: Sequence[Base]) -> tuple[Base, ...]:
    """Those of the images that are the hub's and whose tag can be edited.

    Raises BadInputError, with the line and the remedy, if there is none or one of them cannot be edited.
    """
    for base in found:
        if base.without_value:
            name = base.without_value[0]
            raise BadInputError(
                f"{dockerfile}:{base.line}: FROM uses the argument {name}, which has no default: write "
                f"ARG {name}=VALUE above it, or give it in buildArgs of chartpress.yaml"
            )
    hubs = tuple(base for base in found if base.is_hub)
    if not hubs:
        built_upon = ", ".join(base.text for base in found) or "no image from outside"
        raise BadInputError(f"{dockerfile} builds from {built_upon}, not from {HUB_IMAGE}. It is not a hub image")
    for base in hubs:
        try:
            reference = base.reference()
        except BadInputError as error:
            raise BadInputError(f"{dockerfile}:{base.line}: FROM {error}") from error
        if reference.digest:
            raise BadInputError(
                f"{dockerfile}:{base.line}: FROM pins a digest, which would keep the old image. "
                f"Write FROM {reference.repository}:{reference.tag or 'TAG'} without @{reference.digest[:14]}..."
            )
        if not reference.tag:
            raise BadInputError(f"{dockerfile}:{base.line}: FROM {base.text} has no tag. Write {base.text}:VERSION")
        if base.tag is None:
            raise BadInputError(
                f"{dockerfile}:{base.line}: the tag of {base.text} comes from several arguments. "
                "Write the whole tag in one ARG"
            )
    return hubs


def declare(instruction: Instruction, arguments: dict[str, list[Letter]], build_args: Mapping[str, str]) -> None:
    """Add the arguments of `ARG NAME[=DEFAULT] ...`; a value given to the build wins over the default."""
    for word in words(instruction.arguments):
        name, equals, _ = spell(word).partition("=")
        if name in build_args:
            arguments[name] = [Letter(character, at, name) for at, character in enumerate(build_args[name])]
        elif equals:
            arguments[name] = expand(unquoted(word[len(name) + 1 :]), arguments, [])


def expand(word: Sequence[Letter], arguments: Mapping[str, Sequence[Letter]], without_value: list[str]) -> list[Letter]:
    """Return the word with the values of its variables; append names without a value to `without_value`."""
    expanded: list[Letter] = []
    text = spell(word)
    at = 0
    for found in VARIABLE.finditer(text):
        expanded += word[at : found.start()]
        at = found.end()
        name = found[1] or found[2]
        value = arguments.get(name)
        if (found[3] or "").endswith("-") and not value:
            value = word[found.start(4) : found.end(4)]
        elif (found[3] or "").endswith("+"):
            value = word[found.start(4) : found.end(4)] if value else []
        elif not value and PLATFORM.fullmatch(name):
            value = word[found.start() : found.end()]  # known only to a build
        elif not value:
            without_value.append(name)
        expanded += value or []
    return unquoted([*expanded, *word[at:]])


def tag_span(image: Sequence[Letter]) -> Span | None:
    """Return the place of an image's tag; None if it comes from several places."""
    text = spell(image).partition("@")[0]
    start = text.rfind(":") + 1
    tag = image[start : len(text)]
    if not start or "/" in spell(tag) or not tag:
        return None
    first = tag[0]
    if any(letter[1:] != (first.offset + index, first.build_arg) for index, letter in enumerate(tag)):
        return None
    return Span(first.offset, first.offset + len(tag), first.build_arg)
