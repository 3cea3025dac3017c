"""What this machine has of all that hubimages can use: programs, extras, logins."""

from hubimages.doctor.examination import examine
from hubimages.doctor.report import Item, Report

__all__ = ["Item", "Report", "examine"]
