"""The only module that knows git-filter-repo's insides (version 2.47.0, pinned in pyproject.toml).

Imported where a commit is unusual: `ordinary` writes the others, and git-filter-repo takes memory in each process.

git-filter-repo parses the old commits, gives them new ids and writes them. We tell it which commits to keep, with
which parents and which tree. So every tree is exact by construction, no file is diffed or read, and messages, dates,
encodings and oddities of old commits come out as git-filter-repo leaves them:
`tests/extract/test_same_ids.py` compares the ids with its command line.
"""

import copy
import functools
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import git_filter_repo

from hubimages import console
from hubimages.errors import ProgramFailedError
from hubimages.extract.rewrite import LATEST, Rewrite, TranslateMessage
from hubimages.repository.git import Repo

BRANCH = b"refs/heads/extracted"

# fast-export computes the files of each commit unless none of them is asked for; the tree is given as a whole.
NO_FILES = ":/no/file/has/this/name/"


@functools.cache
def quiet_options() -> Any:
    """Return git-filter-repo's options, without asking git about its version as `default_options` does."""
    return git_filter_repo.FilteringOptions.create_arg_parser().parse_args(["--quiet"])


class Filter(git_filter_repo.RepoFilter):  # type: ignore[misc]
    """A RepoFilter that takes parents and trees from a plan, and prunes nothing itself."""

    def __init__(self, plan: Rewrite, translate: TranslateMessage | None, one_more: Callable[[], None]) -> None:
        super().__init__(copy.deepcopy(quiet_options()))
        self._plan = plan
        self._translate = translate
        self._one_more = one_more
        self._marks: dict[str, int] = {}

    def rewrite(self, exporter: "subprocess.Popen[bytes]", importer: "subprocess.Popen[bytes]") -> dict[str, str]:
        """Send everything from git fast-export to git fast-import; return old id to new id."""
        assert importer.stdin is not None
        self._input, self._output = exporter.stdout, importer.stdin
        self._import_pipes = (importer.stdin, importer.stdout)
        self._parser = Parser(commit_callback=self._tweak_commit, reset_callback=self._tweak_reset)
        self._parser.run(self._input, self._output)
        self._flush_renames()
        importer.stdin.close()
        return {old.decode(): new.decode() for old, new in self._commit_renames.items()}

    def _tweak_reset(self, reset: Any) -> None:
        reset.skip()  # fast-export resets a ref named like the commit; ours is set at the end

    def _tweak_commit(self, commit: Any, aux_info: Any) -> None:
        old = commit.original_id.decode()
        if self._translate is None:
            commit.message = self._hash_re.sub(self._translate_commit_hash, commit.message)
        else:
            commit.message = self._translate(old, commit.message, commit.encoding, self._new_id)
        if self._parser.author is not None:  # git-filter-repo puts the committer in the place of an author ` <>`
            commit.author_name, commit.author_email, commit.author_date = self._parser.author
            self._parser.author = None
        commit.branch = BRANCH
        commit.parents = [self._marks[parent] for parent in self._plan.parents[old]]
        for parent in commit.parents:
            self._graph.record_external_commits([parent])
        self._graph.add_commit_and_parents(commit.id, commit.parents)
        commit.file_changes = [RootTree(self._plan.trees[old])]
        self._marks[old] = commit.id
        self._insert_into_stream(commit)
        self._record_remapping(commit, commit.parents)
        self._one_more()

    def _new_id(self, old: str) -> str | None:
        new = self._get_rename(old.encode())
        return None if new is None else new.decode()


class Parser(git_filter_repo.FastExportParser):  # type: ignore[misc]
    """A parser that also reads malformed author and committer lines, which old tools wrote.

    git-filter-repo and git fast-import stop at such a line. We keep what can be read of it.
    """

    author: tuple[bytes, bytes, bytes] | None = None  # of the commit that is being read

    def _parse_user(self, usertype: bytes) -> tuple[bytes, bytes, bytes]:
        user = self._read_user(usertype)
        if usertype == b"author":
            self.author = user
        return user

    def _read_user(self, usertype: bytes) -> tuple[bytes, bytes, bytes]:
        line = self._currentline.removeprefix(usertype).removeprefix(b" ").rstrip(b"\n")
        found = READABLE.fullmatch(line)
        if found and int(found[1]) < LATEST:
            user: tuple[bytes, bytes, bytes] = super()._parse_user(usertype)
            return user
        self._advance_currentline()
        return mended(line)


READABLE = re.compile(rb"[^<>]* <[^<>]*> -?(\d{1,20}) [+-]\d+")  # by git fast-import, with a raw-permissive date


def mended(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return (name, address, date) of a malformed author or committer line; the epoch where it has no date."""
    when = re.search(rb"(?:^|(?<=[\s>]))(\d+)(?: ([+-]\d+))?\s*$", line)
    is_date = when is not None and int(when[1]) < LATEST
    date = when[1] + b" " + (when[2] or b"+0000") if when and is_date else b"0 +0000"
    name, bracket, address = (line[: when.start()] if when else line).partition(b"<")
    if not bracket and b"@" in name:  # "Ada ada@example.org>"
        name, _, address = name.rstrip().rpartition(b" ")
    return re.sub(rb"[<>]", b"", name).strip(), re.sub(rb"[<>]", b"", address).strip(), date


class RootTree(git_filter_repo.FileChange):  # type: ignore[misc]
    """The one change of a rewritten commit: its root becomes this tree ("" for none)."""

    def __init__(self, tree: str) -> None:
        super().__init__(b"DELETEALL")
        self._tree = tree

    def dump(self, file_: Any) -> None:
        """Write it in git fast-import's language."""
        self.dumped = 1
        file_.write(b'M 040000 %s ""\n' % self._tree.encode() if self._tree else b"deleteall\n")


ONE_AT_A_TIME = threading.Lock()  # git-filter-repo keeps the numbering of its objects in its module


def rewrite(
    source: Repo, target: Repo, plan: Rewrite, translate: TranslateMessage | None, scratch: Path, *, reencode: bool
) -> dict[str, str]:
    """Write the planned commits into `target`, which can read `source`'s trees; return old id to new id.

    With `translate` None, commit ids in messages are rewritten as git-filter-repo does. With `reencode`, messages in
    another encoding become UTF-8, which is its default.
    """
    asked = scratch / "commits"
    asked.write_text("".join(f"{commit}\n" for commit in reversed(plan.commits)))  # fast-export turns them round
    with ONE_AT_A_TIME, asked.open("rb") as commits:
        git_filter_repo._IDS.__init__()
        git_filter_repo._SKIPPED_COMMITS.clear()
        exporting = source.started(
            *("fast-export", "--show-original-ids", "--use-done-feature", "--no-data", "--signed-tags=strip"),
            f"--reencode={'yes' if reencode else 'no'}",
            # The walk is over: show these commits, in this order, whether or not they touch the path named.
            *("--full-history", "--sparse", "--no-walk=unsorted", "--stdin", "--", "--", NO_FILES),
            stdin=commits,
        )
        importing = target.started(
            *("-c", "core.ignorecase=false", "-c", "fastimport.unpackLimit=0"),
            *("fast-import", "--force", "--quiet", "--date-format=raw-permissive"),
            stdin=subprocess.PIPE,
        )
        with (
            exporting as exporter,
            importing as importer,
            console.counting("rewriting commits", len(plan.commits)) as one_more,
        ):
            try:
                new_ids = Filter(plan, translate, one_more).rewrite(exporter, importer)
            except BrokenPipeError:
                importer.stdin = None
                target.finish(importer)  # raises what fast-import wrote when it stopped reading
                raise
            except SystemExit as error:
                if not isinstance(error.code, str):  # a signal's, not a message of git-filter-repo
                    raise
                raise ProgramFailedError(f"git-filter-repo stopped: {error.code}") from error
            importer.stdin = None
            source.finish(exporter)
            target.finish(importer)
    return new_ids
