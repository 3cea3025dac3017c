"""Values that Jsonnet makes when a hub is deployed: evaluated with the same variables as the 2i2c deployer sets."""

import json
from pathlib import Path

from hubimages.errors import BadInputError
from hubimages.imagebuilding.hubs import BASEHUB, CHARTS, DASKHUB, PLAIN, Hub
from hubimages.imagebuilding.layer import Layer, Place

STAND_IN_ACCOUNT = "000000000000"  # the cloud account's number; only names of service accounts are made with it


def chart_file(hub: Hub) -> str | None:
    """The Jsonnet of the hub's chart; None where it has none."""
    file = f"{CHARTS}/{hub.chart}/values.jsonnet"
    return file if hub.chart != PLAIN and (hub.root / file).is_file() else None


def evaluate(hub: Hub, file: str) -> Layer | None:
    """What a Jsonnet file gives for a hub; None where the package `jsonnet` is not installed.

    Raises BadInputError, with Jsonnet's own message, for what cannot be evaluated.
    """
    try:
        import _jsonnet
    except ImportError:
        return None
    variables = {
        "VARS_2I2C_CLUSTER_NAME": hub.cluster,
        "VARS_2I2C_HUB_NAME": hub.name,
        "VARS_2I2C_HUB_DOMAIN": hub.domain,
        "VARS_2I2C_PROVIDER": hub.provider,
        "VARS_2I2C_ACCOUNT_ID": STAND_IN_ACCOUNT,
    }
    path = Path(hub.root, file).absolute()  # not resolved: daskhub's is a link, and the file asks for its own name
    try:
        text = _jsonnet.evaluate_file(str(path), ext_vars=variables, jpathdir=[str(path.parent)])
    except RuntimeError as error:
        raise BadInputError(f"{file}: {str(error).strip().splitlines()[0]}") from None
    data = json.loads(text)
    if not isinstance(data, dict):
        raise BadInputError(f"{file}: gives no mapping of values")
    if hub.chart == DASKHUB and isinstance(data.get(BASEHUB), dict):
        data = {**data.pop(BASEHUB), **data}
    places: dict[tuple[str | int, ...], Place] = {}
    _everywhere(data, (), Place(file, 1), places)
    return Layer(file, data, places, of_chart=file == chart_file(hub))


def _everywhere(
    data: object, path: tuple[str | int, ...], place: Place, places: dict[tuple[str | int, ...], Place]
) -> None:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        places[*path, key] = place
        _everywhere(value, (*path, key), place, places)
