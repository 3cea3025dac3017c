"""Check that a container engine runs."""

from pathlib import Path

from hubimages.errors import NotInstalledError
from hubimages.run import attempt


def check_engine() -> None:
    """Raise NotInstalledError if no engine answers."""
    try:
        done = attempt("docker", "version", "--format", "{{.Server.Version}}", cwd=Path("/"))
    except NotInstalledError as error:
        raise NotInstalledError("Docker is not installed: https://docs.docker.com/engine/install/") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotInstalledError(
            f"Docker does not answer ({said[-1] if said else 'no message'}). Start Docker Desktop, or run: "
            "sudo systemctl start docker"
        )
