"""Run cookiecutter on the template: a program that starts before the answers are known.

It imports what takes long, then reads one line of JSON from stdin: `template`, `output`, `home` and `answers`. The
files are those that the `cookiecutter` command writes. What it leaves out does not change them: libraries for
downloads and for dates are imported when they are first used, and the hooks run in this process, not each in another.
"""

import importlib.util
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

LATE = frozenset({"requests", "arrow"})


class ImportedLate(MetaPathFinder):
    """Finds modules that run only when something of them is used."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of such a module; None for any other, and for one that is not installed."""
        spec = PathFinder.find_spec(name, path) if name in LATE else None
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def run_hook(script: str, cwd: Path | str = ".") -> None:
    """Run a hook in this process, as cookiecutter's `run_script` does in another one."""
    from cookiecutter.exceptions import FailedHookException

    before = Path.cwd()
    os.chdir(cwd)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            if isinstance(end.code, str):
                sys.stderr.write(f"{end.code}\n")
            raise FailedHookException(f"Hook script failed (exit status: {end.code})") from end
    finally:
        os.chdir(before)


def main() -> None:
    """Render the template for one request."""
    sys.meta_path.insert(0, ImportedLate())
    # What cookiecutter imports. Itself comes later: it looks into HOME at its import.
    import binaryornot.check  # noqa: F401
    import jinja2.compiler  # noqa: F401
    import rich.prompt  # noqa: F401
    import slugify  # noqa: F401
    import yaml  # noqa: F401

    request = json.loads(sys.stdin.buffer.read() or b"null")
    if request is None:  # nothing to do after all
        return
    sys.dont_write_bytecode = True  # beside the extensions, in the template
    os.environ.update(HOME=request["home"], TMPDIR=request["home"])
    tempfile.tempdir = None
    from cookiecutter import hooks
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.main import cookiecutter

    hooks.run_script = run_hook
    try:
        cookiecutter(
            request["template"],
            no_input=True,
            extra_context=request["answers"],
            output_dir=request["output"],
            default_config=True,
        )
    except CookiecutterException as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
