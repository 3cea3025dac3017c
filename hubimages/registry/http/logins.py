"""Find logins where Docker keeps them, and then where podman, skopeo and buildah do.

https://docs.docker.com/reference/cli/docker/login/, for the programs that keep passwords
https://github.com/docker/docker-credential-helpers, and for podman's files
https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
"""

import base64
import binascii
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from hubimages import json_text
from hubimages.errors import BadInputError, HubImagesError, LoginError, NotInstalledError, message_of
from hubimages.registry.hosts import login_keys
from hubimages.run import attempt

PATIENCE = 60.0  # seconds for a helper; a person may have to enter a passphrase
IDENTITY_TOKEN = "<token>"  # the user name under which a helper keeps an identity token


@dataclass(frozen=True)
class Login:
    """A user name and secret, an identity token, or a registry token. Its repr hides the secrets."""

    username: str
    secret: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    def basic(self) -> str:
        """Return the value of the Authorization header for Basic."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()


@dataclass(frozen=True)
class DockerConfiguration:
    """Where Docker keeps logins: in the file itself, or in programs that it names."""

    file: Path
    auths: Mapping[str, Any] = field(default_factory=dict, repr=False)
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str = ""

    @classmethod
    def read(cls, directory: Path | None = None) -> "DockerConfiguration":
        """Return the configuration in a directory (default: DOCKER_CONFIG or ~/.docker); empty if there is none.

        Raises BadInputError where it cannot be read.
        """
        named = os.environ.get("DOCKER_CONFIG")
        return cls.read_file((directory or (Path(named) if named else Path.home() / ".docker")) / "config.json")

    @classmethod
    def read_file(cls, file: Path) -> "DockerConfiguration":
        """Return the configuration in a file; empty if there is none. Podman's files have the same form."""
        try:
            settings = json_text.loads(file.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return cls(file)
        except (OSError, ValueError) as error:  # the text of a JSON error has nothing of the file in it
            raise BadInputError(f"the logins in {file} cannot be read: {message_of(error)}") from error
        parts = [settings.get(key) or {} for key in ("auths", "credHelpers")] if isinstance(settings, dict) else [[]]
        if not all(isinstance(part, dict) for part in parts):
            raise BadInputError(f"{file} is not as Docker or podman writes it: move it away, log in again")
        return cls(file, parts[0], parts[1], str(settings.get("credsStore") or ""))

    def places(self) -> dict[str, str]:
        """Return the hosts with a login, and where each is kept: the file or a helper. Reads no login."""
        kept = {strip(key): str(self.file) for key in self.auths}
        if self.store:
            kept = dict.fromkeys(kept, f"docker-credential-{self.store}")
        return kept | {strip(key): f"docker-credential-{helper}" for key, helper in self.helpers.items()}

    def helper(self, host: str) -> str:
        """Return the helper that keeps the login for a host, without `docker-credential-`; empty if there is none."""
        return next((str(self.helpers[key]) for key in login_keys(host) if key in self.helpers), self.store)

    def namespace_login(self, host: str, name: str) -> Login | None:
        """Return the login for a part of a registry, the most exact one: `quay.io/organisation` is such a key."""
        parts = name.split("/")
        for count in range(len(parts), 0, -1):
            entry = self.auths.get("/".join([host, *parts[:count]]))
            if isinstance(entry, dict) and (found := self._login_in(entry, host)):
                return found
        return None

    def login(self, host: str) -> Login | None:
        """Return the login for all of a host; None if there is none.

        Raises LoginError where the program that keeps it fails, NotInstalledError where it is not there, BadInputError
        where the file's entry cannot be read.
        """
        if helper := self.helper(host):
            return ask_helper(helper, login_keys(host)[0])
        plain = {strip(key): entry for key, entry in self.auths.items()}
        for key in login_keys(host):
            entry = self.auths.get(key, plain.get(strip(key)))
            if isinstance(entry, dict) and (found := self._login_in(entry, host)):
                return found
        return None

    def _login_in(self, entry: Mapping[str, Any], host: str) -> Login | None:
        """Return the login in an entry of `auths`."""
        username, secret = str(entry.get("username") or ""), str(entry.get("password") or "")
        if entry.get("auth"):
            try:
                username, _, secret = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError) as error:
                raise BadInputError(f"{self.file}: the login for {host} cannot be read; docker login {host}") from error
        identity, registry = str(entry.get("identitytoken") or ""), str(entry.get("registrytoken") or "")
        if not (secret or identity or registry):
            return None
        return Login(username, secret.rstrip("\0"), identity, registry)


class StoredLogins:
    """The logins of this machine: Docker's, then podman's. Each helper is asked once for a host."""

    def __init__(self) -> None:
        self._hosts: dict[str, Login | HubImagesError | None] = {}
        self._lock = Lock()

    def __call__(self, host: str, name: str = "") -> Login | None:
        """Return the login for a repository, from the first file that has one; None if there is none.

        Raises as DockerConfiguration.login does.
        """
        files = stored()
        for file in files:
            if found := file.namespace_login(host, name):
                return found
        with self._lock:
            if host not in self._hosts:
                try:
                    self._hosts[host] = next((found for file in files if (found := file.login(host))), None)
                except HubImagesError as error:
                    self._hosts[host] = error
            kept = self._hosts[host]
        if isinstance(kept, HubImagesError):
            raise kept
        return kept


def stored() -> list[DockerConfiguration]:
    """Return the files in which logins are kept, Docker's first."""
    return [DockerConfiguration.read(), *(DockerConfiguration.read_file(file) for file in containers_files())]


def containers_files() -> list[Path]:
    """Return the files in which podman, skopeo and buildah look for logins."""
    if named := os.environ.get("REGISTRY_AUTH_FILE"):
        return [Path(named)]
    running = os.environ.get("XDG_RUNTIME_DIR")
    settings = os.environ.get("XDG_CONFIG_HOME")
    folder = Path(running, "containers") if running else Path("/run/containers", str(os.getuid()))
    return [folder / "auth.json", (Path(settings) if settings else Path.home() / ".config") / "containers/auth.json"]


def strip(key: str) -> str:
    """Return the host in a key of `auths`, which older Docker versions wrote as an address.

    A key with another path, `quay.io/organisation`, is for a part of the registry and stays as it is.
    """
    host, _, path = key.partition("://")[2].partition("/") if "://" in key else key.partition("/")
    return host.rpartition("@")[2] if "://" in key or path.strip("/") in ("", "v1", "v2") else key


def ask_helper(name: str, key: str) -> Login | None:
    """Return the login that `docker-credential-NAME` keeps for a key; None if it has none.

    The key goes in by stdin and the secret comes by stdout: neither stands in a command line.
    """
    program = f"docker-credential-{name}"
    try:
        done = attempt(program, "get", cwd=Path.home(), stdin=key.encode(), seconds=PATIENCE)
    except NotInstalledError as error:
        raise NotInstalledError(
            f"{program}, which Docker's configuration names for the login to {key}, is not installed or not on PATH"
        ) from error
    except subprocess.TimeoutExpired:
        raise LoginError(
            f"{program} gave no login for {key} within {PATIENCE:g} s and was ended. Unlock what it keeps logins in, "
            f"until `{program} list` answers, then run the task again"
        ) from None
    if done.returncode:
        said = (done.stdout.strip() or done.stderr.strip()).decode(errors="replace")
        if "not found" in said.lower() and "credentials" in said.lower():
            return None
        is_login = not said or '"Secret"' in said  # it failed, but not before it had said it
        last = f"exit code {done.returncode}" if is_login else said.splitlines()[-1]
        raise LoginError(f"{program} gives no login for {key}: {last}")
    try:
        kept = json_text.loads(done.stdout)
        username, secret = str(kept["Username"]), str(kept["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise LoginError(f"{program} gave no login for {key} that can be read") from error
    if not secret:
        return None
    return Login("", identity_token=secret) if username == IDENTITY_TOKEN else Login(username, secret)
