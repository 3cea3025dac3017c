"""The JupyterHub of each hub, and whether the images that its users run go with it."""
