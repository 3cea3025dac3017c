"""Propose an update: push its commit to `origin`, and open its pull request once.

The person's branches, index and files stay as they are. A token that may not change workflows gets an update without
them, which leaves out the record, too: the repository is still at its version, so the next update brings the rest.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages import console, disk, signals, systems
from hubimages.errors import BadInputError, NotInstalledError, RefusedError
from hubimages.repository.branches import current_branch
from hubimages.repository.git import Repo, WorkflowRightError
from hubimages.repository.proposals.github import GitHub, Pace
from hubimages.repository.proposals.proposing import DECLINED, OPEN, OPENED, Means, Proposal, Proposed
from hubimages.repository.proposals.proposing import open_pull_request as propose
from hubimages.repository.proposals.talking import talk
from hubimages.repository.pull_request import github, remote_address, token
from hubimages.template import RECORD
from hubimages.update.objects import files_of
from hubimages.update.plan import Update
from hubimages.update.report import nothing_to_do, show_unproposed, told

WORKFLOWS = ".github/workflows/"
SAID = {DECLINED: "not opened again, ", OPEN: "already open: ", OPENED: "opened "}


@dataclass(frozen=True)
class _Origin:
    """Where an update is proposed: the address that git pushes to, and the branch that the pull request goes to."""

    address: str
    base: str


def propose_update(update: Update, pace: Pace | None = None) -> tuple[Update, str]:
    """Push the update's commit and open its pull request; return the update, and what was done, as text.

    With conflicts nothing is done. Raises RefusedError if `origin` has other commits on the base branch, or somebody
    else's on the update's; LoginError, NoAnswerError as the server answers.
    """
    if not update.is_newer:
        return update, nothing_to_do(update)
    if update.conflicts:
        return update, show_unproposed(update)
    repo = update.repo
    if token() and github() is None:
        raise NotInstalledError(f"--open-pr needs PyGithub: {systems.install_line('github')}")
    web = remote_address(repo)
    if web is None:
        raise BadInputError(
            "--open-pr: the address of remote `origin` shows no owner and repository. Set it with: "
            "git remote set-url origin ADDRESS"
        )
    with signals.raising():
        origin = _fetched(update)
        update.landing.check_unchanged()
        update.landing.unpack()
        means = Means(talk, time.sleep, GitHub(web.host, console.step, time.sleep, pace))
        title, text = repo.text("show", "-s", "--format=%s", update.commit), told(update)
        proposal = Proposal(
            repo, origin.address, web, origin.base, update.head, update.branch, update.commit, title, text, retell=True
        )
        try:
            done = propose(proposal, means)
        except WorkflowRightError as error:
            update = _without_workflows(update, error)
            done = propose(replace(proposal, commit=update.commit, body=told(update)), means)
    update = replace(update, pull_request=done.pull_request)
    return update, _shown(update, done)


def _shown(update: Update, done: Proposed) -> str:
    lines = [f"{update.title}: {SAID.get(done.state, f'{done.state} ')}{done.detail}"]
    if update.left_out:
        lines.append(f"Left out, because the token may not change workflows: {', '.join(update.left_out)}")
    return "\n".join(lines)


def _fetched(update: Update) -> _Origin:
    """Fetch the base branch and the update's, if it is there; return where the update goes.

    Raises RefusedError unless the base branch is at the commit that is updated: a pull request would have more in it,
    or take back what is newer.
    """
    repo, branch = update.repo, update.branch
    directory = repo.work_tree or repo.git_dir
    git = ("git", "-C", str(directory))
    address = repo.text("remote", "get-url", "--push", "origin")
    base = current_branch(repo)
    if not base:
        raise RefusedError("--open-pr: no branch is checked out. Switch to the one that the pull request goes to")
    branches = [f"+refs/heads/{name}*:refs/remotes/origin/{name}*" for name in (base, branch)]
    fetched = repo.text("remote", "get-url", "origin")
    talk(fetched, *git, "fetch", "-q", "--no-tags", "--prune", "origin", *branches, cwd=directory)
    there = repo.answer("rev-parse", "--verify", "-q", f"refs/remotes/origin/{base}").strip()
    if there != update.head:
        behind = bool(there) and repo.succeeds("merge-base", "--is-ancestor", update.head, there)
        do = "Pull first: git pull" if behind else f"Push it first: git push origin {base}"
        raise RefusedError(f"--open-pr: {base} is not at the same commit as on origin. {do}")
    if repo.text("rev-parse", "--is-shallow-repository") == "true":
        raise RefusedError("--open-pr: this clone is shallow. Fetch the rest: git fetch --unshallow")
    return _Origin(address, base)


def _without_workflows(update: Update, error: WorkflowRightError) -> Update:
    """Return the update without changes of workflows. Raises the error if there is nothing else, or it would not work.

    A changed answer, such as another registry, is in the workflows and in the other files: one without the other fails.
    """
    assert update.merge is not None
    changed = [key for key, (before, _) in update.answers.items() if before is not None]
    repo, tree = update.repo, update.merge.tree
    left_out = [path for path in update.paths if path.startswith(WORKFLOWS)]
    rest = [path for path in update.paths if path not in left_out and path != RECORD]
    if changed or not rest:
        files = ", ".join(left_out)
        why = "only workflows differ" if not rest else f"the answer to {changed[0]} changes"
        raise WorkflowRightError(f"{error}. Nothing was pushed, since {why}: {files}") from error
    tree = _tree_with(repo, tree, update.head, [*left_out, RECORD])
    message = repo.read("show", "-s", "--format=%B", update.commit)
    sign = ["-S"] if repo.answer("config", "--type=bool", "--get", "commit.gpgSign").strip() == "true" else []
    commit = repo.text("commit-tree", tree, "-p", update.head, *sign, "-F", "-", stdin=message)
    return replace(update, commit=commit, left_out=tuple(left_out), merge=replace(update.merge, tree=tree))


def _tree_with(repo: Repo, tree: str, head: str, paths: Sequence[str]) -> str:
    """Return a tree in which these files are as they are in `head`, or not there if they are not in it."""
    merged, before = files_of(repo, tree), files_of(repo, head)
    kept = {path: entry for path, entry in merged.items() if path not in paths}
    kept |= {path: before[path] for path in paths if path in before}
    rows = "".join(f"{mode} {blob}\t{path}\0" for path, (mode, blob) in kept.items())
    with disk.temporary_directory("index") as directory:
        index = {"GIT_INDEX_FILE": str(Path(directory, "index"))}
        repo.read("update-index", "-z", "--index-info", stdin=rows.encode(errors="surrogateescape"), env=index)
        return repo.text("write-tree", env=index)
