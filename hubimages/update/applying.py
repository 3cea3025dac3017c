"""Make the branch of an update: with one commit, or checked out with conflicts."""

import shlex
import subprocess
from dataclasses import replace

from hubimages import console
from hubimages.errors import ProgramFailedError, RefusedError
from hubimages.repository import signals
from hubimages.repository.branches import check_branch, current_branch, on_branch
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.repository.writable import check_flags
from hubimages.run import failure, start
from hubimages.update.objects import MERGE_SETTINGS
from hubimages.update.plan import Update
from hubimages.update.planning import check_ready
from hubimages.update.report import nothing_to_do, show_conflicts, show_done


def apply_update(update: Update) -> tuple[Update, str]:
    """Make the branch; return the update as it is there, and what was done and what comes next, as text.

    Without conflicts the work tree and the branch that is checked out stay as they are, and the branch appears whole.
    With conflicts the branch is checked out and has them as `git cherry-pick` leaves them. Raises RefusedError if the
    branch has something else, git is busy, or the repository has changed since the plan was made.
    """
    if not update.is_newer:
        return update, nothing_to_do(update)
    repo, before = update.repo, current_branch(update.repo)
    with signals.raising(), signals.held_back():
        former = _former(update)
        if former and _has_it(update, former):
            update = replace(update, commit=former)
            return update, show_done(update)
        _check(update)
        repo.read("unpack-objects", "-q", stdin=update.pack)
        if update.conflicts:
            if former:
                _set(update, update.head, former)
            with on_branch(repo, update.branch):
                _pick(update)
            return update, show_conflicts(update, before)
        _set(update, update.commit, former)
    if repo.text("rev-parse", f"refs/heads/{update.branch}") != update.commit:
        raise ProgramFailedError(f"git update-ref reported success, but {update.branch} is not at {update.commit[:12]}")
    return update, show_done(update)


def _former(update: Update) -> str:
    """Return the commit of a branch of this name that may be replaced; "" if there is no such branch.

    It may be replaced if its commits are in HEAD, or if it has this update. Raises RefusedError for any other.
    """
    repo, branch = update.repo, update.branch
    former = repo.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}").strip()
    if not former:
        check_branch(repo, branch)
        return ""
    if elsewhere := repo.text("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}"):
        raise RefusedError(f"branch {branch} is checked out in {elsewhere}. Switch to another branch there first")
    if not _has_it(update, former) and not repo.succeeds("merge-base", "--is-ancestor", former, update.head):
        where = f"git -C {shlex.quote(str(repo.work_tree))}"
        raise RefusedError(
            f"branch {branch} exists, from an earlier update it seems. Merge it, or remove it: {where} branch -D "
            f"{shlex.quote(branch)}"
        )
    return former


def _has_it(update: Update, former: str) -> bool:
    """Return True if a commit is this update: its tree on the same parent."""
    if update.merge is None or update.conflicts:
        return False
    facts = update.repo.text("show", "-s", "--format=%T %P", former)
    return facts == f"{update.merge.tree} {update.head}"


def _check(update: Update) -> None:
    """Raise RefusedError unless the repository is as it was when the plan was made, and has room for it."""
    repo = update.repo
    check_ready(repo)
    if repo.text("rev-parse", "HEAD") != update.head:
        raise RefusedError(f"{repo.work_tree} got another commit meanwhile. Run this again")
    if update.overwritten:
        raise RefusedError(
            f"{', '.join(update.overwritten)}: git does not have this file, and the update adds one there. Commit it "
            "or move it away"
        )
    check_flags(repo, update.paths)


def _set(update: Update, commit: str, former: str) -> None:
    """Set the branch in one step, if it still is where it was."""
    ref = f"refs/heads/{update.branch}"
    zero = "0" * len(commit)
    update.repo.read("update-ref", "--create-reflog", "-m", "update-image-repo", ref, commit, former or zero)


def _pick(update: Update) -> None:
    """Have git pick the template's change, and stop at the conflicts that the plan has.

    In a session of its own: if this process is killed, git goes on to a state that `git status` explains.
    """
    assert update.merge is not None
    repo = Repo(update.repo.git_dir, update.repo.work_tree, {**update.repo.config, **MERGE_SETTINGS})
    argv = repo.argv("cherry-pick", "--strategy=ort", update.commit)
    console.command(["git", "-C", str(repo.work_tree), "cherry-pick", update.commit])
    process = start(*argv, cwd=repo.directory, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    new_session=True)  # fmt: skip
    said, _ = process.communicate()
    if process.returncode != 1 or not (repo.git_dir / "CHERRY_PICK_HEAD").exists():
        raise failure(argv, process.returncode, said)
    unmerged = repo.read("ls-files", "-z", "--unmerged").decode(errors="surrogateescape").split("\0")[:-1]
    found = {entry.partition("\t")[2] for entry in unmerged}
    if found != {each.path for each in update.merge.conflicts}:
        console.step(f"git has conflicts in {', '.join(sorted(found))}, not quite those of the plan")
