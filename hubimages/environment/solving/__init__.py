"""Solve an environment: which packages its image would get."""
