"""Make the branch of an update: with one commit, or checked out with conflicts."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from hubimages import console, signals
from hubimages.errors import HubImagesError
from hubimages.repository import committing
from hubimages.repository.branches import current_branch, on_branch
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.run import start
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
    new = [path for path in update.paths if not os.path.lexists(update.repo.work_tree / path)]
    argv = repo.argv("cherry-pick", "--strategy=ort", update.commit)
    console.command(["git", "-C", str(repo.work_tree), "cherry-pick", update.commit])
    process = start(*argv, cwd=repo.directory, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    new_session=True)  # fmt: skip
    said, _ = process.communicate()
    if process.returncode != 1 or not (repo.git_dir / "CHERRY_PICK_HEAD").exists():
        error = repo.failure(["cherry-pick"], process.returncode, said)
        try:
            _put_back(update.repo, update.paths, new)
        except HubImagesError as trouble:
            back = f"git -C {shlex.quote(str(repo.work_tree))} reset --hard"
            raise type(error)(f"{error}\nto have the files as before: {back} ({trouble})") from error
        raise error
    unmerged = repo.read("ls-files", "-z", "--unmerged").decode(errors="surrogateescape").split("\0")[:-1]
    found = {entry.partition("\t")[2] for entry in unmerged}
    if found != {each.path for each in update.merge.conflicts}:
        console.step(f"git has conflicts in {', '.join(sorted(found))}, not quite those of the plan")


def _put_back(repo: Repo, paths: Sequence[str], new: Sequence[str]) -> None:
    """Have files, index and git's state as before a pick that failed in the middle, as on a disk that is full.

    No file had a change of its owner's, and those in `new` were not there.
    """
    assert repo.work_tree is not None
    for place in [repo.work_tree / path for path in new]:  # first: it makes room
        place.unlink(missing_ok=True)
        for folder in place.relative_to(repo.work_tree).parents[:-1]:
            with suppress(OSError):  # not empty
                (repo.work_tree / folder).rmdir()
    for name in ("CHERRY_PICK_HEAD", "MERGE_MSG", "AUTO_MERGE"):
        (repo.git_dir / name).unlink(missing_ok=True)
    if repo.read("diff-index", "--cached", "--name-only", "-z", "HEAD", "--", *paths):
        committing.set_index(repo, paths)
    listed = repo.read("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths)
    repo.read("checkout-index", "-f", "-q", "-z", "--stdin", stdin=listed)
