"""The hub image and its chart, in step: bump, rebuild, check, experiments."""

from hubimages.hub_image.bump import Request as BumpRequest
from hubimages.hub_image.bump import bump, plan_bump
from hubimages.hub_image.rebuild import Request as RebuildRequest
from hubimages.hub_image.rebuild import plan_rebuild, rebuild

__all__ = ["BumpRequest", "RebuildRequest", "bump", "plan_bump", "plan_rebuild", "rebuild"]
