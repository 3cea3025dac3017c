"""Move many images out of a deployment repository: find image directories, extract all of a manifest, and finish."""

from hubimages.migration.entries import Entry, Manifest, read_manifest
from hubimages.migration.extracting import Options, extract_images
from hubimages.migration.find import Found, find_images
from hubimages.migration.finishing.each import finish_each
from hubimages.migration.finishing.plan import FinishPlan, plan_finish
from hubimages.migration.manifest import new_manifest, updated_manifest
from hubimages.migration.outcome import Outcome, Run
from hubimages.migration.reporting import report_of_one, report_of_run

__all__ = [
    "Entry",
    "FinishPlan",
    "Found",
    "Manifest",
    "Options",
    "Outcome",
    "Run",
    "extract_images",
    "find_images",
    "finish_each",
    "new_manifest",
    "plan_finish",
    "read_manifest",
    "report_of_one",
    "report_of_run",
    "updated_manifest",
]
