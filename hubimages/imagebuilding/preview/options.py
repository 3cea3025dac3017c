"""Options of a preview, and what is installed for it: programs, an engine, BinderHub."""

import importlib.util
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from hubimages import systems
from hubimages.errors import BadInputError, NotInstalledError
from hubimages.run import attempt

MODULES = ("jupyterhub", "kubespawner", "jupyterhub_fancy_profiles", "jupyter_server")
LOOPBACK_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Options:
    """Options of a preview.

    `local`: start Jupyter on this machine even if an engine runs. `binderhub`: a virtual environment with BinderHub.
    `registry`: host:port on loopback for built images. `repositories`: see `Settings`.
    """

    port: int = 8000
    local: bool = False
    binderhub: Path | None = None
    registry: str = ""
    repositories: Path | None = None


def check_installed() -> str:
    """Return the path of configurable-http-proxy. Raises NotInstalledError with the line that installs it."""
    if any(importlib.util.find_spec(module) is None for module in MODULES):
        raise NotInstalledError(
            f"the preview needs JupyterHub and the packages of the form: {systems.install_line('imagebuilding')}"
        )
    proxy = shutil.which("configurable-http-proxy")
    if proxy is None:
        raise NotInstalledError("JupyterHub's proxy is not on PATH: npm install -g configurable-http-proxy")
    return proxy


def check_port(port: int) -> None:
    """Raise BadInputError for an unusable port."""
    if not 0 < port < 65536:
        raise BadInputError(f"--port={port}: a port is a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadInputError(f"cannot use port {port} ({error.strerror}). Choose another with --port") from error


def engine_answers() -> bool:
    """Return True if a container engine answers."""
    try:
        return attempt("docker", "version", "--format", "{{.Server.Version}}", cwd=Path("/")).returncode == 0
    except NotInstalledError:
        return False


def check_options(options: Options) -> None:
    """Raise BadInputError for a wrong option, whatever is installed."""
    check_port(options.port)
    checked_registry(options.registry)
    checked_folder(options.repositories)
    named_python(options)


def named_python(options: Options) -> str:
    """Return the Python of --binderhub, or "". Raises BadInputError if it cannot build."""
    if options.binderhub is None:
        return ""
    python = options.binderhub.resolve() / "bin/python"
    if not python.is_file():
        raise BadInputError(f"--binderhub={options.binderhub} is not a virtual environment: it has no bin/python")
    if not has_binderhub(str(python)):
        raise BadInputError(
            f"--binderhub={options.binderhub} has no BinderHub and repo2docker: {python} -m pip install "
            "git+https://github.com/jupyterhub/binderhub jupyter-repo2docker"
        )
    return str(python)


def builder(options: Options, *, engine: bool) -> tuple[str, str]:
    """Return the Python with a BinderHub that can build, or "" and what is missing."""
    found = named_python(options)
    if not found and importlib.util.find_spec("binderhub") is not None and has_binderhub(sys.executable):
        found = sys.executable
    if not engine:
        why = "--local does not use the engine" if options.local else "no container engine answers (docker version)"
        return "", f"This preview cannot build images: {why}."
    if not found:
        return "", (
            "This preview cannot build images: BinderHub is not installed. Install it from its source into a virtual "
            "environment (pip install git+https://github.com/jupyterhub/binderhub jupyter-repo2docker) and start the "
            "preview with --binderhub=DIRECTORY of that environment."
        )
    return found, ""


def has_binderhub(python: str) -> bool:
    """Return True if a Python can import BinderHub's local builder and repo2docker."""
    code = "import binderhub.build_local, repo2docker"
    return attempt(python, "-c", code, cwd=Path("/")).returncode == 0


def checked_registry(registry: str) -> str:
    """Return the registry for built images. Raises BadInputError if it is not on loopback."""
    host, _, port = registry.partition(":")
    if registry and (host not in LOOPBACK_NAMES or not port.isdigit()):
        raise BadInputError(f"--registry={registry}: a preview pushes only to a registry on loopback, 127.0.0.1:PORT")
    return registry


def checked_folder(folder: Path | None) -> str:
    if folder is not None and not folder.is_dir():
        raise BadInputError(f"--repositories={folder}: no such directory")
    return str(folder.resolve()) if folder is not None else ""
