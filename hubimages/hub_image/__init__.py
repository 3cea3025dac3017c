"""The hub image and its chart, in step: bump, rebuild, check, experiments."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubimages.hub_image.bumping import Request as BumpRequest
    from hubimages.hub_image.bumping import bump, plan_bump
    from hubimages.hub_image.check import check_hub_image
    from hubimages.hub_image.end_experiment import plan_end_experiment
    from hubimages.hub_image.experiments import hub_experiments
    from hubimages.hub_image.new_experiment import plan_new_experiment
    from hubimages.hub_image.rebuilding import Request as RebuildRequest
    from hubimages.hub_image.rebuilding import plan_rebuild, rebuild

__all__ = [
    "BumpRequest", "RebuildRequest", "bump", "check_hub_image", "hub_experiments", "plan_bump", "plan_end_experiment",
    "plan_new_experiment", "plan_rebuild", "rebuild",
]  # fmt: skip

# Imported when asked for: the check runs at every commit, and all that builds would be a quarter of its time.
PLACES = {
    "BumpRequest": ("bumping", "Request"),
    "RebuildRequest": ("rebuilding", "Request"),
    "bump": ("bumping", "bump"),
    "check_hub_image": ("check", "check_hub_image"),
    "hub_experiments": ("experiments", "hub_experiments"),
    "plan_bump": ("bumping", "plan_bump"),
    "plan_end_experiment": ("end_experiment", "plan_end_experiment"),
    "plan_new_experiment": ("new_experiment", "plan_new_experiment"),
    "plan_rebuild": ("rebuilding", "plan_rebuild"),
    "rebuild": ("rebuilding", "rebuild"),
}


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)
