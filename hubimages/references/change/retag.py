"""Change the tags of references, and check that nothing else changes.

`yaml_text` compares the text before and after an edit; this module reads the references again;
`repository.file_edit` compares the files on disk with the plan.

A run may set several images, and a file may hold several of them. The edits for each image build on those for the
images before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.find.scan import references_in
from hubimages.references.reference import Place, Reference
from hubimages.repository.file_edit import FileEdit, read_text
from hubimages.yaml_text import ScalarNode, UnreadableYamlError, as_text, compose, scalars
from hubimages.yaml_text import replace as replace_scalars


@dataclass(frozen=True)
class Target:
    """The tag and digest to write into a reference; `name` if the image changes, too."""

    tag: str
    digest: str = ""
    name: ImageRef | None = None

    def __str__(self) -> str:
        if self.name:
            return str(self.name.at(self.tag, self.digest))
        return self.tag + (f"@{self.digest}" if self.digest else "")

    def of(self, reference: Reference) -> Reference:
        """Return the reference as it is after the change."""
        host, name = (self.name.host, self.name.name) if self.name else (reference.host, reference.name)
        return replace(reference, host=host, name=name, tag=self.tag, digest=self.digest)

    def changes(self, reference: Reference) -> bool:
        """Return True if this would change the image, tag or digest."""
        new = (self.name.host, self.name.name) if self.name else (reference.host, reference.name)
        old = (reference.host, reference.name, reference.tag, reference.digest)
        return bool(reference.invalid) or (*new, self.tag, self.digest) != old


Targets = Mapping[Reference, Target]


def edits_in_turn(root: Path, in_turn: Sequence[Targets]) -> list[list[FileEdit]]:
    """Return, for each of the targets, the edits that give its references their tags, on top of the earlier edits.

    Only the scalars change, quoted so that Helm reads text. Each new text is read again and checked against all targets
    so far. Raises RefusedError if two references need different texts at one place, or an edit cannot be made.
    """
    wanted: dict[str, dict[int, tuple[Place, str, Reference]]] = {}
    known: dict[str, dict[Reference, Target]] = {}  # by file, so that each check looks only at its file
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
            # Places refer to the text as read, so every new text starts from it.
            whole = _edit(root, file, [(place, text) for place, text, _ in wanted[file].values()])
            check(whole, known.get(file, {}))
            assert whole.before is not None
            assert whole.after is not None
            turn.append(FileEdit(file, texts.get(file, whole.before), whole.after))
            texts[file] = whole.after
        turns.append([edit for edit in turn if edit.before != edit.after])
    return turns


def _want(here: dict[int, tuple[Place, str, Reference]], place: Place, text: str, reference: Reference) -> None:
    """Record the text for a place. Raises RefusedError if another text is recorded there."""
    known = here.get(place.start)
    if known and known[1] != text:
        both = " and ".join(dict.fromkeys((known[2].repository, reference.repository)))
        raise RefusedError(
            f"{place.file}:{place.line}: {both} share this text, but need {known[1]!r} and {text!r}. "
            "First set the tag in each hub's own values file"
        )
    here[place.start] = (place, text, reference)


def _edit(root: Path, file: str, new: Sequence[tuple[Place, str]]) -> FileEdit:
    before = read_text(root, file)
    in_yaml = {place.start: (place, text) for place, text in new if place.path and not place.inside}
    spliced = sorted(
        ((place, text) for place, text in new if place.start not in in_yaml), key=lambda each: each[0].start
    )
    after = before
    for place, text in reversed(spliced):
        if place.value not in before[place.start : place.end]:
            raise _changed(file)
        after = after[: place.start] + _written(before, place, text) + after[place.end :]
    if in_yaml:
        try:
            found = {each.start: each for each in scalars(after)}
        except UnreadableYamlError as error:
            raise _changed(file) from error
        moved = {start + _growth(before, spliced, start): (place, text) for start, (place, text) in in_yaml.items()}
        if any(start not in found or found[start].value != place.value for start, (place, _) in moved.items()):
            raise _changed(file)
        after = replace_scalars(after, {found[start]: text for start, (_, text) in moved.items()})
    return FileEdit(file, before, after)


def _changed(file: str) -> RefusedError:
    return RefusedError(f"{file} changed after it was read, and nothing was written. Run the command again")


def _written(before: str, place: Place, text: str) -> str:
    """Return the text for a place that is not a scalar of the file: in a line, or in YAML inside YAML."""
    if not place.inside:
        return in_line(before, place, text)
    return text if place.inside == "raw" else as_text(text, style=place.inside, flow=True)


def _growth(before: str, spliced: Sequence[tuple[Place, str]], start: int) -> int:
    """Return by how many characters the new texts before a place move it."""
    texts = ((each, _written(before, each, text)) for each, text in spliced if each.start < start)
    return sum(len(text) - (each.end - each.start) for each, text in texts)


def in_line(before: str, place: Place, text: str) -> str:
    """Return the text for a file that is read line by line, quoted if the line is like YAML and YAML needs it."""
    line = before[: place.start]
    key = line.rstrip(" \t")
    if key == line or not key.endswith(":") or place.file.endswith(".env"):
        return text  # already quoted, or not YAML
    return as_text(text)


def _only_by_path(edit: FileEdit, targets: Targets) -> set[tuple[str, int]]:
    """Return the scalars that hold a tag because a hub puts them at the path of an image, whatever their keys say."""
    places = [each.tag_place for each in targets if each.tag_place]
    try:
        tree = compose(str(edit.before))
    except UnreadableYamlError:
        return set()
    found = ((place, tree.find(place.path, place.document)) for place in places)
    return {
        place.scalar for place, node in found
        if isinstance(node, ScalarNode) and (node.start, node.value) == (place.start, place.value)
    }  # fmt: skip


def check(edit: FileEdit, targets: Targets) -> None:
    """Raise RefusedError unless the edited file has the same references as before, apart from the targets' changes."""
    assert edit.before is not None
    assert edit.after is not None
    tags = {scalar: target for each, target in targets.items() for scalar in each.scalars(with_name=False)}
    names = {each.name_place.scalar: new.name for each, new in targets.items() if each.name_place}
    digests = {each.digest_place.scalar: target.digest for each, target in targets.items() if each.digest_place}
    apart = {scalar for each in targets if each.digest_place for scalar in each.scalars(with_name=False)}
    expected = []
    there = references_in(edit.path, edit.before)
    seen = {each.tag_place.scalar for each in there if each.tag_place}
    lost = {scalar for scalar in tags if scalar[0] == edit.path} - seen
    if lost and (lost := lost - _only_by_path(edit, targets)):
        raise _changed(edit.path)
    for each in there:
        target = tags.get(each.tag_place.scalar) if each.tag_place else None
        name = names.get(each.name_place.scalar) if each.name_place else None
        after = replace(each, tag=target.tag) if target else each
        if each.digest_place:
            after = replace(after, digest=digests.get(each.digest_place.scalar, each.digest))
        elif target and each.tag_place and each.tag_place.scalar not in apart:
            after = replace(after, digest=target.digest)
        expected.append(_essence(replace(after, host=name.host, name=name.name) if name else after))
    found = [_essence(each) for each in references_in(edit.path, edit.after)]
    if found != expected:
        old, new = next(pair for pair in zip_longest(expected, found) if pair[0] != pair[1])
        where = (old or new)[0]
        raise RefusedError(f"{edit.path}: {where} would not have the intended value after the edit. Edit it by hand")


def _essence(reference: Reference) -> tuple[str, str, str, str]:
    where = reference.values_path or f"line {reference.line}"
    return where, reference.repository, reference.tag, reference.digest
