"""Find the images that Zero to JupyterHub publishes beside the hub's in a values file.

Two kinds: what the chart itself runs, under keys of its own, must have the chart's version. Wherever else such an image
stands, in a script or an extra container say, the deployment chose it, and may have reasons for its version.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubimages import yaml_text
from hubimages.hub_image.published import COMPANIONS, is_companion, is_hub_image, short_name
from hubimages.yaml_text import Path, Scalar

IN_TEXT = re.compile(r"(?<![\w.:/-])(?P<name>(?:[\w.:-]++/)+k8s-[\w-]+):(?P<tag>[A-Za-z0-9_][\w.-]*)")
COMMENT = re.compile(r"(^|\s)#")


@dataclass(frozen=True)
class Companion:
    """An image of Zero to JupyterHub: its name, its tag, its line from 1.

    `own` is True under the chart's own key; `tag_scalar` is then the scalar that the tag is in, or the end of.
    """

    name: str
    tag: str
    line: int
    own: bool = False
    tag_scalar: Scalar | None = None


def companions(text: str, sections: Sequence[Path]) -> list[Companion]:
    """Return every such image in a values file. `sections` are where the values of the jupyterhub chart begin."""
    if "k8s-" not in text:
        return []
    here = {scalar.path: scalar for scalar in yaml_text.scalars(text) if not scalar.document}
    found = list(under_own_keys(here, sections))
    taken = {one.line for one in found}
    found += [one for one in anywhere(text, here) if one.line not in taken]
    return sorted(found, key=lambda one: one.line)


def under_own_keys(here: dict[Path, Scalar], sections: Sequence[Path]) -> Iterator[Companion]:
    """Yield what the chart's own keys name: name and tag, or a tag alone, which belongs to the chart's own image."""
    for section in sections:
        for key, expected in COMPANIONS.items():
            path = (*section, *key)
            whole, tag = here.get(path), here.get((*path, "tag"))
            if whole is not None and short_name(whole.value) == expected:
                yield Companion(expected, whole.value.partition("@")[0].rpartition(":")[2], whole.line, True, whole)
            name = here.get((*path, "name")) or here.get((*path, "repository"))
            if (
                tag is not None
                and tag.value
                and (short_name(name.value) == expected if name else expected != "k8s-singleuser-sample")
            ):
                yield Companion(expected, tag.value, tag.line, True, tag)


def anywhere(text: str, here: dict[Path, Scalar]) -> Iterator[Companion]:
    """Yield what stands elsewhere: in one text with its tag, or with the tag beside it."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in IN_TEXT.finditer(line):
            known = is_companion(found["name"]) or is_hub_image(found["name"])
            if known and not COMMENT.search(line[: found.start()]):
                yield Companion(short_name(found["name"]), found["tag"], number)
    for path, scalar in here.items():
        tag = here.get((*path[:-1], "tag"))
        if tag and path[-1:] in (("name",), ("repository",)) and is_companion(scalar.value):
            yield Companion(short_name(scalar.value), tag.value, tag.line)


def bumped(text: str, sections: Sequence[Path], version: str) -> str:
    """Return the values file with the chart's own companions at another version."""
    new: dict[Scalar, str] = {}
    for one in companions(text, sections):
        scalar = one.tag_scalar
        if scalar is None or scalar.also or one.tag == version:
            continue
        new[scalar] = version if scalar.path[-1] == "tag" else scalar.value.rpartition(":")[0] + f":{version}"
    return yaml_text.replace(text, new) if new else text
