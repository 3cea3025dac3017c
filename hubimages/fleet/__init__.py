"""Many repositories at once: run a task in each, and see them at a glance."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.fleet.clone import default_cache as default_cache
    from hubimages.fleet.command import Command as Command
    from hubimages.fleet.command import given as given
    from hubimages.fleet.each import run_each as run_each
    from hubimages.fleet.glance.facts import Overview as Overview
    from hubimages.fleet.glance.html import write_overview as write_overview
    from hubimages.fleet.glance.looking import Where as Where
    from hubimages.fleet.glance.looking import look_at as look_at
    from hubimages.fleet.matrix import job_matrix as job_matrix
    from hubimages.fleet.matrix import join as join
    from hubimages.fleet.report import Report as Report
    from hubimages.fleet.request import Request as Request
    from hubimages.fleet.request import Wanted as Wanted
    from hubimages.fleet.selection import select as select

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clone": ["default_cache"],
        "command": ["Command", "given"],
        "each": ["run_each"],
        "glance.facts": ["Overview"],
        "glance.html": ["write_overview"],
        "glance.looking": ["Where", "look_at"],
        "matrix": ["job_matrix", "join"],
        "report": ["Report"],
        "request": ["Request", "Wanted"],
        "selection": ["select"],
    },
)
