"""Name what looks like an image in a YAML text but is not read as a reference."""

import re
from collections.abc import Iterator

from hubimages.references.image_text import read_image
from hubimages.references.reference import NotRead, Path, dotted
from hubimages.yaml_text import MappingNode, Node, ScalarNode

BLOCKS = ("literal", "folded")
IN_CODE = re.compile(r"image[\"']?[ \t]*[:=][ \t]*[\"']?(?P<image>[\w./:@-]+)", re.IGNORECASE)


def images_in_code(file: str, scalar: ScalarNode, path: Path) -> Iterator[NotRead]:
    """Yield the images in the text of a program, for example in hub.extraConfig."""
    for matched in IN_CODE.finditer(scalar.value):
        read = read_image(matched["image"])
        if read and (read.image.tag or read.image.digest):
            line = scalar.line + 1 + scalar.value.count("\n", 0, matched.start())
            yield NotRead(file, line, f"image in other text ({dotted(path)} names {read.image})")


def keys_twice(file: str, node: MappingNode) -> Iterator[NotRead]:
    """Yield duplicate keys that may hold an image; Helm uses the last one."""
    seen: dict[str, Node] = {}
    for key, _ in node.pairs:
        if not isinstance(key, ScalarNode):
            continue
        if key.value in seen and ("image" in key.value.lower() or key.value == "tag"):
            reason = f"duplicate key `{key.value}`; the last one counts (line {key.line})"
            yield NotRead(file, seen[key.value].line, reason)
        seen[key.value] = key
