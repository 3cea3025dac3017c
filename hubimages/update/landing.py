"""Put a commit on a branch of a person's repository, whole, and nowhere else."""

import shlex
from dataclasses import dataclass, field

from hubimages.errors import ProgramFailedError, RefusedError
from hubimages.repository import branches
from hubimages.repository.branches import check_branch
from hubimages.repository.git import Repo
from hubimages.repository.writable import check_flags
from hubimages.update.ready import check_ready


@dataclass(frozen=True)
class Landing:
    """A commit that goes on `head`, in a pack, and its branch. `tree` is "" for a commit that conflicts there."""

    repo: Repo
    head: str
    branch: str
    commit: str
    tree: str
    pack: bytes = field(repr=False)
    paths: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()

    def former(self) -> str:
        """Return the commit of a branch of this name that may be replaced; "" if there is no such branch.

        It may be replaced if its commits are in HEAD, or if it has this change. Raises RefusedError for any other.
        """
        repo, branch = self.repo, self.branch
        former = repo.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}").strip()
        if not former:
            check_branch(repo, branch)
            return ""
        if elsewhere := repo.text("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}"):
            raise RefusedError(f"branch {branch} is checked out in {elsewhere}. Switch to another branch there first")
        if not self.is_done(former) and not repo.succeeds("merge-base", "--is-ancestor", former, self.head):
            where = f"git -C {shlex.quote(str(repo.work_tree))}"
            raise RefusedError(
                f"branch {branch} exists, from an earlier update it seems. Merge it, or remove it: {where} branch -D "
                f"{shlex.quote(branch)}"
            )
        return former

    def is_done(self, former: str) -> bool:
        """Return True if a commit is this change: its tree on the same parent."""
        return bool(self.tree) and self.repo.text("show", "-s", "--format=%T %P", former) == f"{self.tree} {self.head}"

    def check(self) -> None:
        """Raise RefusedError unless the repository is as it was when the plan was made, and has room for it."""
        repo = self.repo
        check_ready(repo)
        self.check_unchanged()
        if self.overwritten:
            raise RefusedError(
                f"{', '.join(self.overwritten)}: git does not have this file, and the update adds one there. Commit it "
                "or move it away"
            )
        check_flags(repo, self.paths)

    def check_unchanged(self) -> None:
        """Raise RefusedError if HEAD has moved since the plan was made."""
        if self.repo.text("rev-parse", "HEAD") != self.head:
            raise RefusedError(f"{self.repo.work_tree} got another commit meanwhile. Run this again")

    def unpack(self) -> None:
        """Take the commit into the repository."""
        self.repo.read("unpack-objects", "-q", stdin=self.pack)

    def point(self, commit: str, former: str, task: str) -> None:
        """Set the branch in one step, if it still is where it was."""
        ref = f"refs/heads/{self.branch}"
        branches.move(self.repo, self.branch, commit, former, task)
        if self.repo.text("rev-parse", ref) != commit:
            raise ProgramFailedError(f"git update-ref reported success, but {self.branch} is not at {commit[:12]}")
