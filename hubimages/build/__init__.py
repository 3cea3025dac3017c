"""Check a user image against the contract with its hub."""

from hubimages.build.contract import Clause, Report, check_image

__all__ = ["Clause", "Report", "check_image"]
