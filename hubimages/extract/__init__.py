"""An image directory out of a deployment repository, with its whole history, into a repository of its own."""

from hubimages.extract.operation import Request, extract, plan_extraction
from hubimages.extract.report import Plan, Result

__all__ = ["Plan", "Request", "Result", "extract", "plan_extraction"]
