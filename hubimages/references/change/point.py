"""Point hubs at another tag of an image: show the places that change, then change them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages.console import count
from hubimages.errors import BadInputError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.aliases import also_changed
from hubimages.references.change.kept import Kept
from hubimages.references.change.retag import Target, edits_in_turn
from hubimages.references.find.scan import find_references
from hubimages.references.reference import Inventory, Reference, is_hub
from hubimages.references.selection import Selection, named
from hubimages.registry import HiddenError, NotThereError, Registries
from hubimages.repository import changes, delivery
from hubimages.repository.changes import Commit
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo

Ask = Callable[[str], bool]
SHARED = "note: other hubs share these places"


@dataclass(frozen=True)
class Change:
    """The edits that set one image to one tag, on top of the edits of the changes before."""

    image: ImageRef
    targets: dict[Reference, Target]
    edits: Sequence[FileEdit]
    aliases: Sequence[str] = ()  # other values that change with a tag, since they are aliases of it
    pinned: Sequence[Reference] = ()  # by a digest, which the registry gives when the edits are written

    @property
    def changed(self) -> list[Reference]:
        """The references that get another tag or name."""
        return [each for each, target in self.targets.items() if target.changes(each)]

    @property
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
        where = named(self.hubs) or ", ".join(sorted({each.file for each in self.changed}))
        subject = f"Use {self.image.repository}:{self.image.tag}"
        body = f"{'Was ' + ', '.join(old) + '. ' if old else ''}Hubs: {where}."
        return "\n\n".join(filter(None, (subject, body, because)))


@dataclass(frozen=True)
class Plan:
    """Everything that one run changes, with one commit for each image."""

    repo: Repo
    inventory: Inventory
    changes: Sequence[Change]
    delivery: Delivery
    notes: Sequence[str] = field(default_factory=tuple)
    because: str = ""
    kept: Sequence[Kept] = ()  # what could be newer and is left as it is

    @property
    def commits(self) -> list[Commit]:
        """One commit for each image."""
        return [Commit(each.message(self.because), each.edits) for each in self.changes if each.edits]

    def on_branch_of_its_own(self, name: str) -> "Plan":
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
        return "\n".join([*(each.radius() for each in self.changes), *map(str, self.kept), *self.notes])

    def apply(self) -> str:
        """Write, commit and propose the edits, as far as the delivery says. Raises RefusedError and what git raises."""
        pinned = [f"{each.file}:{each.line}" for change in self.changes for each in change.pinned]
        if pinned:
            raise RefusedError(
                f"{', '.join(pinned)}: pinned by a digest. Give the new digest, too: IMAGE:TAG@sha256:..."
            )
        first = self.changes[0]
        title = (
            first.message().splitlines()[0]
            if len(self.changes) == 1
            else f"Use newer tags of {len(self.changes)} images"
        )
        body = "\n\n".join(["\n".join(["```", *(each.radius() for each in self.changes), "```"]), self.because]).strip()
        done = delivery.deliver(self.repo, self.commits, self.delivery, title=title, body=body)
        return "\n".join([self.reached(), done])

    def as_json(self) -> str:
        """Return the places as one JSON object."""
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
        return json.dumps({"version": 1, "changes": places, **kept}, indent=2)


def plan_point(
    directory: Path,
    image: ImageRef,
    chosen: Selection,
    wanted: Delivery,
    *,
    registries: Registries | None,
    because: str = "",
    instead_of: ImageRef | None = None,
) -> Plan | None:
    """Return the plan that sets the references of an image to the tag; None if all have it.

    `instead_of`: another image whose references get the new name, too; with a tag, only those at this tag. With
    `registries` the tag must exist, and pinned places get its digest. Raises BadInputError for a tag that does not
    exist or an image without references, NoAnswerError, RefusedError.
    """
    if not image.tag:
        raise BadInputError(f"{image} has no tag. Give one: {image.repository}:TAG")
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, chosen.hubs_file)
    found = (
        selection.to_change(inventory, instead_of, image, chosen)
        if instead_of
        else selection.of_image(inventory, image, chosen)
    )
    digest = check_tag(registries, image) if registries is not None else ""
    (change,) = changes_of(repo, inventory, [Wanted(image, found, digest)])
    if not change.changed and not change.pinned:
        return None
    check_owners(change.changed, chosen)
    return Plan(repo, inventory, [change], wanted, notes_of(inventory, change, chosen), because)


def check_owners(changed: Sequence[Reference], chosen: Selection) -> None:
    """Raise RefusedError for a place whose tag a robot keeps up to date: it would write its own tag again."""
    owned = [each for each in changed if each.owner and not chosen.also_automated]
    if owned:
        first = owned[0]
        more = f", and {count(len(owned) - 1, 'more place')}" if len(owned) > 1 else ""
        raise RefusedError(
            f"{first.file}:{first.line}: {first.owner} keeps this tag up to date{more}. Change the policy, or add "
            "--also-automated"
        )


@dataclass(frozen=True)
class Wanted:
    """References to set to one image and tag; `digest` is the one in the registry, empty if not asked."""

    image: ImageRef
    references: Sequence[Reference]
    digest: str = ""


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


def check_tag(registries: Registries, image: ImageRef) -> str:
    """Return the digest of the image's tag in the registry.

    Raises BadInputError if the tag does not exist or has another digest than given, NoAnswerError without an answer.
    """
    try:
        digest = registries.digest(image.at(image.tag))
    except NotThereError as error:
        raise BadInputError(f"{error}. Build and push it first, or add --unchecked") from error
    except HiddenError as error:
        raise type(error)(f"{error}. Log in, or add --unchecked") from error
    except NoAnswerError as error:
        raise NoAnswerError(f"{error}. To go on without the registry, add --unchecked") from error
    if image.digest and image.digest != digest:
        raise BadInputError(f"{image.repository}:{image.tag} is {digest} in the registry, not {image.digest}")
    return digest


def notes_of(inventory: Inventory, change: Change, chosen: Selection) -> list[str]:
    """Return what a person should know before they agree."""
    others = [hub for hub in change.hubs if chosen.hubs and not any(is_hub(hub, given) for given in chosen.hubs)]
    notes = [f"note: other hubs share these places and change, too: {named(others)}"] if others else []
    nameless = [f"{each.file}:{each.line}" for each in inventory.references if not each.name and chosen.has(each)]
    notes += [f"note: an alias of a tag changes with it: {each}" for each in change.aliases]
    if nameless:
        notes.append(f"note: left alone, because no file names the image: {', '.join(nameless)}")
    return notes


def agree(plan: Plan, chosen: Selection, ask: Ask, *, everywhere: bool) -> None:
    """Ask the person to agree to the plan unless the options say so. Raises RefusedError if they do not."""
    shared = any(note.startswith(SHARED) for note in plan.notes)
    places = sum(len(each.changed) for each in plan.changes)
    if everywhere or (not chosen.is_everything and not shared) or (places == 1 and not shared):
        return
    hubs = sorted({hub for each in plan.changes for hub in each.hubs})
    if not ask(f"Change {count(places, 'place')} for {count(len(hubs), 'hub')}: {named(hubs) or 'none'}?"):
        raise RefusedError("nothing changed")
