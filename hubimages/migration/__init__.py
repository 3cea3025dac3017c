"""Move many images out of a deployment repository: find the image directories, and extract all of a manifest."""

from hubimages.migration.entries import Entry, Manifest, read_manifest
from hubimages.migration.extracting import Options, extract_images
from hubimages.migration.find import Found, find_images
from hubimages.migration.manifest import new_manifest, updated_manifest
from hubimages.migration.outcome import Outcome, Run
from hubimages.migration.reporting import report_of_one, report_of_run

__all__ = [
    "Entry",
    "Found",
    "Manifest",
    "Options",
    "Outcome",
    "Run",
    "extract_images",
    "find_images",
    "new_manifest",
    "read_manifest",
    "report_of_one",
    "report_of_run",
    "updated_manifest",
]
