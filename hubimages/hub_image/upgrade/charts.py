"""Packages of the jupyterhub chart on this machine: in `charts/`, in Helm's cache, or just downloaded."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hubimages.hub_image.dependencies import CHART
from hubimages.hub_image.layout import Chart
from hubimages.repository.git import Repo


def package_of(repo: Repo, chart: Chart, version: str, more: Sequence[Path] = ()) -> Path | None:
    """Return the package of a version; None if it is not on this machine."""
    assert repo.work_tree is not None
    name = f"{CHART}-{version}.tgz"
    for folder in (*more, repo.work_tree / chart.directory / "charts", *caches()):
        if (folder / name).is_file():
            return folder / name
    return None


def caches() -> list[Path]:
    """Return where Helm keeps downloaded charts (https://helm.sh/docs/helm/helm/: HELM_CACHE_HOME)."""
    named = os.environ.get("HELM_REPOSITORY_CACHE")
    home = os.environ.get("HELM_CACHE_HOME")
    if not home:
        base = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
        home = str(Path(os.environ.get("XDG_CACHE_HOME") or base) / "helm")
    return [*([Path(named)] if named else []), Path(home) / "repository"]
