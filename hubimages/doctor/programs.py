"""Find the programs that tasks start, and their versions."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from hubimages import signals, systems
from hubimages.doctor.report import ALL, Item
from hubimages.repository import git
from hubimages.run import environment

PATIENCE = 0.6  # seconds to wait for a program's version
NO_PLUGIN = "is not a docker command"  # as docker answers for a plug-in that it does not have
NUMBER = re.compile(r"(?<!\d)\d++(?:\.\d++)++\S*")
HUB_IMAGE = ("bump-hub-image", "rebuild-hub-image")
PREVIEW = ("preview-imagebuilding-hub",)


@dataclass(frozen=True)
class Program:
    """A program: its possible names, how to ask its version, and the tasks that need it.

    Without `arguments` only its path is shown, because it starts slowly or uses the network.
    """

    name: str
    names: tuple[str, ...]
    tasks: tuple[str, ...]
    get: str
    arguments: tuple[str, ...] = ()
    minimum: tuple[int, ...] = ()
    beside_python: bool = False  # tasks also look beside hubimages' Python, even if that is not on PATH

    @property
    def search_path(self) -> str | None:
        """Return the directories to search, written like PATH; None means PATH itself."""
        path = os.environ.get("PATH", os.defpath)
        return os.pathsep.join([path, str(Path(sys.executable).parent)]) if self.beside_python else None

    def look(self) -> Item:
        """Return the state of the program on this machine."""
        place = next(filter(None, (shutil.which(name, path=self.search_path) for name in self.names)), None)
        if place is None:
            return Item(self.name, "missing", "", self.tasks, self.get)
        if not self.arguments:
            return Item(self.name, "there", place, self.tasks, self.get)
        said, works = ask(place, *self.arguments)
        if not works and NO_PLUGIN in said:
            return Item(self.name, "missing", "", self.tasks, self.get)
        if not works:
            return Item(self.name, "does not answer", said, self.tasks, self.get)
        version = found[0] if (found := NUMBER.search(said)) else place
        if self.minimum and tuple(map(int, re.findall(r"\d+", version)[: len(self.minimum)])) < self.minimum:
            wanted = ".".join(map(str, self.minimum))
            return Item(self.name, "too old", f"{version}; {wanted} or newer is needed", self.tasks, self.get)
        return Item(self.name, "there", version, self.tasks, self.get)


def ask(*argv: str) -> tuple[str, bool]:
    """Return the first line of a program's output, and whether it succeeded in time."""
    try:
        own = {"cwd": Path("/"), "env": environment(), "stderr": subprocess.PIPE}
        done = signals.complete(argv, b"", PATIENCE, **own)
    except subprocess.TimeoutExpired:
        return f"no answer in {PATIENCE} s", False
    except OSError as error:
        return str(error.strerror), False
    lines = (done.stdout.strip() or done.stderr.strip()).decode(errors="replace").splitlines()
    return lines[0] if lines else "", done.returncode == 0


PROGRAMS = (
    Program("git", ("git",), ALL, "https://git-scm.com/downloads", ("version",), git.MINIMUM_VERSION),
    Program(
        "container engine", ("docker",), ("test-image", *HUB_IMAGE, "nox -s build of an image's repository"),
        "https://docs.docker.com/engine/install/, or start it: sudo systemctl start docker",
        ("version", "--format", "{{.Server.Version}}"),
    ),
    Program(
        "buildx", ("docker",), ("nox -s build of an image's repository", "bump-hub-image --platform"),
        "apt-get install docker-buildx-plugin, or Debian's docker-buildx", ("buildx", "version"),
    ),
    Program("chartpress", ("chartpress",), HUB_IMAGE, systems.install_line("hub-image"), beside_python=True),
    Program(
        "sops", ("sops",), ("new-imagebuilding-hub", "preview-imagebuilding-hub"),
        "https://github.com/getsops/sops/releases",
    ),
    Program("Node.js", ("node",), PREVIEW, "apt-get install nodejs npm", ("--version",), (20,)),
    Program("JupyterHub's proxy", ("configurable-http-proxy",), PREVIEW, "npm install -g configurable-http-proxy"),
    Program(
        "browser", ("chromium", "chromium-browser", "google-chrome", "firefox"),
        ("preview-imagebuilding-hub, to look at the form", "the tests of hubimages itself (Chromium)"),
        "apt-get install chromium",
    ),
)  # fmt: skip


def helm() -> Item:
    """Return the state of Helm, which is used as a Python library."""
    tasks, get = ("check-imagebuilding-hub", "preview-imagebuilding-hub"), systems.install_line("imagebuilding")
    try:
        return Item("Helm", "there", f"in helm-python-sdk {metadata.version('helm-python-sdk')}", tasks, get)
    except metadata.PackageNotFoundError:
        return Item("Helm", "missing", "", tasks, get)


def python() -> Item:
    """Return the Python that runs hubimages."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Item("Python", "there", f"{version} ({sys.executable})", ALL, "https://www.python.org/downloads")


def look(programs: Sequence[Program] = PROGRAMS) -> list[Item]:
    """Return the state of every program. All are asked in parallel."""
    looks: list[Callable[[], Item]] = [python, helm, *(program.look for program in programs)]
    with signals.Threads(len(looks)) as pool:
        return [item.result() for item in [pool.submit(one) for one in looks]]
