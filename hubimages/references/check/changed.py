"""Which references are new or other ones since a commit, in the work tree as it is."""

from collections import Counter
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.references.find.scan import listed, references_in
from hubimages.references.reference import Inventory, Place, Reference
from hubimages.repository.git import Repo


def changed_since(directory: Path, ref: str, inventory: Inventory) -> frozenset[Reference]:
    """Return the references of an inventory that are not in the commit from which both REF and HEAD come.

    Raises BadInputError if there is no such commit, and RefusedError if the clone is too shallow to find it.
    """
    root, _ = listed(directory)
    if not (root / ".git").exists():
        raise BadInputError(f"--changed-since={ref}: `{root}` is not a git repository")
    repo = Repo(root / ".git", root)
    base = _base(repo, ref)
    names = repo.read("diff", "--name-only", "--no-renames", "-z", base, "--").split(b"\0")
    names += repo.read("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")
    changed = {name.decode("utf-8", "surrogateescape") for name in names if name}
    before = {file: _before(repo, base, file) for file in sorted(changed)}
    found = []
    for each in inventory.references:
        files = {place.file for place in _places(each)} & changed
        if any(not before[file][key] for file in files for key in [_essence(each, file)]):
            found.append(each)
        for file in files:
            before[file][_essence(each, file)] -= 1
    return frozenset(found)


def _base(repo: Repo, ref: str) -> str:
    """Return the commit from which both come; the empty tree before the first commit."""
    if not repo.succeeds("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"):
        if ref == "HEAD":
            return repo.text("hash-object", "-t", "tree", "--stdin")
        raise BadInputError(f"--changed-since={ref}: no such commit. Fetch it, or name a branch, tag or commit id")
    if not repo.succeeds("merge-base", "--", ref, "HEAD"):
        raise RefusedError(
            f"--changed-since={ref}: no common commit with HEAD. Fetch the whole history (fetch-depth: 0)"
        )
    return repo.text("merge-base", "--", ref, "HEAD")


def _before(repo: Repo, commit: str, file: str) -> Counter[tuple[object, ...]]:
    """Return the references that a file had, each with how often."""
    ((_, kind, _),) = repo.batch_check([f"{commit}:{file}"])
    if kind != "blob":
        return Counter()
    text = repo.read("cat-file", "blob", f"{commit}:{file}").decode("utf-8", "replace")
    return Counter(_essence(each, file) for each in references_in(file, text))


def _places(reference: Reference) -> list[Place]:
    places = (reference.tag_place, reference.name_place, reference.digest_place, reference.registry_place)
    return [place for place in places if place is not None]


def _essence(reference: Reference, file: str) -> tuple[object, ...]:
    """Return what a file says of a reference, wherever in it."""
    return (
        tuple(step for step in reference.path if isinstance(step, str)),
        *(place.text for place in _places(reference) if place.file == file),
    )
