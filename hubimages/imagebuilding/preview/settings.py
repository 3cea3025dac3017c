"""What a preview is made of: the form out of a hub's merged values, and the settings its processes share."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError
from hubimages.imagebuilding.values import Values


@dataclass(frozen=True)
class Form:
    """The profile list that people choose from, as KubeSpawner takes it, and the image where a choice names none."""

    profiles: list[dict[str, Any]]
    image: str


@dataclass(frozen=True)
class Settings:
    """One preview: read as JSON by the hub that it starts, and by the services of that hub.

    `folder` is the preview's own temporary directory. `token` is what the printed address logs in with. `engine`:
    chosen images are started as containers, labelled `label`. `binderhub`: the Python that has BinderHub, empty where
    there is none. `missing`: what the build box says where nothing can be built. `registry`: host:port on loopback
    where built images are pushed to, empty where they stay in the engine. `repositories`: a folder whose
    ORGANISATION/NAME are built instead of GitHub's. `repo2docker_config`: the configuration file of every build.
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
        """What a person opens: it logs in and leads to the form."""
        return f"http://127.0.0.1:{self.port}/hub/preview?token={self.token}"

    def save(self) -> Path:
        """Write the settings into the folder, for the preview's processes alone."""
        place = Path(self.folder, "settings.json")
        place.touch(mode=0o600)
        place.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")
        return place

    @classmethod
    def load(cls, place: Path) -> "Settings":
        """The settings that `save` wrote."""
        facts = json.loads(place.read_text(encoding="utf-8"))
        return cls(**{**facts, "form": Form(**facts["form"])})


def form_of(values: Values, *, name: str) -> Form:
    """The form of a hub out of its merged values. Raises BadInputError where there is no profile list to show."""
    path = ("jupyterhub", "singleuser", "profileList")
    profiles = values.get(*path)
    if not profiles:
        raise BadInputError(
            f"{name} has no profile list (singleuser.profileList), so there is no form to show: write one, or make the "
            "hub with new-imagebuilding-hub"
        )
    if not isinstance(profiles, list) or not all(isinstance(one, dict) for one in profiles):
        place = values.place(*path)
        raise BadInputError(f"{place.file}:{place.line}: singleuser.profileList must be a list of profiles")
    image = values.mapping("jupyterhub", "singleuser", "image")
    parts = [str(image.get(key) or "") for key in ("name", "tag")]
    return Form(profiles, ":".join(part for part in parts if part))
