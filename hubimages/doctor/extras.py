"""Find which extras of the package are installed and what the others lack."""

import re
from importlib import metadata

from hubimages import systems
from hubimages.doctor.report import Item

TASKS = {
    "contents": ("attach-contents", "image-contents --cyclonedx", "images compressed with zstd"),
    "github": ("--open-pr of every task that has it", "each --github", "image-repos"),
    "hub-image": ("bump-hub-image", "rebuild-hub-image"),
    "environment": ("check-environment",),
    "solve": ("check-environment --solve",),
    "lock": ("lock-environment",),
    "scan": ("extract-image --scan and --push", "extract-images --push"),
    "test-image": ("test-image",),
    "imagebuilding": ("check-imagebuilding-hub", "preview-imagebuilding-hub"),
}
OF_EXTRA = re.compile(r"""^([A-Za-z0-9._-]+)(.*?);.*\bextra\s*==\s*['"]([^'"]+)['"]""")


def look(distribution: str = "hubimages") -> list[Item]:
    """Return an item for each extra that the installed package declares."""
    try:
        package = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return [
            Item(
                distribution,
                "missing",
                "running, but not installed as a package",
                ("extras",),
                f"pip install {distribution}",
            )
        ]
    names = package.metadata.get_all("Provides-Extra") or []
    needs = [found.groups() for line in package.requires or [] if (found := OF_EXTRA.match(line))]
    return [_extra(name, [needed for needed, _, extra in needs if extra == name]) for name in names]


def _extra(name: str, needed: list[str]) -> Item:
    lacks, versions = [], []
    for one in needed:
        try:
            versions.append(f"{one} {metadata.version(one)}")
        except metadata.PackageNotFoundError:
            lacks.append(one)
    tasks = TASKS.get(name, (f"see the documentation of the extra {name}",))
    found = f"lacks {', '.join(lacks)}" if lacks else ", ".join(versions)
    return Item(name, "missing" if lacks else "there", found, tasks, systems.install_line(name))
