"""The hub image and its chart, in step: bump, rebuild, check, experiments."""
