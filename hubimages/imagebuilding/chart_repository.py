"""Fetch charts from a chart repository over HTTP, and cache each archive by version.

https://helm.sh/docs/topics/chart_repository/
"""

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hubimages import disk
from hubimages.errors import BadInputError, NoAnswerError

TIMEOUT = 15  # seconds
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
    kept = cache_folder() / f"{name}-{version}-{hashlib.sha256(repository.encode()).hexdigest()[:8]}.tgz"
    if version and kept.is_file():
        return kept
    if not repository.startswith(("http://", "https://")):
        raise NoAnswerError(f"cannot fetch charts from {repository}; put {name} into a folder for --charts")
    base = repository.rstrip("/") + "/"
    entry = _entry(name, version, base)
    archive = _get(urljoin(base, str((entry.get("urls") or [""])[0])))
    digest = entry.get("digest")
    if digest and hashlib.sha256(archive).hexdigest() != str(digest).removeprefix("sha256:"):
        raise NoAnswerError(f"the archive of {name} {entry['version']} from {base} does not match its digest")
    kept = kept.with_name(kept.name.replace(f"{name}-{version}-", f"{name}-{entry['version']}-"))
    kept.parent.mkdir(parents=True, exist_ok=True)
    disk.write_whole(kept, archive)
    return kept


def _entry(name: str, version: str, base: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(_get(base + "index.yaml"), loader)["entries"].get(name) or []
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise NoAnswerError(f"{base}index.yaml is not an index of charts") from None
    wanted = [entry for entry in entries if version in ("", str(entry.get("version")))]
    if not wanted:
        raise BadInputError(f"{base} has no chart {name} {version}".rstrip())
    # as Helm does: development versions count only if there is no other
    released = [entry for entry in wanted if "-" not in str(entry.get("version"))] or wanted
    found: dict[str, Any] = max(released, key=lambda entry: str(entry.get("created", "")))
    return found


def _get(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(f"no answer from {address}: {reason}") from None
