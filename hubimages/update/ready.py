"""Find an image repository, and check that a commit can be made in it."""

from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.repository.changes import NoRepositoryError, check_can_commit, current_branch, deployment_repository
from hubimages.repository.git import Repo

NEW_BRANCH = "change-answers"  # any new branch, where HEAD is detached


def repository(path: Path) -> Repo:
    """Return the git repository that a path is in. Raises BadInputError if there is none."""
    if not path.is_dir():
        raise BadInputError(f"no directory {path}. Name a clone of an image repository")
    try:
        return deployment_repository(path)
    except NoRepositoryError as error:
        raise BadInputError(f"{path} is not a git repository. Name a clone of an image repository") from error


def check_ready(repo: Repo) -> None:
    """Raise an error unless a commit can be made, and no file that git knows has uncommitted changes."""
    check_can_commit(repo, branch=current_branch(repo) or NEW_BRANCH)
    status = repo.read(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=none"
    )
    changed = [entry[3:].decode(errors="surrogateescape") for entry in status.split(b"\0") if len(entry) > 3]
    if changed:
        named = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise RefusedError(f"{named}: uncommitted changes. Commit or stash them first")


def check_has_commit(repo: Repo) -> None:
    """Raise RefusedError for a repository without a commit."""
    if not repo.succeeds("rev-parse", "--verify", "-q", "HEAD"):
        raise RefusedError(f"{repo.work_tree} has no commit yet. Make the first one (git commit), then run this again")
