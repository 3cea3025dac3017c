"""The rules of the environment check: each yields findings for the surroundings of an environment."""

from collections.abc import Callable, Iterator

from hubimages.environment.rules import (
    apt,
    build,
    channels,
    files,
    forms,
    hub,
    lock,
    packages,
    platforms,
    python,
    r,
    scripts,
    starter,
    style,
)
from hubimages.environment.surroundings import Surroundings
from hubimages.findings import Finding

Rule = Callable[[Surroundings], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    build.refused,
    files.not_read,
    files.wrong_names,
    python.version,
    hub.jupyterhub,
    hub.behind,
    packages.duplicates,
    packages.pins,
    packages.entries,
    forms.keys,
    forms.packages,
    platforms.elsewhere,
    channels.order,
    apt.lines,
    scripts.scripts,
    r.runtime,
    r.install,
    starter.left_out,
    lock.fresh,
    style.style,
)

__all__ = ["RULES", "Rule"]
