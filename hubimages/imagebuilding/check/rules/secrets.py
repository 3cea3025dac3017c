"""Secrets: encrypted, in files that the hub uses."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.errors import BadInputError
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.rules.pull import SECRET
from hubimages.imagebuilding.check.rules.registry import PUSH, REGISTRY
from hubimages.imagebuilding.hubs import CLUSTERS, PLAIN, cluster_file, cluster_hubs
from hubimages.imagebuilding.layer import Encrypted, FileLine, read_layer
from hubimages.repository.file_edit import read_text


def clear_text(subject: Subject) -> Iterator[Finding]:
    """Check that no password of the registry is in the repository as text. The text itself is never shown."""
    if subject.hub.chart == PLAIN:
        return  # the file may not be in a repository
    values = subject.values
    for section in (REGISTRY, PUSH, SECRET):
        password = values.get(*section, "password")
        if isinstance(password, str) and password and not isinstance(password, Encrypted):
            yield Finding(
                "password-in-clear", values.place(*section, "password"),
                f"{'.'.join(section)}.password is not encrypted",
                "everyone who can read the repository or its history can push images that your users run",
                "change the password, and put the new one into the hub's enc-*.secret.values.yaml with sops",
                change={(*section, "password"): None},
            )  # fmt: skip
    for layer in values.layers:
        name = PurePosixPath(layer.file).name
        if name.startswith("enc-") and not layer.encrypted and layer.data:
            yield Finding(
                "secret-file-in-clear", FileLine(layer.file, 1), f"{name} is not encrypted",
                "by its name it should be, and everyone can read what is in it",
                f"run `sops --encrypt --in-place {layer.file}`, and change the secrets in it",
            )  # fmt: skip


def unlisted(subject: Subject) -> Iterator[Finding]:
    """Check that a hub of the cluster lists each secret file for image building."""
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
            yield warning(Finding(
                "secret-file-unlisted", FileLine(file, 1),
                f"no hub in {cluster_file(hub.cluster)} lists this file",
                "no hub gets these secrets: builds cannot be pushed, or images not pulled",
                f"add {path.name} to helm_chart_values_files of its hub, or delete it",
            ))  # fmt: skip


RULES = (clear_text, unlisted)
