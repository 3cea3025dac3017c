"""Extract an image directory, with its whole history, from a deployment repository into its own repository."""

from hubimages.extract.operation import extract, plan_extraction
from hubimages.extract.report import Nothing, Plan, Result
from hubimages.extract.request import Request

__all__ = ["Nothing", "Plan", "Request", "Result", "extract", "plan_extraction"]
