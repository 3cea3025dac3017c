"""Write self-contained pages: they load nothing, and every text from a repository is escaped."""

from hubimages.page.rendering import render

__all__ = ["render"]
