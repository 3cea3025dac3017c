"""Check that a container engine answers."""

from pathlib import Path

from hubimages.errors import NotInstalledError
from hubimages.run import attempt


def check_engine() -> None:
    """Raise NotInstalledError unless an engine answers."""
    try:
        done = attempt("docker", "version", "--format", "{{.Server.Version}}", cwd=Path("/"))
    except NotInstalledError as error:
        raise NotInstalledError("Docker is not installed: https://docs.docker.com/engine/install/") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotInstalledError(
            f"Docker does not answer ({said[-1] if said else 'no message'}): start it, with Docker Desktop or "
            "sudo systemctl start docker"
        )
