"""Small deployment repositories of the two public layouts, and a Helm repository for their chart."""

import functools
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from tests.serving import serving

# Versions that no real image has, so that a stand-in never hides one.
OLD, NEW = "74.3.3", "74.4.0"
DEVELOPMENT, DEVELOPMENT_HUB = "75.0.0-0.dev.git.7001.hd8a1d5f0", "75.0.0-0.dev.git.6990.h84c21364"

DOCKERFILE = """\
# This tag should match the version of the chart.
FROM jupyterhub/k8s-hub:@old@
ARG REQUIREMENTS_FILE=requirements.txt
COPY ${REQUIREMENTS_FILE} /tmp/
"""
VALUES = """\
# what all hubs have in common
jupyterhub:
    singleuser:   { memory: {limit: 1G} }   # odd, and to be kept
    hub:
        image:
            name: @name@
            tag: @tag@
        config: |
            # tag: not this one
"""
UNDER_FOLDER = {
    "README.md": "# Hubs\n",
    "dev-requirements.txt": "chartpress==2.*\n",
    "helm-charts/chartpress.yaml": """\
# comments stay
charts:
  - name: basehub
    imagePrefix: @registry@/org/pilot-
    images:
      hub:
        valuesPath: jupyterhub.hub.image
        buildArgs:
          REQUIREMENTS_FILE: requirements.txt
      helpers:
        valuesPath: jupyterhub.hub.image
        buildArgs:
          REQUIREMENTS_FILE: helpers-requirements.txt
        contextPath: images/hub
        dockerfilePath: images/hub/Dockerfile
""",
    "helm-charts/basehub/Chart.yaml": """\
apiVersion: v2
name: basehub
version: "0.1.0"   # frozen
dependencies:
  - name: other
    version: 1.0.0
    repository: https://example.org/charts/
  - name: jupyterhub
    # in step with images/hub/Dockerfile
    version: @old@
    repository: @helm@
""",
    "helm-charts/basehub/values.yaml": VALUES.replace("@name@", "@registry@/org/pilot-hub").replace(
        "@tag@", '"0.0.1-0.dev.git.1.h0000000"'
    ),
    "helm-charts/images/hub/Dockerfile": DOCKERFILE,
    "helm-charts/images/hub/requirements.txt": "one\n",
    "helm-charts/images/hub/helpers-requirements.txt": "two\n",
}
AT_ROOT = {
    "requirements.txt": "invoke\nchartpress==2.2.0\n",
    "chartpress.yaml": """\
charts:
  - name: hub
    imagePrefix: @registry@/core/jupyterhub-
    images:
      hub:
        valuesPath: jupyterhub.hub.image
      postgres:
        valuesPath: {}
  - name: node-placeholder
    imagePrefix: @registry@/core/
    images:
      scaler:
        valuesPath: image
""",
    "hub/Chart.yaml": "apiVersion: v1\nname: hub\nversion: 20240731-224556.git.8736.h299c086e\n",
    "hub/requirements.yaml": """\
dependencies:
 - name: jupyterhub
   version: @old@
   repository: @helm@
""",
    "hub/values.yaml": VALUES.replace(" @name@", "").replace(" @tag@", ""),
    "images/hub/Dockerfile": "FROM jupyterhub/k8s-hub:@old@\nCOPY logos /srv/logos\n",
    "images/hub/logos/logo.svg": "<svg/>\n",
    "node-placeholder/Chart.yaml": "apiVersion: v2\nname: node-placeholder\nversion: 0.0.1\n",
    "node-placeholder/values.yaml": 'image:\n  repository: @registry@/core/scaler\n  tag: ""\n',
    "images/scaler/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
}


def git(repository: Path, *args: str, stdin: str = "") -> str:
    argv = ("git", *args)
    return subprocess.run(argv, cwd=repository, check=True, input=stdin, capture_output=True, text=True).stdout.strip()


def make(
    directory: Path, files: Mapping[str, str], *, registry: str = "quay.io", helm: str = "https://charts.example.org/"
) -> Path:
    """A repository of these files, a commit for each; `@registry@`, `@helm@` and `@old@` in them are filled in."""
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "-b", "main")
    stream = ""
    for path, text in files.items():
        content = text.replace("@registry@", registry).replace("@helm@", helm).replace("@old@", OLD)
        stream += "commit refs/heads/main\ncommitter Ada Lovelace <ada@example.org> now\n"
        for header, data in (("", f"Add {path}\n"), (f"M 100644 inline {path}\n", content)):
            stream += f"{header}data {len(data.encode())}\n{data}\n"
    git(directory, "fast-import", "--quiet", "--date-format=now", stdin=stream)
    git(directory, "reset", "-q", "--hard")
    return directory


def state(repository: Path) -> tuple[str, ...]:
    """All that a task could change: commits, branch, index, files, what is not committed."""
    return (
        git(repository, "log", "--all", "--format=%H %D"),
        git(repository, "symbolic-ref", "-q", "HEAD") if git(repository, "branch", "--show-current") else "detached",
        git(repository, "ls-files", "--stage"),
        git(repository, "status", "--porcelain", "--ignored", "--untracked-files=all"),
        git(repository, "diff", "HEAD"),
        git(repository, "worktree", "list", "--porcelain"),
    )


def changed_lines(repository: Path, commit: str) -> dict[str, list[str]]:
    """Of every file of a commit, the lines taken away and put in."""
    found: dict[str, list[str]] = {}
    path = ""
    for line in git(repository, "show", "--format=", "--unified=0", "--no-color", commit).splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/")
            found[path] = []
        elif line[:1] in "+-" and not line.startswith("--- "):
            found[path].append(line)
    return found


def package(hub_tag: str) -> bytes:
    """A packaged jupyterhub chart that runs this hub image."""
    values = f"hub:\n  image:\n    name: quay.io/jupyterhub/k8s-hub\n    tag: '{hub_tag}'\n".encode()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("jupyterhub/values.yaml")
        entry.size = len(values)
        archive.addfile(entry, io.BytesIO(values))
    return content.getvalue()


def index(versions: Mapping[str, str]) -> tuple[str, dict[str, bytes]]:
    """An index.yaml as `helm repo index` writes it, and the packages that it names; version to hub image's tag."""
    lines = ["apiVersion: v1", "entries:", "  binderhub:", "  - apiVersion: v2", "    version: 99.0.0", "  jupyterhub:"]
    packages = {}
    for version, tag in versions.items():
        content = packages[f"jupyterhub-{version}.tgz"] = package(tag)
        lines += [
            "  - apiVersion: v2",
            "    appVersion: 5.0.0",
            "    dependencies:",
            "    - name: postgres",
            "      version: 98.0.0",
            f"    digest: {hashlib.sha256(content).hexdigest()}",
            "    name: jupyterhub",
            "    urls:",
            f"    - jupyterhub-{version}.tgz",
            f"    version: {version}",
        ]
    return "\n".join([*lines, 'generated: "2026-01-01T00:00:00Z"', ""]), packages


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """The address at which a directory is served on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with serving(functools.partial(Quiet, directory=str(directory))) as address:
        yield f"http://{address}/"


@contextmanager
def helm_repository(directory: Path, versions: Mapping[str, str] | None = None) -> Iterator[str]:
    """A Helm repository of the jupyterhub chart on loopback."""
    directory.mkdir(parents=True, exist_ok=True)
    text, packages = index(versions or {DEVELOPMENT: DEVELOPMENT_HUB, NEW: NEW, OLD: OLD})
    (directory / "index.yaml").write_text(text)
    for name, content in packages.items():
        (directory / name).write_bytes(content)
    with served(directory) as address:
        yield address
