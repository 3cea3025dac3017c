"""The field as it could be: charts, packages, rules and registries on loopback, and actions as repositories on disk."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from freshness import actions, packages, rules
from freshness.sources import Sources
from tests.serving import serving
from tests.update.repositories import git

REPO2DOCKER = packages.REPO2DOCKER


@dataclass
class Field:
    """What servers answer, by path. What is not there is a 404; `down` answers 503."""

    answers: dict[str, bytes] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    address: str = ""

    def sources(self, github: Path) -> Sources:
        """The addresses, with actions in a directory."""
        host = self.address.removeprefix("http://")
        return Sources(
            f"{self.address}/charts", self.address, f"{self.address}/npm", str(github),
            {"quay.io": host, "ghcr.io": host}, f"{self.address}/rules",
        )  # fmt: skip

    def chart(self, *versions: tuple[str, str]) -> None:
        """Publish releases of the chart, each with its JupyterHub."""
        rows = "".join(f"  - version: {chart}\n    appVersion: {hub}\n" for chart, hub in versions)
        self.answers["/charts/index.yaml"] = f"entries:\n  jupyterhub:\n{rows}".encode()

    def package(self, name: str, *versions: str, withdrawn: str = "") -> None:
        """Publish releases of a package."""
        releases = {
            version: [{"packagetype": "bdist_wheel", "url": f"{self.address}/{name}-{version}.whl",
                       "yanked": version == withdrawn}]
            for version in versions
        }  # fmt: skip
        self.answers[f"/pypi/{name}/json"] = json.dumps({"releases": releases}).encode()

    def repo2docker(self, version: str, *pythons: str) -> None:
        """Publish a repo2docker with these versions of Python."""
        self.package(REPO2DOCKER, version)
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as archive:
            for python in pythons:
                archive.writestr(f"repo2docker/buildpacks/conda/environment.py-{python}-linux-64.lock", "")
        self.answers[f"/{REPO2DOCKER}-{version}.whl"] = wheel.getvalue()

    def tags(self, image: str, *tags: str) -> None:
        """Publish tags of an image."""
        self.answers[f"/v2/{image}/tags/list"] = json.dumps({"name": image, "tags": list(tags)}).encode()

    def as_pinned(self, root: Path, github: Path) -> None:
        """Publish exactly what the project has, so that nothing is behind."""
        self.chart(("4.3.1", "5.4.0"), ("5.0.0-beta.1", "6.0.0"), ("4.3.0-0.dev.git.1", "5.3.0"))
        for name, version in packages.pins(root):
            self.package(name, version, "0.0.1", "999.0.0rc1")
        newest = dict(packages.pins(root).keys())[REPO2DOCKER]
        self.repo2docker(newest, "3.10", "3.11", "3.12", "3.13", "3.14")
        proxy = packages.PROXY.search((root / "noxfile.py").read_text())
        assert proxy is not None
        self.answers[f"/npm/{proxy[1]}/latest"] = json.dumps({"version": proxy[2]}).encode()
        self.tags("jupyter/scipy-notebook", "2026-07-28", "2026-07-20", "latest", "x86_64-2026-08-01")
        self.tags("pangeo/base-image", "2026.01.30", "2025.12.30", "master")
        self.tags("prefix-dev/pixi", "0.68.1-noble", "0.68.0-noble", "0.68.1", "latest")
        self.answers["/v2/"] = b"{}"
        for rule in json.loads(rules.RULES.read_text()):
            path = rule["source"].partition("://")[2].partition("/")[2]
            self.answers[f"/rules/{path}"] = f"<p>It says: <b>{rule['words'].upper()}</b>.</p>".encode()
        for action, commit, said in actions.pinned(root):
            publish_action(github / actions.repository_of(action), said, commit)


def publish_action(repo: Path, said: str, commit: str) -> None:
    """Make a repository whose tag or branch names a commit; `git ls-remote` reads names, not commits."""
    if not repo.is_dir():
        repo.mkdir(parents=True)
        git(repo, "init", "-q", "--bare", "-b", "master")
    ref = "refs/heads/master" if said == actions.MASTER else f"refs/tags/{said}"
    packed = repo / "packed-refs"
    lines = packed.read_text().splitlines() if packed.exists() else []
    kept = sorted(
        {*(line for line in lines if not line.endswith(f" {ref}")), f"{commit} {ref}"}, key=lambda one: one[41:]
    )
    packed.write_text("\n".join([*kept, ""]))


@contextmanager
def answering() -> Iterator[Field]:
    """Run the servers."""
    there = Field()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body = there.answers.get(path)
            status = 503 if path in there.down else 404 if body is None else 200
            self.send_response(status)
            self.send_header("Content-Length", str(len(body or b"")))
            if status == 503:
                self.send_header("Retry-After", "0")  # the waiting is what tests/registry/test_answers.py is about
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as address:
        there.address = f"http://{address}"
        yield there
