"""Real JupyterHubs of every major with servers of every major, as processes on loopback."""

import asyncio
import http.cookiejar
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine import process

PYTHON = "3.11"  # which the oldest of them can run with, and the newest
# The last release of each major that PyPI had by a day, with what it depends on as of that day.
MADE_ON = {
    "0.7.2": "2022-12-15", "1.5.1": "2022-12-15", "2.3.1": "2022-12-15", "3.1.1": "2023-04-15", "4.1.6": "2024-09-15",
    "5.4.4": "2026-11-20",
}  # fmt: skip
OLD = {"0.7.2": ["sqlalchemy<1.4"], "1.5.1": ["sqlalchemy<1.5"]}
CONFIG = """
import os
from jupyterhub.auth import Authenticator
from jupyterhub.spawner import LocalProcessSpawner

class Spawner(LocalProcessSpawner):
    # the user `v3-1-1` gets a server of the version 3.1.1
    def environment_of(self):
        return {environments!r} + "/" + self.user.name[1:].replace("-", ".")

    def user_env(self, env):
        home = {root!r} + "/home/" + self.user.name
        os.makedirs(home, exist_ok=True)
        return {{**env, "USER": self.user.name, "HOME": home, "SHELL": "/bin/sh"}}

    def make_preexec_fn(self, name):
        return lambda: os.chdir({root!r} + "/home/" + name)

    def get_env(self):
        env = super().get_env()
        return {{**env, "PATH": self.environment_of() + "/bin:" + env["PATH"]}}

    async def start(self):
        self.cmd = [self.environment_of() + "/bin/python", "-m", "jupyterhub.singleuser"]
        return await super().start()

c.JupyterHub.spawner_class = Spawner
c.Spawner.args = ["--allow-root"]
c.Spawner.default_url = "/tree"
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.JupyterHub.authenticator_class = "dummy"
if hasattr(Authenticator, "allow_all"):
    c.Authenticator.allow_all = True
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = {root!r} + "/proxy.pid"
c.JupyterHub.db_url = "sqlite:///" + {root!r} + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = {root!r} + "/cookie_secret"
"""
PATIENCE = 40  # seconds for a server to start


def install(uv: str, environments: Path, version: str) -> None:
    """Make an environment with a version of JupyterHub, and the other packages of its time."""
    python = environments / version
    packages = [f"jupyterhub=={version}", "notebook", "jupyterlab", "setuptools<66", *OLD.get(version, [])]
    subprocess.run([uv, "venv", "--quiet", "--python", PYTHON, str(python)], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(python / "bin/python"), "--exclude-newer", MADE_ON[version],
         *packages],
        check=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a server: its page, its API, a saved file, and the answer of a kernel."""

    page: int
    api: int
    saved: int
    answer: str

    @property
    def works(self) -> bool:
        """Return True if a user can work."""
        return (self.page, self.api, self.saved, self.answer) == (200, 200, 201, "42")


class Browser:
    """Asks as a browser does, with cookies and redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        handlers = [urllib.request.HTTPCookieProcessor(self.cookies), urllib.request.ProxyHandler({})]
        self.opener = urllib.request.build_opener(*handlers)

    def ask(
        self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> tuple[int, str, str]:
        """Return the status, the path after all redirects, and the text."""
        url = self.address + path
        given = {"Origin": self.address, "Referer": url, **(headers or {})}
        try:
            with self.opener.open(urllib.request.Request(url, data, given, method=method), timeout=60) as answer:
                return answer.status, answer.url.removeprefix(self.address), answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, str(error.url).removeprefix(self.address), ""
        except OSError:
            return 0, path, ""

    def xsrf(self, path: str) -> str:
        """Return the value that a page at a path sends with what it changes."""
        seen = [each for each in self.cookies if each.name == "_xsrf" and path.startswith(each.path)]
        return str(max(seen, key=lambda each: len(each.path)).value) if seen else ""

    def cookie_header(self, path: str) -> str:
        """Return the cookies for a path."""
        return "; ".join(f"{each.name}={each.value}" for each in self.cookies if path.startswith(each.path))

    def log_in(self, user: str) -> None:
        """Log in with the hub's form."""
        _, _, page = self.ask("/hub/login")
        form = {"username": user, "password": "any"}
        token = re.search(r'name="_xsrf" value="([^"]*)"', page)
        if token:
            form["_xsrf"] = token[1]
        self.ask("/hub/login?next=%2Fhub%2Fhome", urllib.parse.urlencode(form).encode())

    def start(self, user: str) -> None:
        """Start the user's server and wait until it is there, or has failed."""
        self.ask(f"/hub/spawn/{user}")
        deadline = time.monotonic() + 2 * PATIENCE + 20
        while time.monotonic() < deadline:
            status, path, _ = self.ask(f"/hub/spawn-pending/{user}")
            if path.startswith(f"/user/{user}") or status >= 300:
                return
            time.sleep(0.5)


def try_server(address: str, version: str) -> Outcome:
    """Log in, start a server of a version, open its page, save a file, and let a kernel calculate."""
    user = "v" + version.replace(".", "-")
    browser = Browser(address)
    browser.log_in(user)
    browser.start(user)
    here = f"/user/{user}"
    page, where, _ = browser.ask(f"{here}/tree")
    api, _, _ = browser.ask(f"{here}/api/status")
    headers = {"X-XSRFToken": browser.xsrf(f"{here}/tree"), "Content-Type": "application/json"}
    content = json.dumps({"type": "file", "format": "text", "content": "x"}).encode()
    saved, _, _ = browser.ask(f"{here}/api/contents/a.txt", content, headers, "PUT")
    _, _, made = browser.ask(f"{here}/api/kernels", b"{}", headers, "POST")
    answer = ""
    if made.startswith("{"):
        kernel = json.loads(made)["id"]
        channels = f"{address.replace('http', 'ws')}{here}/api/kernels/{kernel}/channels?session_id=x"
        answer = asyncio.run(calculated(channels, browser.cookie_header(f"{here}/api"), address))
    return Outcome(page if where.startswith(here) else 0, api, saved, answer)


async def calculated(address: str, cookies: str, origin: str) -> str:
    """Return what a kernel says to `6 * 7`; empty without an answer."""
    from tornado.httpclient import HTTPError, HTTPRequest
    from tornado.websocket import websocket_connect

    header = {"msg_id": uuid.uuid4().hex, "session": "x", "username": "", "version": "5.3", "date": ""}
    request: dict[str, Any] = {
        "header": {**header, "msg_type": "execute_request"}, "parent_header": {}, "metadata": {}, "channel": "shell",
        "content": {"code": "6 * 7", "silent": False, "store_history": False, "user_expressions": {}}, "buffers": [],
    }  # fmt: skip
    try:
        async with asyncio.timeout(30):
            socket = await websocket_connect(HTTPRequest(address, headers={"Cookie": cookies, "Origin": origin}))
            await socket.write_message(json.dumps(request))
            answer = ""
            while text := await socket.read_message():
                message = json.loads(text)
                if message.get("msg_type") == "execute_result":
                    answer = str(message["content"]["data"]["text/plain"])
                    socket.close()  # and go on reading until it is closed
            return answer
    except (TimeoutError, OSError, HTTPError):
        return ""


@contextmanager
def running(root: Path, environments: Path, version: str) -> Iterator[str]:
    """Run a hub of a version with its data in `root`, and yield its address."""
    root.mkdir(parents=True)
    port, hub_port, proxy_port = (process.free_port() for _ in range(3))
    ports = {"port": port, "hub_port": hub_port, "proxy_port": proxy_port}
    text = CONFIG.format(root=str(root), environments=str(environments), patience=PATIENCE, **ports)
    (root / "jupyterhub_config.py").write_text(text)
    address = f"http://127.0.0.1:{port}"
    hub = process.start(
        [str(environments / version / "bin/python"), "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
        log=root / "hub.log",
        answers=lambda: Browser(address).ask("/hub/health")[0] == 200,
        env={"CONFIGPROXY_AUTH_TOKEN": "of-this-test"},
        patience=120,
    )
    try:
        yield address
    finally:
        process.stop(hub)  # it ends its proxy and every server
