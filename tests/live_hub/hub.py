"""A real JupyterHub on loopback, its proxy real, too; servers are real processes where a cluster has pods."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import needs
from tests.engine import process

ADMIN_TOKEN = "the-tests-own-token-of-the-hub"

# The spawner runs jupyterhub-singleuser on this machine and tells what a cluster would tell about the image. It takes
# the image as DockerSpawner does, and as KubeSpawner does with the profile `any`; otherwise it has one of its own.
CONFIG = """
import sys
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Spawner(SimpleLocalProcessSpawner):
    def chosen(self):
        options = self.user_options
        if TAKES == "profile":
            return options.get("image--unlisted-choice") if options.get("profile") == "any" else "the/default:1"
        return options.get("image")

    async def start(self):
        if self.chosen() == "broken/image:1":
            raise ValueError("ImagePullBackOff")
        if self.chosen() == "slow/image:1":
            self.environment["SLEEP"] = "1"
            self.cmd = ["sleep", "600"]
        if self.chosen() in ("quick/image:1", "the/default:1"):
            self.cmd = [sys.executable, {quick!r}]
        return await super().start()

    async def progress(self):
        if TAKES != "silent":
            message = f'[Normal] Pulling image "{{self.chosen()}}"'
            yield {{"progress": 20, "message": message}}

TAKES = {takes!r}
c.JupyterHub.spawner_class = Spawner
Spawner.home_dir_template = {root!r} + "/home/{{username}}"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 12
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"admin"}}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/prefix/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = {root!r} + "/proxy.pid"
c.JupyterHub.db_url = "sqlite:///" + {root!r} + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = {root!r} + "/cookie_secret"
c.JupyterHub.services = [{{"name": "tests", "api_token": {token!r}}}, *{services!r}]
c.JupyterHub.load_roles = [
    {{"name": "tests", "services": ["tests"],
      "scopes": ["admin:users", "admin:servers", "tokens", "access:services", "access:servers"]}},
]
"""


@dataclass(frozen=True)
class RunningHub:
    """A hub that answers at `address`, without `/hub`."""

    address: str

    def api(self, method: str, path: str, body: object = None) -> Any:
        """An answer of the hub's API to the tests themselves."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {ADMIN_TOKEN}"}
        asked = urllib.request.Request(f"{self.address}/hub/api/{path}", data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def token_of(self, name: str, *scopes: str) -> str:
        """A token of a user, who is made where there is none."""
        try:
            self.api("GET", f"users/{name}")
        except urllib.error.HTTPError:
            self.api("POST", "users", {"usernames": [name], "admin": name == "admin"})
        return str(self.api("POST", f"users/{name}/tokens", {"scopes": list(scopes)} if scopes else {})["token"])

    def servers(self, name: str) -> dict[str, Any]:
        """The servers of a user."""
        return dict(self.api("GET", f"users/{name}")["servers"])


@contextmanager
def running_hub(
    root: Path, *, takes: str = "image", services: Sequence[Mapping[str, object]] = ()
) -> Iterator[RunningHub]:
    """A hub with its data in `root`, ended on leaving.

    `takes` says which user option its spawner takes the image from: `profile`, or `silent`: `image`, and tells nothing.
    """
    needs.PROXY.program("configurable-http-proxy")
    root.mkdir(parents=True, exist_ok=True)
    port, hub_port, proxy_port = (process.free_port() for _ in range(3))
    more = {"port": port, "hub_port": hub_port, "proxy_port": proxy_port}
    more["quick"] = str(Path(__file__).with_name("quick_server.py"))
    config = CONFIG.format(
        root=str(root), token=ADMIN_TOKEN, services=[dict(service) for service in services], takes=takes, **more
    )
    (root / "jupyterhub_config.py").write_text(config)
    address = f"http://127.0.0.1:{port}/prefix"
    hub = process.start(
        [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
        log=root / "hub.log",
        answers=lambda: answers(f"{address}/hub/health"),
        env={"CONFIGPROXY_AUTH_TOKEN": "of-this-test"},
        patience=120,
    )
    try:
        yield RunningHub(address)
    finally:
        process.stop(hub)  # it ends its proxy, its services and every server


def answers(address: str) -> bool:
    """Whether a page can be had."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True
