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
    r"(?P<quote>[\"']?)(?P<value>[^\s\"']+)(?P=quote)[ \t]*(?:,[ \t]*)?(?:#.*)?\r?"
)
_WRITTEN = re.compile(r"[ \t]*(?:-[ \t]+)?[\"']?(?P<key>[\w.-]+)[\"']?[ \t]*:[ \t]+\S")
_OPENS = re.compile(r"[ \t]*(?:-[ \t]+)?[\"']?(?P<key>[\w.-]+)[\"']?[ \t]*(?::|(?:[:=][ \t]*)?\{)[ \t]*(?:#.*)?\r?")


# Keys below one such as `image`, and what they hold.
PARTS = {"name": "name", "repository": "name", "tag": "tag", "digest": "digest", "sha": "digest"}
_BRACE = re.compile(
    r"(?<![\w.-])(?P<key>[\w.-]+)[\"']?[ \t]*(?:[:=][ \t]*)?\{[ \t]*\r?$"
)  # the last one that a line opens


def find(file: str, text: str) -> tuple[list[Reference], list[int]]:
    """Return the references in the order of their lines, and the line of each placeholder."""
    found: list[Reference] = []
    placeholders: list[int] = []
    above, blocks, open_blocks = "", [], {}  # type: str, list[dict[str, Place]], dict[str, dict[str, Place]]
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not above and not _may_count(line):
            offset += len(line) + 1
            continue
        matched = _LINE.fullmatch(line)
        if matched:
            key, value = matched["key"], matched["value"]
            start = offset + matched.start("value")
            place = Place(file, number, start, start + len(value), value, (0, len(value)))
            if names_image(key) or is_variable(key) or (key == "name" and _whole(value)):
                reference = _string(key, place)
                found += [reference] if reference else []
                placeholders += [number] if is_placeholder(value) else []
            elif above and (part := PARTS.get(key)):
                block = open_blocks.get(matched["indent"], {})
                if not block or part in block:
                    block = open_blocks[matched["indent"]] = {}
                    blocks.append(block)
                block[part] = place
        elif "{{" in line and (written := _WRITTEN.match(line)) and names_image(written["key"]):
            placeholders.append(number)  # a template that puts it together
        elif opened := _OPENS.fullmatch(line) or _BRACE.search(line):
            above, open_blocks = opened["key"] if names_image(opened["key"]) else "", {}
        offset += len(line) + 1
    for block in blocks:
        found += _pair(block)
    return sorted(found, key=lambda each: each.line), placeholders


def _may_count(line: str) -> bool:
    """Return True if a line may hold an image, or open the keys of one."""
    return ("name" in line and "/" in line) or "image" in line or "image" in line.lower()


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


def _pair(block: dict[str, Place]) -> Iterator[Reference]:
    """Yield the reference of a name and a tag in lines below the same key, with the digest beside them."""
    name, tag, digest = (block.get(part) for part in ("name", "tag", "digest"))
    read, tagged = read_image(name.value) if name else None, read_tag(tag.value) if tag else None
    if name and tag and read and tagged and read.lead:
        image = read.image
        yield Reference(
            Form.PAIR, tag.file, tag.line, (), image.host, image.name, tagged[0],
            tagged[1] or (digest.value if digest else ""), tag, name, digest, parsed=False,
        )  # fmt: skip
