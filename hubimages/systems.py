"""Where hubimages runs: on which systems (docs/platforms.md), and in which environment of Python."""

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path


def refuse_others() -> None:
    """Exit with 69 and one line on a system without POSIX's file locks, which is Windows first of all.

    It comes before the tasks are imported: they fail there, each with another traceback.
    """
    try:
        import fcntl  # noqa: F401 - on every POSIX system, https://docs.python.org/3/library/fcntl.html
    except ImportError:
        remedy = f"This Python, for {sys.platform}, has no module fcntl"
        if sys.platform == "win32":
            remedy = "On Windows, install it in WSL, which `wsl --install` sets up"
        if sys.stderr is not None:  # it was closed before we started
            sys.stderr.write(f"hubimages runs on Linux and macOS only. {remedy}\n")
        sys.exit(69)  # EX_UNAVAILABLE, as NotInstalledError has


def install_line(extra: str) -> str:
    """Return the command that adds an extra of the package to this environment.

    The name alone is enough, even if no package index has hubimages: pip and uv find it installed, and add only what
    the extra lists. A plain `pip install` reaches another environment if pipx or uv made this one, or if this one is
    not active.
    """
    package = f"'hubimages[{extra}]'"
    environment, python = Path(sys.prefix), Path(sys.executable)
    # https://github.com/pypa/pipx/blob/main/src/pipx/pipx_metadata_file.py
    if (environment / "pipx_metadata.json").is_file() and environment.parent.name == "venvs":
        return f"pipx runpip {environment.name} install {package}"
    if importlib.util.find_spec("pip") is None:
        return f"uv pip install {package} --python {shlex.quote(str(python))}"
    if shutil.which("pip") == str(python.with_name("pip")):
        return f"pip install {package}"
    return f"{shlex.quote(str(python))} -m pip install {package}"
