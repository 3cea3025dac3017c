"""hubimages: make, migrate, build and roll out the container images of JupyterHubs."""

__version__ = "0.1.0"
