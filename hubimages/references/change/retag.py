"""Write other tags at the places of references, and see that nothing else became different."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.find.scan import references_in
from hubimages.references.reference import Place, Reference
from hubimages.repository.file_edit import FileEdit, read_text
from hubimages.yaml_text import replace as replace_scalars
from hubimages.yaml_text import scalars


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
        return self.of(reference) != reference


Targets = Mapping[Reference, Target]


def file_edits(root: Path, targets: Targets) -> list[FileEdit]:
    """The edits that give every reference its tag: its scalars and nothing else, quoted so that Helm reads text.

    The edited texts have been read again. Raises RefusedError where two references want different texts at one place,
    or an edit cannot be had.
    """
    wanted: dict[str, dict[int, tuple[Place, str, Reference]]] = {}
    for reference, target in targets.items():
        for place, text in reference.retagged(target.tag, target.digest, target.name):
            here = wanted.setdefault(place.file, {})
            known = here.get(place.start)
            if known and known[1] != text:
                raise RefusedError(
                    f"{place.file}:{place.line}: one text for {known[2].repository} and {reference.repository}; "
                    "give each hub a tag of its own in its values file first"
                )
            here[place.start] = (place, text, reference)
    edits = [_edit(root, file, [(place, text) for place, text, _ in here.values()]) for file, here in wanted.items()]
    for edit in edits:
        check(edit, targets)
    return edits


def _edit(root: Path, file: str, new: Sequence[tuple[Place, str]]) -> FileEdit:
    before = read_text(root, file)
    in_yaml = {place.start: text for place, text in new if place.path}
    after = before
    if in_yaml:
        found = {each.start: each for each in scalars(before)}
        if not set(in_yaml) <= set(found):
            raise RefusedError(f"{file} has changed while it was read; run the command again")
        after = replace_scalars(before, {found[start]: text for start, text in in_yaml.items()})
    else:
        for place, text in sorted(new, key=lambda each: -each[0].start):
            if before[place.start : place.end] != place.value:
                raise RefusedError(f"{file} has changed while it was read; run the command again")
            after = after[: place.start] + text + after[place.end :]
    return FileEdit(file, before, after)


def check(edit: FileEdit, targets: Targets) -> None:
    """Raise RefusedError unless the file, read again, has every reference as before, but for what was set."""
    assert edit.before is not None
    assert edit.after is not None
    tags = {each.tag_place.scalar: target for each, target in targets.items() if each.tag_place}
    names = {each.name_place.scalar: new.name for each, new in targets.items() if each.name_place and new.name}
    expected = []
    for each in references_in(edit.path, edit.before):
        target = tags.get(each.tag_place.scalar) if each.tag_place else None
        name = names.get(each.name_place.scalar) if each.name_place else None
        after = replace(each, tag=target.tag, digest=target.digest) if target else each
        expected.append(_essence(replace(after, host=name.host, name=name.name) if name else after))
    found = [_essence(each) for each in references_in(edit.path, edit.after)]
    if found != expected:
        was = next((old for old, new in zip(expected, found, strict=False) if old != new), expected[-1])
        raise RefusedError(f"{edit.path}: {was[0]} would not read as it is meant after the edit; edit it by hand")


def _essence(reference: Reference) -> tuple[str, str, str, str]:
    where = reference.values_path or f"line {reference.line}"
    return where, reference.repository, reference.tag, reference.digest
