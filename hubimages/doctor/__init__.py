"""Report which programs, extras and logins this machine has."""

from hubimages.doctor.examination import examine
from hubimages.doctor.report import Item, Report

__all__ = ["Item", "Report", "examine"]
