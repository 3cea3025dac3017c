"""Which JupyterHub a version of the jupyterhub chart runs."""

from collections.abc import Sequence
from pathlib import Path

from hubimages.errors import BadInputError, HubImagesError
from hubimages.hub_image.bump.helm_repository import app_version, opened
from hubimages.hub_image.dependencies import CHART
from hubimages.hub_image.upgrade.charts import caches

REPOSITORY = "https://hub.jupyter.org/helm-chart/"

# Releases of https://github.com/jupyterhub/zero-to-jupyterhub-k8s with the `appVersion` of their Chart.yaml, which does
# not change any more. A newer one is looked up.
RELEASES = {
    "0.8.0": "0.9.4", "0.8.1": "0.9.5", "0.8.2": "0.9.6", "0.9.0": "1.1.0", "0.9.1": "1.1.0", "0.10.0": "1.2.0",
    "0.10.1": "1.2.1", "0.10.2": "1.2.1", "0.10.3": "1.2.1", "0.10.4": "1.2.1", "0.10.5": "1.2.2", "0.10.6": "1.2.2",
    "0.11.0": "1.3.0", "0.11.1": "1.3.0", "1.0.0": "1.4.1", "1.0.1": "1.4.1", "1.1.0": "1.4.2", "1.1.1": "1.4.2",
    "1.1.2": "1.4.2", "1.1.3": "1.4.2", "1.1.4": "1.4.2", "1.2.0": "1.5.0", "2.0.0": "3.0.0", "3.0.0": "4.0.2",
    "3.0.1": "4.0.2", "3.0.2": "4.0.2", "3.0.3": "4.0.2", "3.1.0": "4.0.2", "3.2.0": "4.0.2", "3.2.1": "4.0.2",
    "3.3.0": "4.1.0", "3.3.1": "4.1.0", "3.3.2": "4.1.0", "3.3.3": "4.1.1", "3.3.4": "4.1.2", "3.3.5": "4.1.3",
    "3.3.6": "4.1.4", "3.3.7": "4.1.5", "3.3.8": "4.1.6", "4.0.0": "5.2.1", "4.1.0": "5.2.1", "4.2.0": "5.3.0",
    "4.3.0": "5.4.0", "4.3.1": "5.4.1", "4.3.2": "5.4.3", "4.3.3": "5.4.4", "4.3.4": "5.4.5", "4.3.5": "5.4.6",
    "4.4.0": "5.5.0",
}  # fmt: skip


def jupyterhub_of_chart(version: str, address: str, folders: Sequence[Path] = (), *, online: bool = False) -> str:
    """Return the version of JupyterHub in a chart; empty if it is not known on this machine.

    Known are the releases above, and packages in Helm's cache or one of `folders`. With `online`, the Helm repository
    at `address` is asked for others: raises BadInputError if it has no such version, NoAnswerError.
    """
    plain = version.removeprefix("v")
    official = not address or "helm-chart" in address
    if official and plain in RELEASES:
        return RELEASES[plain]
    for folder in (*folders, *caches()):
        package = folder / f"{CHART}-{plain}.tgz"
        if package.is_file():
            try:
                return app_version(package.read_bytes())
            except HubImagesError:
                continue
    if not online:
        return ""
    with opened(address or REPOSITORY) as repository:
        if plain not in repository.versions:
            raise BadInputError(f"{address or REPOSITORY} has no {CHART} chart {plain}")
        return repository.app_version(plain)
