"""Write other tags at the places of references, and check that nothing else changed.

`yaml_text` compares the text before and after an edit; this module reads the references again; `repository.file_edit`
compares the files on disk with what was shown.

A run may set several images, and a file may hold several of them: the edits for one image are made on top of those for
the images before it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.find.scan import references_in
from hubimages.references.reference import Place, Reference
from hubimages.repository.file_edit import FileEdit, read_text
from hubimages.yaml_text import as_text, scalars
from hubimages.yaml_text import replace as replace_scalars


@dataclass(frozen=True)
class Target:
    """What a reference is to say; `name` where the image is to be another one."""

    tag: str
    digest: str = ""
    name: ImageRef | None = None

    def __str__(self) -> str:
        if self.name:
            return str(self.name.at(self.tag, self.digest))
        return self.tag + (f"@{self.digest}" if self.digest else "")

    def of(self, reference: Reference) -> Reference:
        """The reference as it then is."""
        host, name = (self.name.host, self.name.name) if self.name else (reference.host, reference.name)
        return replace(reference, host=host, name=name, tag=self.tag, digest=self.digest)

    def changes(self, reference: Reference) -> bool:
        """Whether it is another image, tag or digest than what stands there."""
        return bool(reference.invalid) or self.of(reference) != reference


Targets = Mapping[Reference, Target]


def edits_in_turn(root: Path, in_turn: Sequence[Targets]) -> list[list[FileEdit]]:
    """For each of the targets the edits that give every reference its tag, on top of the edits for those before.

    Its scalars and nothing else are changed, quoted so that Helm reads text. Every text has been read again, with all
    targets so far. Raises RefusedError where two references want different texts at one place, or an edit cannot be
    made.
    """
    wanted: dict[str, dict[int, tuple[Place, str, Reference]]] = {}
    known: dict[str, dict[Reference, Target]] = {}  # of each file: with all of them, every file would look at all
    texts: dict[str, str] = {}
    turns = []
    for targets in in_turn:
        touched: dict[str, None] = {}
        for reference, target in targets.items():
            for place, text in reference.retagged(target.tag, target.digest, target.name):
                _want(wanted.setdefault(place.file, {}), place, text, reference)
                touched[place.file] = None
            for file in {place.file for place in (reference.tag_place, reference.name_place) if place}:
                known.setdefault(file, {})[reference] = target
        turn = []
        for file in touched:
            # Places are those of the text as it was read, so every text is made from that one.
            whole = _edit(root, file, [(place, text) for place, text, _ in wanted[file].values()])
            check(whole, known.get(file, {}))
            assert whole.before is not None
            assert whole.after is not None
            turn.append(FileEdit(file, texts.get(file, whole.before), whole.after))
            texts[file] = whole.after
        turns.append([edit for edit in turn if edit.before != edit.after])
    return turns


def _want(here: dict[int, tuple[Place, str, Reference]], place: Place, text: str, reference: Reference) -> None:
    """Note the text for a place. Raises RefusedError where another one is wanted there."""
    known = here.get(place.start)
    if known and known[1] != text:
        both = " and ".join(dict.fromkeys((known[2].repository, reference.repository)))
        raise RefusedError(
            f"{place.file}:{place.line}: {both} share this text, which would have to be {known[1]!r} and {text!r}; "
            "give each hub a tag of its own in its values file first"
        )
    here[place.start] = (place, text, reference)


def _edit(root: Path, file: str, new: Sequence[tuple[Place, str]]) -> FileEdit:
    before = read_text(root, file)
    in_yaml = {place.start: text for place, text in new if place.path and not place.inside}
    spliced = sorted(
        ((place, text) for place, text in new if place.start not in in_yaml), key=lambda each: each[0].start
    )
    after = before
    for place, text in reversed(spliced):
        if place.value not in before[place.start : place.end]:
            raise RefusedError(f"{file} has changed while it was read; run the command again")
        after = after[: place.start] + _written(before, place, text) + after[place.end :]
    if in_yaml:
        found = {each.start: each for each in scalars(after)}
        moved = {start + _growth(before, spliced, start): text for start, text in in_yaml.items()}
        if not set(moved) <= set(found):
            raise RefusedError(f"{file} has changed while it was read; run the command again")
        after = replace_scalars(after, {found[start]: text for start, text in moved.items()})
    return FileEdit(file, before, after)


def _written(before: str, place: Place, text: str) -> str:
    """Return the text for a place that is no scalar of the file itself: in a line, or in YAML inside of YAML."""
    if not place.inside:
        return in_line(before, place, text)
    return text if place.inside == "raw" else as_text(text, style=place.inside, flow=True)


def _growth(before: str, spliced: Sequence[tuple[Place, str]], start: int) -> int:
    """Return how far the texts before a place move it."""
    texts = ((each, _written(before, each, text)) for each, text in spliced if each.start < start)
    return sum(len(text) - (each.end - each.start) for each, text in texts)


def in_line(before: str, place: Place, text: str) -> str:
    """Return a text for a file that is read line by line: with quotes if its line is like YAML, and YAML needs them."""
    line = before[before.rfind("\n", 0, place.start) + 1 : place.start]
    if not re.search(r":[ \t]+$", line) or place.file.endswith(".env"):
        return text  # in quotes already, or no YAML
    return as_text(text, style="plain")


def check(edit: FileEdit, targets: Targets) -> None:
    """Raise RefusedError unless the file, read again, has every reference as before, but for all that was set."""
    assert edit.before is not None
    assert edit.after is not None
    tags = {each.tag_place.scalar: target for each, target in targets.items() if each.tag_place}
    names = {each.name_place.scalar: new.name for each, new in targets.items() if each.name_place and new.name}
    elsewhere = {
        each.tag_place.scalar
        for each in targets
        if each.tag_place and each.digest_place and each.digest_place.file != each.tag_place.file
    }
    expected = []
    there = references_in(edit.path, edit.before)
    seen = {each.tag_place.scalar for each in there if each.tag_place}
    if lost := [scalar for scalar in tags if scalar[0] == edit.path and scalar not in seen]:
        raise RefusedError(f"{edit.path} has changed while it was read ({len(lost)} tags); run the command again")
    for each in there:
        target = tags.get(each.tag_place.scalar) if each.tag_place else None
        name = names.get(each.name_place.scalar) if each.name_place else None
        after = each
        if target and each.tag_place:
            own = each.digest if each.tag_place.scalar in elsewhere else target.digest
            after = replace(each, tag=target.tag, digest=own)
        expected.append(_essence(replace(after, host=name.host, name=name.name) if name else after))
    found = [_essence(each) for each in references_in(edit.path, edit.after)]
    if found != expected:
        was = next((old for old, new in zip(expected, found, strict=False) if old != new), expected[-1])
        raise RefusedError(f"{edit.path}: {was[0]} would not read as it is meant after the edit; edit it by hand")


def _essence(reference: Reference) -> tuple[str, str, str, str]:
    where = reference.values_path or f"line {reference.line}"
    return where, reference.repository, reference.tag, reference.digest
