"""Helm's list of chart repositories: their names, and the login and TLS settings that Helm uses for each.

As Helm does: https://helm.sh/docs/helm/helm_dependency/ for names (`@name`, `alias:name`), and
https://helm.sh/docs/helm/helm_repo_add/ for the rest, which is for a repository's own host alone.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from hubimages import yaml_text
from hubimages.errors import BadInputError, LoginError, NoAnswerError
from hubimages.hub_image.dependencies import CHART

REDIRECTS = (301, 302, 303, 307, 308)
MOST_STEPS = 6
FILES = ("caFile", "certFile", "keyFile")
ADD = "helm repo add NAME {} --username USER --password-stdin --force-update"


@dataclass(frozen=True)
class Listed:
    """A chart repository, and what Helm's list has on it. Its repr hides that."""

    address: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def setting(self, name: str) -> str:
        return str(self.settings.get(name) or "")


def find(address: str) -> Listed:
    """Return the repository at an address, or under a name in Helm's list. Raises BadInputError for an unknown name."""
    if address.startswith(("@", "alias:")):
        name = address.removeprefix("@").removeprefix("alias:")
        for entry in _entries():
            if entry.get("name") == name and entry.get("url"):
                return Listed(str(entry["url"]), entry)
        raise BadInputError(f"Helm knows no repository {name!r} ({_file()}). Run helm repo add {name} ADDRESS")
    with suppress(BadInputError):  # a list that cannot be read matters to those who name something in it
        for entry in _entries():
            if _same(str(entry.get("url") or ""), address):
                return Listed(address, entry)
    return Listed(address)


def _file() -> Path:
    home = Path.home() / ("Library/Preferences" if sys.platform == "darwin" else ".config")
    config = os.environ.get("HELM_CONFIG_HOME") or str(Path(os.environ.get("XDG_CONFIG_HOME") or home) / "helm")
    return Path(os.environ.get("HELM_REPOSITORY_CONFIG") or Path(config) / "repositories.yaml")


def _entries() -> list[dict[str, Any]]:
    file = _file()
    try:
        known = yaml_text.load(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (OSError, ValueError, yaml_text.UnreadableYamlError) as error:  # the reason can have a password in it
        raise BadInputError(
            f"Helm's list of repositories, {file}, cannot be read. Correct it: helm repo list"
        ) from error
    listed = known.get("repositories") if isinstance(known, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _same(one: str, other: str) -> bool:
    try:
        return _place(one) == _place(other) and urlsplit(one).path.rstrip("/") == urlsplit(other).path.rstrip("/")
    except ValueError:
        return False


def _place(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


class Access:
    """Asks a chart repository over HTTP. `close` it."""

    def __init__(self, listed: Listed) -> None:
        from hubimages.registry import Login, Transport

        self.listed = listed
        name, secret = listed.setting("username"), listed.setting("password")
        self._login = Login(name, secret).basic() if name and secret else ""
        self._others = Transport()
        self._own = Transport(context=context) if (context := self._tls()) else self._others

    def _tls(self) -> Any:
        from hubimages.registry import tls_context

        authorities, certificate, key = map(self.listed.setting, FILES)
        insecure = self.listed.settings.get("insecure_skip_tls_verify") is True
        if not (authorities or certificate or insecure):
            return None
        try:
            return tls_context(authorities, certificate, key, verify=not insecure)
        except OSError as error:  # those of TLS are such
            files = ", ".join(filter(None, (authorities, certificate, key)))
            raise BadInputError(f"TLS files in Helm's list, {_file()}, cannot be used: {files} ({error})") from error

    def close(self) -> None:
        """Close the connections."""
        self._own.close()
        self._others.close()

    def get(self, address: str) -> bytes:
        """Return what is at an address. Raises BadInputError where there is nothing, LoginError, NoAnswerError."""
        for step in range(MOST_STEPS):
            try:
                is_own = _place(address) == _place(self.listed.address)
            except ValueError:
                raise NoAnswerError(f"{address!r} is no address") from None
            # pass_credentials_all is for what the index names; a redirect elsewhere gets no login from Helm, either
            is_for_it = is_own or (step == 0 and self.listed.settings.get("pass_credentials_all") is True)
            headers = {"Accept-Encoding": "gzip"}
            if self._login and is_for_it:
                headers["Authorization"] = self._login
            answer = (self._own if is_own else self._others).send("GET", address, headers, secret=True)
            if answer.status not in REDIRECTS or not answer.headers.get("Location"):
                return self._read(address, answer.status, answer.body, has_login="Authorization" in headers)
            before, address = address, urljoin(address, answer.headers["Location"])
            if before.startswith("https:") and not address.startswith("https:"):
                raise NoAnswerError(f"{before} leads to {address} without TLS. Not followed")
        raise NoAnswerError(f"no answer from {self.listed.address}, try again later: too many redirects")

    def _read(self, address: str, status: int, body: bytes, *, has_login: bool) -> bytes:
        if status in (404, 410):
            raise BadInputError(f"{address} does not exist. Correct the repository of the dependency {CHART}")
        if status in (401, 403):
            raise LoginError(f"{address} {self._refusal(status, has_login=has_login)}")
        if status != 200:
            raise NoAnswerError(f"no answer from {address}, try again later: status {status}")
        return body

    def _refusal(self, status: int, *, has_login: bool) -> str:
        add = ADD.format(self.listed.address)
        if has_login:
            return f"refuses the login in Helm's list (status {status}). Correct it: {add}"
        if self._login:
            return (
                f"requires a login (status {status}). The one in Helm's list is for {self.listed.address} alone; "
                f"for all that its index names: {add} --pass-credentials"
            )
        return f"requires a login (status {status}). Put it in Helm's list: {add}"
