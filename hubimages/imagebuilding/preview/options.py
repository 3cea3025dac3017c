"""What a preview has at hand here: the programs, an engine, BinderHub; and what a person may say about it."""

import importlib.util
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from hubimages.errors import BadInputError, NotInstalledError
from hubimages.run import attempt

MODULES = ("jupyterhub", "kubespawner", "jupyterhub_fancy_profiles", "jupyter_server")
LOOPBACK_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Options:
    """What a person may say about a preview.

    `local`: start Jupyter on this machine even where an engine is at hand. `binderhub`: a virtual environment that
    has BinderHub. `registry`: host:port on loopback for what is built. `repositories`: see `Settings`.
    """

    port: int = 8000
    local: bool = False
    binderhub: Path | None = None
    registry: str = ""
    repositories: Path | None = None


def check_installed() -> str:
    """The path of configurable-http-proxy. Raises NotInstalledError with the line that installs what is missing."""
    if any(importlib.util.find_spec(module) is None for module in MODULES):
        raise NotInstalledError(
            "the preview runs a JupyterHub with the form's own packages: pip install 'hubimages[imagebuilding]'"
        )
    proxy = shutil.which("configurable-http-proxy")
    if proxy is None:
        raise NotInstalledError(
            "JupyterHub's proxy is not installed, or not on PATH: npm install -g configurable-http-proxy"
        )
    return proxy


def check_port(port: int) -> None:
    """Raise BadInputError for a port that cannot be had."""
    if not 0 < port < 65536:
        raise BadInputError(f"--port={port}: a port is a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadInputError(f"port {port} cannot be used ({error.strerror}): choose another with --port") from error


def engine_answers() -> bool:
    """Whether a container engine is at hand."""
    try:
        return attempt("docker", "version", "--format", "{{.Server.Version}}", cwd=Path("/")).returncode == 0
    except NotInstalledError:
        return False


def check_options(options: Options) -> None:
    """Raise BadInputError for an option that is wrong whatever is installed."""
    check_port(options.port)
    checked_registry(options.registry)
    checked_folder(options.repositories)
    named_python(options)


def named_python(options: Options) -> str:
    """The Python of --binderhub, or "". Raises BadInputError when it cannot build."""
    if options.binderhub is None:
        return ""
    python = options.binderhub.resolve() / "bin/python"
    if not python.is_file():
        raise BadInputError(f"--binderhub={options.binderhub} is no virtual environment: it has no bin/python")
    if not has_binderhub(str(python)):
        raise BadInputError(
            f"--binderhub={options.binderhub} has no BinderHub and repo2docker: {python} -m pip install "
            "git+https://github.com/jupyterhub/binderhub jupyter-repo2docker"
        )
    return str(python)


def builder(options: Options, *, engine: bool) -> tuple[str, str]:
    """The Python that has BinderHub and can build, or "" and what is missing."""
    found = named_python(options)
    if not found and importlib.util.find_spec("binderhub") is not None and has_binderhub(sys.executable):
        found = sys.executable
    if not engine:
        why = "--local leaves the engine alone" if options.local else "no container engine answers (docker version)"
        return "", f"Nothing can be built in this preview: {why}."
    if not found:
        return "", (
            "Nothing can be built in this preview: BinderHub is not installed. Install it from its source into a "
            "virtual environment (pip install git+https://github.com/jupyterhub/binderhub jupyter-repo2docker) and "
            "start the preview with --binderhub=DIRECTORY of that environment."
        )
    return found, ""


def has_binderhub(python: str) -> bool:
    """Whether a Python can run BinderHub with its local builder, and repo2docker."""
    code = "import binderhub.build_local, repo2docker"
    return attempt(python, "-c", code, cwd=Path("/")).returncode == 0


def checked_registry(registry: str) -> str:
    """The registry for what is built. Raises BadInputError for one that is not on loopback."""
    host, _, port = registry.partition(":")
    if registry and (host not in LOOPBACK_NAMES or not port.isdigit()):
        raise BadInputError(f"--registry={registry}: a preview pushes only to loopback, 127.0.0.1:PORT")
    return registry


def checked_folder(folder: Path | None) -> str:
    if folder is not None and not folder.is_dir():
        raise BadInputError(f"--repositories={folder}: no such directory")
    return str(folder.resolve()) if folder is not None else ""
