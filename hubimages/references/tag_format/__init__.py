"""How tags are written: dates, versions, commits counted since a release, commits; and which of two is newer."""

from hubimages.references.tag_format.formats import Formats
from hubimages.references.tag_format.reading import Kind, Reading, is_moving, readings
from hubimages.references.tag_format.shape import Shape, shape_of

__all__ = ["Formats", "Kind", "Reading", "Shape", "is_moving", "readings", "shape_of"]
