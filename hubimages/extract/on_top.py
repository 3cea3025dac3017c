"""Put the extracted history on top of the template, or of what origin's `main` has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubimages.console import count
from hubimages.errors import RefusedError
from hubimages.extract.combine import Combined, Decision, combine, files, write_tree
from hubimages.extract.companions import ALIVE, ASIDE, Companions
from hubimages.extract.destination import Base
from hubimages.extract.history.reading import Reading
from hubimages.extract.sources.source import Source
from hubimages.markdown import name
from hubimages.repository.git import ENVIRONMENT, Repo, Signature, signature
from hubimages.repository.packing import commit_content
from hubimages.run import attempt, failure

SHOWN = 8
EXTRACTION = re.compile(r"^(?:From commit|Commit) ([0-9a-f]{40}) and ", re.MULTILINE)


@dataclass(frozen=True)
class Placement:
    """What `main` will be."""

    head: str  # the commit
    combined: Combined
    brings: Sequence[str] = field(default_factory=list)  # what origin's main gets
    nothing_new: str = ""  # why there is nothing to do


@dataclass(frozen=True)
class Extracted:
    """The extracted history: what was decided, its last commit, and the image's tree there."""

    reading: Reading
    tip: str
    tree: str


def put_on_top(
    source: Source,
    extracted: Extracted,
    base: Base | None,
    companions: Companions,
    by: Signature | None,
    *,
    related: bool = False,
) -> Placement:
    """Return the commit for main: the merge of both histories `by` somebody, or the tip of the extracted history.

    Where origin's main holds an earlier extraction, what has changed since then is merged in, three ways. Raises
    RefusedError where that conflicts, and with `related` where origin's main holds something else.
    """
    scratch = source.scratch
    reading, tip = extracted.reading, extracted.tip
    if base is None:
        return Placement(tip, Combined(extracted.tree, []))
    combined = None
    brings: list[str] = []
    if base.is_origins:
        if scratch.succeeds("merge-base", "--is-ancestor", tip, base.commit):
            return Placement(base.commit, Combined(base.tree, []), nothing_new=f"{base.name} already has this history")
        is_all = scratch.succeeds("merge-base", "--is-ancestor", base.commit, tip)
        if is_all and (companions.keep_workflows or not companions.alive):  # main was the extracted history itself
            brings = what_it_brings(scratch, base, tip, extracted.tree, base.commit)
            return Placement(tip, Combined(extracted.tree, []), brings)
        shared = attempt(*scratch.argv("merge-base", base.commit, tip), cwd=scratch.directory, env=ENVIRONMENT)
        if shared.returncode == 0:
            combined = merged(scratch, base, tip, companions)
            brings = what_it_brings(scratch, base, tip, combined.tree, shared.stdout.decode().split()[0])
        elif earlier := earlier_extraction(scratch, base, reading.path):
            if earlier == reading.source_commit:
                return Placement(
                    base.commit,
                    Combined(base.tree, []),
                    nothing_new=f"{base.name} already has {reading.path} at {earlier[:12]}, with other commit ids",
                )
            raise RefusedError(
                f"{base.name} has {reading.path} at {earlier[:12]} with other commit ids. Use the options of that "
                "extraction (--keep-messages, --former-path, ...), so that the histories share their commits"
            )
    if base.is_origins and combined is None:
        if related:
            raise RefusedError(
                f"{base.name} has no commit in common with the history of {reading.path}. Name an empty repository, or "
                f"bring it there with extract-image, which builds on what main has"
            )
        image = files(scratch, extracted.tree)
        kept = [path for path in files(scratch, base.tree) if path not in image]
        brings = (
            [f"the image's history; {count(len(kept), 'file')} of main stay: {', '.join(kept[:SHOWN])}"] if kept else []
        )
    if combined is None:
        combined = combine(scratch, base, extracted.tree, companions)
    where = source.address.name if source.address else "its old repository"
    subject = f"Bring in {name(reading.path)} from {where} with its history"
    number = count(len(reading.kept.parents), "commit")
    body = [f"From commit {reading.source_commit} and its ancestors there: {number}."]
    body += [f"Former path: {name(former.path)} ({former.commits} of them)." for former in reading.former_paths]
    message = "\n".join([subject, "", *body, ""]).encode(errors="surrogateescape")
    by = by or signature(Path("/"))
    commit = commit_content(combined.tree, [base.commit, tip], by.author, by.committer, message)
    head = scratch.store([*base.unwritten, *combined.new, ("commit", commit)])[-1]
    return Placement(head, combined, brings)


def merged(scratch: Repo, base: Base, tip: str, companions: Companions) -> Combined:
    """Return the three-way merge of origin's main and the extracted history. Raises RefusedError for a conflict."""
    argv = scratch.argv("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", base.commit, tip)
    done = attempt(*argv, cwd=scratch.directory, env=ENVIRONMENT)
    if done.returncode not in (0, 1):
        raise failure(argv, done.returncode, done.stderr)
    tree, *names = done.stdout.decode(errors="surrogateescape").split("\0")
    if done.returncode:
        conflicts = ", ".join(dict.fromkeys(name for name in names if name))
        raise RefusedError(
            f"{base.name} and SOURCE both changed {conflicts} since the last extraction; nothing was written. Extract "
            "into another DEST without --origin, and merge that by hand"
        )
    decisions: list[Decision] = []
    if not companions.keep_workflows:
        before, after = files(scratch, base.tree), files(scratch, tree)
        new = [path for path in after if ALIVE.fullmatch(path) and path not in before]
        for path in new:
            aside = f"{ASIDE}/{path.removeprefix('.github/')}"
            after[aside] = after.pop(path)
            decisions.append(Decision(path, f"moved to {aside}: GitHub ignored it in SOURCE, and would act on it here"))
        tree = write_tree(scratch, after) if new else tree
    return Combined(tree, decisions)


def what_it_brings(scratch: Repo, base: Base, tip: str, tree: str, shared: str) -> list[str]:
    """Return the commits and files that are new to origin's main, for the plan and the report."""
    number = int(scratch.text("rev-list", "--count", tip, f"^{base.commit}"))
    lines = [f"{count(number, 'commit')} since {shared[:12]}"]
    output = scratch.read("diff-tree", "-r", "-z", "--name-status", "--no-renames", base.tree, tree)
    fields = output.decode(errors="surrogateescape").split("\0")[:-1]
    words = {"A": "adds", "D": "removes", "M": "changes", "T": "changes"}
    changes = [f"{words[status[0]]} {path}" for status, path in zip(fields[::2], fields[1::2], strict=True)]
    lines += changes[:SHOWN]
    return [*lines, f"and {len(changes) - SHOWN} more files"] if len(changes) > SHOWN else lines


def earlier_extraction(scratch: Repo, base: Base, path: str) -> str | None:
    """Return the commit of SOURCE that origin's main was last extracted at, by the message of our merge."""
    form = "--format=%s%x00%b%x00"
    found = scratch.text("log", "--merges", "--fixed-strings", f"--grep=Bring in {path} from", form, base.commit)
    fields = found.split("\0")
    for subject, body in zip(fields[::2], fields[1::2], strict=False):
        if subject.strip().startswith(f"Bring in {path} from ") and (commit := EXTRACTION.search(body)):
            return commit[1]
    return None
