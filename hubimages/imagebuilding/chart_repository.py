"""Fetch charts from a chart repository over HTTP, and cache each archive by version.

https://helm.sh/docs/topics/chart_repository/
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hubimages import disk, yaml_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.registry import Transport

# Both go into paths. https://helm.sh/docs/chart_best_practices/conventions/
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*")
REPOSITORIES = {
    "jupyterhub": "https://hub.jupyter.org/helm-chart/",
    "binderhub-service": "https://2i2c.org/binderhub-service/",
}


def cache_folder() -> Path:
    """Return the directory of cached archives."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hubimages" / "charts"


def fetch(name: str, version: str, repository: str) -> Path:
    """Return the archive of a chart; without a version, of the newest release. A version is fetched once.

    Raises NoAnswerError if the repository does not answer, BadInputError if it has no such chart.
    """
    if not NAME.fullmatch(name) or (version and not VERSION.fullmatch(version)):
        raise BadInputError(f"{f'{name} {version}'.strip()!r} is not a chart's name and version")
    kept = cache_folder() / f"{name}-{version}-{hashlib.sha256(repository.encode()).hexdigest()[:8]}.tgz"
    if version and kept.is_file():
        return kept
    if not repository.startswith(("http://", "https://")):
        raise NoAnswerError(f"cannot fetch charts from {repository}; put {name} into a folder for --charts")
    base = repository.rstrip("/") + "/"
    entry = _entry(name, version, base)
    given, urls, digest = str(entry.get("version")), entry.get("urls"), entry.get("digest")
    if not VERSION.fullmatch(given) or not isinstance(urls, list) or not urls:
        raise NoAnswerError(f"{base}index.yaml has no version and address of {name} that can be read")
    try:
        archive = _get(urljoin(base, str(urls[0])))
    except ValueError:
        raise NoAnswerError(f"{base}index.yaml names {str(urls[0])!r}, which is no address") from None
    if digest and hashlib.sha256(archive).hexdigest() != str(digest).removeprefix("sha256:"):
        raise NoAnswerError(f"the archive of {name} {given} from {base} does not match its digest")
    kept = kept.with_name(kept.name.replace(f"{name}-{version}-", f"{name}-{given}-"))
    kept.parent.mkdir(parents=True, exist_ok=True)
    disk.write_whole(kept, archive)
    return kept


def _entry(name: str, version: str, base: str) -> dict[str, Any]:
    try:
        entries = yaml_text.load(_get(base + "index.yaml").decode("utf-8", "replace"))["entries"].get(name) or []
    except (yaml_text.UnreadableYamlError, LookupError, TypeError, AttributeError):
        raise NoAnswerError(f"{base}index.yaml is not an index of charts") from None
    listed = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    wanted = [entry for entry in listed if version in ("", str(entry.get("version")))]
    if not wanted:
        raise BadInputError(f"{base} has no chart {name} {version}".rstrip())
    # as Helm does: development versions count only if there is no other
    released = [entry for entry in wanted if "-" not in str(entry.get("version"))] or wanted
    found: dict[str, Any] = max(released, key=lambda entry: str(entry.get("created", "")))
    return found


def _get(address: str) -> bytes:
    if not address.startswith(("http://", "https://")):  # an index may name any file
        raise NoAnswerError(f"charts are fetched over HTTP, not from {address}")
    transport = Transport()
    try:
        answer = transport.send("GET", address, {})
    finally:
        transport.close()
    if answer.status != 200:
        raise NoAnswerError(f"no answer from {address}: status {answer.status}")
    return answer.body
