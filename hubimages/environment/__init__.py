"""Check the environment of an image repository as repo2docker reads it, solve it, and lock it."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.environment.check import Options, Report, check_environment
    from hubimages.environment.fixing import fix_environment, plan_fixes

__all__ = ["Options", "Report", "check_environment", "fix_environment", "plan_fixes"]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "check": ["Options", "Report", "check_environment"],
        "fixing": ["fix_environment", "plan_fixes"],
    },
)
