"""Bad and hostile input, for every parser of the package."""
