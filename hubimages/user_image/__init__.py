"""Which hubs run which image: find the references, check them, point hubs at another tag."""

from hubimages.user_image.reference import Form, Inventory, NotRead, Place, Reference, is_hub
from hubimages.user_image.scan import find_references

__all__ = ["Form", "Inventory", "NotRead", "Place", "Reference", "find_references", "is_hub"]
