"""Let git-filter-repo rewrite the extracted history once more, in the scratch repository."""

import shutil
import sys

from hubimages.errors import BadInputError
from hubimages.extract.removal.wanted import Removal
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.run import attempt, failure

REF = "refs/heads/to-filter"


def filtered(scratch: Repo, tip: str, removal: Removal) -> dict[str, str]:
    """Rewrite the history of a commit; return the new id of each commit by its old one.

    No commit is pruned, not even one that is empty then, so that each keeps its parents and its place. Raises
    BadInputError for a path that the history never had.
    """
    missing = [path for path in removal.paths if not _has(scratch, tip, path)]
    if missing and not removal.everywhere:
        raise BadInputError(
            f"--drop-path {missing[0]}: the image's history has no such path. Give it from the image directory, as the "
            "scan prints it"
        )
    scratch.read("update-ref", REF, tip)
    records = scratch.git_dir / "filter-repo"
    argv = [
        *(sys.executable, "-m", "git_filter_repo", "--force", "--partial", "--quiet", "--refs", REF),
        *("--prune-empty", "never", "--prune-degenerate", "never", "--preserve-commit-encoding"),
        *removal.argv(),
    ]
    try:
        done = attempt(*argv, cwd=scratch.git_dir, env={**ENVIRONMENT, "GIT_DIR": str(scratch.git_dir)})
        if done.returncode:
            raise failure(["git", "filter-repo"], done.returncode, done.stderr or done.stdout)
        rows = (records / "commit-map").read_text(encoding="ascii").splitlines()[1:]
        return {old: new for old, _, new in (row.partition(" ") for row in rows)}
    finally:
        scratch.read("update-ref", "-d", REF)
        shutil.rmtree(records, ignore_errors=True)


def _has(scratch: Repo, tip: str, path: str) -> bool:
    return bool(scratch.text("rev-list", "--full-history", "-1", tip, "--", path))
