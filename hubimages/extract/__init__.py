"""Extract an image directory, with its whole history, from a deployment repository into its own repository."""

from hubimages.extract.extraction import extract, plan_extraction
from hubimages.extract.report import ExtractionPlan, Nothing, Result
from hubimages.extract.request import Request
from hubimages.extract.sources.source import Source
from hubimages.extract.survey import ImageHistory, Survey, survey_images

__all__ = [
    "ExtractionPlan",
    "ImageHistory",
    "Nothing",
    "Request",
    "Result",
    "Source",
    "Survey",
    "extract",
    "plan_extraction",
    "survey_images",
]
