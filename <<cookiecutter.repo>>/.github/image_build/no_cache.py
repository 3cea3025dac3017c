# Configuration of repo2docker for a build without the cache: https://repo2docker.readthedocs.io/en/latest/configuration.html
# ruff: noqa: F821
import os

if os.path.isfile("repo2docker_config.py"):  # what repo2docker reads when it gets no --config
    load_subconfig(os.path.abspath("repo2docker_config.py"))
c.DockerEngine.extra_buildx_build_args = [*c.DockerEngine.get("extra_buildx_build_args", []), "--no-cache"]
if "BUILDX_BUILDER" in os.environ:  # as in load.py
    c.DockerEngine.extra_buildx_build_args += ["--load"]
