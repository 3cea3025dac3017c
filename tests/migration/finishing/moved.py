"""A deployment repository whose images were extracted and pushed, its clone, and their first tags in a registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubimages import migration
from hubimages.migration import FinishPlan, Options
from hubimages.registry import Registries
from hubimages.repository.delivery import Delivery
from tests.engine.registry import Registry
from tests.github import GitHub, answering
from tests.histories import Commit, git, make
from tests.migration import fleet
from tests.registry.images import Publisher

WORKFLOW = ".github/workflows/images.yaml"
JOB = """\
  hub{0:02}:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: repo2docker --no-run --image-name quay.io/example/hub{0:02} deployments/hub{0:02}/image
"""
LINT = "  lint:\n    needs: [hub00, hub01]\n    runs-on: ubuntu-latest\n    steps: [run: pre-commit run]\n"
CHARTPRESS = """\
charts:
  - name: extras
    imagePrefix: quay.io/example/
    images:
      hub02:
        contextPath: deployments/hub02/image
        valuesPath: hub02.image
      other:
        contextPath: other
        valuesPath: other.image
"""
REST: fleet.Files = {
    "README.md": "# Hubs\n\nSee deployments/hub01/image.\n",
    WORKFLOW: "on: [push]\njobs:\n" + "".join(JOB.format(number) for number in range(3)) + LINT,
    "chartpress.yaml": CHARTPRESS,
    "extras/Chart.yaml": "apiVersion: v2\nname: extras\nversion: 0.1.0\n",
    "extras/values.yaml": (
        "hub02: {image: {name: quay.io/example/hub02, tag: abc}}\n"
        "other: {image: {name: quay.io/example/other, tag: abc}}\n"
    ),
    "other/Dockerfile": "FROM debian\n",
}  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """Where everything is."""

    source: Path  # bare
    clone: Path
    manifest: Path
    remotes: str  # pattern
    out: Path

    def extract(self) -> migration.Run:
        """Extract what is new, and push it."""
        wanted = migration.read_manifest(self.manifest, self.remotes)
        return migration.extract_images(wanted, self.out, Options(push=True))

    def remote(self, number: int) -> Path:
        """The remote of an image."""
        return Path(self.remotes.format(repository=f"hub{number:02}-image"))

    def plan(self, *images: int, **delivery: Any) -> FinishPlan:
        """Return the plan of finish-migration."""
        return migration.plan_finish(
            self.clone,
            migration.read_manifest(self.manifest, self.remotes),
            Delivery(**delivery),
            Registries(),
            [f"hub{number:02}-image" for number in images],
        )


def publish(registry: Registry, moved: Moved, number: int, group: str) -> str:
    """Push the image of a repository's main as its own workflow does; return the image with its tag."""
    tag = git("-C", moved.remote(number), "rev-parse", "main")[:12]
    name = f"{group}/hub{number:02}-image"
    Publisher(registry, name).image({"created": "2026-01-01T00:00:00Z", "config": {"Env": [name]}}, tag)
    return f"{registry.address}/{name}:{tag}"


def moved(tmp_path: Path, registry: Registry, group: str, numbers: range = range(3)) -> Moved:
    """Make all of it but the tags; `group`: a name in the registry that no other test uses."""
    source = tmp_path / "deployment.git"
    files = {**REST}
    for number in numbers:
        files |= {**fleet.image(number, fleet.place(number)), **fleet.hub(number)}
    make(
        source, [Commit("begin", [], files), Commit("edit", ["begin"], {**files, f"{fleet.place(0)}/apt.txt": "vim\n"})]
    )
    for number in numbers:
        git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / f"remotes/hub{number:02}-image.git")
    git("clone", "--quiet", source, tmp_path / "clone")
    defaults = f"template: false\nimage: {registry.address}/{group}/{{repository}}"
    manifest = fleet.manifest(tmp_path / "m.yaml", source, defaults=defaults, images=numbers)
    return Moved(source, tmp_path / "clone", manifest, str(tmp_path / "remotes" / "{repository}.git"), tmp_path / "out")


@contextmanager
def on_github(own: Moved, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """Let the clone's origin be on GitHub, which is on loopback and the disk."""
    served = place / "github/org"
    git("clone", "--quiet", "--bare", own.source, served / "deployment.git")
    git("-C", own.clone, "remote", "set-url", "origin", "https://github.com/org/deployment.git")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{served}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/org/")
    monkeypatch.setenv("GH_TOKEN", "good")
    asked = GitHub()
    with answering(asked) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        yield asked
