"""Which changes cannot change the image. A pull request of only these is not built."""

import fnmatch
import os

from image_build.programs import git

# Also in build.yaml, under paths-ignore.
NOT_BUILT = ("*.md", "LICENSE", ".gitignore", ".github/dependabot.yml")


def can_change_the_image() -> bool:
    """Return whether the checked-out commit has to be built.

    GitHub checks a pull request out as its merge into the target branch, so the merge's first parent is what is there
    without it. Whatever is no such merge is built, and so is a pull request that changes nothing at all.
    """
    if os.environ.get("GITHUB_EVENT_NAME") != "pull_request" or not git("rev-parse", "--verify", "--quiet", "HEAD^2"):
        return True
    names = [name for name in git("diff", "--name-only", "--no-renames", "-z", "HEAD^1", "HEAD").split("\0") if name]
    return not names or not all(is_not_built(name) for name in names)


def is_not_built(name: str) -> bool:
    """Return whether a file is one that build.yaml ignores. On GitHub, `*` does not match a slash."""
    return any(fnmatch.fnmatchcase(name, each) and name.count("/") == each.count("/") for each in NOT_BUILT)
