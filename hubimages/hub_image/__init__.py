"""The hub image and its chart, in step: bump, rebuild, check, experiments. Each is imported when it is asked for."""
