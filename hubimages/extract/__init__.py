"""Extract an image directory, with its whole history, from a deployment repository into its own repository."""

from hubimages.extract.extraction import NOTE, check_programs, extract, plan_extraction
from hubimages.extract.opened import Opened, open_shared
from hubimages.extract.removal.wanted import NOTHING, Removal, read_removal
from hubimages.extract.report import ExtractionPlan, Nothing, Result
from hubimages.extract.request import Request
from hubimages.extract.sources.open import refuse_inside, tip_of
from hubimages.extract.sources.source import Source
from hubimages.extract.survey import ImageHistory, Survey, survey_images

__all__ = [
    "NOTE",
    "NOTHING",
    "ExtractionPlan",
    "ImageHistory",
    "Nothing",
    "Opened",
    "Removal",
    "Request",
    "Result",
    "Source",
    "Survey",
    "check_programs",
    "extract",
    "open_shared",
    "plan_extraction",
    "read_removal",
    "refuse_inside",
    "survey_images",
    "tip_of",
]
