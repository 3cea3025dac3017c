"""Try a hub's form before it is deployed: a real JupyterHub with the real form on loopback, without a cluster.

The page is JupyterHub's spawn page, the form the one in the installed jupyterhub-fancy-profiles, the proxy
configurable-http-proxy. Everything that is started ends with the preview.
"""

import contextlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, ProgramFailedError
from hubimages.imagebuilding import hubs
from hubimages.imagebuilding.preview.options import (
    Options,
    builder,
    check_installed,
    check_options,
    checked_folder,
    checked_registry,
    engine_answers,
)
from hubimages.imagebuilding.preview.processes import descendants, end
from hubimages.imagebuilding.preview.settings import Form, Settings, form_of
from hubimages.repository.changes import deployment_repository
from hubimages.run import LAST_LINES, attempt, start

PATIENCE = 60.0  # seconds until the hub must answer; it takes two or three
LEAVE = 30.0  # seconds for the hub to end its servers and the proxy
# A Kubernetes configuration that leads nowhere: KubeSpawner reads one, and must never find a real cluster's.
NOWHERE = """\
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {}}]
current-context: none
"""


@dataclass(frozen=True)
class Preview:
    """A preview that answers at `address`, which logs in."""

    address: str
    notes: tuple[str, ...]
    hub: "subprocess.Popen[bytes]"

    def wait(self) -> None:
        """Until Ctrl-C. Raises ProgramFailedError when the hub ends by itself."""
        with contextlib.suppress(KeyboardInterrupt):
            code = self.hub.wait()
            raise ProgramFailedError(f"JupyterHub ended by itself (exit code {code})")


def form_of_hub(directory: Path, cluster: str | None, hub: str | None, files: Sequence[Path]) -> Form:
    """The form of a hub in a deployment repository, or of plain values files. Raises BadInputError."""
    if files:
        one = hubs.plain_hub(files)
    elif cluster and hub:
        one = hubs.find_hub(root_of(directory), cluster, hub)
    else:
        raise BadInputError("which hub? Give --cluster and --hub, or --values=FILE")
    return form_of(hubs.read_values(one), name=one.label)


def root_of(directory: Path) -> Path:
    """The top of the repository that a directory is in; the directory itself where there is none."""
    try:
        repo = deployment_repository(directory)
    except BadInputError:
        return directory
    return repo.work_tree or directory


@contextlib.contextmanager
def running(form: Form, options: Options) -> Iterator[Preview]:
    """A preview of the form, ended on leaving, with every process and container that it started.

    Raises NotInstalledError where something is missing, BadInputError for options that cannot be, ProgramFailedError
    with the hub's last lines when it does not come up.
    """
    check_options(options)  # first: what a person wrote is wrong on every machine
    proxy = check_installed()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ending_signals_interrupt())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hubimages-preview-"))
        settings = settings_for(form, options, proxy, Path(folder).resolve())
        settings.save()
        stack.callback(remove_containers, settings)
        hub = stack.enter_context(started_hub(settings))
        wait_until_it_answers(settings, hub)
        yield Preview(settings.address, notes(settings), hub)


def settings_for(form: Form, options: Options, proxy: str, folder: Path) -> Settings:
    """What is at hand here, and what the person wants of it."""
    engine = not options.local and engine_answers()
    binderhub, missing = builder(options, engine=engine)
    return Settings(
        form=form,
        folder=str(folder),
        token=secrets.token_urlsafe(16),
        label=f"hubimages-preview-{secrets.token_hex(4)}",
        port=options.port,
        proxy_command=proxy,
        engine=engine,
        binderhub=binderhub,
        missing=missing,
        registry=checked_registry(options.registry),
        repositories=checked_folder(options.repositories),
    )


@contextlib.contextmanager
def started_hub(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """The JupyterHub; on leaving it is asked to end, and whatever of it still runs after that is ended."""
    folder = Path(settings.folder)
    (folder / "kubeconfig").write_text(NOWHERE)
    config = folder / "jupyterhub_config.py"
    config.write_text("from hubimages.imagebuilding.preview.hub import configure\n\nconfigure(get_config())\n")
    argv = (sys.executable, "-m", "jupyterhub", "--config", str(config))
    # KubeSpawner takes a cluster's own variables first
    nowhere = {"KUBECONFIG": str(folder / "kubeconfig"), "KUBERNETES_SERVICE_HOST": ""}
    console.command(argv)
    with (folder / "hub.log").open("wb") as log:
        # a session of its own: Ctrl-C in the terminal comes to us, and we end the hub in good order
        hub = start(*argv, cwd=folder, env=nowhere, stdout=log, stderr=log, new_session=True)
    try:
        yield hub
    finally:
        with no_interruption():
            family = descendants(hub.pid)
            if hub.poll() is None:
                hub.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                hub.wait(LEAVE)
            end([hub.pid, *family])
            hub.wait()


def wait_until_it_answers(settings: Settings, hub: "subprocess.Popen[bytes]") -> None:
    """Until the hub answers through its proxy. Raises ProgramFailedError with its last lines when it does not."""
    address = f"http://127.0.0.1:{settings.port}/hub/health"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while hub.poll() is None and time.monotonic() < deadline:
        try:
            with direct.open(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:  # urllib's errors are such
            time.sleep(0.1)
    lines = Path(settings.folder, "hub.log").read_text(errors="replace").strip().splitlines()
    shown = "\n".join(f"    {line}" for line in lines[-LAST_LINES:])
    raise ProgramFailedError(f"JupyterHub did not come up:\n{shown}")


def notes(settings: Settings) -> tuple[str, ...]:
    """What this preview can do and what not, a line each."""
    if settings.engine:
        first = "Start runs the chosen image in this machine's engine; the first time it is pulled."
    else:
        first = "Start runs Jupyter on this machine and tells what was chosen: no image is started."
    if settings.binderhub:
        where = f"pushed to {settings.registry}" if settings.registry else "kept in this machine's engine"
        return (first, f"What is built with BinderHub is {where}.")
    return (first, settings.missing)


def remove_containers(settings: Settings) -> None:
    """Remove the preview's containers, should the hub not have come to it."""
    if settings.engine:
        found = attempt("docker", "ps", "--all", "--quiet", "--filter", f"label={settings.label}", cwd=Path("/"))
        for container in found.stdout.decode().split():
            attempt("docker", "rm", "--force", "--volumes", container, cwd=Path("/"))


@contextlib.contextmanager
def ending_signals_interrupt() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP mean the same as Ctrl-C: end in good order."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def no_interruption() -> Iterator[None]:
    """Within the block a second Ctrl-C waits, so that what runs is ended and not left behind."""
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
