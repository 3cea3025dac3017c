"""Say what was not read, where that can change the answer: files that a hub uses, and files that were searched."""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hubimages.references.listing import SHOWN, by_reason
from hubimages.references.reference import Inventory
from hubimages.repository.git import Repo
from hubimages.yaml_text import UnreadableYamlError, compose, data

CLUSTER = re.compile(r"(?:.*/)?cluster\.ya?ml")
YAML_NAME = re.compile(rb"(?<![^\s\"'\[\],])[^\s\"'\[\],]+\.ya?ml")
BY_LINE = "; read line by line"  # the end of a reason: the file was searched, but not by its keys
ABSENT = "it is not in this repository"
SECRET = "encrypted (SOPS)"  # holds no image as a rule, and every hub has one


def searched_without(inventory: Inventory) -> str:
    """Return what to add to "nothing was found": the whole files that were not read, by reason; "" if all were."""
    whole = [each for each in inventory.not_read if not each.line or each.reason.startswith("not YAML")]
    lines = []
    for reason, entries in by_reason(whole).items():
        kind = reason.removesuffix(BY_LINE)
        how = f"searched only line by line, {kind}" if kind != reason else f"not searched, {reason}"
        lines.append(f"\n{how}: " + ", ".join([each.file for each in entries[:SHOWN]] + _more(len(entries) - SHOWN)))
    return "".join(lines)


@dataclass(frozen=True)
class UnreadFile:
    """A values file of a hub that was not read."""

    file: str
    reason: str

    @property
    def is_absent(self) -> bool:
        """True if the repository does not have the file: nobody can change it here."""
        return self.reason == ABSENT

    def __str__(self) -> str:
        """The file with the reason."""
        return f"{self.file} ({self.reason})"


def of_hubs(repo: Repo, inventory: Inventory, is_meant: Callable[[str], bool]) -> dict[str, list[UnreadFile]]:
    """Return the hubs meant that use values files which were not read, with these files.

    What such a file says wins over the files before it, so the hub may run another image than the plan says. Encrypted
    secrets do not count.
    """
    assert repo.work_tree is not None
    missed = {each.file: each for each in inventory.not_read if not each.line and each.reason != SECRET}
    listed = repo.read("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = set(listed.decode(errors="surrogateescape").split("\0"))
    found: dict[str, list[UnreadFile]] = {}
    for cluster in sorted(file for file in files if CLUSTER.fullmatch(file)):
        for hub, file in _named(repo, cluster, files - missed.keys()):
            if not is_meant(hub):
                continue
            if file in missed:
                found.setdefault(hub, []).append(UnreadFile(file, missed[file].reason))
            elif file not in files:
                why = "git ignores it" if (repo.work_tree / file).exists() else ABSENT
                found.setdefault(hub, []).append(UnreadFile(file, why))
    return dict(sorted(found.items()))


def _named(repo: Repo, cluster: str, read: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the hubs of a cluster.yaml with their values files, if one of these was not read."""
    assert repo.work_tree is not None
    folder = posixpath.dirname(cluster)
    try:
        content = (repo.work_tree / cluster).read_bytes()
    except OSError:
        return
    names = {_join(folder, name.decode(errors="surrogateescape")) for name in YAML_NAME.findall(content)}
    if names <= read:
        return
    try:
        tree = compose(content.decode("utf-8"))
    except (UnreadableYamlError, UnicodeDecodeError):
        return
    listing = data(tree.documents[0]) if tree.documents else None
    if not isinstance(listing, dict):
        return
    name = listing.get("name") if isinstance(listing.get("name"), str) else posixpath.basename(folder)
    for entry in listing.get("hubs") or []:
        if isinstance(entry, dict) and isinstance(entry.get("helm_chart_values_files"), list):
            for file in entry["helm_chart_values_files"]:
                yield f"{name}/{entry.get('name')}", _join(folder, str(file))


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _more(number: int) -> list[str]:
    return [f"{number} more (hubimages images --json names them)"] if number > 0 else []


def why(content: bytes) -> str:
    """Return why a file cannot be read, from its first bytes; "" if it can."""
    if content.startswith(b"\0GITCRYPT"):
        return "encrypted (git-crypt)"
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a pointer of git-lfs: git lfs pull"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:1024]:
        return "not UTF-8"
    return ""
