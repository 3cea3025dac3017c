"""Bring an image repository up to date with a newer template, change its answers, or adopt one."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.update.adopting.planning import check_answered as check_answered
    from hubimages.update.adopting.planning import plan_adoption as plan_adoption
    from hubimages.update.adopting.report import apply_adoption as apply_adoption
    from hubimages.update.adopting.report import show_adoption as show_adoption
    from hubimages.update.applying import apply_update as apply_update
    from hubimages.update.plan import Update as Update
    from hubimages.update.planning import image_name as image_name
    from hubimages.update.planning import plan_update as plan_update
    from hubimages.update.proposing import propose_update as propose_update
    from hubimages.update.record import Record as Record
    from hubimages.update.record import read_record as read_record
    from hubimages.update.released import installed_version as installed_version
    from hubimages.update.report import show_newer as show_newer
    from hubimages.update.report import show_plan as show_plan

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "adopting.planning": ["check_answered", "plan_adoption"],
        "adopting.report": ["apply_adoption", "show_adoption"],
        "applying": ["apply_update"],
        "plan": ["Update"],
        "planning": ["image_name", "plan_update"],
        "proposing": ["propose_update"],
        "record": ["Record", "read_record"],
        "released": ["installed_version"],
        "report": ["show_newer", "show_plan"],
    },
)
