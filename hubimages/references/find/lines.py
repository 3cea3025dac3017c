"""Read a file that is not YAML line by line: a Helm or Jinja template, a file of variables.

A reference is found in one line, or as `name` and `tag` in lines next to each other; its path is not known.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from hubimages.references.find.image_keys import is_meant, is_variable, names_image
from hubimages.references.image_text import ImageText, is_placeholder, read_image, read_tag
from hubimages.references.reference import Form, Place, Reference

_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?:-[ \t]+)?(?:export[ \t]+)?[\"']?(?P<key>[\w.-]+)[\"']?(?P<sign>[ \t]*:[ \t]+|[ \t]*=[ \t]*)"
    r"(?P<quote>[\"']?)(?P<value>[^\s\"']+)(?P=quote)[ \t]*,?[ \t]*(?:#.*)?\r?"
)
_OPENS = re.compile(r"[ \t]*(?:-[ \t]+)?[\"']?(?P<key>[\w.-]+)[\"']?[ \t]*(?::|[:=]?[ \t]*\{)[ \t]*(?:#.*)?\r?")


_BRACE = re.compile(r"(?P<key>[\w.-]+)[\"']?[ \t]*[:=]?[ \t]*\{[ \t]*\r?$")  # the last one that a line opens


def find(file: str, text: str) -> tuple[list[Reference], int]:
    """Return the references in the order of their lines, and the number of placeholders."""
    found: list[Reference] = []
    placeholders = 0
    above, names, tags = "", {}, {}  # type: str, dict[str, Place], dict[str, Place]
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        matched = _LINE.fullmatch(line)
        if matched:
            key, value = matched["key"], matched["value"]
            start = offset + matched.start("value")
            place = Place(file, number, start, start + len(value), value, (0, len(value)))
            if names_image(key) or is_variable(key) or (key == "name" and _whole(value)):
                reference = _string(key, place)
                found += [reference] if reference else []
                placeholders += is_placeholder(value)
            elif names_image(above) and key in ("name", "repository"):
                names = {matched["indent"]: place}
            elif names_image(above) and key == "tag":
                tags = {matched["indent"]: place}
            for indent in names.keys() & tags.keys():
                found += _pair(names.pop(indent), tags.pop(indent))
        elif opened := _OPENS.fullmatch(line) or _BRACE.search(line):
            above, names, tags = opened["key"], {}, {}
        offset += len(line) + 1
    return sorted(found, key=lambda each: each.line), placeholders


def _whole(value: str) -> bool:
    """Return True for a path with a tag, as hubploy.yaml has it under `name`: it can only be an image."""
    read = read_image(value)
    return read is not None and "/" in value and bool(read.image.tag or read.image.digest)


def _string(key: str, place: Place) -> Reference | None:
    read = read_image(place.value)
    if read is None or not is_meant("image" if key == "name" else key, read, place.value):
        return None
    return string(Form.ENVIRONMENT if is_variable(key) else Form.STRING, place, read)


def string(form: Form, place: Place, read: ImageText) -> Reference:
    """Return the reference of a name and tag in one place."""
    image = read.image
    return Reference(
        form, place.file, place.line, (), image.host, image.name, image.tag, image.digest,
        replace(place, part=read.part, lead=read.lead), replace(place, part=read.name_part), parsed=False,
    )  # fmt: skip


def _pair(name: Place, tag: Place) -> Iterator[Reference]:
    read, tagged = read_image(name.value), read_tag(tag.value)
    if read and tagged and read.lead:
        image = read.image
        yield Reference(Form.PAIR, tag.file, tag.line, (), image.host, image.name, *tagged, tag, name, parsed=False)
