"""Small deployment repositories of both public layouts, made for one test."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = """\
# The tag is the chart's version.
FROM {base}:{tag}
ARG REQUIREMENTS_FILE=requirements.txt
COPY ${{REQUIREMENTS_FILE}} /tmp/
"""
CHARTPRESS = """\
# Built with chartpress.
charts:
  - name: basehub
    imagePrefix: {prefix}
    images:
      hub:   # for all hubs
        valuesPath: jupyterhub.hub.image
        buildArgs:
          REQUIREMENTS_FILE: requirements.txt
"""
CHART = """\
apiVersion: v2
name: basehub
version: "0.1.0"   # frozen
dependencies:
  - name: jupyterhub
    version: {version}
    repository: https://hub.example.org/helm-chart/
"""
VALUES = """\
jupyterhub:
  singleuser:
    networkTools: {{image: here}}
  hub:
    # chartpress writes this
    image:
      name: {prefix}hub
      tag: "{tag}"
"""


@dataclass(frozen=True)
class Deployment:
    """A deployment repository with one commit or more."""

    path: Path
    folder: str = "helm-charts/"  # where chartpress.yaml stands

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, file: str, text: str) -> None:
        place = self.path / (self.folder + file)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def read(self, file: str) -> str:
        return (self.path / (self.folder + file)).read_text()

    def edit(self, file: str, old: str, new: str) -> None:
        assert old in self.read(file)
        self.write(file, self.read(file).replace(old, new))

    def commit(self, subject: str = "Change", date: str = "") -> str:
        self.git("add", "--all")
        dated = ["-c", "core.hooksPath=/dev/null"]
        env = f"{date}T12:00:00Z" if date else ""
        self.git(*dated, "commit", "-q", "-m", subject, *([f"--date={env}"] if env else []))
        return self.git("rev-parse", "HEAD")

    def tag(self, commit: str = "HEAD") -> str:
        """The tag that chartpress gives an image whose sources the commit was the last to touch."""
        count, short = self.git("rev-list", "--count", commit), self.git("rev-parse", "--short", commit)
        return f"0.0.1-0.dev.git.{count}.h{short}"

    def point_at(self, commit: str = "HEAD") -> str:
        """Write the tag of the commit into values.yaml, and commit that."""
        before = self.read("basehub/values.yaml")
        old = before.split('tag: "')[1].split('"')[0]
        new = self.tag(commit)
        self.write("basehub/values.yaml", before.replace(old, new))
        self.commit(f"Use {new}")
        return new


def deployment(
    path: Path,
    *,
    version: str = "4.3.3",
    base: str = "jupyterhub/k8s-hub",
    prefix: str = "quay.io/2i2c/pilot-",
    folder: str = "helm-charts/",
) -> Deployment:
    """A repository with a hub image that is in step with its chart, and a values.yaml that names it."""
    made = Deployment(path, folder)
    path.mkdir(exist_ok=True)
    made.git("init", "-q", "-b", "main")
    made.write("images/hub/Dockerfile", DOCKERFILE.format(base=base, tag=version))
    made.write("images/hub/requirements.txt", "# Image lives at quay.io\n\nfancy==0.6.0\nquotas==0.1.4\n")
    made.write("chartpress.yaml", CHARTPRESS.format(prefix=prefix))
    made.write("basehub/Chart.yaml", CHART.format(version=version))
    made.write("basehub/values.yaml", VALUES.format(prefix=prefix, tag="0.0.1-set.by.chartpress"))
    made.commit("Begin")
    made.point_at()
    return made
