"""The images that Zero to JupyterHub publishes, and the keys of its chart that name them.

Names and keys are those of the chart's own chartpress.yaml
(https://github.com/jupyterhub/zero-to-jupyterhub-k8s/blob/main/chartpress.yaml). Every image has the chart's version as
its tag, whatever registry a copy of it lies in.
"""

from hubimages.yaml_text import Path

# https://github.com/jupyterhub/zero-to-jupyterhub-k8s/tree/main/images: k8s-hub-slim is k8s-hub without the packages
# that few hubs need
HUB = ("k8s-hub", "k8s-hub-slim")

# Where the chart's values name each image; the one of the hub's own image is what this job is about.
COMPANIONS: dict[Path, str] = {
    ("proxy", "secretSync", "image"): "k8s-secret-sync",
    ("singleuser", "networkTools", "image"): "k8s-network-tools",
    ("singleuser", "image"): "k8s-singleuser-sample",
    ("prePuller", "hook", "image"): "k8s-image-awaiter",
}


def short_name(reference: str) -> str:
    """Return the last part of an image's name, without registry, organisation, tag and digest."""
    name = reference.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[0]


def is_hub_image(reference: str) -> bool:
    """Return True for the hub image of Zero to JupyterHub, or a copy of it in another registry."""
    return short_name(reference) in HUB


def is_companion(reference: str) -> bool:
    """Return True for another image of Zero to JupyterHub, or a copy of it."""
    return short_name(reference) in COMPANIONS.values()
