"""hubploy, as Berkeley and Cal-ICOR have it: `deployments/HUB/hubploy.yaml`, and a values file for each environment."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import YAML, View

HUBPLOY = ("hubploy.yaml", "hubploy.yml")
LAYOUT = "hubploy.yaml"


def hubs(view: View) -> Iterator[Hub]:
    """Yield a hub for each environment of each deployment; not of a template for deployments."""
    for file in view.files:
        if file.rpartition("/")[2] in HUBPLOY and "{" not in file:
            yield from _of_deployment(view, file)


def _of_deployment(view: View, file: str) -> Iterator[Hub]:
    folder = PurePosixPath(file).parent
    config = str(folder / "config")
    own = [path for path in view.files if path.rpartition("/")[0] == config and path.endswith(YAML)]
    common = [path for path in own if PurePosixPath(path).stem == "common"]
    chart = view.chart_layers(view.charts.get("hub"))
    environments = sorted(set(own) - set(common))
    for path in environments:
        secret = str(folder / "secrets" / PurePosixPath(path).name)
        names = (*common, path, *([secret] if secret in view.known else []), file)
        yield Hub(f"{folder.name}/{PurePosixPath(path).stem}", (*chart, *map(Layer, names)), layout=LAYOUT)
    if not environments:
        yield Hub(folder.name, (*chart, *map(Layer, (*common, file))), layout=LAYOUT)
