"""Move many images out of a deployment repository: find image directories, extract all of a manifest, and finish."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.migration.entries import Entry as Entry
    from hubimages.migration.entries import Manifest as Manifest
    from hubimages.migration.entries import read_manifest as read_manifest
    from hubimages.migration.extracting import Options as Options
    from hubimages.migration.extracting import extract_images as extract_images
    from hubimages.migration.find import Found as Found
    from hubimages.migration.find import find_images as find_images
    from hubimages.migration.finishing.each import finish_each as finish_each
    from hubimages.migration.finishing.plan import FinishPlan as FinishPlan
    from hubimages.migration.finishing.plan import plan_finish as plan_finish
    from hubimages.migration.manifest import new_manifest as new_manifest
    from hubimages.migration.manifest import updated_manifest as updated_manifest
    from hubimages.migration.outcome import Outcome as Outcome
    from hubimages.migration.outcome import Run as Run
    from hubimages.migration.reporting import report_of_one as report_of_one
    from hubimages.migration.reporting import report_of_run as report_of_run

# Imported when first used: extracting needs no registry and no pages.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "entries": ["Entry", "Manifest", "read_manifest"],
        "extracting": ["Options", "extract_images"],
        "find": ["Found", "find_images"],
        "finishing.each": ["finish_each"],
        "finishing.plan": ["FinishPlan", "plan_finish"],
        "manifest": ["new_manifest", "updated_manifest"],
        "outcome": ["Outcome", "Run"],
        "reporting": ["report_of_one", "report_of_run"],
    },
)
