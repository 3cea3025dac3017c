"""The channels of an environment file."""

from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import Surroundings
from hubimages.findings import WARNING, Finding

OF_ANACONDA = ("defaults", "anaconda", "main", "pkgs/main", "pkgs/r", "r")


def order(here: Surroundings) -> Iterator[Finding]:
    """Channels of Anaconda, other channels before conda-forge, and channels listed twice."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    names = [name.rstrip("/").removeprefix("https://conda.anaconda.org/") for name, _ in file.channels]
    forge = names.index("conda-forge") if "conda-forge" in names else len(names)
    for index, (name, (_, line)) in enumerate(zip(names, file.channels, strict=True)):
        if name in OF_ANACONDA or name.startswith("https://repo.anaconda.com"):
            before = ", and it is asked before conda-forge" if index < forge < len(names) else ""
            message = (
                f"builds of the channel {name} do not fit conda-forge's, and organisations may need a licence{before}"
            )
            yield Finding(
                "channel-defaults",
                message,
                "remove it, and add conda-forge if that is missing",
                file.path,
                line,
                WARNING,
            )
        elif index < forge < len(names) and name != "nodefaults":
            message = f"{name} is asked before conda-forge, so what both have comes from {name}"
            remedy = f"put conda-forge first, and write {name}::PACKAGE for what must come from {name}"
            yield Finding("channel-order", message, remedy, file.path, line, WARNING)
        if name in names[:index]:
            yield Finding(
                "duplicate", f"the channel {name} is listed twice", "remove one of the two", file.path, line, WARNING
            )
    listed = set(names) | {"conda-forge"}
    for spec in file.specs:
        if spec.channel.rpartition("/")[2] in OF_ANACONDA and not listed & set(OF_ANACONDA):
            message = f"{spec.text!r} comes from {spec.channel}, whose builds do not fit conda-forge's"
            yield Finding(
                "channel-defaults", message, f"write {spec.name}{spec.version}", file.path, spec.line, WARNING
            )
