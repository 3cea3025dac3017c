"""Write commits in which nothing is unusual, with the ids that git-filter-repo gives them.

Two programs of git and git-filter-repo's parser take ten times as long for the commits of an image. They write all
commits of one in which any is unusual: encodings, people or dates that git repairs, bytes that it does not keep,
and with `--keep-messages` what looks like a commit id in a message.
`tests/extract/test_ordinary.py` compares the two ways, and `verify` checks either result against the source.
"""

import re
from collections.abc import Mapping

from hubimages.extract.history.commits import EMPTY_TREE
from hubimages.extract.messages.rewording import HEX, Rewording
from hubimages.extract.messages.translator import OldCommit
from hubimages.extract.rewrite import Rewrite
from hubimages.repository.packing import Object, commit_content, object_id

PERSON = rb"[^<>\s\0](?:[^<>\n\0]*[^<>\s\0])? <[^<>\s\0]*> (?:0|[1-9]\d{0,9}) [+-](?:0\d|1[0-4])[0-5]\d"
USUAL = re.compile(
    rb"tree [0-9a-f]{40}(?:\nparent [0-9a-f]{40})*\nauthor (?P<author>" + PERSON + rb")\ncommitter (?P<committer>"
    # Signatures belong to the old id: git-filter-repo leaves them out.
    + PERSON + rb")(?:\n(?:gpgsig|gpgsig-sha256|mergetag) [^\n]*(?:\n [^\n]*)*)*"
)  # fmt: skip


def rewritten(plan: Rewrite, rewording: Rewording) -> tuple[Mapping[str, str], list[Object]] | None:
    """Return old id to new id and the new commits, which are not written yet; None if a commit is unusual."""
    if any(len({*above}) != len(above) for above in plan.parents.values()):
        return None
    people = {}
    for old in plan.commits:
        commit = rewording.olds[old]
        found = usual(commit)
        if found is None or (rewording.translator is None and HEX.search(commit.message)):
            return None  # or what git-filter-repo makes of the ids in a message would have to be made here, too
        people[old] = found
    new_ids: dict[str, str] = {}
    objects: list[Object] = [("tree", b"")] if "" in plan.trees.values() else []
    for old, found in people.items():
        message = rewording.olds[old].message
        if rewording.translator is not None:
            message = rewording(old, message, None, new_ids.get)
        above = [new_ids[parent] for parent in plan.parents[old]]
        content = commit_content(plan.trees[old] or EMPTY_TREE, above, found["author"], found["committer"], message)
        new_ids[old] = object_id("commit", content)
        objects.append(("commit", content))
    return new_ids, objects


def usual(commit: OldCommit) -> "re.Match[bytes] | None":
    """Return the people of a commit in which nothing is unusual, else None."""
    return None if b"\0" in commit.message else USUAL.fullmatch(commit.header)
