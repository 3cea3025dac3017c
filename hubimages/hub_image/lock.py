"""What Helm deploys before it reads the dependency's version: `Chart.lock`, and a chart that lies in `charts/`.

`helm dependency build` takes the locked version, and Helm itself takes whatever lies in `charts/`
(https://helm.sh/docs/topics/charts/#managing-dependencies-manually-via-the-charts-directory).
"""

import json
import posixpath
import re
from collections.abc import Sequence
from typing import Any

from hubimages import yaml_text
from hubimages.hub_image.dependencies import CHART, Dependency, Reader, ScalarPlace, parse
from hubimages.hub_image.layout import Chart
from hubimages.hub_image.versions import is_range
from hubimages.repository.git import Repo

PACKED = re.compile(rf"{CHART}-(?P<version>v?\d.*)\.tgz")
# The fields of Helm's dependency in the order in which it writes them
# (https://pkg.go.dev/helm.sh/helm/v3/pkg/chart#Dependency); the first three are always written, but for the version.
FIELDS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
ALWAYS = ("name", "repository")


def locked(chart: Chart, read: Reader) -> ScalarPlace | None:
    """Return the version of jupyterhub in the chart's lock file; None if it has none."""
    content = read(chart.lock_file) if chart.lock_file else None
    if not chart.lock_file or content is None:
        return None
    data = parse(chart.lock_file, content).data()
    names = [entry.get("name") for entry in entries(data)]
    written = {scalar.path: scalar for scalar in yaml_text.scalars(content) if not scalar.document}
    for number, name in enumerate(names):
        scalar = written.get(("dependencies", number, "version"))
        if name == CHART and scalar is not None:
            return ScalarPlace(chart.lock_file, scalar)
    return None


def contradicts(place: ScalarPlace | None, dependency: Dependency) -> bool:
    """Return True if the lock file has another version than the dependency asks for."""
    wanted = dependency.version.scalar.value
    return place is not None and not is_range(wanted) and place.scalar.value.lstrip("v") != wanted.lstrip("v")


def bumped(lock_file: str, before: str, after: str, lock: str) -> str | None:
    """Return the lock file for the chart's new text; None if Helm must write it.

    `before` and `after` are the texts of the file with the dependencies. The digest is Helm's: of the dependencies as
    they are asked for, and as they are locked. Where it does not give the old lock's own digest, nothing is written.
    """
    data = parse(lock_file, lock).data()
    written = {scalar.path: scalar for scalar in yaml_text.scalars(lock) if not scalar.document}
    old, new = (entries(parse(lock_file, text).data()) for text in (before, after))
    digest = written.get(("digest",))
    if digest is None or digest_of(old, entries(data)) != digest.value:
        return None
    versions = {str(entry.get("name")): str(entry.get("version")) for entry in new if entry.get("name") == CHART}
    edits = {}
    changed: list[dict[str, Any]] = []
    for number, entry in enumerate(entries(data)):
        version = versions.get(str(entry.get("name")), str(entry.get("version")))
        scalar = written.get(("dependencies", number, "version"))
        if scalar is None:
            return None
        if scalar.value != version:
            edits[scalar] = version
        changed.append({**entry, "version": version})
    edits[digest] = digest_of(new, changed)
    return yaml_text.replace(lock, edits)


def entries(data: Any) -> list[dict[str, Any]]:
    """Return the dependencies in the data of a Chart.yaml, requirements.yaml or lock file."""
    listed = data.get("dependencies") if isinstance(data, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def digest_of(asked: Sequence[dict[str, Any]], locked_: Sequence[dict[str, Any]]) -> str:
    """Return the digest that Helm writes into a lock file: of the JSON of both lists, as Go writes it."""
    import hashlib

    both = [[in_order(entry) for entry in side] for side in (asked, locked_)]
    text = json.dumps(both, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def in_order(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a dependency as Helm writes them: in its order, without those that are empty."""
    given = {name: entry.get(name) for name in FIELDS}
    given["name"], given["repository"] = given["name"] or "", given["repository"] or ""
    return {name: value for name, value in given.items() if name in ALWAYS or value not in (None, "", [], False)}


def vendored(repo: Repo, chart: Chart) -> list[tuple[str, str]]:
    """Return the jupyterhub charts that lie in `charts/` beside Chart.yaml: each path, and its version."""
    assert repo.work_tree is not None
    folder = repo.work_tree / chart.directory / "charts"
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        where = posixpath.normpath(posixpath.join(chart.directory, "charts", path.name))
        if packed := PACKED.fullmatch(path.name):
            found.append((where, packed["version"]))
        elif path.name == CHART and (path / "Chart.yaml").is_file():
            data = parse(f"{where}/Chart.yaml", (path / "Chart.yaml").read_text(errors="replace")).data()
            found.append((where, str(data.get("version", "")) if isinstance(data, dict) else ""))
    return found
