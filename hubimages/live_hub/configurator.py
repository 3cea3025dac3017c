"""Set the user image of a hub whose admins choose it with the Configurator.

The service (https://github.com/yuvipanda/jupyterhub-configurator) stores any key, and a key outside its schema breaks
every later spawn. So read the schema first, and read back what was written.
"""

from dataclasses import dataclass
from typing import Any

from hubimages.errors import BadInputError, LoginError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.live_hub.hub_api import TOKEN, Hub, address_of

CONFIG = "/services/configurator/config"
IMAGE_TRAITS = ("KubeSpawner.image", "DockerSpawner.image")


@dataclass(frozen=True)
class ImageSet:
    """The image that is set now, and the one before."""

    hub: str
    key: str
    before: str
    after: str

    def __str__(self) -> str:
        if self.before == self.after:
            return f"{self.hub}: {self.key} is {self.after} already. Nothing to do"
        was = self.before or "empty, the hub's own image"
        back = f"hubimages set-configurator-image --hub-url={self.hub} --image={self.before}"
        undo = back if self.before else f"empty the field at {self.hub}/services/configurator/"
        return f"{self.hub}: {self.key} is {self.after}\n  before: {was}\n  to undo: {undo}"


def plan_set_image(hub_url: str, image: str) -> str:
    """Return the requests that `set_image` makes. Raises BadInputError, as it does."""
    ImageRef.parse_exact(image)
    address = address_of(hub_url) + CONFIG
    return f"$ GET {address}\n$ POST {address} (its configuration, with the image {image})\n$ GET {address}"


def set_image(hub: Hub, image: str) -> ImageSet:
    """Write the image into the Configurator's configuration and read it back.

    Raises LoginError if the token is not an admin's, BadInputError if the hub has no Configurator or its schema has no
    image, RefusedError for keys outside the schema, NoAnswerError if the hub did not save the image.
    """
    ImageRef.parse_exact(image)
    if not hub.user().get("admin"):
        raise LoginError(f"the token in {TOKEN} is not an admin's. Only admins can change the Configurator")
    config, schema = _read(hub)
    key = _image_key(hub, schema)
    unknown = sorted(set(config) - set(schema))
    if unknown:
        raise RefusedError(
            f"the Configurator of {hub.address} stores keys that its schema does not have: {', '.join(unknown)}. "
            f"They break every spawn. Save its form once at {hub.address}/services/configurator/"
        )
    before = str(config.get(key) or "")
    if before != image:
        hub.send("POST", CONFIG, {**config, key: image})
        saved, _ = _read(hub)
        if saved != {**config, key: image}:
            raise NoAnswerError(f"{hub.address} did not save {key}: it is {saved.get(key)!r}")
    return ImageSet(hub.address, key, before, image)


def _read(hub: Hub) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the current configuration and the properties of the schema."""
    try:
        answer = hub.read(CONFIG)
    except BadInputError as error:
        raise BadInputError(f"{hub.address} has no Configurator at {CONFIG}") from error
    schema = answer.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not isinstance(answer.get("config", {}), dict):
        raise BadInputError(f"{hub.address}{CONFIG} does not answer like a Configurator")
    return dict(answer.get("config", {})), properties


def _image_key(hub: Hub, properties: dict[str, Any]) -> str:
    """Return the key whose trait is the spawner's image."""
    found = [key for key, field in properties.items() if field.get("traitlet") in IMAGE_TRAITS]
    if len(found) != 1:
        shown = ", ".join(properties) or "none"
        raise BadInputError(
            f"the Configurator of {hub.address} has no field for the image (fields: {shown}). "
            "Add z2jh.image to Configurator.selected_fields"
        )
    return found[0]
