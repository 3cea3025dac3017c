# Configuration of repo2docker for a builder that is not the engine: https://repo2docker.readthedocs.io/en/latest/configuration.html
# Such a builder keeps the image to itself without --load: https://docs.docker.com/build/builders/drivers/
# ruff: noqa: F821
import os

if os.path.isfile("repo2docker_config.py"):  # what repo2docker reads when it gets no --config
    load_subconfig(os.path.abspath("repo2docker_config.py"))
c.DockerEngine.extra_buildx_build_args = [*c.DockerEngine.get("extra_buildx_build_args", []), "--load"]
