"""Report which programs, extras and logins this machine has."""

from hubimages.doctor.examination import examine
from hubimages.doctor.report import DoctorReport, Item

__all__ = ["DoctorReport", "Item", "examine"]
