"""Preview a hub's form before it is deployed: a JupyterHub with the real form on loopback, without a cluster.

The page is JupyterHub's spawn page, with the form of the installed jupyterhub-fancy-profiles behind
configurable-http-proxy. Everything that is started stops with the preview.
"""

import contextlib
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, disk, signals
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
from hubimages.run import LAST_LINES, attempt, started

PATIENCE = 60.0  # seconds for the hub to answer; it needs two or three
LEAVE = 3.0  # seconds for the hub to stop its servers and the proxy; then they are ended
FAMILY = 1.0  # seconds for what still runs after that, before it is killed
# A Kubernetes configuration without a cluster: KubeSpawner reads one, and must never find a real one.
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
    """A running preview; `address` logs in."""

    address: str
    notes: tuple[str, ...]
    hub: "subprocess.Popen[bytes]"

    def wait(self) -> None:
        """Wait until Ctrl-C raises KeyboardInterrupt. Raises ProgramFailedError if the hub stops by itself."""
        code = self.hub.wait()
        raise ProgramFailedError(f"JupyterHub stopped by itself (exit code {code})")


def form_of_hub(directory: Path, cluster: str | None, hub: str | None, files: Sequence[Path]) -> Form:
    """Return the form of a hub in a deployment repository, or of plain values files. Raises BadInputError."""
    if files:
        one = hubs.plain_hub(files)
    elif cluster and hub:
        one = hubs.find_hub(root_of(directory), cluster, hub)
    else:
        raise BadInputError("name the hub with --cluster and --hub, or its values with --values=FILE")
    return form_of(hubs.read_values(one), name=one.label)


def root_of(directory: Path) -> Path:
    """Return the top of a directory's repository; outside of one, the directory."""
    try:
        repo = deployment_repository(directory)
    except BadInputError:
        return directory
    return repo.work_tree or directory


@contextlib.contextmanager
def running(form: Form, options: Options) -> Iterator[Preview]:
    """Run a preview of the form within the block, and stop every process and container of it at the end.

    Raises NotInstalledError if something is missing, BadInputError for invalid options, ProgramFailedError with the
    hub's last lines if it does not start.
    """
    check_options(options)  # first: what a person wrote is wrong on every machine
    proxy = check_installed()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ending_signals_interrupt())
        folder = stack.enter_context(disk.temporary_directory("preview"))
        settings = settings_for(form, options, proxy, Path(folder).resolve())
        settings.save()
        stack.callback(remove_containers, settings)
        hub = stack.enter_context(started_hub(settings))
        wait_until_it_answers(settings, hub)
        yield Preview(settings.address, notes(settings), hub)


def settings_for(form: Form, options: Options, proxy: str, folder: Path) -> Settings:
    """Return the settings from the options and from what is installed here."""
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
    """Run JupyterHub within the block; at the end stop it, and kill what still runs."""
    folder = Path(settings.folder)
    (folder / "kubeconfig").write_text(NOWHERE)
    config = folder / "jupyterhub_config.py"
    config.write_text("from hubimages.imagebuilding.preview.hub import configure\n\nconfigure(get_config())\n")
    argv = (sys.executable, "-m", "jupyterhub", "--config", str(config))
    # KubeSpawner reads a cluster's own variables first
    nowhere = {"KUBECONFIG": str(folder / "kubeconfig"), "KUBERNETES_SERVICE_HOST": ""}
    console.command(argv)
    with contextlib.ExitStack() as stack:
        with (folder / "hub.log").open("wb") as log, signals.postponed():  # until it is known what to stop
            # a new session: Ctrl-C in the terminal reaches only us, and we stop the hub
            program = started(*argv, cwd=folder, env=nowhere, stdout=log, stderr=log, new_session=True)
            hub = stack.enter_context(program)
            stack.callback(stop, hub)
        yield hub


def stop(hub: "subprocess.Popen[bytes]") -> None:
    """Stop JupyterHub, and kill what still runs of it; a second Ctrl-C comes after that."""
    with signals.held_back():
        family = [hub.pid, *descendants(hub.pid)]
        hub.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(LEAVE)
        end(family, patience=FAMILY)


def wait_until_it_answers(settings: Settings, hub: "subprocess.Popen[bytes]") -> None:
    """Wait for the hub to answer through its proxy. Raises ProgramFailedError with its last lines if it does not."""
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
    raise ProgramFailedError(f"JupyterHub did not start:\n{shown}")


def notes(settings: Settings) -> tuple[str, ...]:
    """Return a line on each thing that this preview can or cannot do."""
    if settings.engine:
        first = "Start runs the chosen image with this machine's engine, and pulls it the first time."
    else:
        first = "Start runs Jupyter on this machine and shows what was chosen. It does not start an image."
    if settings.binderhub:
        where = f"are pushed to {settings.registry}" if settings.registry else "stay in this machine's engine"
        return (first, f"Images that BinderHub builds {where}.")
    return (first, settings.missing)


def remove_containers(settings: Settings) -> None:
    """Remove containers of the preview that the hub did not remove."""
    if settings.engine:
        found = attempt("docker", "ps", "--all", "--quiet", "--filter", f"label={settings.label}", cwd=Path("/"))
        for container in found.stdout.decode().split():
            attempt("docker", "rm", "--force", "--volumes", container, cwd=Path("/"))


@contextlib.contextmanager
def ending_signals_interrupt() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C within the block; a signal that is ignored (nohup) stays ignored."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    taken = [number for number in signals.ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
