"""Find what belongs to the image outside of its directory (licences, `.mailmap`, notes), and what comes alive in it."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from hubimages.console import count
from hubimages.extract.history.reading import Reading
from hubimages.extract.sources.source import Source
from hubimages.repository.git import Repo

LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)([.-].*)?", re.IGNORECASE)
MAILMAP = ".mailmap"
WORKFLOWS = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
ALIVE = re.compile(r"\.github/.*|(docs/)?CODEOWNERS")  # what GitHub acts on, at these places alone
NOT_CHECKED_OUT = ".gitmodules"  # as a symlink: git refuses it
ASIDE = "github-of-the-old-place"

Entry = tuple[str, str]
"""(mode, blob) of a file."""


@dataclass(frozen=True)
class Companions:
    """What comes along from the top of the source, and what of the image does not come alive."""

    licences: dict[str, Entry]  # of the source, where the image has none of its own
    image_has_licence: bool
    mailmap: bytes  # the entries about people of the kept commits
    alive: tuple[str, ...]  # files of the image on which GitHub would act
    keep_workflows: bool

    @property
    def workflows(self) -> list[str]:
        """The workflows of the image that would run."""
        return [path for path in self.alive if WORKFLOWS.fullmatch(path)]

    def unsaid(self) -> list[str]:
        """Return the warnings about all of this for a repository without a commit of ours, where nothing is done."""
        lines = []
        if self.licences:
            lines.append(f"the licence stays behind: {', '.join(self.licences)} at the top of SOURCE")
        if self.mailmap:
            number = count(len(self.mailmap.splitlines()), "line")
            lines.append(f".mailmap at the top of SOURCE stays behind, with {number} about people of the kept commits")
        if self.alive:
            lines.append(f"GitHub acts on {', '.join(self.alive)}, which it ignored in SOURCE")
        return lines


def top_files(repo: Repo, commit: str) -> dict[str, Entry]:
    """Return the files directly at the top of a commit."""
    modes = ("040000", "160000")  # directories and submodules
    return {entry.path: (entry.mode, entry.name) for entry in repo.list_tree(commit) if entry.mode not in modes}


def wanted_blobs(repo: Repo, commit: str) -> Iterator[str]:
    """Yield the blobs at the top of a commit that `find` and the hazards read."""
    for path, (_, blob) in top_files(repo, commit).items():
        if LICENCE.fullmatch(path) or path in (MAILMAP, ".gitattributes", ".dockerignore"):
            yield blob


def find(source: Source, reading: Reading, tree: str, *, keep_workflows: bool) -> Companions:
    """Find the companions of an image at the commit extracted."""
    repo = source.scratch
    paths = [entry.path for entry in repo.list_tree(tree, recursive=True)]
    top = top_files(repo, reading.source_commit)
    has_licence = any(LICENCE.fullmatch(path) for path in paths)
    mailmap = b""
    if MAILMAP in top and top[MAILMAP][0].startswith("100"):
        (text,) = repo.contents([top[MAILMAP][1]])
        mailmap = concerning(text, people(repo, reading.commits))
    return Companions(
        licences={} if has_licence else {path: entry for path, entry in top.items() if LICENCE.fullmatch(path)},
        image_has_licence=has_licence,
        mailmap=mailmap,
        alive=tuple(path for path in paths if ALIVE.fullmatch(path)),
        keep_workflows=keep_workflows,
    )


def people(repo: Repo, commits: Iterable[str]) -> set[tuple[bytes, bytes]]:
    """Return (name, address), in lower case, of every author and committer."""
    found = set()
    for content in repo.contents(list(commits)):
        for line in content.partition(b"\n\n")[0].split(b"\n"):
            if line.startswith((b"author ", b"committer ")):
                name, _, rest = line.partition(b" ")[2].partition(b"<")
                found.add((name.strip().lower(), rest.partition(b">")[0].strip().lower()))
    return found


def concerning(mailmap: bytes, known: Collection[tuple[bytes, bytes]]) -> bytes:
    """Return the lines of a .mailmap that map one of these people (https://git-scm.com/docs/gitmailmap)."""
    addresses = {address for _, address in known}
    kept = []
    for line in mailmap.splitlines():
        found = re.fullmatch(rb"([^<>#]*)<([^<>]*)>\s*([^<>]*)(?:<([^<>]*)>)?\s*(?:#.*)?", line)
        if found is None:
            continue
        written = found[2] if found[4] is None else found[4]
        name = b"" if found[4] is None else found[3].strip()
        key = written.strip().lower()
        if (name.lower(), key) in known or (not name and key in addresses):
            kept.append(line.rstrip() + b"\n")
    return b"".join(kept)


def hidden(source: Source, reading: Reading) -> list[str]:
    """Return warnings about replace refs, grafts and notes on commits of the history."""
    lines = []
    replaced = [name for name in source.replaced if name in reading.history.index]
    if replaced:
        shown = ", ".join(name[:12] for name in replaced[:3]) + (" …" if len(replaced) > 3 else "")
        lines.append(
            f"SOURCE has replace refs for {count(len(replaced), 'commit')} ({shown}); the extraction has the originals"
        )
    if source.has_grafts:
        lines.append("SOURCE has grafts (info/grafts); the extraction has the parents that the commits themselves name")
    ids = set(reading.commits)
    for ref, noted in source.notes(ids).items():
        if noted is None:
            lines.append(f"notes in {ref} stay behind")
        elif noted:
            lines.append(f"{count(noted, 'note')} on kept commits in {ref} stay behind")
    return lines
