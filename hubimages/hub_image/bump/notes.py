"""What a person should know beside the plan of a bump: what it leaves as it is, and what to do about that."""

import re
from collections.abc import Iterator, Sequence

from hubimages.hub_image import lock
from hubimages.hub_image.bump.helm_repository import Target
from hubimages.hub_image.choice import command_name
from hubimages.hub_image.dependencies import Dependency, Reader
from hubimages.hub_image.hubs import deployed_charts, hub_images, some, tracked_files
from hubimages.hub_image.layout import Chart, Image, Layout
from hubimages.hub_image.versions import is_range, order
from hubimages.references import Inventory
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo


def notes_on(
    layout: Layout, chart: Chart, images: Sequence[Image], edits: Sequence[FileEdit], read: Reader
) -> list[str]:
    """Return notes on images, Dockerfiles and charts that the plan does not change, or changes for others too."""
    notes: list[str] = []
    dockerfiles = {image.dockerfile for image in images}
    for other in layout.images:
        if other in images or not other.is_hub:
            continue
        if other.dockerfile in dockerfiles:
            notes.append(f"{other.name} also builds from {other.dockerfile}, but is not rebuilt")
            charts = [one for one in layout.charts if (one.config, one.name) == (other.config, other.chart)]
            if charts and charts[0].dependencies and charts[0] != chart:
                notes.append(
                    f"{other.dockerfile} is also that of the chart {other.chart}, which stays at "
                    f"{charts[0].dependencies[0].version.scalar.value} ({charts[0].dependencies[0].version})"
                )
        elif (other.config, other.chart) == (chart.config, chart.name):
            notes.append(
                f"{other.name} ({other.dockerfile}) is not bumped. --image={command_name(layout, other)} does that"
            )
    dependency = chart.dependencies[0]
    old = dependency.version.scalar.value
    if is_range(old) and order(old) is None:
        notes.append(f"{dependency.version} has {old}, which is not a version; what fills it in must keep the edit")
    elif is_range(old):
        notes.append(f"{dependency.version} has the range {old}, and gets one version")
    for image in images:
        notes += notes_on_tags(image)
    for edit in edits:
        if edit.path in dockerfiles and not is_range(old):
            notes += leftovers(edit, old)
    return notes


def notes_on_tags(image: Image) -> Iterator[str]:
    """Yield a note for an argument that is the tag of a foreign image, too."""
    tags = {base.tag for base in image.bases or () if base.is_hub and base.tag}
    for base in image.bases or ():
        if not base.is_hub and base.tag in tags:
            yield f"{image.dockerfile}:{base.line}: {base.text} gets its tag from the same place and changes, too"


def leftovers(edit: FileEdit, old: str) -> Iterator[str]:
    """Yield a note for every line of a Dockerfile that still has the old version after the edit."""
    named = re.compile(rf"(?<![\w.]){re.escape(old)}(?![\d-]|\.\d)")
    for number, line in enumerate((edit.after or "").split("\n"), 1):
        if named.search(line) and not line.lstrip().startswith("#"):
            yield f"{edit.path}:{number} still has {old}: {line.strip()}"


def notes_on_hubs(
    repo: Repo,
    inventory: Inventory,
    layout: Layout,
    dependency: Dependency,
    images: Sequence[Image],
    target: Target,
    read: Reader,
) -> list[str]:
    """Return a note for every image and every chart that some hubs have for themselves, with what to do."""
    notes: list[str] = []
    others: dict[str, tuple[Image, list[str]]] = {}
    for used in hub_images(inventory, layout):
        if used.image is not None and used.image not in images:
            others.setdefault(used.image.repository, (used.image, []))[1].extend(used.hubs)
    for image, hubs in others.values():
        notes.append(
            f"{some(hubs)}: {image.repository} stays as it was built. After this, hubimages rebuild-hub-image "
            f"--image={command_name(layout, image)} builds it anew and writes its tag for these hubs"
        )
    charts = deployed_charts(tracked_files(repo), read, layout, inventory.hubs)
    for chart in dict.fromkeys(charts.values()):
        own = chart.dependency
        if own is None or own == dependency or own.version.scalar.value == target.version:
            continue
        if chart.overrides:
            hubs = [hub for hub, one in charts.items() if one == chart]
            notes.append(
                f"{some(hubs)}: {chart.file} stays at {own.version.scalar.value}. Write version: {target.version} in "
                f"{own.version}, or these hubs run the new image with the old chart"
            )
    return notes


def notes_on_vendored(repo: Repo, chart: Chart, target: Target) -> list[str]:
    """Return a note for every chart in `charts/` that Helm would go on deploying."""
    return [
        f"Helm deploys {path}, version {version or 'unknown'}: run helm dependency update {chart.directory}"
        for path, version in lock.vendored(repo, chart)
        if version.lstrip("v") != target.version.lstrip("v")
    ]
