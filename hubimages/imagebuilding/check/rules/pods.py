"""Where builds run: docker-api's daemon set on the nodes that build pods go to, its storage, and the build image.

Build pods carry both spellings of the dedicated-user toleration and `node_selector` (binderhub/build.py), and mount the
socket that docker-api makes on the same node: where build pods go, docker-api must be.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.rules.registry import CONFIG, SERVICE
from hubimages.imagebuilding.layer import Place

DOCKER_API = (SERVICE, "dockerApi")
EXECUTOR = (*CONFIG, "KubernetesBuildExecutor")
TAINTS = ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
PURPOSE = "hub.jupyter.org/node-purpose"
QUANTITY = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i?|[kmun]|e[0-9]+)?")
CALENDAR = re.compile(r"v?(20[0-9]{2})\.([0-9]{1,2})\b.*")
OLDEST_BUILDER = 24  # months; between two releases of repo2docker there has been more than a year


def selectors(subject: Subject) -> Iterator[Finding]:
    """docker-api runs on every node that a build pod can go to, and BinderHub itself on core nodes."""
    values = subject.values
    daemon = values.mapping(*DOCKER_API, "nodeSelector")
    build = values.mapping(*EXECUTOR, "node_selector")
    place = values.place(*EXECUTOR, "node_selector")
    for key, value in daemon.items():
        if value is not None and build.get(key) != value:
            yield Finding(
                "build-node-selector", place,
                f"docker-api runs only on nodes with {key}: {value}, and build pods may go to others"
                + (f" ({key}: {build[key]})" if key in build else ""),
                "a build pod on a node without docker-api waits for ever for its socket",
                f"give config.KubernetesBuildExecutor.node_selector {key}: {value}, as dockerApi.nodeSelector has",
            )  # fmt: skip
    if not daemon and build:
        yield Finding(
            "docker-api-node-selector", values.place(*DOCKER_API, "nodeSelector"), "dockerApi has no nodeSelector",
            "docker-api, which is privileged, runs on every node of the cluster, core nodes too",
            "give dockerApi.nodeSelector what config.KubernetesBuildExecutor.node_selector has",
        )  # fmt: skip
    if daemon.get(PURPOSE) == "user" and values.get(SERVICE, "nodeSelector", PURPOSE) != "core":
        yield Finding(
            "binder-node-selector", values.place(SERVICE, "nodeSelector"),
            f"binderhub-service.nodeSelector has no {PURPOSE}: core",
            "BinderHub may run on a user node, which keeps that node up, and goes away with it",
            f"set binderhub-service.nodeSelector to {{{PURPOSE}: core}}",
        )  # fmt: skip


def tolerations(subject: Subject) -> Iterator[Finding]:
    """docker-api tolerates both spellings of the taint of user nodes, as build pods do."""
    values = subject.values
    given = values.sequence(*DOCKER_API, "tolerations")
    for taint in TAINTS:
        if not any(_tolerates(one, taint) for one in given):
            yield Finding(
                "docker-api-toleration", values.place(*DOCKER_API, "tolerations"),
                f"dockerApi.tolerations has none for {taint}=user:NoSchedule",
                "build pods tolerate it and go to nodes with that taint, where docker-api then does not run "
                "(some clouds take a / in taints, others want a _)",
                f"add {{key: {taint}, operator: Equal, value: user, effect: NoSchedule}}",
            )  # fmt: skip


def _tolerates(toleration: Any, taint: str) -> bool:
    if not isinstance(toleration, dict) or toleration.get("effect") not in (None, "", "NoSchedule"):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint)
    return toleration.get("key") == taint and toleration.get("value") == "user"


def storage(subject: Subject) -> Iterator[Finding]:
    """docker-api's images and layers have a limit, and go away with its pod."""
    values = subject.values
    key = (*DOCKER_API, "storage", "emptyDir", "sizeLimit")
    limit = values.get(*key)
    if limit is None:
        if values.get(*DOCKER_API, "storage", "ephemeral") or values.get(
            *DOCKER_API, "storage", "persistentVolumeClaim"
        ):
            return
        yield Finding(
            "docker-storage-limit", _chart_place(subject), "dockerApi.storage.emptyDir.sizeLimit is not set",
            "what builds leave behind stays in a folder of the node, and fills its disk",
            "set dockerApi.storage: {emptyDir: {sizeLimit: 15Gi}}",
        )  # fmt: skip
    elif isinstance(limit, str) and not QUANTITY.fullmatch(limit):
        yield Finding(
            "docker-storage-quantity", values.place(*key), f"dockerApi.storage.emptyDir.sizeLimit {limit!r} is no size",
            "Kubernetes refuses the daemon set, and nothing can be built", "write a quantity such as 15Gi",
        )  # fmt: skip


def _chart_place(subject: Subject) -> Place:
    """Where the chart of all hubs could set it once; the hub's own values where it has no such chart."""
    for layer, place in subject.values.all_places(*DOCKER_API):
        if layer.of_chart and layer.file.endswith(".yaml"):
            return place
    return subject.values.place(*DOCKER_API, "storage")


def build_image(subject: Subject) -> Iterator[Finding]:
    """The repo2docker that builds is a chosen and current one."""
    values = subject.values
    key = (*EXECUTOR, "build_image")
    text = values.text(*key)
    place = values.place(*key)
    remedy = "set config.KubernetesBuildExecutor.build_image to a current tag of quay.io/jupyterhub/repo2docker"
    if not text:
        yield Finding(
            "build-image-missing", place, "config.KubernetesBuildExecutor.build_image is not set",
            "BinderHub then builds with the repo2docker that was current when its own source was written", remedy,
        )  # fmt: skip
        return
    try:
        image = ImageRef.parse(text)
    except BadInputError as error:
        yield Finding("build-image-invalid", place, str(error), "no build pod can start", remedy)
        return
    dated = CALENDAR.fullmatch(image.tag)
    months = (subject.today.year - int(dated[1])) * 12 + subject.today.month - int(dated[2]) if dated else 0
    if months > OLDEST_BUILDER:
        yield Finding(
            "build-image-old", place, f"the build image {text} is more than two years old",
            "users get old versions of Python, JupyterLab and the server, with their security holes", remedy,
        )  # fmt: skip
    elif (not image.tag and not image.digest) or image.tag in ("latest", "main", "master"):
        yield Finding(
            "build-image-floating", place, f"the build image {text} can be another one tomorrow",
            "a build that worked fails without a change of yours, and nobody can tell why", remedy,
        )  # fmt: skip


RULES = (selectors, tolerations, storage, build_image)
