"""Which systems hubimages runs on: docs/platforms.md."""

import sys


def refuse_others() -> None:
    """Exit with 69 and one line on a system without POSIX's file locks, which is Windows first of all.

    It comes before all other imports: those of the tasks fail there, each with another traceback.
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
