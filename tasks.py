"""The operator tasks, for `invoke TASK` in a checkout; `hubimages TASK` runs the same ones anywhere."""

from hubimages.cli.tasks import namespace

__all__ = ["namespace"]
