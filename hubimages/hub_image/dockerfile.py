"""Find the base images of a Dockerfile, and the places of their tags in its text.

`FROM` is read as BuildKit reads it: `--platform`, arguments with and without defaults, stages that build upon stages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hubimages.errors import BadInputError
from hubimages.hub_image.instructions import Instruction, Letter, instructions, spell, unquoted, words
from hubimages.hub_image.published import is_hub_image
from hubimages.image_ref import ImageRef

HUB_IMAGE = "jupyterhub/k8s-hub"

VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?(?:\}|(?P<open>\Z)))")
# https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
PLATFORM = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)")
LONGEST = 100_000  # characters of an expanded argument; each line of ARG can double the one before
COPYING = ("COPY", "ADD", "RUN")
COPIED_FROM = re.compile(r"""--from=(?P<image>.+)|--mount=(?:[^\s"']*,)?from=(?P<mounted>[^\s,"']++).*""")


@dataclass(frozen=True)
class Span:
    """Offsets in code points of a text in the Dockerfile, or in the value of one of its build arguments."""

    start: int
    end: int
    build_arg: str = ""


@dataclass(frozen=True)
class Base:
    """An image that a Dockerfile takes: the base of a stage, or one that files are copied from.

    `text` has the values of arguments put in. `tag` is the place of the tag; None if there is no tag, or if it comes
    from several places. `without_value` names the arguments that have neither a default nor a value. `line` counts from
    1. `copied` is True for `COPY --from=` and `RUN --mount=from=`.
    """

    text: str
    line: int
    tag: Span | None = None
    without_value: tuple[str, ...] = ()
    copied: bool = False

    def reference(self) -> ImageRef:
        """Return the image reference. Raises BadInputError if the text is none."""
        return ImageRef.parse(self.text)

    @property
    def is_hub(self) -> bool:
        """Return True for the hub image of Zero to JupyterHub, or a copy of it in another registry."""
        return is_hub_image(self.text)

    @property
    def repository(self) -> str:
        """Return the image without tag and digest, in its shortest spelling; empty if the text is no reference."""
        try:
            return self.reference().repository
        except BadInputError:
            return ""


def bases(text: str, build_args: Mapping[str, str]) -> tuple[Base, ...]:
    """Return every image that the Dockerfile takes, in order; without those that are stages themselves."""
    found: list[Base] = []
    arguments: dict[str, list[Letter]] = {}
    stages: set[str] = set()
    in_stage = False  # the arguments of a stage are unknown to every FROM
    for instruction in instructions(text):
        if instruction.keyword == "ARG" and not in_stage:
            declare(instruction, arguments, build_args)
        elif instruction.keyword == "FROM":
            in_stage = True
            named = [word for word in words(instruction.arguments) if not spell(word).startswith("--")]
            if not named:
                continue
            found += taken(named[0], instruction, arguments, stages)
            if len(named) > 2 and spell(named[1]).upper() == "AS":
                stages.add(spell(named[2]).lower())
        else:
            for word in copied(instruction):
                found += [replace(base, copied=True) for base in taken(word, instruction, {}, stages)]
    return tuple(found)


def taken(
    word: Sequence[Letter], instruction: Instruction, arguments: Mapping[str, list[Letter]], stages: set[str]
) -> list[Base]:
    """Return the image that a word names, as a list: empty for a stage, its number, or `scratch`."""
    without_value: list[str] = []
    image = expand(word, arguments, without_value)
    name = spell(image)
    if name.lower() in stages or name == "scratch" or name.isdigit() or (not name and not without_value):
        return []
    return [Base(name, instruction.line, tag_span(image), tuple(without_value))]


def copied(instruction: Instruction) -> Iterator[Sequence[Letter]]:
    """Yield what an instruction copies or mounts from: `COPY --from=IMAGE`, `RUN --mount=type=bind,from=IMAGE`."""
    if instruction.keyword not in COPYING:
        return
    for word in words(instruction.arguments):
        if not spell(word).startswith("--"):
            return
        if found := COPIED_FROM.fullmatch(spell(word)):
            name = "image" if found["image"] else "mounted"
            yield unquoted(word[found.start(name) : found.end(name)])


def declared_late(text: str) -> dict[str, int]:
    """Return the arguments that are declared only after the first FROM, which no FROM can use, and their lines."""
    early: set[str] = set()
    late: dict[str, int] = {}
    behind = False
    for instruction in instructions(text):
        behind = behind or instruction.keyword == "FROM"
        for word in words(instruction.arguments) if instruction.keyword == "ARG" else ():
            name = spell(word).partition("=")[0]
            if behind and name not in early:
                late.setdefault(name, instruction.line)
            elif not behind:
                early.add(name)
    return late


def with_tags(text: str, tags: Mapping[Span, str]) -> str:
    """Return the text with new tags at the spans, and no other difference."""
    for span in sorted(tags, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + tags[span] + text[span.end :]
    return text


def hub_bases(dockerfile: str, found: Sequence[Base], text: str = "") -> tuple[Base, ...]:
    """Return the hub images that the Dockerfile takes, all with a tag that can be edited.

    Raises BadInputError, with the line and the remedy, if there is none or one of them cannot be edited. `text` is the
    Dockerfile's, for a better remedy.
    """
    hubs = tuple(base for base in found if base.is_hub and not base.without_value)
    if not any(not base.copied for base in hubs):
        for base in found:
            if base.without_value:
                raise BadInputError(without_a_value(dockerfile, base, text))
        built_from = ", ".join(base.text for base in found if not base.copied) or "no image"
        raise BadInputError(f"{dockerfile} builds from {built_from}, not from {HUB_IMAGE}. It is not a hub image")
    for base in hubs:
        check_editable(dockerfile, base)
    return hubs


def without_a_value(dockerfile: str, base: Base, text: str) -> str:
    """Return what is wrong with a FROM whose argument has no value, and the remedy."""
    name = base.without_value[0]
    where = f"{dockerfile}:{base.line}: FROM uses ARG {name}, which has no value. "
    if line := declared_late(text).get(name):
        return f"{where}Move `ARG {name}` of line {line} above the first FROM"
    return f"{where}Write ARG {name}=VALUE above the first FROM, or set it in buildArgs of chartpress.yaml"


def check_editable(dockerfile: str, base: Base) -> None:
    """Raise BadInputError, with the line and the remedy, if the tag of the image cannot be edited."""
    where = f"{dockerfile}:{base.line}"
    try:
        reference = base.reference()
    except BadInputError as error:
        raise BadInputError(f"{where}: FROM {error}") from error
    if reference.digest:
        raise BadInputError(
            f"{where}: FROM pins a digest, which would keep the old image. "
            f"Write FROM {reference.repository}:{reference.tag or 'TAG'} without @{reference.digest[:14]}..."
        )
    if not reference.tag:
        raise BadInputError(f"{where}: FROM {base.text} has no tag. Write {base.text}:VERSION")
    if base.tag is None:
        raise BadInputError(
            f"{where}: the tag of {base.text} comes from several arguments. Write the whole tag in one ARG"
        )


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
        if found["open"] is not None:  # no variable; taken along, so that nothing behind it is looked through again
            break
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
        if len(expanded) > LONGEST:
            raise BadInputError(f"the arguments of a Dockerfile expand to more than {LONGEST} characters")
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
