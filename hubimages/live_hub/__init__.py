"""Ask and change a JupyterHub that runs, through its own API."""
