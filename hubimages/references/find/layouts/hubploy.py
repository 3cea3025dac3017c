"""hubploy, as Berkeley and Cal-ICOR have it: `deployments/HUB/hubploy.yaml`, and a values file for each environment."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath

from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import YAML, View

HUBPLOY = ("hubploy.yaml", "hubploy.yml")
LAYOUT = "hubploy.yaml"
SIGN = "hubploy "
DEPLOY = re.compile(r"^[^#\n]*?\bhubploy [^#\n]*?\bdeploy\b(?P<words>(?:[^#\n\\]|\\\n)*)", re.MULTILINE)


def hubs(view: View) -> Iterator[Hub]:
    """Yield a hub for each environment of each deployment; not of a template for deployments."""
    charts = dict(_charts(view))
    only = next(iter(charts.values())) if len({*charts.values()}) == 1 else None
    others = charts.get("") or view.charts.get("hub") or only
    for file in view.files:
        if file.rpartition("/")[2] in HUBPLOY and "{" not in file:
            yield from _of_deployment(view, file, charts.get(PurePosixPath(file).parent.name, others))


def _charts(view: View) -> Iterator[tuple[str, str]]:
    """Yield deployment and chart of each `hubploy deploy DEPLOYMENT CHART ENVIRONMENT`; "" for a variable."""
    for file in view.signs.get(SIGN, ()):
        for command in DEPLOY.finditer(view.text(file) or ""):
            words = re.sub(r"\\\n|[\"']", " ", command["words"]).split()
            for deployment, folder in pairwise(words):
                chart = f"{folder.removeprefix('./').rstrip('/')}/Chart.yaml"
                if chart in view.known:
                    yield "" if "$" in deployment else deployment, chart


def _of_deployment(view: View, file: str, chart: str | None) -> Iterator[Hub]:
    folder = PurePosixPath(file).parent
    config = str(folder / "config")
    own = [path for path in view.files if path.rpartition("/")[0] == config and path.endswith(YAML)]
    common = [path for path in own if PurePosixPath(path).stem == "common"]
    values = view.chart_layers(chart)
    environments = sorted(set(own) - set(common))
    for path in environments:
        secret = str(folder / "secrets" / PurePosixPath(path).name)
        names = (*common, path, *([secret] if secret in view.known else []), file)
        yield Hub(f"{folder.name}/{PurePosixPath(path).stem}", (*values, *map(Layer, names)), layout=LAYOUT)
    if not environments:
        yield Hub(folder.name, (*values, *map(Layer, (*common, file))), layout=LAYOUT)
