"""Scan a history for what should not be published: secrets, lists of people, very large files."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.scanning.accepting import read_accepts as read_accepts
    from hubimages.scanning.accepting import refuse_unsettled as refuse_unsettled
    from hubimages.scanning.accepting import settle as settle
    from hubimages.scanning.baseline import Baseline as Baseline
    from hubimages.scanning.finding import Finding as Finding
    from hubimages.scanning.finding import Report as Report
    from hubimages.scanning.history import scan as scan
    from hubimages.scanning.scanners import Scanners as Scanners
    from hubimages.scanning.scanners import find_scanners as find_scanners

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "accepting": ["read_accepts", "refuse_unsettled", "settle"],
        "baseline": ["Baseline"],
        "finding": ["Finding", "Report"],
        "history": ["scan"],
        "scanners": ["Scanners", "find_scanners"],
    },
)
