"""The configuration of the JupyterHub that a preview starts; its configuration file calls `configure`.

Everything listens on loopback, and everything it writes is in the preview's own folder.
"""

import atexit
import hmac
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.utils import random_port
from jupyterhub_fancy_profiles import setup_ui
from tornado.web import HTTPError
from traitlets import Unicode

from hubimages.imagebuilding.preview.settings import Settings
from hubimages.imagebuilding.preview.spawner import LOOPBACK, PreviewSpawner

USER = "you"
BINDER_CONFIG = Path(__file__).with_name("binderhub_config.py")


class PreviewLogin(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """The printed address: its token logs in, so that other users of this machine cannot."""

    async def get(self) -> None:
        """Log in and redirect to the form."""
        user = await self.login_user({"token": self.get_argument("token", "")})
        if user is None:
            raise HTTPError(403, "Open the address that preview-imagebuilding-hub printed. It logs you in.")
        self.redirect(self.hub.base_url + "spawn")


class PreviewAuthenticator(Authenticator):  # type: ignore[misc]
    """One user, with the preview's token."""

    auto_login = True
    allow_all = True
    token = Unicode(config=True)

    def login_url(self, base_url: str) -> str:
        """Return the address of the login."""
        return f"{base_url}preview"

    def get_handlers(self, app: object) -> list[tuple[str, type]]:
        """Return the handler of the printed address."""
        return [("/preview", PreviewLogin)]

    async def authenticate(self, handler: object, data: dict[str, str]) -> str | None:
        """Return the user's name, or None."""
        return USER if self.token and hmac.compare_digest(data.get("token", ""), self.token) else None


def configure(c: Any) -> None:
    """Configure the hub from the settings in its working directory."""
    # A shell lets what it starts with & ignore SIGINT. The proxy and the services would, too, and the hub waits ten
    # seconds for each of them to end by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = Settings.load(Path("settings.json"))
    hub(c, settings)
    spawner(c, settings)
    c.JupyterHub.services = [binder(settings)]
    # as on a hub with BinderHub's own authentication on
    c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "access:services!service=binder"]}]
    setup_ui(c)
    end_with_parent(settings.folder)


def hub(c: Any, settings: Settings) -> None:
    """Configure addresses, files and the user."""
    c.JupyterHub.bind_url = f"http://{LOOPBACK}:{settings.port}"
    c.JupyterHub.hub_bind_url = f"http://{LOOPBACK}:{random_port()}"
    c.JupyterHub.hub_connect_ip = LOOPBACK
    c.JupyterHub.db_url = "sqlite:///hub.sqlite"
    c.JupyterHub.cookie_secret_file = str(Path(settings.folder, "cookie_secret"))
    c.JupyterHub.extra_handlers = []
    c.JupyterHub.authenticator_class = PreviewAuthenticator
    c.PreviewAuthenticator.token = settings.token
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}  # show the progress page at once
    c.JupyterHub.template_vars = {"announcement": "Preview on this machine. Nothing here runs on the cluster."}
    c.ConfigurableHTTPProxy.command = [settings.proxy_command]
    c.ConfigurableHTTPProxy.api_url = f"http://{LOOPBACK}:{random_port()}"
    c.ConfigurableHTTPProxy.pid_file = str(Path(settings.folder, "proxy.pid"))


def spawner(c: Any, settings: Settings) -> None:
    """Configure KubeSpawner with the hub's profile list."""
    c.JupyterHub.spawner_class = PreviewSpawner
    c.PreviewSpawner.engine = settings.engine
    c.PreviewSpawner.label = settings.label
    c.PreviewSpawner.folder = settings.folder
    c.KubeSpawner.profile_list = settings.form.profiles
    c.KubeSpawner.cmd = ["jupyterhub-singleuser"]  # as the JupyterHub chart has it
    c.KubeSpawner.start_timeout = 3600  # seconds, enough to pull an image
    c.KubeSpawner.http_timeout = 120
    if settings.form.image:
        c.KubeSpawner.image = settings.form.image


def binder(settings: Settings) -> dict[str, Any]:
    """Return the service that builds images: BinderHub, or one that reports what is missing."""
    port = random_port()
    if settings.binderhub:
        command = [settings.binderhub, "-m", "binderhub", f"--config={BINDER_CONFIG}", f"--port={port}"]
        path = os.pathsep.join([str(Path(settings.binderhub).parent), os.environ.get("PATH", "")])
    else:
        command = [sys.executable, "-m", "hubimages.imagebuilding.preview.no_builds"]
        path = os.environ.get("PATH", "")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTERHUB_", "GIT_"))}
    return {
        "name": "binder",
        "url": f"http://{LOOPBACK}:{port}",
        "command": command,
        "cwd": settings.folder,
        "display": False,
        "oauth_no_confirm": True,
        "environment": {**kept, "PATH": path, "HUBIMAGES_PREVIEW": str(Path(settings.folder, "settings.json"))},
    }


def end_with_parent(folder: str) -> None:
    """Stop this hub and remove its directory when the program that started it is gone, for example killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
