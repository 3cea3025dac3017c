"""Validate rendered objects against Kubernetes' schemas (kubernetes-validate), including unknown fields."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from hubimages import systems
from hubimages.errors import NotInstalledError
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.kubernetes import pod
from hubimages.imagebuilding.check.kubernetes.jsonschema import without_formats
from hubimages.imagebuilding.check.render import dotted
from hubimages.imagebuilding.check.rendered import Manifest
from hubimages.imagebuilding.layer import FileLine
from hubimages.yaml_text import Path

UNKNOWN = re.compile(r"^Additional properties are not allowed \('([^']+)' was unexpected\)$")
API_GROUP = re.compile(r"^([^./]*)(?:\.[^/]*)?/")
BUILT_IN = re.compile(r"v1|(?:apps|batch|autoscaling|policy)/v.+|[a-z.]+\.k8s\.io/v.+")


def against_kubernetes(subject: Subject) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse. Raises NotInstalledError."""
    for manifest in subject.rendered.manifests:
        for path, said in _of_manifest(manifest):
            place = _place(subject, manifest, path)
            yield Finding(
                "manifest", place, f"{manifest.kind} {manifest.name}: {dotted(path)}: {said}",
                "Kubernetes refuses the object, and the deployment fails",
                f"correct the value that {manifest.template} uses", "manifests",
            )  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _of_manifest(manifest: Manifest) -> tuple[tuple[Path, str], ...]:
    return (*problems(manifest.data), *pod.problems(manifest.data))


def problems(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield path and problem of each part of an object that Kubernetes would refuse; custom kinds are not checked."""
    api, kind = str(data.get("apiVersion", "")), str(data.get("kind", ""))
    if not BUILT_IN.fullmatch(api):
        return
    name = kind.lower() + "-" + API_GROUP.sub(r"\1-", api)
    fast = _fast(name)
    if fast is not None and fast.is_valid(data):
        return
    validator = _validator(name)
    if validator is None:
        yield ("apiVersion",), f"Kubernetes {version()} has no {kind} of {api}"
        return
    for error in validator.iter_errors(data):
        unknown = UNKNOWN.search(error.message)  # the value is the mapping, the mistake is one of its keys
        yield (*error.absolute_path, *([unknown[1]] if unknown else [])), _short(error.message)


@functools.cache
def version() -> str:
    """Return the Kubernetes version of the schemas: the newest installed."""
    found: str = _library().latest_version()
    return found


def _library() -> Any:
    try:
        with without_formats():
            from kubernetes_validate import utils
    except ImportError:
        raise NotInstalledError(
            f"kubernetes-validate is not installed: {systems.install_line('imagebuilding')}"
        ) from None
    return utils


@functools.cache
def _definitions() -> Any:
    from referencing import Registry, Resource

    contents = _library().schema_contents(_file("_definitions"), version())
    return Resource.from_contents(contents) @ Registry()


@functools.cache
def _fast(name: str) -> Any:
    """Return a validator that only knows whether an object is valid, a hundred times faster; None if there is none."""
    library = _library()
    try:
        import jsonschema_rs

        schema = library.schema_contents(_file(name), version())
        return jsonschema_rs.Draft202012Validator(schema, registry=_fast_definitions())
    except (ImportError, FileNotFoundError, ValueError):
        return None


@functools.cache
def _fast_definitions() -> Any:
    import jsonschema_rs

    contents = _library().schema_contents(_file("_definitions"), version())
    return jsonschema_rs.Registry([(contents["$id"], contents)])


@functools.cache
def _validator(name: str) -> Any:
    """Return a cached validator; kubernetes_validate.validate reads all definitions for every object."""
    library = _library()
    from jsonschema.validators import Draft202012Validator
    from referencing import Resource

    try:
        schema = library.schema_contents(_file(name), version())
    except FileNotFoundError:
        return None
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ _definitions())


def _file(name: str) -> str:
    return f"kubernetes-json-schema/v{version()}-local-strict/{name}.json"


def _short(said: str) -> str:
    return said if len(said) < 200 else said[:120] + " ... " + said[-70:]


def _place(subject: Subject, manifest: Manifest, path: Path) -> FileLine:
    """Return the place of the value that most likely produced it: the longest end of the path in the chart's values."""
    section = manifest.section
    value: Any = manifest.data
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
    best: tuple[int, Path] = (0, ())
    for known in subject.values.places:
        if section and known[0] != section:
            continue
        length = 0
        while length < min(len(known), len(path)) and known[-1 - length] == path[-1 - length]:
            length += 1
        if length and isinstance(value, str) and subject.values.get(*known) == value:
            length += len(path)  # the very text
        if length > best[0] and (length > 1 or not isinstance(known[-1], int)):
            best = (length, known)
    if best[1]:
        return subject.values.place(*best[1])
    readable = [layer for layer in subject.values.layers if not layer.encrypted and (section,) in layer.places]
    return readable[-1].places[section,] if readable else subject.hub.place
