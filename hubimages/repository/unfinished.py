"""What a run was about to commit when it was killed, and how the next run puts it back.

A run that a signal ends puts everything back itself. SIGKILL, as of a runner that is out of memory or time, leaves no
moment for that: some files may be edited and not committed. The next run would take those edits for the state of the
repository and commit the rest alone. So a run records in git's directory what it is about to write.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hubimages import disk, signals
from hubimages.errors import HubImagesError
from hubimages.repository import branches, committing, file_edit, pull_request
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from hubimages.repository.opening import NoRepositoryError, deployment_repository
from hubimages.repository.writable import check_unlocked

EDITS = Path("hubimages", "edits.json")
BLOCK = 4096  # bytes, of most file systems


@contextmanager
def recorded(repo: Repo, edits: Sequence[FileEdit], messages: Sequence[str] = ()) -> Iterator[Callable[[], None]]:
    """Keep a record of the edits within the block. The texts of a file are in the order in which it gets them.

    `messages` are those of the commits that the block makes.

    The record takes the space that files and index need to be put back, and gives it up when the block calls the
    function that it gets. Where that was not enough, the record stays, and the next run puts them back.
    """
    assert repo.work_tree is not None
    work_tree = repo.work_tree
    texts: dict[str, list[str | None]] = {}
    modes: dict[str, int] = {}
    for edit in edits:
        texts.setdefault(edit.path, [edit.before]).append(edit.after)
        with suppress(OSError):
            modes[edit.path] = (work_tree / edit.path).stat().st_mode & 0o7777
    spare = sum(BLOCK + len((edit.before or "").encode("utf-8", "surrogateescape")) for edit in edits) + BLOCK
    with suppress(OSError):
        spare += BLOCK + (repo.git_dir / "index").stat().st_size

    def is_left() -> bool:
        try:
            return committing.uncommitted(repo, list(texts))
        except HubImagesError:  # git cannot read a file: a filter that it needs is missing, for example
            return any(file_edit.text_of(work_tree, path) != known[0] for path, known in texts.items())

    head = repo.answer("rev-parse", "--verify", "--quiet", "HEAD").strip()
    run = {"head": head, "messages": [*messages], "name": committing.RUN, "command": sys.argv[1:]}
    facts = json.dumps({"texts": texts, "modes": modes, **run})
    with disk.record(repo.git_dir / EDITS, facts, needed=is_left, spare=spare) as free:
        yield free


def put_back(directory: Path, all_of: Sequence[str] | None = None) -> str:
    """Put back what a killed run has edited and not committed, and the branch it was on; say so.

    A file that is something else by now stays as it is. `all_of` is a command whose commits belong together: where a
    run of it made some of them, they are taken back; the last is returned where it made all. Raises RefusedError while
    git has a lock.
    """
    committed = ""
    if not any((here / ".git").exists() and _records(here / ".git") for here in (directory, *directory.parents)):
        return committed
    with suppress(NoRepositoryError):
        repo = deployment_repository(directory)
        with signals.held_back():
            with disk.left_record(repo.git_dir / EDITS) as left:
                if facts := disk.facts(left):
                    check_unlocked(repo)
                    if all_of is not None and facts.get("command") == [*all_of]:
                        committed = _all_committed(repo, facts)
                    _put_files_back(repo, facts)
                elif left is not None:
                    committing.note(
                        "the record of an earlier run that was killed cannot be read. Look with git status for edits "
                        "that are not yours"
                    )
            with disk.left_record(repo.git_dir / branches.RECORD) as left:
                if facts := disk.facts(left):
                    told = branches.go_back(repo, facts["branch"], facts["before"], facts["head"], made=facts["made"])
                    if told:
                        committing.note(f"an earlier run was killed. {told}")
    return committed


def open_pull_request(directory: Path, task: str, branch: str | None, command: Sequence[str]) -> bool:
    """Open the pull request for commits of an earlier run that was stopped or got no answer, and say so.

    Return True if that was all that the task is to do. What another command has left is only named; see
    `pull_request.open_pending`.
    """
    if not any((here / ".git").exists() and _records(here / ".git") for here in (directory, *directory.parents)):
        return False
    with suppress(NoRepositoryError):
        told, is_all = pull_request.open_pending(deployment_repository(directory), task, branch, command)
        if told:
            committing.note(told)
        return is_all
    return False


def _records(dot_git: Path) -> bool:
    """Return True if there is a record, or where `.git` is a file, which names a directory elsewhere."""
    return dot_git.is_file() or any(
        (dot_git / name).exists() for name in (EDITS, branches.RECORD, pull_request.PENDING)
    )


def _put_files_back(repo: Repo, facts: dict[str, dict[str, object]]) -> None:
    assert repo.work_tree is not None
    texts: dict[str, list[str | None]] = facts["texts"]  # type: ignore[assignment]
    modes: dict[str, int] = facts["modes"]  # type: ignore[assignment]
    for folder in {(repo.work_tree / path).parent for path in texts}:
        disk.remove_left(folder)
    changed = [
        path
        for path, known in texts.items()
        if file_edit.text_of(repo.work_tree, path) in known and committing.uncommitted(repo, [path])
    ]
    if not changed:
        return
    committing.set_index(repo, changed)  # a person had nothing staged in these files
    done = [path for path in changed if _put_file_back(repo, path, texts[path], modes.get(path))]
    if done:
        committing.note(f"an earlier run was killed before it committed {', '.join(done)}. They are as before it again")


def _all_committed(repo: Repo, facts: dict[str, Any]) -> str:
    """Return HEAD if a run has made all of its commits, or ""; take back those of one that made some.

    They are its own if there are no others since it began, and git's log of HEAD has each under its name. Where there
    is no such log, each has the message that it was to get.
    """
    head, since = facts["head"], f"{facts['head']}..HEAD"
    made = repo.answer("rev-list", since).split()
    messages = repo.answer("log", "--reverse", "--format=%B%x00", since).split("\0")[:-1]
    logged = repo.answer("log", "-g", "--format=%H %gs", "HEAD").splitlines()
    own = {entry.split(" ")[0] for entry in logged if f" {facts.get('name')}: " in entry}
    is_as_told = [each.split() for each in messages] == [each.split() for each in facts["messages"][: len(made)]]
    is_own = own >= {*made} if logged else is_as_told
    if not made or not is_own or not repo.succeeds("merge-base", "--is-ancestor", head, "HEAD"):
        return ""
    if len(made) == len(facts["messages"]):
        return made[0][:12]
    if not repo.answer("for-each-ref", "--contains", made[-1], "refs/remotes"):
        repo.read("update-ref", "-m", "hubimages: take back some of a killed run's commits", "HEAD", head, made[0])
        names = ", ".join(each[:12] for each in made)
        committing.note(f"an earlier run was killed before it made all of its commits. {names} is taken back")
    return ""


def _put_file_back(repo: Repo, path: str, known: Sequence[str | None], mode: int | None) -> bool:
    """Give a file the text that HEAD has of it, which is one of those that the run knew. False if none is."""
    assert repo.work_tree is not None
    found = file_edit.text_of(repo.work_tree, path)
    for text in reversed(known):
        file_edit.put(repo.work_tree / path, text, mode)
        if not committing.uncommitted(repo, [path]):
            return found != text
    file_edit.put(repo.work_tree / path, found, mode)
    return False
