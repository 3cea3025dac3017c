"""Where builds run: docker-api on the nodes of the build pods, its storage, and the build image.

Build pods carry both spellings of the dedicated-user toleration and `node_selector` (binderhub/build.py), and mount the
socket that docker-api makes on the same node: where build pods go, docker-api must be.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.kubernetes.pod import quantity
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.layer import FileLine

DOCKER_API = (SERVICE, "dockerApi")
EXECUTOR = (*CONFIG, "KubernetesBuildExecutor")
TAINTS = ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
PURPOSE = "hub.jupyter.org/node-purpose"
CALENDAR = re.compile(r"v?(20[0-9]{2})\.([0-9]{1,2})\b.*")
CURRENT = "quay.io/jupyterhub/repo2docker:2025.12.1"
MOVING = ("latest", "main", "master", "dev", "develop", "stable", "edge", "nightly", "next", "test", "testing")
TOLERATION = {"operator": "Equal", "value": "user", "effect": "NoSchedule"}
OLDEST_BUILDER = 24  # months; between two releases of repo2docker there has been more than a year


def selectors(subject: Subject) -> Iterator[Finding]:
    """Check that docker-api runs on every node that a build pod can run on, and BinderHub on core nodes."""
    values = subject.values
    daemon = values.mapping(*DOCKER_API, "nodeSelector")
    build = values.mapping(*EXECUTOR, "node_selector")
    place = values.place(*EXECUTOR, "node_selector")
    for key, value in daemon.items():
        if value is not None and build.get(key) != value:
            yield Finding(
                "build-node-selector", place,
                f"docker-api runs only on nodes with {key}: {value}, but build pods may run on others"
                + (f" ({key}: {build[key]})" if key in build else ""),
                "a build pod on a node without docker-api waits forever for its socket",
                f"add {key}: {value} to config.KubernetesBuildExecutor.node_selector, as in dockerApi.nodeSelector",
                change={(*EXECUTOR, "node_selector", key): value},
            )  # fmt: skip
    if not daemon and build:
        yield warning(Finding(
            "docker-api-node-selector", values.place(*DOCKER_API, "nodeSelector"), "dockerApi has no nodeSelector",
            "docker-api, which is privileged, runs on every node of the cluster, including core nodes",
            "copy config.KubernetesBuildExecutor.node_selector to dockerApi.nodeSelector",
            change={(*DOCKER_API, "nodeSelector"): build},
        ))  # fmt: skip
    if daemon.get(PURPOSE) == "user" and values.get(SERVICE, "nodeSelector", PURPOSE) != "core":
        yield warning(Finding(
            "binder-node-selector", values.place(SERVICE, "nodeSelector"),
            f"binderhub-service.nodeSelector has no {PURPOSE}: core",
            "BinderHub may run on a user node: it keeps the node up, or stops with it",
            f"set binderhub-service.nodeSelector to {{{PURPOSE}: core}}",
            change={(SERVICE, "nodeSelector", PURPOSE): "core"},
        ))  # fmt: skip


def tolerations(subject: Subject) -> Iterator[Finding]:
    """Check that docker-api tolerates both spellings of the taint of user nodes, as build pods do."""
    values = subject.values
    given = values.sequence(*DOCKER_API, "tolerations")
    wanted = [*_others(given), *({**TOLERATION, "key": one} for one in TAINTS)]
    for taint in TAINTS:
        if not any(_tolerates(one, taint) for one in given):
            yield warning(Finding(
                "docker-api-toleration", values.place(*DOCKER_API, "tolerations"),
                f"dockerApi.tolerations does not have {taint}=user:NoSchedule",
                "build pods tolerate this taint and run on such nodes, but docker-api does not "
                "(some clouds allow / in taints, others need _)",
                f"add {{key: {taint}, operator: Equal, value: user, effect: NoSchedule}}",
                change={(*DOCKER_API, "tolerations"): wanted},
            ))  # fmt: skip


def _others(tolerations: list[Any]) -> list[Any]:
    return [one for one in tolerations if not (isinstance(one, dict) and one.get("key") in TAINTS)]


def _tolerates(toleration: Any, taint: str) -> bool:
    if not isinstance(toleration, dict) or toleration.get("effect") not in (None, "", "NoSchedule"):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint)
    return toleration.get("key") == taint and toleration.get("value") == "user"


def storage(subject: Subject) -> Iterator[Finding]:
    """Check that docker-api's storage has a limit and is removed with its pod."""
    values = subject.values
    key = (*DOCKER_API, "storage", "emptyDir", "sizeLimit")
    limit = values.get(*key)
    if limit is None:
        if values.get(*DOCKER_API, "storage", "ephemeral") or values.get(
            *DOCKER_API, "storage", "persistentVolumeClaim"
        ):
            return
        yield warning(Finding(
            "docker-storage-limit", _chart_place(subject), "dockerApi.storage.emptyDir.sizeLimit is not set",
            "layers of builds stay in a directory of the node and fill its disk",
            "set dockerApi.storage: {emptyDir: {sizeLimit: 15Gi}}",
            change={(*DOCKER_API, "storage"): {"emptyDir": {"sizeLimit": "15Gi"}}},
        ))  # fmt: skip
    elif isinstance(limit, str) and quantity(limit) is None:
        yield Finding(
            "docker-storage-quantity", values.place(*key),
            f"dockerApi.storage.emptyDir.sizeLimit {limit!r} is not a quantity",
            "Kubernetes refuses the DaemonSet, and nothing can be built", "write a quantity such as 15Gi",
            change={key: "15Gi"},
        )  # fmt: skip


def _chart_place(subject: Subject) -> FileLine:
    """Return where the chart of all hubs can set it once; without such a chart, the hub's own values."""
    for layer, place in subject.values.all_places(*DOCKER_API):
        if layer.of_chart and layer.file.endswith(".yaml"):
            return place
    return subject.values.place(*DOCKER_API, "storage")


def build_image(subject: Subject) -> Iterator[Finding]:
    """Check that the build image is pinned and current."""
    values = subject.values
    key = (*EXECUTOR, "build_image")
    text = values.text(*key)
    place = values.place(*key)
    change = {key: CURRENT}
    remedy = "set config.KubernetesBuildExecutor.build_image to a current tag of quay.io/jupyterhub/repo2docker"
    if not text:
        yield warning(Finding(
            "build-image-missing", place, "config.KubernetesBuildExecutor.build_image is not set",
            "BinderHub then builds with the repo2docker version in its own source", remedy,
            change=change,
        ))  # fmt: skip
        return
    try:
        image = ImageRef.parse(text)
    except BadInputError as error:
        yield Finding("build-image-invalid", place, str(error), "no build pod can start", remedy, change=change)
        return
    dated = CALENDAR.fullmatch(image.tag)
    months = (subject.today.year - int(dated[1])) * 12 + subject.today.month - int(dated[2]) if dated else 0
    if months > OLDEST_BUILDER:
        yield warning(Finding(
            "build-image-old", place, f"the build image {text} is more than two years old",
            "users get old versions of Python and JupyterLab, with their security issues", remedy,
            change=change,
        ))  # fmt: skip
    elif (not image.tag and not image.digest) or image.tag in MOVING:
        yield warning(Finding(
            "build-image-moving", place, f"the build image {text} has a moving tag",
            "builds can start to fail without a change in this repository", remedy, change=change,
        ))  # fmt: skip


def selector_values(subject: Subject) -> Iterator[Finding]:
    """Check that the node selector of build pods has texts, as labels have. The chart does not look at it."""
    values = subject.values
    key = (*EXECUTOR, "node_selector")
    for name, value in values.mapping(*key).items():
        if value is not None and not isinstance(value, str):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield Finding(
                "build-selector-type", values.place(*key, name),
                f"config.KubernetesBuildExecutor.node_selector.{name} is {value!r}, not a text",
                "Kubernetes refuses every build pod", f'write "{text}"', change={(*key, name): text},
            )  # fmt: skip


RULES = (selectors, tolerations, storage, build_image, selector_values)
