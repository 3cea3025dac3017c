"""The files of a new hub and their present values: on 2i2c's layout, or beside a plain z2jh values file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError, RefusedError
from hubimages.imagebuilding import hubs
from hubimages.imagebuilding.hubs import BASEHUB, PLAIN, UMBRELLA_KEYS, Hub
from hubimages.imagebuilding.image_prefix import all_prefixes, with_prefix
from hubimages.imagebuilding.layer import FileLine, read_layer
from hubimages.imagebuilding.new.text import SERVICE
from hubimages.imagebuilding.values import Values
from hubimages.repository.file_edit import read_text

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a Kubernetes namespace, and part of images' names
COMMON = "common.values.yaml"
DASK = "dask-gateway"


@dataclass(frozen=True)
class Part:
    """One file of a new hub, with its sections of the values: below their own keys, or at the top."""

    path: str
    sections: tuple[str, ...]
    at_top: bool = False

    def content(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of this file, in its shape."""
        mine = {key: values[key] for key in self.sections if key in values}
        if not self.at_top:
            return mine
        merged: dict[str, Any] = {}
        for section, value in mine.items():
            # `enabled` is read only by a chart around it
            merged.update({k: v for k, v in value.items() if k != "enabled" or section not in (SERVICE, DASK)})
        return merged


@dataclass(frozen=True)
class Places:
    """The files of a new hub. `files`: all values files of the hub, existing or not; `common`: shared files that
    cluster.yaml lists for it.
    """

    root: Path
    cluster: str
    hub: str
    parts: tuple[Part, ...]
    secrets: tuple[Part, ...]
    files: tuple[str, ...]
    chart: str
    common: tuple[str, ...] = ()

    @property
    def basehub(self) -> bool:
        """Return True if the hub is in a cluster.yaml, with 2i2c's chart."""
        return self.chart == BASEHUB

    @property
    def hub_api(self) -> str:
        """The address of the hub's API for BinderHub: on 2i2c's layout the namespace is the hub's name."""
        host = f"hub.{self.hub}.svc.cluster.local" if self.basehub else "hub"
        return f"http://{host}:8081/hub/api"

    def have(self) -> Values:
        """Return the hub's present values, those of its chart included."""
        there = tuple(file for file in self.files if (self.root / file).is_file())
        place = FileLine(self.parts[0].path, 1)
        return hubs.read_values(Hub(self.root, self.cluster, self.hub, self.chart, there, place))


def on_2i2c(root: Path, cluster: str, hub: str) -> Places:
    """Return the places of a hub in an existing cluster. Raises RefusedError if the hub exists."""
    hubs.check_cluster(root, cluster)
    check_name("--hub", hub)
    listed = hubs.cluster_hubs(root, cluster)
    for one in listed:
        if one.name == hub:
            raise RefusedError(
                f"{one.place.file}:{one.place.line}: hub {hub} already exists. Check it with hubimages "
                f"check-imagebuilding-hub --cluster={cluster} --hub={hub}"
            )
    folder = f"{hubs.CLUSTERS}/{cluster}"
    values, secret = f"{folder}/{hub}.values.yaml", f"{folder}/enc-{hub}.secret.values.yaml"
    sections = (SERVICE, "jupyterhub", DASK)
    common = common_files(root, folder, listed)
    return Places(
        root, cluster, hub, (Part(values, sections),), (Part(secret, sections),), (*common, values), BASEHUB, common
    )


def common_files(root: Path, folder: str, listed: Sequence[Hub]) -> tuple[str, ...]:
    """Return the cluster's common file if its hubs use it with the same chart.

    For daskhub hubs its values are below `basehub`, which basehub itself refuses.
    """
    common = f"{folder}/{COMMON}"
    used = any(common in one.files and one.chart == BASEHUB for one in listed) or not listed
    return (common,) if used and (root / common).is_file() else ()


def beside(root: Path, file: str, cluster: str, hub: str) -> Places:
    """Return the places of a hub whose z2jh values are in a file, existing or not.

    A file with `jupyterhub` at its top is for a chart around the charts, and gets everything. Otherwise each chart has
    its own file.
    """
    if cluster:
        check_name("--cluster", cluster)
    check_name("--hub", hub)
    folder, name = file.rpartition("/")[::2]
    at = f"{folder}/" if folder else ""
    top = read_layer(read_text(root, file), file).data if (root / file).is_file() else {}
    if any(key in top for key in UMBRELLA_KEYS):
        sections = (SERVICE, "jupyterhub", DASK)
        secret = Part(f"{at}enc-{Path(name).stem}.secret.yaml", sections)
        return Places(root, cluster, hub, (Part(file, sections),), (secret,), (file,), PLAIN)
    service, dask = f"{at}{SERVICE}.values.yaml", f"{at}{DASK}.values.yaml"
    if file in (service, dask):
        raise BadInputError(f"--values={file} is the file of another chart. Name the z2jh values file")
    parts = (Part(service, (SERVICE,), True), Part(file, ("jupyterhub",), True), Part(dask, (DASK,), True))
    secrets = (
        Part(f"{at}enc-{SERVICE}.secret.yaml", (SERVICE,), True),
        Part(f"{at}enc-{Path(name).stem}.secret.yaml", ("jupyterhub",), True),
    )
    if len({part.path for part in (*parts, *secrets)}) < len(parts) + len(secrets):
        raise BadInputError(
            f"--values={file}: the hub and {SERVICE} would have one file for their secrets, {secrets[0].path}; "
            "give the values file another name"
        )
    return Places(root, cluster, hub, parts, secrets, (file, service), PLAIN)


def check_name(option: str, name: str) -> None:
    """Raise BadInputError for a name that cannot be part of image names."""
    if not NAME.fullmatch(name):
        raise BadInputError(f"{option}={name!r} must be lowercase letters, digits and hyphens, no hyphen at either end")


def check_prefix(root: Path, prefix: str, own: Sequence[str]) -> None:
    """Raise RefusedError if another hub has the same prefix: one would start the other's images."""
    if (root / hubs.CLUSTERS).is_dir():
        for hub, place in with_prefix(all_prefixes(root), prefix).items():
            if place.file not in own:
                raise RefusedError(f"{place.file}:{place.line}: hub {hub} already has the prefix {prefix}")
        return
    for file in sorted(root.rglob("*.y*ml")):
        name = file.relative_to(root).as_posix()
        if name not in own and file.is_file() and prefix.encode() in file.read_bytes():
            raise RefusedError(f"{name} already has the prefix {prefix}: two hubs would share images")
