"""What is written without git-filter-repo has the ids that git-filter-repo gives it, to the byte."""

import random
from pathlib import Path

import pytest

from hubimages.extract import ordinary
from hubimages.extract.filter_repo import rewrite
from hubimages.extract.history.commits import EMPTY_TREE
from hubimages.extract.messages.rewording import Rewording
from hubimages.extract.messages.translator import Translator, read_commits
from hubimages.extract.rewrite import Rewrite
from hubimages.repository.git import Repo
from hubimages.repository.packing import object_id
from hubimages.repository.web_address import WebAddress
from tests.histories import git

SIGNATURE = b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n wsBc=\n -----END PGP SIGNATURE-----"
MERGED_TAG = b"\nmergetag object 1234567890123456789012345678901234567890\n type commit\n \n gpgsig no header"
NAMES = [b"Ada", "Ünï Cödé".encode(), b'O\'Neil, "Q"', b"a\x0bb", b"\xe4 latin", b"A  B", b",", b"a\r b", b"\x1fx\x7f"]
ADDRESSES = [b"a@b", b"", b"not-an-address", "ü@ö".encode(), b"a\x01@b"]
DATES = [b"0 +0000", b"1600000000 +0530", b"9999999999 -1200", b"1 +1445"]
MESSAGES = [
    b"",
    b"one line",
    b"two\n\nparagraphs\n",
    b"\n\n",
    b"Fixes #7, see %s",
    b"\xe4\xff",
    b"tree x\n\nauthor y\n",
]
ODD = [b" ", b"<", b">", b"\0", b"\t", b"\n", b"-", b"x", b"\xa0", b"00"]


def header(chance: random.Random, above: list[bytes]) -> bytes:
    """A commit's header, usual or not."""
    people = []
    for role in (b"author", b"committer"):
        parts = [chance.choice(NAMES), b" <", chance.choice(ADDRESSES), b"> ", chance.choice(DATES)]
        if chance.random() < 0.2:
            parts.insert(chance.randrange(6), chance.choice(ODD))
        people.append(role + b" " + b"".join(parts))
    more = b"".join(
        chance.sample([SIGNATURE, MERGED_TAG, b"\nencoding UTF-8", b"\nHG:extra x"], chance.choice([0, 0, 1, 2]))
    )
    return b"\n".join([b"tree " + EMPTY_TREE.encode(), *(b"parent " + one for one in above), *people]) + more


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    git("init", "--quiet", "--bare", "--template=", tmp_path / "repo")
    return Repo(tmp_path / "repo")


def both_ways(repo: Repo, contents: list[bytes], place: Path) -> tuple[object, object]:
    """What each of the two ways gives for commits, parents first: old id to new id."""
    names = repo.store([("commit", content) for content in contents])
    trees = dict.fromkeys(names, EMPTY_TREE)
    parents = {
        name: [line[7:].decode() for line in content.partition(b"\n\n")[0].split(b"\n") if line.startswith(b"parent ")]
        for name, content in zip(names, contents, strict=True)
    }
    plan = Rewrite(names, trees, parents)

    def rewording() -> Rewording:
        return Rewording(read_commits(repo, names), Translator(sorted(names), WebAddress("github.com", "o/r")))

    theirs = rewrite(repo, repo, plan, rewording(), place, reencode=False)
    found = ordinary.rewritten(plan, rewording())
    if found is not None:
        assert repo.store(found[1])[-len(names) :] == list(found[0].values())
    return theirs, found and found[0]


def test_commits_with_whatever_header_counts_as_usual_get_the_same_ids(repo: Repo, tmp_path: Path) -> None:
    repo.store([("tree", b"")])
    chance = random.Random(7)
    contents: list[bytes] = []
    names: list[bytes] = []
    unusual = 0
    while len(contents) < 400:
        above = chance.sample(names[-6:], min(len(names), chance.choice([0, 1, 1, 1, 2, 3])))
        message = chance.choice(MESSAGES)
        message = message % (names[-1][: chance.choice([7, 40])] if names else b"") if b"%s" in message else message
        content = header(chance, above) + b"\n\n" + message
        before = content.partition(b"\n\n")
        if ordinary.USUAL.fullmatch(before[0]) is None:
            unusual += 1
            continue
        contents.append(content)
        names.append(object_id("commit", content).encode())
    theirs, ours = both_ways(repo, contents, tmp_path)
    assert ours == theirs
    assert 50 < unusual < 400


@pytest.mark.parametrize("change", [
    (b"author Ada", b"author "), (b"author Ada", b"author  Ada"), (b"author Ada", b"author Ada "),
    (b"<a@b>", b"<a@<b>"), (b"author Ada", b"Author Ada"), (b" +0000\ncommitter", b"\ncommitter"),
    (b"1 +0000", b"-1 +0000"), (b"1 +0000", b"01 +0000"), (b"1 +0000", b"1 +51800"),
    (b"\n\nmessage", b"\nencoding ISO-8859-1\n\nmessage"), (b"\n\nmessage", b"\nHG:extra x\n\nmessage"),
    (b"\n\nmessage", b"\n\nmess\0age"), (b"\n\nmessage", b"\n"),
])  # fmt: skip
def test_a_commit_in_which_something_is_unusual_is_left_to_git_filter_repo(
    repo: Repo, change: tuple[bytes, bytes]
) -> None:
    plain = b"tree %s\nauthor Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1 +0000\n\nmessage" % EMPTY_TREE.encode()
    names = repo.store([("commit", plain), ("commit", plain.replace(*change, 1))])
    usual, unusual = read_commits(repo, names).values()
    assert ordinary.usual(usual) is not None
    assert ordinary.usual(unusual) is None


@pytest.mark.parametrize(("message", "is_left"), [(b"pin 123456", False), (b"as in 1234567", True), (b"\xff", False)])
def test_kept_messages_that_may_name_a_commit_are_left_to_git_filter_repo(
    repo: Repo, message: bytes, is_left: bool
) -> None:
    people = b"author Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1 +0000"
    names = repo.store([("commit", b"tree %s\n%s\n\n%s" % (EMPTY_TREE.encode(), people, message))])
    plan = Rewrite(names, {names[0]: ""}, {names[0]: []})
    found = ordinary.rewritten(plan, Rewording(read_commits(repo, names), None))
    assert found is None if is_left else found is not None and found[0] == {names[0]: names[0]}


def test_a_commit_with_the_same_parent_twice_is_left_to_git_filter_repo(repo: Repo) -> None:
    plain = b"tree %s\nauthor Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1 +0000\n\nmessage" % EMPTY_TREE.encode()
    names = repo.store([("commit", plain), ("commit", plain + b"2")])
    rewording = Rewording(read_commits(repo, names), Translator(sorted(names), None))
    trees = dict.fromkeys(names, "")
    assert ordinary.rewritten(Rewrite(names, trees, {names[0]: [], names[1]: [names[0]] * 2}), rewording) is None
    assert ordinary.rewritten(Rewrite(names, trees, {names[0]: [], names[1]: [names[0]]}), rewording) is not None
