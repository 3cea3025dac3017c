"""Secrets: encrypted, and in files that reach the hub."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.errors import BadInputError
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.rules.pull import SECRET
from hubimages.imagebuilding.check.rules.registry import PUSH, REGISTRY
from hubimages.imagebuilding.hubs import CLUSTERS, PLAIN, cluster_file, cluster_hubs
from hubimages.imagebuilding.layer import Encrypted, Place, read_layer
from hubimages.repository.file_edit import read_text


def clear_text(subject: Subject) -> Iterator[Finding]:
    """No password of the registry stands in the repository as text. The text itself is never shown."""
    if subject.hub.chart == PLAIN:
        return  # whether the file is kept in a repository is not known
    values = subject.values
    for section in (REGISTRY, PUSH, SECRET):
        password = values.get(*section, "password")
        if isinstance(password, str) and password and not isinstance(password, Encrypted):
            yield Finding(
                "password-in-clear", values.place(*section, "password"),
                f"{'.'.join(section)}.password stands here as text",
                "everybody who can read the repository, and its history, can push images that your users run",
                "change the password, and write the new one into the hub's enc-*.secret.values.yaml with sops",
            )  # fmt: skip
    for layer in values.layers:
        name = PurePosixPath(layer.file).name
        if name.startswith("enc-") and not layer.encrypted and layer.data:
            yield Finding(
                "secret-file-in-clear", Place(layer.file, 1), f"{name} is not encrypted",
                "its name promises that it is, and what is in it is there for all to read",
                f"run `sops --encrypt --in-place {layer.file}`, and change what was in it",
            )  # fmt: skip


def unlisted(subject: Subject) -> Iterator[Finding]:
    """Every secret file for image building is listed by a hub of its cluster."""
    hub = subject.hub
    if not hub.cluster:
        return
    folder = hub.root / CLUSTERS / hub.cluster
    listed = {file for other in cluster_hubs(hub.root, hub.cluster) for file in other.files}
    for path in sorted(folder.glob("enc-*.secret.values.yaml")):
        file = f"{CLUSTERS}/{hub.cluster}/{path.name}"
        if file in listed:
            continue
        try:
            layer = read_layer(read_text(hub.root, file), file)
        except BadInputError:
            continue
        data = layer.data.get("basehub") if isinstance(layer.data.get("basehub"), dict) else layer.data
        hubs = data.get("jupyterhub") if isinstance(data, dict) else None
        if isinstance(data, dict) and (data.get("binderhub-service") or "imagePullSecret" in (hubs or {})):
            yield Finding(
                "secret-file-unlisted", Place(file, 1),
                f"no hub in {cluster_file(hub.cluster)} lists this file",
                "what is in it reaches no hub: builds cannot be pushed, or images not pulled",
                f"add {path.name} to helm_chart_values_files of the hub that it is for, or delete it",
            )  # fmt: skip


RULES = (clear_text, unlisted)
