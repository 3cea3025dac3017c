"""Keep the hub image and its chart in step: bump, rebuild, check, experiments."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.hub_image.bump.chart_bump import BumpRequest as BumpRequest
    from hubimages.hub_image.bump.chart_bump import bump_hub_image as bump_hub_image
    from hubimages.hub_image.bump.chart_bump import plan_bump as plan_bump
    from hubimages.hub_image.bump.rebuild import RebuildRequest as RebuildRequest
    from hubimages.hub_image.bump.rebuild import plan_rebuild as plan_rebuild
    from hubimages.hub_image.bump.rebuild import rebuild_hub_image as rebuild_hub_image
    from hubimages.hub_image.check.all_checks import check_hub_image as check_hub_image
    from hubimages.hub_image.experiments.end import plan_end_experiment as plan_end_experiment
    from hubimages.hub_image.experiments.listing import hub_experiments as hub_experiments
    from hubimages.hub_image.experiments.new import plan_new_experiment as plan_new_experiment
    from hubimages.hub_image.jupyterhub.check import Checked as Checked
    from hubimages.hub_image.jupyterhub.check import check_jupyterhubs as check_jupyterhubs
    from hubimages.hub_image.jupyterhub.lookup import Asker as Asker
    from hubimages.hub_image.jupyterhub.lookup import Effort as Effort
    from hubimages.hub_image.jupyterhub.moving import check_plan as check_plan
    from hubimages.hub_image.plain import hub_dockerfiles as hub_dockerfiles
    from hubimages.hub_image.reading import chartpress_files as chartpress_files
    from hubimages.hub_image.reading import layout_of as layout_of

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bump.chart_bump": ["BumpRequest", "bump_hub_image", "plan_bump"],
        "bump.rebuild": ["RebuildRequest", "plan_rebuild", "rebuild_hub_image"],
        "check.all_checks": ["check_hub_image"],
        "experiments.end": ["plan_end_experiment"],
        "experiments.listing": ["hub_experiments"],
        "experiments.new": ["plan_new_experiment"],
        "jupyterhub.check": ["Checked", "check_jupyterhubs"],
        "jupyterhub.lookup": ["Asker", "Effort"],
        "jupyterhub.moving": ["check_plan"],
        "plain": ["hub_dockerfiles"],
        "reading": ["chartpress_files", "layout_of"],
    },
)
