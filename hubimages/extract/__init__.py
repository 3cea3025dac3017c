"""Extract an image directory, with its whole history, from a deployment repository into its own repository."""

from hubimages.extract.operation import Request, extract, plan_extraction
from hubimages.extract.report import Plan, Result

__all__ = ["Plan", "Request", "Result", "extract", "plan_extraction"]
