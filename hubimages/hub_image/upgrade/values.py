"""The values that each hub gives to the jupyterhub chart, as Helm merges them; encrypted files are left out."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubimages.hub_image.dependencies import Dependency, Reader
from hubimages.hub_image.hubs import CLUSTER, data_of
from hubimages.hub_image.layout import Chart

ENCRYPTED = "ENC[AES256_GCM"  # https://github.com/getsops/sops
HUBPLOY = "hubploy.yaml"
Values = dict[str, Any]


@dataclass(frozen=True)
class HubValues:
    """A hub, its values for the jupyterhub chart, and the files of its that could not be read."""

    hub: str
    values: Values
    encrypted: tuple[str, ...] = ()


def values_of_hubs(files: Sequence[str], read: Reader, chart: Chart, dependency: Dependency) -> list[HubValues]:
    """Return the values of every hub whose files are known; those of the chart alone if no hub is."""
    own = section(data_of(read(chart.values_file)), dependency)
    found = []
    for hub, names in hub_files(files, read):
        values, encrypted = own, []
        for name in names:
            text = read(name)
            if text is None or ENCRYPTED in text:
                encrypted.append(name)
                continue
            data = data_of(text)
            given = section(data, dependency)
            if not given and isinstance(data, dict):  # daskhub: the chart in a chart
                given = next((inner for value in data.values() if (inner := section(value, dependency))), {})
            values = merged(values, given)
        found.append(HubValues(hub, with_image(values), tuple(encrypted)))
    return found or [HubValues(f"the values of {chart.values_file}", with_image(own))]


def with_image(values: Values) -> Values:
    """Return the values with a hub image: what stands there is ours, and may be filled in elsewhere."""
    return merged(values, {"hub": {"image": {"name": "hub-image", "tag": "built-here"}}})


def section(data: Any, dependency: Dependency) -> Values:
    """Return the part of a values file that is the dependency's."""
    part = data.get(dependency.section) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def merged(below: Values, above: Mapping[str, Any]) -> Values:
    """Return two values put together as Helm does: mappings key by key, anything else replaced, null removes."""
    result = dict(below)
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def hub_files(files: Sequence[str], read: Reader) -> Iterator[tuple[str, list[str]]]:
    """Yield every hub of a cluster.yaml, or of a hubploy deployment, with its values files in order."""
    for file in files:
        folder, name = posixpath.split(file)
        if name in CLUSTER:
            cluster = data_of(read(file))
            hubs = cluster.get("hubs") if isinstance(cluster, dict) else None
            for hub in hubs if isinstance(hubs, list) else []:
                if isinstance(hub, dict) and hub.get("name"):
                    names = [posixpath.normpath(f"{folder}/{one}") for one in hub.get("helm_chart_values_files") or []]
                    yield f"{posixpath.basename(folder)}/{hub['name']}", names
        elif name == HUBPLOY and "{" not in file:
            common = [one for one in (f"{folder}/config/common.yaml",) if one in files]
            for stage in ("staging", "prod"):
                if f"{folder}/config/{stage}.yaml" in files:
                    yield f"{posixpath.basename(folder)}/{stage}", [*common, f"{folder}/config/{stage}.yaml"]
