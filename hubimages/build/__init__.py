"""Check a user image against the contract with its hub."""

from hubimages.build.contract import Clause, ContractReport, check_image

__all__ = ["Clause", "ContractReport", "check_image"]
