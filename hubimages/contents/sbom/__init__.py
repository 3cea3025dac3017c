"""What an image contains as a CycloneDX document, attached to the image in its registry."""
