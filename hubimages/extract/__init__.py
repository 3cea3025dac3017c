"""Extract an image directory, with its whole history, from a deployment repository into its own repository."""

from hubimages.extract.extraction import extract, plan_extraction
from hubimages.extract.report import ExtractionPlan, Nothing, Result
from hubimages.extract.request import Request

__all__ = ["ExtractionPlan", "Nothing", "Request", "Result", "extract", "plan_extraction"]
