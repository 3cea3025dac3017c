"""Find scalars in YAML text, and replace them without touching another byte: text in, text out."""
