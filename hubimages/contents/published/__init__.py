"""Images in a registry, read without pulling them."""
