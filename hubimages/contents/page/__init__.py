"""Pages about what is in images."""
