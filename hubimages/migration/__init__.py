"""Move many images out of a deployment repository: find the image directories, and write them into a manifest."""

from hubimages.migration.find import Found, find_images
from hubimages.migration.manifest import new_manifest, updated_manifest

__all__ = ["Found", "find_images", "new_manifest", "updated_manifest"]
