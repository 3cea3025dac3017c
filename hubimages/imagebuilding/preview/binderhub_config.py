"""Configuration of a preview's BinderHub, read by the Python that has BinderHub, so it imports nothing else.

Builds run with repo2docker and this machine's engine. They are pushed to a registry on loopback, or nowhere.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from binderhub.build_local import LocalRepo2dockerBuild
from binderhub.repoproviders import GitHubRepoProvider
from tornado.httpserver import HTTPServer

LOOPBACK = "127.0.0.1"
settings = json.loads(Path(os.environ["HUBIMAGES_PREVIEW"]).read_text(encoding="utf-8"))


class LocalFirst(GitHubRepoProvider):  # type: ignore[misc]  # BinderHub has no types
    """Repositories below the preview's directory of repositories, else those on GitHub."""

    def local(self) -> Path | None:
        """Return the local repository for ORGANISATION/NAME, or None."""
        if not settings["repositories"]:
            return None
        place = Path(settings["repositories"], self.user, self.repo).resolve()
        inside = place.is_relative_to(Path(settings["repositories"]).resolve())
        return place if inside and place.is_dir() else None

    def get_repo_url(self) -> str:
        """Return what repo2docker clones."""
        place = self.local()
        return place.as_uri() if place else str(super().get_repo_url())

    async def get_resolved_ref(self) -> str | None:
        """Return the commit of a branch, tag or commit; None if it does not exist."""
        place = self.local()
        if place is None:
            known: str | None = await super().get_resolved_ref()
            return known
        argv = ["git", "-C", str(place), "rev-parse", "--verify", "-q", "--end-of-options"]
        done = subprocess.run([*argv, f"{self.unresolved_ref}^{{commit}}"], capture_output=True, text=True, check=False)
        self.resolved_ref = done.stdout.strip() or None
        return self.resolved_ref


def listen_on_loopback() -> None:
    """Make BinderHub listen on loopback only: it has no option for that."""
    everywhere = HTTPServer.listen

    def listen(self: HTTPServer, port: int, address: str = LOOPBACK, **options: Any) -> None:
        everywhere(self, port, address, **options)

    setattr(HTTPServer, "listen", listen)  # noqa: B010 - the types refuse an assignment


def configure(c: Any) -> None:
    """Set up BinderHub as a service of the preview's hub, as the binderhub-service chart does on a cluster."""
    c.BinderHub.base_url = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    c.BinderHub.hub_url = f"http://{LOOPBACK}:{settings['port']}"
    c.BinderHub.auth_enabled = True
    c.BinderHub.enable_api_only_mode = True
    c.BinderHub.builder_required = False
    c.BinderHub.build_class = LocalRepo2dockerBuild
    c.BinderHub.repo_providers = {"gh": LocalFirst}
    c.BuildExecutor.repo2docker_extra_args = [f"--config={settings['repo2docker_config']}"]
    c.BinderHub.use_registry = bool(settings["registry"])
    if settings["registry"]:
        c.BinderHub.image_prefix = f"{settings['registry']}/preview-"
        c.DockerRegistry.url = f"http://{settings['registry']}"
        c.BuildExecutor.push_secret = "preview"  # any name: repo2docker is then told to push
    else:
        c.BinderHub.image_prefix = "preview-"


listen_on_loopback()
configure(get_config())  # type: ignore[name-defined]  # noqa: F821
