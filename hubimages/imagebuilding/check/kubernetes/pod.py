"""What Kubernetes refuses of a pod beyond its schema.

https://github.com/kubernetes/kubernetes/tree/master/pkg/apis/core/validation
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hubimages.yaml_text import Path

QUANTITY = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([KMGTPE]i|[munkMGTPE]|[eE][+-]?[0-9]+)?")
BINARY = {unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
DECIMAL = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "k": Decimal(10**3), "M": Decimal(10**6),
    "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15), "E": Decimal(10**18),
}  # fmt: skip
LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
LABEL_KEY = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
EFFECTS = (None, "", "NoSchedule", "PreferNoSchedule", "NoExecute")
POD_KINDS = ("Pod", "Deployment", "DaemonSet", "StatefulSet", "Job")

Problem = tuple[Path, str]


def quantity(text: object) -> Decimal | None:
    """Return the number that a Kubernetes quantity stands for; None if it is not a quantity."""
    matched = QUANTITY.fullmatch(str(text))
    if not matched or isinstance(text, bool):
        return None
    number, unit = Decimal(matched[1]), matched[2] or ""
    if unit[:1] in ("e", "E") and unit not in {"E", "Ei"}:
        return number * Decimal(10) ** int(unit[1:])
    return number * (BINARY.get(unit) or DECIMAL.get(unit) or Decimal(1))


def problems(data: dict[str, Any]) -> Iterator[Problem]:
    """Yield path and problem of what Kubernetes refuses in the pod of an object; none for objects without a pod."""
    kind = data.get("kind")
    if kind not in POD_KINDS:
        return
    above: Path = ("spec",) if kind == "Pod" else ("spec", "template", "spec")
    spec: Any = data
    for key in above:
        spec = spec.get(key) if isinstance(spec, dict) else None
    if isinstance(spec, dict):
        claims = _mappings(data.get("spec", {}).get("volumeClaimTemplates"))
        claimed = [claim.get("metadata", {}).get("name") for _, claim in claims]
        for path, said in _spec(spec, claimed):
            yield (*above, *path), said


def _spec(spec: dict[str, Any], claimed: list[Any]) -> Iterator[Problem]:
    names = [volume.get("name") for _, volume in _mappings(spec.get("volumes"))]
    yield from _twice(names, "volumes", "volume")
    names += claimed
    containers = [
        (kind, number, one) for kind in ("initContainers", "containers") for number, one in _mappings(spec.get(kind))
    ]
    called = [one.get("name") for _, _, one in containers]
    for kind, number, one in containers:
        name = one.get("name")
        if isinstance(name, str) and not NAME.fullmatch(name):
            yield (kind, number, "name"), f"container name {name!r} is not lowercase letters, digits and hyphens"
        if called.count(name) > 1:
            yield (kind, number, "name"), f"two containers have the name {name!r}"
        for path, said in (*_resources(one), *_mounts(one, names)):
            yield (kind, number, *path), said
    selector = spec.get("nodeSelector")
    for key, value in selector.items() if isinstance(selector, dict) else ():
        if not LABEL_KEY.fullmatch(str(key)) or not LABEL_VALUE.fullmatch(str(value)):
            yield ("nodeSelector", key), f"{key}: {value} is not a valid label"
    for number, one in _mappings(spec.get("tolerations")):
        yield from ((("tolerations", number), said) for said in _toleration(one))


def _mappings(value: object) -> list[tuple[int, dict[str, Any]]]:
    items = value if isinstance(value, list) else []
    return [(number, one) for number, one in enumerate(items) if isinstance(one, dict)]


def _twice(names: list[Any], key: str, what: str) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (key, number, "name"), f"two {what}s have the name {name!r}"


def _resources(container: dict[str, Any]) -> Iterator[Problem]:
    given = container.get("resources")
    resources = given if isinstance(given, dict) else {}
    numbers: dict[str, dict[str, Decimal]] = {"requests": {}, "limits": {}}
    for kind, found in numbers.items():
        listed = resources.get(kind)
        for name, text in listed.items() if isinstance(listed, dict) else ():
            number = quantity(text)
            if number is None:
                yield ("resources", kind, name), f"{text!r} is not a quantity"
            else:
                found[name] = number
    for name, number in numbers["requests"].items():
        if name in numbers["limits"] and number > numbers["limits"][name]:
            requested, limit = resources["requests"][name], resources["limits"][name]
            yield ("resources", "requests", name), f"the {name} request {requested} is over the limit {limit}"


def _mounts(container: dict[str, Any], volumes: list[Any]) -> Iterator[Problem]:
    paths: list[Any] = []
    for number, mount in _mappings(container.get("volumeMounts")):
        if mount.get("name") not in volumes:
            yield ("volumeMounts", number, "name"), f"there is no volume {mount.get('name')!r} to mount"
        if mount.get("mountPath") in paths:
            yield ("volumeMounts", number, "mountPath"), f"two mounts are at {mount.get('mountPath')!r}"
        paths.append(mount.get("mountPath"))


def _toleration(one: dict[str, Any]) -> Iterator[str]:
    operator = one.get("operator") or "Equal"
    if operator not in ("Equal", "Exists"):
        yield f"operator {operator!r} of a toleration is not Equal or Exists"
    if operator == "Exists" and one.get("value"):
        yield "a toleration with the operator Exists has no value"
    if operator == "Equal" and not one.get("key"):
        yield "a toleration without a key needs the operator Exists"
    if one.get("effect") not in EFFECTS:
        yield f"effect {one.get('effect')!r} of a toleration is not {', '.join(map(str, EFFECTS[2:]))}"
