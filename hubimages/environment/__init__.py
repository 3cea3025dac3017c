"""Check the environment of an image repository as repo2docker reads it, solve it, and lock it."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.environment.check import Options, Report, check_environment
    from hubimages.environment.fixing import fix_environment, plan_fixes
    from hubimages.environment.lock.applying import apply_lock, find_lock, locked_environment, locked_environment_in
    from hubimages.environment.lock.changes import as_table, changes
    from hubimages.environment.lock.formats import read_lock
    from hubimages.environment.lock.operation import LockPlan, plan_lock, take_lock
    from hubimages.repository.delivery import Delivery

__all__ = [
    "Delivery", "LockPlan", "Options", "Report", "apply_lock", "as_table", "changes", "check_environment", "find_lock",
    "fix_environment", "locked_environment", "locked_environment_in", "plan_fixes", "plan_lock", "read_lock",
    "take_lock",
]  # fmt: skip

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "check": ["Options", "Report", "check_environment"],
        "fixing": ["fix_environment", "plan_fixes"],
        "lock.applying": ["apply_lock", "find_lock", "locked_environment", "locked_environment_in"],
        "lock.changes": ["as_table", "changes"],
        "lock.formats": ["read_lock"],
        "lock.operation": ["Delivery", "LockPlan", "plan_lock", "take_lock"],
    },
)
