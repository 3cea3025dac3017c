"""Secrets: encrypted, in files that the hub uses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from hubimages.errors import BadInputError
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.render import dotted
from hubimages.imagebuilding.check.rules.pull import SECRET, own_secrets
from hubimages.imagebuilding.check.rules.registry import NO_LOOKUP, NO_PUSH, PUSH, REGISTRY, SERVICE, other_account
from hubimages.imagebuilding.hubs import CLUSTERS, PLAIN, Hub, cluster_file, cluster_hubs, read_file
from hubimages.imagebuilding.image_prefix import PREFIX
from hubimages.imagebuilding.layer import Encrypted, FileLine, Layer
from hubimages.imagebuilding.registry_kinds import kind_of, prefix_host
from hubimages.imagebuilding.values import Values
from hubimages.yaml_text import Path

# Findings that a secret is missing, which a file that nobody can read here may have.
SECRET_MISSING = (
    "registry-username-missing", "registry-password-missing", "push-server-missing", "push-username-missing",
    "push-password-missing", "pull-secret-missing", "pull-secret-not-created", "pull-secret-incomplete",
    "hub-api-token-missing",
)  # fmt: skip


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
    """Check that the hub lists the file with its passwords, and some hub each secret file for image building."""
    hub = subject.hub
    for layer in subject.unlisted:
        name = PurePosixPath(layer.file).name
        given = {path: why for path, why in needed(subject.values) if subject.values.place(*path).file == layer.file}
        found = Finding(
            "secret-file-unlisted", hub.listed[-1] if hub.listed else hub.place,
            f"{hub.label} does not list {name}, which sets {', '.join(map(dotted, given))}",
            ", and ".join(dict.fromkeys(given.values())), f"add {name} to its helm_chart_values_files",
        )  # fmt: skip
        yield warning(found) if set(given.values()) == {NO_LOOKUP} else found
    if not hub.cluster:
        return
    listed = {file for other in cluster_hubs(hub.root, hub.cluster) for file in other.files}
    for layer in _secret_files(hub):
        used = layer.file in listed or layer in subject.unlisted
        if not used and (layer.data.get(SERVICE) or "imagePullSecret" in (layer.data.get("jupyterhub") or {})):
            yield warning(Finding(
                "secret-file-unused", FileLine(layer.file, 1),
                f"no hub in {cluster_file(hub.cluster)} lists this file", "no hub gets these secrets",
                f"add {PurePosixPath(layer.file).name} to helm_chart_values_files of its hub, or delete it",
            ))  # fmt: skip


def needed(values: Values) -> Iterator[tuple[Path, str]]:
    """Yield the path of each password that the hub needs, with what happens without it."""
    if not other_account(values, PUSH):
        yield (*PUSH, "password"), NO_PUSH
    if values.get(*REGISTRY, "url") and not other_account(values, REGISTRY):
        yield (*REGISTRY, "password"), NO_LOOKUP
    if kind_of(prefix_host(values.text(*PREFIX))).private and not own_secrets(values):
        yield (*SECRET, "password"), "servers with built images fail with ImagePullBackOff"


def forgotten(hub: Hub, values: Values) -> tuple[Layer, ...]:
    """Return the encrypted files of the hub's cluster that it does not list, but that set passwords which it lacks.

    Either no hub of the cluster lists such a file, or several do, so that it is not another hub's own.
    """
    lacking = [path for path, _ in needed(values) if not values.get(*path)]
    if not hub.cluster or not lacking:
        return ()
    hubs = cluster_hubs(hub.root, hub.cluster)
    others = {other.name for other in hubs} - {hub.name}
    found = []
    for layer in _secret_files(hub):
        listing = sum(layer.file in other.files for other in hubs)
        named = PurePosixPath(layer.file).name.removeprefix("enc-").partition(".")[0]
        if layer.file in hub.files or listing == 1 or named in others:
            continue
        here = Values(layer.data, layer.places)
        if layer.encrypted and any(here.get(*path) for path in lacking):
            found.append(layer)
    return tuple(found)


def _secret_files(hub: Hub) -> Iterator[Layer]:
    """Yield the secret files in the directory of a hub's cluster, as the hub would read them."""
    for path in sorted((hub.root / CLUSTERS / hub.cluster).glob("enc-*.secret.values.yaml")):
        file = f"{CLUSTERS}/{hub.cluster}/{path.name}"
        try:
            yield read_file(hub, file)
        except BadInputError:
            continue


def with_doubt(finding: Finding, values: Values) -> Finding:
    """Return a finding of a missing secret as a warning, if a file that is encrypted as a whole may have it."""
    opaque = [layer for layer in values.layers if layer.opaque]
    if finding.code not in SECRET_MISSING or not opaque:
        return finding
    named = ", ".join(f"{layer.file} ({layer.opaque})" for layer in opaque)
    one = len(opaque) == 1
    message = f"{finding.message}, unless {named} sets it: {'it is' if one else 'they are'} encrypted as a whole"
    return warning(replace(finding, message=message))


RULES = (clear_text, unlisted)
