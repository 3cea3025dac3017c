"""Name what looks like an image and is not read as a reference."""

import re
from collections.abc import Callable, Collection, Iterator

from hubimages.references.image_text import looks_like_image
from hubimages.references.reference import NotRead
from hubimages.yaml_text import MappingNode, Node, ScalarNode

# Hosts that nothing but images begins with.
REGISTRIES = (
    r"(?:quay\.io|ghcr\.io|docker\.io|(?:[a-z0-9-]+\.)?gcr\.io|registry\.k8s\.io|[a-z0-9-]+-docker\.pkg\.dev"
    r"|public\.ecr\.aws|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com|[a-z0-9]+\.azurecr\.io|mcr\.microsoft\.com|nvcr\.io"
    r"|registry\.gitlab\.com)"
)
NAMED = re.compile(rf"(?:(?<![\w./-])|(?<=:-)){REGISTRIES}/[\w./-]*\w(?::[\w][\w.-]*|@sha256:[0-9a-f]{{64}})")
SIGNS = (
    b"quay.io/", b"ghcr.io/", b"docker.io/", b"gcr.io/", b"registry.k8s.io/", b".pkg.dev/", b".ecr.", b".azurecr.io/",
    b"mcr.microsoft.com/", b"nvcr.io/", b"registry.gitlab.com/",
)  # fmt: skip
ENDS = sorted({sign[-4:] for sign in SIGNS})  # few, where searching thousands of files for every sign takes long
SIGN_TEXTS = [sign.decode() for sign in SIGNS]
PROSE = re.compile(
    r"[ \t-]*[\"']?\w*(description|message|help|title|display_name|comment|note|echo)\w*[\"']?[ \t]*[:= ]"
)
COMMENTED = re.compile(r"(^|[ \t])#|^[ \t]*//|\{\{-?[ \t]*/\*")


def may_name_image(content: bytes) -> bool:
    """Return True if a file may name an image of a public registry."""
    return any(map(content.__contains__, ENDS)) and any(map(content.__contains__, SIGNS))


def left_over(file: str, text: str, lines: Collection[int]) -> Iterator[NotRead]:
    """Yield the images of public registries in lines that nothing else was read in; not in comments and in prose."""
    for number, line in enumerate(text.split("\n"), 1):
        if number in lines or "/" not in line or not any(sign in line for sign in SIGN_TEXTS):
            continue
        for matched in NAMED.finditer(line):
            if not COMMENTED.search(line[: matched.start()]) and not PROSE.match(line):
                yield NotRead(file, number, f"image that no key explains ({matched[0]})")


def keys_twice(file: str, node: MappingNode, text: str, line: Callable[[int], int]) -> Iterator[NotRead]:
    """Yield duplicate keys whose lost value may hold an image; Helm uses the last one."""
    seen: dict[str, tuple[Node, Node]] = {}
    for key, value in node.pairs:
        if not isinstance(key, ScalarNode):
            continue
        if key.value in seen and key.value != "<<":
            lost_key, lost = seen[key.value]
            alone = isinstance(lost, ScalarNode) and looks_like_image(lost.value)
            if (
                alone
                or "image" in key.value.lower()
                or key.value == "tag"
                or "image" in text[lost.start : lost.end].lower()
            ):
                reason = f"duplicate key `{key.value}`; the last one counts (line {line(key.line)})"
                yield NotRead(file, line(lost_key.line), reason)
        seen[key.value] = (key, value)
