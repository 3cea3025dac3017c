"""KubeSpawner's configuration as the jupyterhub chart makes it from `singleuser` and `hub.config`.

Follows files/hub/jupyterhub_config.py of https://github.com/jupyterhub/zero-to-jupyterhub-k8s for what shapes a pod:
image, resources, volumes, containers, tolerations.
"""

from typing import Any

from hubimages.imagebuilding.values import Values

SINGLEUSER = ("jupyterhub", "singleuser")
TRAITS = {
    "image_pull_policy": ("image", "pullPolicy"),
    "extra_labels": ("extraLabels",),
    "extra_annotations": ("extraAnnotations",),
    "uid": ("uid",),
    "fs_gid": ("fsGid",),
    "service_account": ("serviceAccountName",),
    "node_selector": ("nodeSelector",),
    "lifecycle_hooks": ("lifecycleHooks",),
    "init_containers": ("initContainers",),
    "extra_containers": ("extraContainers",),
    "mem_limit": ("memory", "limit"),
    "mem_guarantee": ("memory", "guarantee"),
    "cpu_limit": ("cpu", "limit"),
    "cpu_guarantee": ("cpu", "guarantee"),
    "extra_resource_limits": ("extraResource", "limits"),
    "extra_resource_guarantees": ("extraResource", "guarantees"),
    "extra_pod_config": ("extraPodConfig",),
}
STORAGE = {"volume_mounts": ("storage", "extraVolumeMounts"), "volumes": ("storage", "extraVolumes")}
GUARANTEE = "1G"  # the chart's own singleuser.memory.guarantee
HOME = "/home/jovyan"  # the chart's own singleuser.storage.homeMountPath
DYNAMIC = "volume-{user_server}"  # and its storage.dynamic.volumeNameTemplate


def configuration(values: Values) -> dict[str, Any]:
    """Return KubeSpawner's options from the hub's values; what is not set is left out."""
    made: dict[str, Any] = {}
    for trait, path in TRAITS.items():
        value = values.get(*SINGLEUSER, *path)
        if path == ("memory", "guarantee") and "guarantee" not in values.mapping(*SINGLEUSER, "memory"):
            value = GUARANTEE
        if value not in (None, "", [], {}):
            made[trait] = value
    name, tag = values.get(*SINGLEUSER, "image", "name"), values.get(*SINGLEUSER, "image", "tag")
    if name:
        made["image"] = f"{name}:{tag}" if tag else str(name)
    tolerations = values.sequence(*SINGLEUSER, "extraTolerations")
    if tolerations:
        made["tolerations"] = tolerations
    made["volumes"], made["volume_mounts"] = _volumes(values)
    return {**made, **values.mapping("jupyterhub", "hub", "config", "KubeSpawner")}


def _volumes(values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    storage = (*SINGLEUSER, "storage")
    kind = values.get(*storage, "type", default="dynamic")
    home = str(values.get(*storage, "homeMountPath", default=HOME))
    volumes: dict[str, Any] = {}
    mounts: dict[str, Any] = {}
    if kind in ("dynamic", "static"):
        name = "home" if kind == "static" else values.get(*storage, "dynamic", "volumeNameTemplate", default=DYNAMIC)
        claim = values.get(*storage, "static", "pvcName") if kind == "static" else "{pvc_name}"
        mount = {"mountPath": home, "name": name, "subPath": values.get(*storage, kind, "subPath")}
        volumes[name] = {"name": name, "persistentVolumeClaim": {"claimName": claim or "home"}}
        mounts[name] = {key: value for key, value in mount.items() if value}
    for number, (key, file) in enumerate(values.mapping(*SINGLEUSER, "extraFiles").items()):
        volumes["files"] = {"name": "files", "secret": {"secretName": "singleuser"}}
        if isinstance(file, dict):
            mounts[f"{number}-files"] = {"mountPath": file.get("mountPath"), "subPath": key, "name": "files"}
    _extra(volumes, values.get(*storage, "extraVolumes"), numbered=False)
    _extra(mounts, values.get(*storage, "extraVolumeMounts"), numbered=True)
    return volumes, mounts


def _extra(into: dict[str, Any], extra: Any, *, numbered: bool) -> None:
    if isinstance(extra, dict):
        into.update({key: value for key, value in extra.items() if value is not None})
    for number, one in enumerate(extra if isinstance(extra, list) else ()):
        if isinstance(one, dict):
            into[f"{number}-{one.get('name')}" if numbered else str(one.get("name"))] = one
