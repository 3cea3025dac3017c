"""Make the branch of an update: with one commit, or checked out with conflicts."""

import shlex
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hubimages import console, signals
from hubimages.errors import HubImagesError
from hubimages.repository import committing
from hubimages.repository.branches import current_branch, on_branch
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.run import started
from hubimages.update.objects import MERGE_SETTINGS
from hubimages.update.plan import Update
from hubimages.update.report import nothing_to_do, show_conflicts, show_done

TASK = "update-image-repo"


def apply_update(update: Update) -> tuple[Update, str]:
    """Make the branch; return the update as it is there, and what was done and what comes next, as text.

    Without conflicts the work tree and the branch that is checked out stay as they are, and the branch appears whole.
    With conflicts the branch is checked out and has them as `git cherry-pick` leaves them. Raises RefusedError if the
    branch has something else, git is busy, or the repository has changed since the plan was made.
    """
    if not update.is_newer:
        return update, nothing_to_do(update)
    before, landing = current_branch(update.repo), update.landing
    with signals.raising(), signals.held_back():
        former = landing.former()
        if former and landing.is_done(former):
            update = replace(update, commit=former)
            return update, show_done(update)
        landing.check()
        landing.unpack()
        if not update.conflicts:
            landing.point(update.commit, former, TASK)
            return update, show_done(update)
        if former:
            landing.point(update.head, former, TASK)
        with on_branch(update.repo, update.branch):
            _pick(update)
        return update, show_conflicts(update, before)


def _pick(update: Update) -> None:
    """Have git pick the template's change, and stop at the conflicts that the plan has.

    In a session of its own: if this process is killed, git goes on to a state that `git status` explains.
    """
    assert update.merge is not None
    assert update.repo.work_tree is not None
    repo = Repo(update.repo.git_dir, update.repo.work_tree, {**update.repo.config, **MERGE_SETTINGS})
    places = [update.repo.work_tree / path for path in update.paths]
    before = {place: _seen(place) for place in places}
    argv = repo.argv("cherry-pick", "--strategy=ort", update.commit)
    console.command(["git", "-C", str(repo.work_tree), "cherry-pick", update.commit])
    program = started(*argv, cwd=repo.directory, env=ENVIRONMENT, stderr=subprocess.STDOUT, new_session=True)
    with program as process:
        said, _ = process.communicate()
    if process.returncode != 1 or not (repo.git_dir / "CHERRY_PICK_HEAD").exists():
        error = repo.failure(["cherry-pick"], process.returncode, said)
        written = {place: seen for place, seen in before.items() if _seen(place) != seen}
        try:
            _put_back(update.repo, written)
        except HubImagesError as trouble:
            former = [str(place.relative_to(update.repo.work_tree)) for place, seen in written.items() if seen]
            back = shlex.join(["git", "-C", str(repo.work_tree), "checkout", "HEAD", "--", *former])
            raise type(error)(f"{error}\nto have the files as before: {back} ({trouble})") from error
        raise error
    unmerged = repo.read("ls-files", "-z", "--unmerged").decode(errors="surrogateescape").split("\0")[:-1]
    found = {entry.partition("\t")[2] for entry in unmerged}
    if found != {each.path for each in update.merge.conflicts}:
        console.step(f"git has conflicts in {', '.join(sorted(found))}, not quite those of the plan")


def _seen(place: Path) -> tuple[int, ...]:
    """Return what shows that git has written a file, which it makes anew; nothing for a file that is not there."""
    try:
        facts = place.lstat()
    except OSError:
        return ()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size, facts.st_mode


def _put_back(repo: Repo, written: Mapping[Path, tuple[int, ...]]) -> None:
    """Have the files that a pick has written, the index and git's state as before, where it failed in the middle.

    That happens on a disk that is full. git writes no file that has a change of its owner's. The empty ones were not
    there before.
    """
    assert repo.work_tree is not None
    paths = [place.relative_to(repo.work_tree).as_posix() for place in written]
    for place in [place for place, seen in written.items() if not seen]:  # first: it makes room
        place.unlink(missing_ok=True)
        for folder in place.relative_to(repo.work_tree).parents[:-1]:
            with suppress(OSError):  # not empty
                (repo.work_tree / folder).rmdir()
    for name in ("CHERRY_PICK_HEAD", "MERGE_MSG", "AUTO_MERGE"):
        (repo.git_dir / name).unlink(missing_ok=True)
    if not paths:
        return
    if repo.read("diff-index", "--cached", "--name-only", "-z", "HEAD", "--", *paths):
        committing.set_index(repo, paths)
    listed = repo.read("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths)
    repo.read("checkout-index", "-f", "-q", "-z", "--stdin", stdin=listed)
