"""Run cookiecutter on the template: a program that starts before the answers are known.

It imports what takes long, then reads one line of JSON from stdin: `template`, `output`, `home` and `answers`. The
files are those that the `cookiecutter` command writes. `serve` is for a fork: it reads such lines from several sockets
until they are closed, and answers each with a line: `output`, `code`, `stdout`, `stderr`.

What it leaves out does not change them: libraries for downloads and for dates are imported when they are first used,
and the hooks run in this process, not each in another.
"""

import contextlib
import gc
import hashlib
import importlib.util
import io
import json
import os
import re
import runpy
import select
import selectors
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

LATE = frozenset({"requests", "arrow"})
PLAIN = re.compile(rb"(?![\w%])[\t\n\r -~]+")


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


def compile_once() -> None:
    """Let jinja2 keep what it has compiled: cookiecutter starts anew with every rendering, with the same templates."""
    from jinja2 import Environment

    compile_source = Environment.compile
    kept: dict[tuple[object, ...], object] = {}

    def compile_or_find(self: Environment, source: object, *args: object, **kwargs: object) -> object:
        if not isinstance(source, str):
            return compile_source(self, source, *args, **kwargs)  # type: ignore[call-overload]
        key = (source, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = compile_source(self, source, *args, **kwargs)  # type: ignore[call-overload]
        return kept[key]

    Environment.compile = compile_or_find  # type: ignore[assignment,method-assign]


def keep_compiled(template: Path) -> None:
    """Keep the compiled files of the template where Python keeps this module's; answers are never among them.

    Not where Python keeps none, as it does in a server after its first rendering: that has them in memory.
    """
    if sys.dont_write_bytecode:
        return
    from cookiecutter import generate
    from jinja2 import Environment, FileSystemBytecodeCache, __version__
    from jinja2.bccache import Bucket

    loaded: dict[tuple[str, str], Any] = {}  # code: cookiecutter starts anew with every rendering

    class Cache(FileSystemBytecodeCache):
        """A cache that does not matter: what is broken in it is made anew, and what cannot be written is not."""

        def load_bytecode(self, bucket: Bucket) -> None:
            if code := loaded.get((bucket.key, bucket.checksum)):
                bucket.code = code
                return
            try:
                super().load_bytecode(bucket)
            except Exception:  # pickle raises anything
                bucket.reset()
            loaded[bucket.key, bucket.checksum] = bucket.code

        def dump_bytecode(self, bucket: Bucket) -> None:
            loaded[bucket.key, bucket.checksum] = bucket.code
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)

    # jinja2 compiles in what filters give for constants, and asks only whether the text is the same.
    filters = b"".join(path.read_bytes() for path in (template / "cookiecutter.json", *sorted(template.glob("*.py"))))
    digest = hashlib.sha256(__version__.encode() + filters).hexdigest()[:16]
    folder = Path(importlib.util.cache_from_source(__file__)).parent / f"templates-{digest}"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    cache = Cache(str(folder))
    make = generate.create_env_with_context

    def make_with_cache(context: dict[str, Any]) -> Environment:
        environment: Environment = make(context)
        environment.bytecode_cache = cache
        return environment

    generate.create_env_with_context = make_with_cache


def look_quickly() -> None:
    """Let cookiecutter take ASCII for text at once: binaryornot counts bytes, for a sixth of a rendering.

    It still does so with a file that begins with a letter, a digit or `%`, as known formats of binary files do.
    """
    check: Any = importlib.import_module("binaryornot.check")
    look = check.is_binary_string
    check.is_binary_string = lambda chunk: not PLAIN.fullmatch(chunk) and look(chunk)


def end_with_reader(descriptor: int) -> None:
    """End this process when nobody has the other end of a pipe or socket any more: a killed parent tells nobody.

    What it renders would come again after the next run has removed what the killed one left.
    """
    hang_up = select.poll()
    hang_up.register(descriptor, 0)

    def wait() -> None:
        hang_up.poll()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def serve(home: str, sockets: Sequence[socket.socket]) -> None:
    """Answer the requests of several clients, one after another, until all of them have closed their connection.

    The first client is the process that started this one, which ends with it.
    """
    end_with_reader(sockets[0].fileno())
    gc.disable()
    import_early()
    gc.freeze()
    compile_once()
    os.environ.update(HOME=home)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for connection in sockets:
            stack.enter_context(connection)
            waiting.register(connection, selectors.EVENT_READ, connection.makefile("rb"))
        while waiting.get_map():
            for key, _ in waiting.select():
                line = key.data.readline()
                if not line:
                    waiting.unregister(key.fileobj)
                    continue
                with contextlib.suppress(ConnectionError):
                    key.fileobj.sendall(json.dumps(answer({**json.loads(line), "home": home})).encode() + b"\n")  # type: ignore[union-attr]
                gc.collect()  # 0.5 MB of each rendering; what stays, compiled templates, is not looked at again
                gc.freeze()


def answer(request: dict[str, Any]) -> dict[str, object]:
    """Render for one request; return what a process of its own would end with."""
    code, stdout, stderr = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            render(request)
        except SystemExit as end:
            code = 1
            stderr.write(f"{end.code}\n")
        except Exception:
            code = 1
            traceback.print_exc()
    return {"output": request["output"], "code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


def import_early() -> None:
    """Import what cookiecutter imports. Itself comes later: it looks into HOME at its import."""
    sys.meta_path.insert(0, ImportedLate())
    import jinja2.compiler  # noqa: F401
    import rich.prompt  # noqa: F401
    import slugify  # noqa: F401
    import yaml  # noqa: F401

    look_quickly()


def main() -> None:
    """Render the template for one request, and end with the process that reads what is said."""
    end_with_reader(sys.stdout.fileno())
    import_early()
    if request := json.loads(sys.stdin.buffer.read() or b"null"):  # else there is nothing to do after all
        render(request)


def render(request: dict[str, Any]) -> None:
    """Render the template for one request. Raises SystemExit with cookiecutter's message."""
    os.environ.update(HOME=request["home"], TMPDIR=request["home"])
    tempfile.tempdir = None
    from cookiecutter import hooks
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.main import cookiecutter

    hooks.run_script = run_hook
    keep_compiled(Path(request["template"]))
    sys.dont_write_bytecode = True  # beside the extensions, in the template
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
