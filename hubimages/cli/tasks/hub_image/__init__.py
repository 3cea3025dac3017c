"""The tasks about the hub image: in step with its chart, and experiments beside it."""
