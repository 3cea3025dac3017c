"""Run cookiecutter on the template: a program that starts before the answers are known.

It imports what takes long, then reads one line of JSON from stdin: `template`, `output`, `home` and `answers`. The
files are those that the `cookiecutter` command writes. With a home directory and numbers of sockets as arguments, it
reads such lines from them until they are closed, and answers each with a line: `output`, `code`, `stdout`, `stderr`.

What it leaves out does not change them: libraries for downloads and for dates are imported when they are first used,
and the hooks run in this process, not each in another.
"""

import contextlib
import gc
import hashlib
import importlib.util
import io
import json
import marshal
import os
import runpy
import selectors
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

LATE = frozenset({"requests", "arrow"})
MOST = 4000  # texts that are kept compiled; one version of the template has about 300


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


class Compiled:
    """What jinja2 has compiled, kept beside this module as Python keeps compiled modules, or in this process alone.

    cookiecutter starts anew with every rendering, and half of its time is compiling the same texts. The answers and
    paths, which it compiles too, are not kept on the disk.
    """

    def __init__(self) -> None:
        beside = Path(importlib.util.cache_from_source(__file__))
        self.file = None if sys.dont_write_bytecode else beside.with_name(f"{beside.name}.templates")
        self.codes: dict[bytes, CodeType] = {}
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):  # none yet, or broken
            self.codes = marshal.loads(self.file.read_bytes()) if self.file is not None else {}
        self.used: dict[bytes, CodeType] = {}
        self.found = frozenset(self.codes)
        self.compile: Callable[..., Any] | None = None

    def use(self, template: Path, answers: Collection[str]) -> None:
        """Have jinja2 compile only what is not there, while this template is rendered with these answers."""
        import cookiecutter
        import jinja2

        # What a text becomes depends on the syntax and the filters, whose results for constants are compiled in.
        versions = (sys.version, jinja2.__version__, cookiecutter.__version__)
        machinery = [path.read_bytes() for path in (template / "cookiecutter.json", *sorted(template.glob("*.py")))]
        compile_source = self.compile = self.compile or jinja2.Environment.compile
        begun = hashlib.sha256(repr((versions, machinery)).encode())

        def compiled(
            self_: jinja2.Environment, source: Any, name: Any = None, filename: Any = None, **other: Any
        ) -> Any:
            digest = begun.copy()
            digest.update(repr((source, name, other)).encode())
            key = digest.digest()
            code = self.codes.get(key) or compile_source(self_, source, name, filename, **other)
            if isinstance(code, CodeType) and isinstance(source, str):
                self.codes[key] = code
                marks = (self_.variable_start_string, self_.block_start_string, self_.comment_start_string)
                if name is not None or (source not in answers and any(mark in source for mark in marks)):
                    self.used[key] = code
                return code.replace(co_filename=filename or "<template>")
            return code

        jinja2.Environment.compile = compiled  # type: ignore[assignment,method-assign]

    def keep(self) -> None:
        """Write what is new, whole or not at all. A place where nothing can be written keeps nothing."""
        if self.file is None or self.found.issuperset(self.used):
            return
        written = {key: self.codes[key] for key in self.found} if len(self.found) < MOST else {}
        beside = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(marshal.dumps({**written, **self.used}))
                beside.replace(self.file)
            finally:
                beside.unlink(missing_ok=True)
        self.found = frozenset(self.codes)


def look_once() -> None:
    """Let cookiecutter keep which files of the template are binary: it looks into each at every rendering."""
    from cookiecutter import generate

    is_binary = generate.is_binary
    kept: dict[tuple[str, str], bool] = {}

    def is_binary_or_known(name: str) -> bool:
        key = (str(Path.cwd()), name)
        if key not in kept:
            kept[key] = is_binary(name)
        return kept[key]

    generate.is_binary = is_binary_or_known


def serve(home: str, sockets: Sequence[int]) -> None:
    """Answer the requests of several clients, one after another, until all of them have closed their connection."""
    gc.disable()  # what it keeps is kept until it ends, and it ends soon
    kept = Compiled()
    os.environ.update(HOME=home)
    look_once()
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for number in sockets:
            connection = stack.enter_context(socket.socket(fileno=number))
            waiting.register(connection, selectors.EVENT_READ, connection.makefile("rb"))
        while waiting.get_map():
            for key, _ in waiting.select():
                line = key.data.readline()
                if not line:
                    waiting.unregister(key.fileobj)
                    continue
                with contextlib.suppress(ConnectionError):
                    key.fileobj.sendall(json.dumps(answer({**json.loads(line), "home": home}, kept)).encode() + b"\n")  # type: ignore[union-attr]


def answer(request: dict[str, Any], kept: Compiled) -> dict[str, object]:
    """Render for one request; return what a process of its own would end with."""
    code, stdout, stderr = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            render(request, kept)
        except SystemExit as end:
            code = 1
            stderr.write(f"{end.code}\n")
        except Exception:
            code = 1
            traceback.print_exc()
    return {"output": request["output"], "code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def main() -> None:
    """Render the template for one request, or for all that come through sockets."""
    sys.meta_path.insert(0, ImportedLate())
    # What cookiecutter imports. Itself comes later: it looks into HOME at its import.
    import binaryornot.check  # noqa: F401
    import jinja2.compiler  # noqa: F401
    import rich.prompt  # noqa: F401
    import slugify  # noqa: F401
    import yaml  # noqa: F401

    if len(sys.argv) > 1:
        serve(sys.argv[1], [int(number) for number in sys.argv[2:]])
    elif request := json.loads(sys.stdin.buffer.read() or b"null"):  # else there is nothing to do after all
        render(request, Compiled())


def render(request: dict[str, Any], kept: Compiled) -> None:
    """Render the template for one request. Raises SystemExit with cookiecutter's message."""
    sys.dont_write_bytecode = True  # beside the extensions, in the template
    os.environ.update(HOME=request["home"], TMPDIR=request["home"])
    tempfile.tempdir = None
    from cookiecutter import hooks
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.main import cookiecutter

    hooks.run_script = run_hook
    kept.use(Path(request["template"]), request["answers"].values())
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
    finally:
        kept.keep()


if __name__ == "__main__":
    main()
