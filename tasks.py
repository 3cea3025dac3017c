"""The operator tasks, for `invoke TASK` in a checkout; `hubimages TASK` runs the same ones anywhere."""

from hubimages.systems import refuse_others

refuse_others()
from hubimages.cli.tasks import namespace  # noqa: E402 - it cannot be imported where hubimages does not run

__all__ = ["namespace"]
