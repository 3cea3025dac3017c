"""The form from a hub's merged values, and the settings that a preview's processes share."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError
from hubimages.imagebuilding.values import Values


@dataclass(frozen=True)
class Form:
    """The profile list for KubeSpawner, and the image for choices without one."""

    profiles: list[dict[str, Any]]
    image: str


@dataclass(frozen=True)
class Settings:
    """The settings of one preview, read as JSON by its hub and by the hub's services.

    `folder`: the preview's temporary directory. `token`: logs in at the printed address. `engine`: start chosen images
    as containers with the label `label`. `binderhub`: the Python with BinderHub, or empty. `missing`: the message for
    builds if images cannot be built. `registry`: host:port on loopback for built images; empty to keep them in the
    engine. `repositories`: a directory whose ORGANISATION/NAME replace GitHub's. `repo2docker_config`: the
    configuration file of every build.
    """

    form: Form
    folder: str
    token: str
    label: str
    port: int
    proxy_command: str
    engine: bool
    binderhub: str = ""
    missing: str = ""
    registry: str = ""
    repositories: str = ""
    repo2docker_config: str = str(Path(__file__).with_name("repo2docker_config.py"))

    @property
    def address(self) -> str:
        """The address to open: it logs in and redirects to the form."""
        return f"http://127.0.0.1:{self.port}/hub/preview?token={self.token}"

    def save(self) -> Path:
        """Write the settings into the folder, readable only for this user."""
        place = Path(self.folder, "settings.json")
        place.touch(mode=0o600)
        place.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")
        return place

    @classmethod
    def load(cls, place: Path) -> "Settings":
        """Return the settings that `save` wrote."""
        facts = json.loads(place.read_text(encoding="utf-8"))
        return cls(**{**facts, "form": Form(**facts["form"])})


def form_of(values: Values, *, name: str) -> Form:
    """Return the form of a hub from its merged values. Raises BadInputError if it has no profile list."""
    path = ("jupyterhub", "singleuser", "profileList")
    profiles = values.get(*path)
    if not profiles:
        raise BadInputError(
            f"{name} has no profile list (singleuser.profileList), so it has no form. Write one, or make the hub with "
            "hubimages new-imagebuilding-hub"
        )
    if not isinstance(profiles, list) or not all(isinstance(one, dict) for one in profiles):
        place = values.place(*path)
        raise BadInputError(f"{place.file}:{place.line}: singleuser.profileList must be a list of profiles")
    image = values.mapping("jupyterhub", "singleuser", "image")
    parts = [str(image.get(key) or "") for key in ("name", "tag")]
    return Form(profiles, ":".join(part for part in parts if part))
