"""Which hubs run an image that has a package."""
