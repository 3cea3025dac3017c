"""Evaluate values in Jsonnet with the variables that 2i2c's deployer sets."""

import importlib
from pathlib import Path
from typing import Any

from hubimages import json_text
from hubimages.errors import BadInputError
from hubimages.imagebuilding.hubs import BASEHUB, CHARTS, DASKHUB, PLAIN, Hub
from hubimages.imagebuilding.layer import FileLine, Layer

LIBRARIES = ("_gojsonnet", "_jsonnet")  # of gojsonnet, and of jsonnet, which takes six times as long
STAND_IN_ACCOUNT = "000000000000"  # the number of the cloud account, used only in names of service accounts


def chart_file(hub: Hub) -> str | None:
    """Return the Jsonnet file of the hub's chart, or None."""
    file = f"{CHARTS}/{hub.chart}/values.jsonnet"
    return file if hub.chart != PLAIN and (hub.root / file).is_file() else None


def evaluate(hub: Hub, file: str) -> Layer | None:
    """Return the layer of a Jsonnet file for a hub; None if neither gojsonnet nor jsonnet is installed.

    Raises BadInputError, with Jsonnet's own message, if evaluation fails.
    """
    library = _library()
    if library is None:
        return None
    variables = {
        "VARS_2I2C_CLUSTER_NAME": hub.cluster,
        "VARS_2I2C_HUB_NAME": hub.name,
        "VARS_2I2C_HUB_DOMAIN": hub.domain,
        "VARS_2I2C_PROVIDER": hub.provider,
        "VARS_2I2C_ACCOUNT_ID": STAND_IN_ACCOUNT,
    }
    path = Path(hub.root, file).absolute()  # not resolved: daskhub's is a link, and the file uses its own name
    try:
        text = library.evaluate_file(str(path), ext_vars=variables, jpathdir=[str(path.parent)])
    except RuntimeError as error:
        raise BadInputError(f"{file}: {str(error).strip().splitlines()[0]}") from None
    data = json_text.loads(text)
    if not isinstance(data, dict):
        raise BadInputError(f"{file}: does not evaluate to a mapping")
    if hub.chart == DASKHUB and isinstance(data.get(BASEHUB), dict):
        data = {**data.pop(BASEHUB), **data}
    places: dict[tuple[str | int, ...], FileLine] = {}
    _everywhere(data, (), FileLine(file, 1), places)
    return Layer(file, data, places, of_chart=file == chart_file(hub))


def _library() -> Any:
    """Return a module with `evaluate_file`; None if no package has one."""
    for name in LIBRARIES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _everywhere(
    data: object, path: tuple[str | int, ...], place: FileLine, places: dict[tuple[str | int, ...], FileLine]
) -> None:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        places[*path, key] = place
        _everywhere(value, (*path, key), place, places)
