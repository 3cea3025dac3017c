"""A KubeSpawner without a cluster: it renders the form and reads the choice as usual, but its server is local.

Only a preview's hub loads it.
"""

import asyncio
import getpass
import json
import os
import platform
import sys
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any

from jupyterhub.utils import random_port
from kubespawner import KubeSpawner
from traitlets import Bool, Unicode

LOOPBACK = "127.0.0.1"
CHOICE = "what-was-chosen.html"
TOLD = ("cpu_guarantee", "cpu_limit", "mem_guarantee", "mem_limit", "node_selector", "default_url", "working_dir")

PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>What was chosen</title>
<style>body {{ font: 16px sans-serif; margin: 3em; }} th {{ text-align: left; padding-right: 2em; }}</style>
<h1>What was chosen</h1>
<p>This server runs on your own machine, without an image. A hub would start:</p>
<table>{table}</table>
<p>The form submitted:</p><pre>{sent}</pre></html>
"""


class PreviewSpawner(KubeSpawner):  # type: ignore[misc]  # it has no types
    """Starts the chosen image with this machine's engine, or else Jupyter, never a pod."""

    engine = Bool(False, config=True, help="Whether a container engine runs.")
    label = Unicode(config=True, help="The label of every container.")
    folder = Unicode(config=True, help="The preview's temporary directory.")

    process: asyncio.subprocess.Process | None = None
    container = ""
    messages: tuple[str, ...] = ()

    async def start(self) -> str:
        """Apply the choice as KubeSpawner does, start a server, and return its address."""
        self.messages = ()
        await self.load_user_options()
        self.log.info("chosen: %s, %s", self.image, json.dumps(self.user_options))
        self.port = random_port()
        if self.engine:
            await self.start_container()
        else:
            await self.start_here()
        return f"http://{LOOPBACK}:{self.port}"

    async def start_container(self) -> None:
        """Start the chosen image on loopback. Its token is passed in docker's environment, not in its arguments."""
        shared = (
            platform.system() == "Linux"
        )  # the container shares this machine's loopback; elsewhere a port is published
        self.ip = LOOPBACK if shared else "0.0.0.0"
        env = self.get_env()
        if not shared:
            hub = "host.docker.internal"
            env = {name: str(value).replace(LOOPBACK, hub) for name, value in env.items()}
        network = ["--network", "host"] if shared else ["--publish", f"{LOOPBACK}:{self.port}:{self.port}"]
        self.container = f"{self.label}-{self.port}"
        argv = ["run", "--detach", "--rm", "--name", self.container, "--label", self.label, *network]
        if self.working_dir:
            argv += ["--workdir", self.working_dir]
        argv += [part for name in sorted(env) for part in ("--env", name)]
        self.messages += (f"Starting {self.image}, after a pull if this machine does not have it",)
        code, said = await docker(*argv, self.image, *(self.cmd or []), *self.get_args(), env=env)
        if code:
            self.container = ""
            raise StartError(f"Cannot start the image {self.image}: {last_line(said)}")

    async def start_here(self) -> None:
        """Start Jupyter from this Python environment in an empty home, with a page that shows the choice."""
        self.ip = LOOPBACK
        home = Path(self.folder, "home")
        home.mkdir(exist_ok=True)
        (home / CHOICE).write_text(self.told(), encoding="utf-8")
        self.default_url = f"/files/{CHOICE}"
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        argv = ["-m", "jupyterhub.singleuser", *(["--allow-root"] if getpass.getuser() == "root" else [])]
        self.messages += (f"Starting Jupyter on this machine. A hub would start {self.image}",)
        with Path(self.folder, "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *argv, *self.get_args(), cwd=home, env={**self.get_env(), **kept, "HOME": str(home)},
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def told(self) -> str:
        """Return a page with what a hub would start."""
        rows = [("image", self.image), *((name, getattr(self, name)) for name in TOLD if getattr(self, name))]
        table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
        return PAGE.format(table=table, sent=escape(json.dumps(self.user_options, indent=2)))

    async def poll(self) -> int | None:
        """Return None while the server runs, else an exit code."""
        if self.container:
            code, said = await docker("inspect", "--format", "{{.State.Running}}", self.container)
            return None if code == 0 and said.strip() == "true" else 1
        return self.process.returncode if self.process is not None else 0

    async def stop(self, now: bool = False) -> None:
        """Stop the server and everything that it started."""
        if self.container:
            await docker("rm", "--force", "--volumes", self.container)
            self.container = ""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        self.process = None

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what the progress page shows."""
        shown = 0
        while True:
            for message in self.messages[shown:]:
                yield {"progress": 30, "message": message}
            shown = len(self.messages)
            await asyncio.sleep(0.2)


class StartError(Exception):
    """A server could not be started; JupyterHub shows `jupyterhub_message` to the user."""

    @property
    def jupyterhub_message(self) -> str:
        return str(self)


async def docker(*argv: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Return exit code and output of a docker command."""
    # the client's own settings win: a variable of the server, such as PATH, must not change the engine
    own = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_") or name in ("PATH", "HOME")}
    process = await asyncio.create_subprocess_exec(
        "docker", *argv, env={**(env or {}), **own}, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")


def last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if not line.startswith("See 'docker")]
    return lines[-1] if lines else "no message"
