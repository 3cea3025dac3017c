"""Find the base images of a Dockerfile.

The rules are those of https://docs.docker.com/reference/dockerfile/: `FROM` and `COPY --from` take an image, the name
of an earlier stage, or a variable that an `ARG` before the first `FROM` has given a default.
"""

import re
from dataclasses import dataclass, field, replace

from hubimages.references.image_text import ImageText, read_image
from hubimages.references.reference import Form, Place, Reference

NAMES = re.compile(r"(?:.*[./])?(Dockerfile|Containerfile)|(?:.*/)?(Dockerfile|Containerfile)\..+", re.IGNORECASE)

_ARG = re.compile(r"[ \t]*ARG[ \t]+(?P<name>\w+)=(?P<quote>[\"']?)(?P<value>[^\s\"']*)(?P=quote)", re.IGNORECASE)
_FROM = re.compile(
    r"[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(?P<image>[^\s#]\S*)(?:[ \t]+AS[ \t]+(?P<stage>\S+))?", re.IGNORECASE
)
_COPY = re.compile(r"[ \t]*(?:COPY|ADD|RUN)[ \t].*?--(?:from|mount=\S*from)=(?P<image>[^\s,]+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^{}]*))?\}|(?P<bare>\w+))")


@dataclass
class _Arguments:
    """The defaults of ARG, each with its place."""

    places: dict[str, Place] = field(default_factory=dict)

    def value(self, matched: "re.Match[str]") -> str | None:
        place = self.places.get(matched["braced"] or matched["bare"])
        return place.value if place and place.value else matched["default"]


def find(file: str, text: str) -> tuple[list[Reference], list[int]]:
    """Return the references in the order of their lines, and the line of each name that only the build knows."""
    arguments = _Arguments()
    stages = {"scratch"}
    found: dict[tuple[int, int], Reference] = {}
    unknown: list[int] = []
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        if (arg := _ARG.match(line)) and not found:
            arguments.places[arg["name"]] = _place(file, number, offset, arg, "value")
        matched = _FROM.match(line) or _COPY.match(line)
        if matched and matched["image"].lower() not in stages and not matched["image"].isdigit():
            reference = _reference(_place(file, number, offset, matched, "image"), arguments)
            if reference and reference.tag_place:
                found.setdefault((reference.tag_place.start, reference.tag_place.part[0]), reference)
            unknown += [number] if reference is None else []
        if matched and matched.re is _FROM and matched["stage"]:
            stages.add(matched["stage"].lower())
        offset += len(line) + 1
    return sorted(found.values(), key=lambda each: each.line), unknown


def _place(file: str, line: int, offset: int, matched: "re.Match[str]", group: str) -> Place:
    value = matched[group]
    return Place(file, line, offset + matched.start(group), offset + matched.end(group), value, (0, len(value)))


def _reference(place: Place, arguments: _Arguments) -> Reference | None:
    """Return the reference; None if a variable in it has no default, or the tag has several parts."""
    variables = list(_VARIABLE.finditer(place.value))
    if not variables:
        return _named(place, read_image(place.value), place)
    values = [arguments.value(each) for each in variables]
    whole = read_image(_VARIABLE.sub(lambda each: arguments.value(each) or "", place.value))
    last = variables[-1]
    argument = arguments.places.get(last["braced"] or last["bare"])
    if None in values or not whole or not argument:
        return None
    alone = last.span() == (0, len(place.value))  # FROM $BASE
    if alone or (last.end() == len(place.value) and place.value[last.start() - 1] == ":"):  # FROM name:$TAG
        return _named(argument, whole, place, tag_alone=None if alone else (0, last.start() - 1))
    tag = place.value.rpartition(":")[2]
    if whole.lead or "$" in tag or "/" in tag:
        return None
    part = (len(place.value) - len(tag), len(place.value))  # FROM $REGISTRY/name:tag
    return _named(place, ImageText(whole.image, part), place)


def _named(
    place: Place, read: ImageText | None, line: Place, *, tag_alone: tuple[int, int] | None = None
) -> Reference | None:
    """Return the reference whose tag is a part of a place, or with `tag_alone` the whole place.

    `tag_alone` is the span of the name in `line`.
    """
    if read is None:
        return None
    part, lead = ((0, len(place.value)), "") if tag_alone else (read.part, read.lead)
    tag_place = replace(place, part=part, lead=lead)
    name_place: Place | None = replace(line, part=tag_alone) if tag_alone else replace(place, part=read.name_part)
    if name_place and "$" in name_place.text:
        name_place = None
    image = read.image
    return Reference(
        Form.DOCKERFILE,
        line.file,
        line.line,
        (),
        image.host,
        image.name,
        image.tag,
        image.digest,
        tag_place,
        name_place,
    )
