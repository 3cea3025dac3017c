"""Find the profile and the choice that a values path leads to."""

import re
from dataclasses import dataclass

from hubimages.references.find.layouts import nodes
from hubimages.references.reference import Path
from hubimages.yaml_text import MappingNode, Node, ScalarNode, SequenceNode, Tree, pair_of, resolved

LISTS = ("profileList", "profile_list")  # the chart's key, and KubeSpawner's own
UNLISTED = "unlisted_choice"


@dataclass(frozen=True)
class ProfilePlace:
    """The slug of a profile, the key of a choice, and what users read."""

    profile: str = ""
    choice: str = ""
    title: str = ""
    beside_default: bool = False  # the list offers `singleuser.image`, too: an entry has no image


def profile_place(tree: Tree, document: int, path: Path, offering: dict[int, bool]) -> ProfilePlace:
    """Return the profile and choice that a path is in; empty outside of a profile list.

    `offering` keeps, for the next call, which lists offer `singleuser.image`.
    """
    at = next((number for number, part in enumerate(path[:-1]) if part in LISTS), None)
    if at is None or not isinstance(path[at + 1], int):
        return ProfilePlace()
    profiles = tree.find(path[: at + 1], document)
    profile = nodes.at(profiles, path[at + 1])
    name = _text(profile, "display_name")
    if id(profiles) not in offering:
        offering[id(profiles)] = _offers_default(profiles)
    beside_default = offering[id(profiles)]
    slug = _text(profile, "slug") or slug_of(name)
    for number, part in enumerate(path):
        if number <= at + 1 or part not in ("choices", UNLISTED) or number + 1 >= len(path):
            continue
        key = UNLISTED if part == UNLISTED else str(path[number + 1])
        node = nodes.at(profile, *path[at + 2 : number + (1 if part == UNLISTED else 2)])
        return ProfilePlace(
            slug, key, " / ".join(filter(None, (name, _text(node, "display_name") or key))), beside_default
        )
    return ProfilePlace(slug, "", name, beside_default)


def slug_of(display_name: str) -> str:
    """Return the slug that KubeSpawner gives a profile without one, which `slugify` makes from its name."""
    return re.sub(r"[^a-z0-9]+", "-", display_name.lower()).strip("-")


def _offers_default(profiles: Node | None) -> bool:
    """Return True if a profile of the list, or a choice between images, leaves users with `singleuser.image`."""
    return isinstance(profiles, SequenceNode) and not all(_has_image(resolved(each)) for each in profiles.items)


def _has_image(profile: Node) -> bool:
    if _overrides_image(profile):
        return True
    options = _below(profile, "profile_options")
    for _, option in options.pairs if isinstance(options, MappingNode) else ():
        choices = _below(option, "choices")
        found = [_overrides_image(each) for _, each in choices.pairs] if isinstance(choices, MappingNode) else []
        if found and all(found):
            return True
    return False


def _overrides_image(entry: Node) -> bool:
    return _below(_below(entry, "kubespawner_override"), "image") is not None


def _below(node: Node | None, key: str) -> Node | None:
    here = resolved(node) if node is not None else None
    pair = pair_of(here, key) if isinstance(here, MappingNode) else None
    return resolved(pair[1]) if pair else None


def _text(node: Node | None, key: str) -> str:
    if not isinstance(node, MappingNode):
        return ""
    pair = pair_of(node, key)
    value = resolved(pair[1]) if pair else None
    return " ".join(value.value.split()) if isinstance(value, ScalarNode) else ""
