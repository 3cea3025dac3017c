"""The page that servers of a hub open at, and which packages serve it."""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubimages.hub_image.dependencies import Reader
from hubimages.hub_image.hubs import data_of, tracked_files
from hubimages.hub_image.jupyterhub.hubs import ChartOfHub
from hubimages.hub_image.reading import work_tree_reader
from hubimages.hub_image.upgrade.values import hub_files
from hubimages.references import Reference
from hubimages.repository.git import Repo

# The first part of a path, and the packages of which one must be there to serve it, as their documentation says. Every
# image may serve `/tree`: notebook and nbclassic do, under several names.
SERVED_BY: Mapping[str, tuple[str, ...]] = {
    "lab": ("jupyterlab",),  # https://jupyterlab.readthedocs.io/en/stable/user/jupyterhub.html
    "retro": ("retrolab",),  # https://github.com/jupyterlab/retrolab
    "nbclassic": ("nbclassic",),  # https://nbclassic.readthedocs.io
    "git-pull": ("nbgitpuller",),  # https://nbgitpuller.readthedocs.io
    "rstudio": ("jupyter-rsession-proxy",),  # https://github.com/jupyterhub/jupyter-rsession-proxy
    "desktop": ("jupyter-remote-desktop-proxy",),  # https://github.com/jupyterhub/jupyter-remote-desktop-proxy
    "voila": ("voila",),  # https://voila.readthedocs.io/en/stable/deploy.html
}
Path = tuple[str | int, ...]


def needed(url: str) -> tuple[str, ...]:
    """Return the packages of which an image needs one to serve a URL; empty if any image may serve it."""
    return SERVED_BY.get(url.strip().lstrip("/").partition("?")[0].partition("/")[0], ())


@dataclass(frozen=True)
class DefaultUrls:
    """The default URLs in the values of hubs. `files` are the values files of each hub, the last one first."""

    read: Callable[[str], Any]
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of_repository(cls, repo: Repo, charts: Mapping[str, ChartOfHub]) -> "DefaultUrls":
        """Return those of a repository whose hubs deploy these charts."""
        names, text = tracked_files(repo), work_tree_reader(repo)
        there = frozenset(names)
        files = {hub: [*reversed(own)] for hub, own in hub_files(names, text)}
        for hub, chart in charts.items():
            values = posixpath.join(chart.folder, "values.yaml")
            if values in there:
                files.setdefault(hub, []).append(values)
        return cls(Remembering(text), files)

    def of(self, reference: Reference) -> dict[str, list[str]]:
        """Return each default URL of an image, and the hubs whose servers open at it."""
        found: dict[str, list[str]] = {}
        own = next(filter(None, in_profile(reference.path, self.read(reference.file))), "")
        for hub in reference.hubs:
            url = own or next(filter(None, self._of_hub(reference, hub)), "")
            if url:
                found.setdefault(url, []).append(hub)
        return found

    def _of_hub(self, reference: Reference, hub: str) -> Iterator[str]:
        if "singleuser" not in reference.path:
            return
        section = reference.path[: reference.path.index("singleuser") + 1]
        for file in self.files.get(hub) or [reference.file]:
            place = find(self.read(file), section)
            if isinstance(place, dict):
                yield str(place.get("defaultUrl") or "")


@dataclass
class Remembering:
    """Reads each values file once."""

    text: Reader
    known: dict[str, Any] = field(default_factory=dict)

    def __call__(self, file: str) -> Any:
        """Return the data of a file; None if it cannot be read."""
        if file not in self.known:
            self.known[file] = data_of(self.text(file))
        return self.known[file]


def in_profile(path: Path, data: Any) -> Iterator[str]:
    """Yield the default URLs of the choice and the profile that a reference belongs to, the nearest first.

    https://jupyterhub-kubespawner.readthedocs.io: a `kubespawner_override` has `default_url`.
    """
    for end in range(len(path), 0, -1):
        place = find(data, path[:end])
        override = place.get("kubespawner_override") if isinstance(place, dict) else None
        if isinstance(override, dict):
            yield str(override.get("default_url") or "")


def find(data: Any, path: Path) -> Any:
    """Return what data have at a path; None if there is nothing."""
    for step in path:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data
