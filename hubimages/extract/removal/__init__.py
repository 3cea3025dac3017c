"""Remove from an extracted history what must not be published: paths, texts, large files."""
