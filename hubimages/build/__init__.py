"""User images: the contract that each of them has with the hub that starts it."""

from hubimages.build.contract import Clause, Report, check_image

__all__ = ["Clause", "Report", "check_image"]
