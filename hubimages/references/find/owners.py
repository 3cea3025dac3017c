"""Find the program that keeps a tag up to date, so that nobody edits what it changes back."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hubimages.references.find.layouts.model import Hub, Owner
from hubimages.references.reference import Path, Reference

COMMENT = re.compile(r"#[ \t]*\{[ \t]*\"\$imagepolicy\"[ \t]*:[ \t]*\"(?P<policy>[^\"]+)\"")


def by_comment(references: Iterable[Reference], text: str) -> Iterator[Reference]:
    """Yield the references, with the policy of Flux that keeps a tag up to date.

    A comment behind the value says so: https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources
    """
    policies = {
        number: matched["policy"]
        for number, line in enumerate(text.split("\n"), 1)
        if "$imagepolicy" in line and (matched := COMMENT.search(line))
    }
    for each in references:
        policy = policies.get(each.line, "")
        parts = policy.split(":")
        if policy and not (len(parts) > 2 and parts[2] == "name"):
            yield replace(each, owner=f"Flux image policy {':'.join(parts[:2])}")
        else:
            yield each


def by_hub(references: Sequence[Reference], hubs: Sequence[Hub]) -> Iterator[Reference]:
    """Yield the references, with the program to which a hub that reads them gives their tags."""
    owning = [hub for hub in hubs if hub.owners]
    for each in references:
        owner = next((one for hub in owning for one in hub.owners if _owns(one, hub, each)), None)
        yield replace(each, owner=owner.program) if owner is not None and not each.owner else each


def _owns(owner: Owner, hub: Hub, reference: Reference) -> bool:
    if owner.repository != reference.repository:
        return False
    return any(not owner.paths or path in owner.paths for path in _whole_paths(hub, reference))


def _whole_paths(hub: Hub, reference: Reference) -> Iterator[Path]:
    """Yield the values paths that a hub has from a reference."""
    place = reference.tag_place or reference.name_place
    for layer in hub.layers:
        if layer.file == reference.file:
            for path in (reference.path, *reference.also):
                if layer.has(path, place.document if place else 0):
                    yield layer.whole(path)
