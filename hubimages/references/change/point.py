"""Point hubs at another tag of an image: by place, with what it reaches shown first."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages.console import count
from hubimages.errors import BadInputError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
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


@dataclass(frozen=True)
class Change:
    """One image at one tag: where it goes, what was there, the edits, on top of those of the changes before it."""

    image: ImageRef
    targets: dict[Reference, Target]
    edits: Sequence[FileEdit]
    pinned: Sequence[Reference] = ()  # by a digest that is looked up when it is written

    @property
    def changed(self) -> list[Reference]:
        """The references that get another tag or name, by place."""
        return [each for each, target in self.targets.items() if target.changes(each)]

    @property
    def hubs(self) -> list[str]:
        """The hubs that run another image afterwards."""
        return sorted({hub for each in (*self.changed, *self.pinned) for hub in each.hubs})

    def radius(self) -> str:
        """Hubs, files and tags: what is reached."""
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
            f"  {each.file}:{each.line} is pinned by a digest, which is looked up when it is written"
            for each in self.pinned
        ]
        return "\n".join(lines)

    def message(self, because: str = "") -> str:
        """The commit's message."""
        old = sorted({str(each.image) if self.targets[each].name else each.tag for each in self.changed if each.tag})
        where = named(self.hubs) or ", ".join(sorted({each.file for each in self.changed}))
        subject = f"Use {self.image.repository}:{self.image.tag}"
        body = f"{'Was ' + ', '.join(old) + '. ' if old else ''}Hubs: {where}."
        return "\n\n".join(filter(None, (subject, body, because)))


@dataclass(frozen=True)
class Plan:
    """Everything that one run changes: one set of edits, with commits one for each image."""

    repo: Repo
    inventory: Inventory
    changes: Sequence[Change]
    delivery: Delivery
    notes: Sequence[str] = field(default_factory=tuple)
    because: str = ""

    @property
    def commits(self) -> list[Commit]:
        """One for each image."""
        return [Commit(each.message(self.because), each.edits) for each in self.changes if each.edits]

    def on_branch_of_its_own(self, name: str) -> "Plan":
        """The same on a branch whose name changes with the tags: what is proposed already is not proposed twice."""
        tags = "\n".join(str(each.image) for each in self.changes)
        own = f"hubimages/{name}-{hashlib.sha256(tags.encode()).hexdigest()[:8]}"
        return replace(self, delivery=replace(self.delivery, branch=own))

    def show(self) -> str:
        """What is reached, the diffs and the commands; what was not checked."""
        text = "\n".join([*(each.radius() for each in self.changes), *self.notes, ""])
        return text + "\n" + delivery.plan(self.repo, self.commits, self.delivery)

    def apply(self) -> str:
        """Write it, commit it, ask for its merge, as far as was asked for. Raises RefusedError and what git raises."""
        pinned = [f"{each.file}:{each.line}" for change in self.changes for each in change.pinned]
        if pinned:
            raise RefusedError(f"{', '.join(pinned)}: pinned by a digest; give the new one as IMAGE:TAG@sha256:...")
        first = self.changes[0]
        title = (
            first.message().splitlines()[0]
            if len(self.changes) == 1
            else f"Use newer tags of {len(self.changes)} images"
        )
        body = "\n\n".join(["\n".join(["```", *(each.radius() for each in self.changes), "```"]), self.because]).strip()
        done = delivery.deliver(self.repo, self.commits, self.delivery, title=title, body=body)
        return "\n".join([*(each.radius() for each in self.changes), *self.notes, done])

    def as_json(self) -> str:
        """What is reached, as one JSON object."""
        places = [
            {
                "file": each.file, "line": each.line, "path": each.values_path, "hubs": list(each.hubs),
                "image": change.image.repository, "before": each.tag, "after": change.targets[each].tag,
                **({"instead_of": each.repository} if change.targets[each].name else {}),
            }
            for change in self.changes
            for each in change.changed
        ]  # fmt: skip
        return json.dumps({"version": 1, "changes": places}, indent=2)


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
    """The plan that gives an image's references the tag; None where all of them have it.

    `instead_of` is another image whose references get the name, too; those at its tag, where it has one. With
    `registries` the tag is looked up first, and the digest for places that are pinned by one. Raises
    BadInputError for a tag that is not there or an image that nothing refers to, NoAnswerError, RefusedError.
    """
    if not image.tag:
        raise BadInputError(f"{image}: which tag? Give it as {image.repository}:TAG")
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory)
    found = (
        selection.to_change(inventory, instead_of, image, chosen)
        if instead_of
        else selection.of_image(inventory, image, chosen)
    )
    digest = check_tag(registries, image) if registries is not None else ""
    (change,) = changes_of(repo, inventory, [Wanted(image, found, digest)])
    if not change.changed and not change.pinned:
        return None
    return Plan(repo, inventory, [change], wanted, notes_of(inventory, change, chosen), because)


@dataclass(frozen=True)
class Wanted:
    """References that are to be one image at one tag; the digest is the registry's, empty where it was not asked."""

    image: ImageRef
    references: Sequence[Reference]
    digest: str = ""


def changes_of(repo: Repo, inventory: Inventory, wanted: Sequence[Wanted]) -> list[Change]:
    """The edits that bring all references to their images' tags, each change on top of the one before.

    A place that is pinned by a digest gets the digest given with the image, or else that of the registry; without
    either it is left for later. Raises RefusedError where two of them want different texts at one place.
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
        Change(one.image, here, turn, left)
        for one, here, turn, left in zip(wanted, targets, edits, pinned, strict=True)
    ]


def check_tag(registries: Registries, image: ImageRef) -> str:
    """The digest that the registry has for the image's tag.

    Raises BadInputError where there is none, or another than the one given, NoAnswerError where nothing was learned.
    """
    try:
        digest = registries.digest(image.at(image.tag))
    except NotThereError as error:
        raise BadInputError(f"{error}; build and push it first, or add --unchecked") from error
    except HiddenError as error:
        raise type(error)(f"{error}; log in, or add --unchecked") from error
    except NoAnswerError as error:
        raise NoAnswerError(f"{error}; or add --unchecked") from error
    if image.digest and image.digest != digest:
        raise BadInputError(f"{image.repository}:{image.tag} is {digest} in the registry, not {image.digest}")
    return digest


def notes_of(inventory: Inventory, change: Change, chosen: Selection) -> list[str]:
    """What a person should know before they agree."""
    others = [hub for hub in change.hubs if chosen.hubs and not any(is_hub(hub, given) for given in chosen.hubs)]
    notes = [f"note: the places are shared, so this also changes {named(others)}"] if others else []
    nameless = [f"{each.file}:{each.line}" for each in inventory.references if not each.name and chosen.has(each)]
    if nameless:
        notes.append(f"note: a tag whose image is named in no file was left alone: {', '.join(nameless)}")
    return notes


def agree(plan: Plan, chosen: Selection, ask: Ask, *, everywhere: bool) -> None:
    """Have the person agree to what is reached, where they did not say so already. Raises RefusedError."""
    shared = any(note.startswith("note: the places are shared") for note in plan.notes)
    places = sum(len(each.changed) for each in plan.changes)
    if everywhere or (not chosen.is_everything and not shared) or (places == 1 and not shared):
        return
    hubs = sorted({hub for each in plan.changes for hub in each.hubs})
    if not ask(f"Change {count(places, 'place')} for {count(len(hubs), 'hub')}: {named(hubs) or 'none'}?"):
        raise RefusedError("nothing was changed")
