"""What a change of tags edits, commits and asks: the plan of point-hubs, bump-images and roll-back-image."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from hubimages.console import count
from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.markdown import block, name
from hubimages.references import selection
from hubimages.references.change.aliases import also_changed
from hubimages.references.change.kept import Kept
from hubimages.references.change.retag import Target, edits_in_turn
from hubimages.references.reference import Inventory, Reference, is_hub
from hubimages.references.selection import Selection, named
from hubimages.repository import delivery
from hubimages.repository.changes import Commit
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo

Section = Callable[[int], str]  # a text of so many characters at most

# GitHub takes 65,536 characters (https://github.com/orgs/community/discussions/27190).
MOST, MOST_REASONS, LONGEST_REASON = 60_000, 50, 300


@dataclass(frozen=True)
class Wanted:
    """References to set to one image and tag; `digest` is the one in the registry, empty if not asked."""

    image: ImageRef
    references: Sequence[Reference]
    digest: str = ""


@dataclass(frozen=True)
class Change:
    """The edits that set one image to one tag, on top of the edits of the changes before."""

    image: ImageRef
    targets: dict[Reference, Target]
    edits: Sequence[FileEdit]
    aliases: Sequence[str] = ()  # other values that change with a tag, since they are aliases of it
    pinned: Sequence[Reference] = ()  # by a digest, which the registry gives when the edits are written

    @cached_property
    def changed(self) -> list[Reference]:
        """The references that get another tag or name."""
        return [each for each, target in self.targets.items() if target.changes(each)]

    @cached_property
    def hubs(self) -> list[str]:
        """The hubs that will run another image."""
        return sorted({hub for each in (*self.changed, *self.pinned) for hub in each.hubs})

    def radius(self) -> str:
        """Return a summary: the numbers of places, files and hubs, then each place with old and new tag."""
        files = {each.file for each in (*self.changed, *self.pinned)}
        places = len(self.changed) + len(self.pinned)
        head = f"{self.image}: {count(places, 'place')} in {count(len(files), 'file')}, {count(len(self.hubs), 'hub')}"
        lines = [head]
        for each in self.changed:
            hubs = named(each.hubs) or "no hub"
            old = Target(each.tag, each.digest, each.image if self.targets[each].name else None)
            shown = f"{old or '(no tag)'} -> {self.targets[each]}"
            lines.append(f"  {each.file}:{each.line} {each.values_path}\n    {shown}   {hubs}")
        lines += [
            f"  {each.file}:{each.line} is pinned by a digest; the new digest is looked up when the tag is written"
            for each in self.pinned
        ]
        return "\n".join(lines)

    def message(self, because: str = "") -> str:
        """Return the commit message."""
        old = sorted({str(each.image) if self.targets[each].name else each.tag for each in self.changed if each.tag})
        files = ", ".join(map(name, sorted({each.file for each in self.changed})))
        where = f"Hubs: {named([*map(name, self.hubs)])}." if self.hubs else f"Files: {files}."
        subject = f"Use {self.image.repository}:{self.image.tag}"
        body = f"{'Was ' + ', '.join(old) + '. ' if old else ''}{where}"
        return "\n\n".join(filter(None, (subject, body, because)))


@dataclass(frozen=True)
class TagPlan:
    """Everything that one run changes, with one commit for each image."""

    repo: Repo
    inventory: Inventory
    changes: Sequence[Change]
    delivery: Delivery
    notes: Sequence[str] = field(default_factory=tuple)
    because: str = ""
    kept: Sequence[Kept] = ()  # what could be newer and is left as it is
    warnings: Sequence[str] = ()  # what does not go together once this is done

    @property
    def commits(self) -> list[Commit]:
        """One commit for each image."""
        return [Commit(each.message(self.because), each.edits) for each in self.changes if each.edits]

    def on_branch_of_its_own(self, name: str) -> "TagPlan":
        """Return the plan on a branch named after the tags, so that the same tags are proposed only once."""
        tags = "\n".join(str(each.image) for each in self.changes)
        own = f"hubimages/{name}-{hashlib.sha256(tags.encode()).hexdigest()[:8]}"
        return replace(self, delivery=replace(self.delivery, branch=own))

    def show(self) -> str:
        """Return the places, the notes, the diffs and the commands."""
        text = "\n".join([self.reached(), ""])
        return text + "\n" + delivery.plan(self.repo, self.commits, self.delivery)

    def reached(self) -> str:
        """Return the places that change, those that are kept, and the notes."""
        return "\n".join([*(each.radius() for each in self.changes), *map(str, self.kept), *self.notes, *self.warnings])

    def check(self) -> None:
        """Raise an error if the plan cannot be carried out: RefusedError, and what `delivery.check` raises."""
        pinned = [f"{each.file}:{each.line}" for change in self.changes for each in change.pinned]
        if pinned:
            raise RefusedError(
                f"{', '.join(pinned)}: pinned by a digest. Give the new digest, too: IMAGE:TAG@sha256:..."
            )
        delivery.check(self.repo, self.commits, self.delivery)

    def apply(self, inside: Section = lambda most: "") -> str:
        """Write, commit and propose the edits, as far as the delivery says, and return what was done.

        `inside` goes into the text of a pull request. Raises as `check` does, and what git raises.
        """
        self.check()
        first = self.changes[0]
        title = (
            first.message().splitlines()[0]
            if len(self.changes) == 1
            else f"Use newer tags of {len(self.changes)} images"
        )
        return delivery.deliver(self.repo, self.commits, self.delivery, title=title, body=self.body(inside))

    def body(self, inside: Section) -> str:
        """Return the text of the pull request: the places, why, and what is different inside the images."""
        places = "\n".join(each.radius() for each in self.changes).splitlines()
        reasons = [line[:LONGEST_REASON] for line in self.because.splitlines()]
        parts = (block(places, MOST // 3), "\n".join(reasons[:MOST_REASONS]), self.warned(MOST // 3))
        above = "\n\n".join(filter(None, parts))
        return f"{above}\n\n{inside(MOST - len(above) - 2)}".strip()

    def warned(self, most: int) -> str:
        """Return what does not go together, in about `most` characters at most; empty if nothing is known."""
        return f"Does it go with the hubs?\n\n{block(self.warnings, most)}" if self.warnings else ""

    def as_json(self, **more: object) -> str:
        """Return the places as one JSON object, with more keys."""
        places = [
            {
                "file": each.file, "line": each.line, "path": each.values_path, "hubs": list(each.hubs),
                "image": change.image.repository, "before": each.tag, "after": change.targets[each].tag,
                **({"instead_of": each.repository} if change.targets[each].name else {}),
            }
            for change in self.changes
            for each in change.changed
        ]  # fmt: skip
        kept = {"kept": [each.as_object() for each in self.kept]} if self.kept else {}
        warned = {"warnings": [*self.warnings]} if self.warnings else {}
        return json.dumps({"version": 1, "changes": places, **kept, **warned, **more}, indent=2)


class Ask(Protocol):
    """Ask a question and return the answer; with flags that answer it, if they are others than the task's."""

    def __call__(self, question: str, /, *, recommended: bool = ..., flags: str = ...) -> bool: ...


def changes_of(repo: Repo, inventory: Inventory, wanted: Sequence[Wanted]) -> list[Change]:
    """Return the edits that set all references, each change on top of the one before.

    A pinned place gets the digest of the image, or else the registry's; without either it goes into `pinned`. Raises
    RefusedError if two changes want different texts at one place.
    """
    assert repo.work_tree is not None
    targets: list[dict[Reference, Target]] = []
    pinned: list[list[Reference]] = []
    for one in wanted:
        here: dict[Reference, Target] = {}
        left = []
        for each in selection.with_siblings(inventory, one.image, one.references):
            if each.digest and not (one.image.digest or one.digest):
                left.append(each)
            else:
                name = one.image if (each.host, each.name) != (one.image.host, one.image.name) else None
                here[each] = Target(one.image.tag, one.image.digest or (one.digest if each.digest else ""), name)
        targets.append(here)
        pinned.append(left)
    edits = edits_in_turn(repo.work_tree, targets)
    return [
        Change(one.image, here, turn, also_changed(repo.work_tree, here), left)
        for one, here, turn, left in zip(wanted, targets, edits, pinned, strict=True)
    ]


def others_of(made: Sequence[Change], chosen: Selection) -> list[str]:
    """Return the hubs that change with the chosen ones, because they share a place."""
    hubs = sorted({hub for change in made for hub in change.hubs})
    return [hub for hub in hubs if chosen.hubs and not any(is_hub(hub, given) for given in chosen.hubs)]


def notes_of(inventory: Inventory, change: Change, chosen: Selection) -> list[str]:
    """Return what a person should know before they agree."""
    others = others_of([change], chosen)
    notes = [f"note: other hubs share these places and change, too: {named(others)}"] if others else []
    nameless = [
        f"{each.file}:{each.line} {each.values_path} (tag {each.version})"
        for each in inventory.references
        if not each.name and chosen.has(each)
    ]
    notes += [f"note: an alias of a tag changes with it: {each}" for each in change.aliases]
    if nameless:
        notes.append(f"note: left alone, because no file names the image: {', '.join(nameless)}")
    return notes


def agree(plan: TagPlan, chosen: Selection, ask: Ask, *, everywhere: bool, by_name: str) -> None:
    """Ask the person to agree to the plan unless the options say so. Raises RefusedError if they do not.

    Hubs that were not chosen, and share a place with one that was, change only if the person names them (`by_name`) or
    agrees on a terminal: who asks for one hub and says --yes may not know that it has a file in common with sixty.
    """
    if everywhere:
        return
    places = count(sum(len(each.changed) for each in plan.changes), "place")
    hubs = sorted({hub for each in plan.changes for hub in each.hubs})
    if others := others_of(plan.changes, chosen):
        question = f"Change {places} for {count(len(hubs), 'hub')}, {len(others)} of which you did not name?"
        agreed = ask(question, recommended=False, flags=by_name)
    elif not hubs and plan.inventory.hubs and not chosen.files:
        agreed = ask(f"No hub runs what this changes. Change {places}?")
    elif chosen.is_everything and places != "1 place":
        agreed = ask(f"Change {places} for {count(len(hubs), 'hub')}: {named(hubs) or 'none'}?")
    else:
        return
    if not agreed:
        raise RefusedError("nothing was changed")
