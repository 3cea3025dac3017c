"""What a bump's new chart changes here, as lines for its plan and its pull request."""

from pathlib import Path
from typing import Any

from hubimages import disk, systems
from hubimages.errors import HubImagesError
from hubimages.hub_image.bump.helm_repository import download_package
from hubimages.hub_image.dependencies import CHART, Dependency, Reader
from hubimages.hub_image.hubs import tracked_files
from hubimages.hub_image.layout import Chart
from hubimages.hub_image.upgrade.charts import package_of
from hubimages.hub_image.upgrade.compare import changes
from hubimages.hub_image.upgrade.values import values_of_hubs
from hubimages.repository.git import Repo


def sdk() -> Any:
    """Return helm-python-sdk, which has Helm in it; None if it is not installed."""
    try:
        import helm_python
    except ImportError:
        return None
    return helm_python


def changes_of_chart(
    repo: Repo, chart: Chart, dependency: Dependency, version: str, read: Reader, *, download: bool
) -> list[str]:
    """Return the lines; one that says why, if the charts cannot be compared.

    With `download`, charts that are not on this machine come from the Helm repository.
    """
    old = dependency.version.scalar.value
    if old == version:
        return []
    helm = sdk()
    if helm is None:
        line = systems.install_line("hub-image")
        return [f"not compared: what the new chart changes here. {line} installs what that needs"]
    with disk.temporary_directory("charts") as folder:
        packages = {}
        for wanted in (old, version):
            package = package_of(repo, chart, wanted)
            if package is None and download:
                package = downloaded(dependency.repository, wanted, Path(folder))
            if package is None:
                return [
                    f"not compared: what the new chart changes here. The chart {wanted} is not on this machine: "
                    f"helm pull {CHART} --repo {dependency.repository or 'ADDRESS'} --version {wanted} "
                    f"--destination {chart.directory}/charts, for both versions"
                ]
            packages[wanted] = package
        hubs = values_of_hubs(tracked_files(repo), read, chart, dependency)
        try:
            lines = changes(packages[old], packages[version], hubs, helm)
        except helm.HelmError:
            return [f"not compared: what the new chart changes here. Helm cannot read the charts {old} and {version}"]
    left_out = sum(len(hub.encrypted) for hub in hubs)
    if left_out:
        lines.append(f"not compared: values in {left_out} encrypted files")
    return [f"the chart {version} instead of {old}: {line}" if not line.startswith("not ") else line for line in lines]


def downloaded(address: str, version: str, folder: Path) -> Path | None:
    """Return the package, downloaded; None if the Helm repository does not give it."""
    try:
        content = download_package(version, address)
    except HubImagesError:
        return None
    place = folder / f"{CHART}-{version}.tgz"
    place.write_bytes(content)
    return place
