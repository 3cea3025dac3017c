"""What a person has to look at in a YAML text, since it is not read as a reference."""

import re
from collections.abc import Iterator

from hubimages.references.image_text import read_image
from hubimages.references.reference import NotRead, Path, dotted
from hubimages.yaml_text import MappingNode, Node, ScalarNode

BLOCKS = ("literal", "folded")
IN_CODE = re.compile(r"image[\"']?[ \t]*[:=][ \t]*[\"']?(?P<image>[\w./:@-]+)", re.IGNORECASE)


def images_in_code(file: str, scalar: ScalarNode, path: Path) -> Iterator[NotRead]:
    """Images in a program's text, in hub.extraConfig say."""
    for matched in IN_CODE.finditer(scalar.value):
        read = read_image(matched["image"])
        if read and (read.image.tag or read.image.digest):
            line = scalar.line + 1 + scalar.value.count("\n", 0, matched.start())
            yield NotRead(file, line, f"an image inside of other text ({dotted(path)} names {read.image})")


def keys_twice(file: str, node: MappingNode) -> Iterator[NotRead]:
    """Keys that may hold an image and stand twice: Helm takes the last one."""
    seen: dict[str, Node] = {}
    for key, _ in node.pairs:
        if not isinstance(key, ScalarNode):
            continue
        if key.value in seen and ("image" in key.value.lower() or key.value == "tag"):
            reason = f"the key {key.value} stands again at line {key.line}, which is what counts"
            yield NotRead(file, seen[key.value].line, reason)
        seen[key.value] = key
