"""Which of many images have a package."""
