"""Pulls of built images: by user servers, and by Dask's schedulers and workers."""

from collections.abc import Iterator
from typing import Any

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.image_prefix import PREFIX
from hubimages.imagebuilding.registry_kinds import address_host, kind_of, prefix_host
from hubimages.imagebuilding.values import Values

SECRET = ("jupyterhub", "imagePullSecret")
DASK = ("dask-gateway", "gateway", "backend", "imagePullSecrets")
NAME = "image-pull-secret"  # the Secret that the jupyterhub chart makes of imagePullSecret


def pull_secret(subject: Subject) -> Iterator[Finding]:
    """Check that user servers can pull what is pushed to a registry where images are private."""
    values = subject.values
    text = values.text(*PREFIX)
    if not text or "://" in text or values.is_encrypted(*PREFIX):
        return
    host = prefix_host(text)
    kind = kind_of(host)
    if kind.private:
        if not values.get(*SECRET, "create") and not own_secrets(values):
            account = {"registry": host, "username": "USERNAME", "password": "PASSWORD"}
            given = values.get(*SECRET, "password") or values.get(*SECRET, "username")
            yield Finding(
                "pull-secret-not-created" if given else "pull-secret-missing", values.place(*SECRET, "create"),
                f"jupyterhub.imagePullSecret{'.create is not true' if given else ' is not set'}",
                f"new repositories on {kind.name} are private: servers with built images fail with ImagePullBackOff",
                "set create: true, registry, username and password of jupyterhub.imagePullSecret, encrypted",
                change={
                    (*SECRET, "create"): True,
                    **{(*SECRET, key): value for key, value in account.items() if not values.get(*SECRET, key)},
                },
            )  # fmt: skip
        yield from _dask(subject, kind.name)
    yield from _complete(subject, host)


def own_secrets(values: Values) -> bool:
    """Return True if user servers name pull secrets that are made elsewhere."""
    return bool(
        values.get("jupyterhub", "imagePullSecrets")
        or values.get("jupyterhub", "singleuser", "image", "pullSecrets")
        or values.get("jupyterhub", "hub", "config", "KubeSpawner", "image_pull_secrets")
    )


def _complete(subject: Subject, host: str) -> Iterator[Finding]:
    values = subject.values
    if not values.get(*SECRET, "create"):
        return
    for key in ("username", "password", "registry"):
        if not values.get(*SECRET, key):
            yield Finding(
                "pull-secret-incomplete", values.place(*SECRET, "create"), f"jupyterhub.imagePullSecret has no {key}",
                "the registry refuses the pull of every built image", f"set jupyterhub.imagePullSecret.{key}",
                change={(*SECRET, key): host if key == "registry" else key.upper()},
            )  # fmt: skip
    registry = values.text(*SECRET, "registry")
    if registry and not values.is_encrypted(*SECRET, "registry") and address_host(registry) != host:
        yield Finding(
            "pull-secret-registry", values.place(*SECRET, "registry"),
            f"jupyterhub.imagePullSecret is for {address_host(registry)}, but images are pushed to {host}",
            "built images cannot be pulled with it", f"set registry to {host}",
            change={(*SECRET, "registry"): host},
        )  # fmt: skip


def _dask(subject: Subject, registry: str) -> Iterator[Finding]:
    values = subject.values
    if values.get("dask-gateway", "enabled") is not True:
        return
    given = values.get(*DASK)
    if given and not (isinstance(given, list) and all(isinstance(one, dict) and "name" in one for one in given)):
        listed = given if isinstance(given, list) else [given]
        wanted = [{"name": name} for name in map(_name, listed) if name] or [{"name": NAME}]
        yield Finding(
            "dask-pull-secret-shape", values.place(*DASK),
            "dask-gateway.gateway.backend.imagePullSecrets is not a list of mappings with a name",
            "Kubernetes refuses Dask's schedulers and workers", f"write [{{name: {wanted[0]['name']}}}]",
            change={DASK: wanted},
        )  # fmt: skip
        return
    names = [_name(entry) for entry in values.sequence(*DASK)]
    if not names:
        yield Finding(
            "dask-pull-secret-missing", values.place(*DASK), "dask-gateway.gateway.backend has no imagePullSecrets",
            f"Dask's schedulers and workers run the user's image and cannot pull a private one from {registry}",
            f"set dask-gateway.gateway.backend.imagePullSecrets to [{{name: {NAME}}}]", change={DASK: [{"name": NAME}]},
        )  # fmt: skip
        return
    made = {manifest.name for manifest in subject.rendered.find("jupyterhub", "Secret", NAME)} or {NAME}
    if values.get(*SECRET, "create") and not made & set(names):
        yield Finding(
            "dask-pull-secret-name", values.place(*DASK),
            f"dask-gateway.gateway.backend.imagePullSecrets names {', '.join(map(repr, names))}",
            f"the chart names the Secret of imagePullSecret {sorted(made)[0]}",
            f"write [{{name: {sorted(made)[0]}}}]", change={DASK: [{"name": sorted(made)[0]}]},
        )  # fmt: skip


def _name(entry: Any) -> str:
    return str(entry.get("name", "")) if isinstance(entry, dict) else str(entry)


RULES = (pull_secret,)
