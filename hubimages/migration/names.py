"""Name the repositories that images move to."""

from collections import Counter
from collections.abc import Sequence

# Parts of a path that say that it is an image, and not which one.
SAY_NOTHING = frozenset({"image", "images", "deployments", "deployment", "docker", "hubs", "helm-charts", "default"})


def repository_names(directories: Sequence[str]) -> dict[str, str]:
    """Return a different name for every directory, from the parts of its path that tell it from others.

    `deployments/biology/image` becomes `biology-image`, `images/user` becomes `user-image`.
    """
    parts = {path: path.split("/") for path in directories}
    telling = {path: [part for part in all_ if part not in SAY_NOTHING] or all_ for path, all_ in parts.items()}
    names = {path: name_of(some[-1:]) for path, some in telling.items()}
    for longer in (telling, parts):
        counted = Counter(names.values())
        names = {path: name if counted[name] == 1 else name_of(longer[path]) for path, name in names.items()}
    return names


def name_of(parts: Sequence[str]) -> str:
    """Return a repository's name."""
    name = "-".join(parts).lower().replace("_", "-")
    return name if name.endswith("-image") else f"{name}-image"
