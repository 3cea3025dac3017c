"""Which of the project's defaults are behind what the field has now: `nox -s freshness`."""
