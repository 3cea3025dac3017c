"""A node of a cluster: a containerd of its own, which pulls and runs images as Kubernetes has it do."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubimages.run import attempt, read
from tests.engine import process
from tests.engine.engine import unmount_below
from tests.engine.install import DISK, program

CONFIG = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{folder}/containerd.sock"
[ttrpc]
address = "{folder}/containerd.sock.ttrpc"
"""


@dataclass(frozen=True)
class Node:
    """A running containerd with its data in `folder`."""

    folder: Path

    def ctr(self, *words: str) -> str:
        """Return what a ctr command prints. Raises ProgramFailedError if it fails."""
        argv = (program("ctr"), "--address", str(self.folder / "containerd.sock"), *words)
        return read(*argv, cwd=self.folder).decode(errors="replace")

    def pull(self, reference: str) -> None:
        """Pull an image from a registry on loopback, and unpack it."""
        self.ctr("images", "pull", "--plain-http", reference)

    def run(self, reference: str, *command: str) -> str:
        """Return what a command prints in a container of a pulled image."""
        return self.ctr("run", "--rm", reference, "tests", *command)

    def size(self) -> int:
        """Return the bytes of everything that was pulled."""
        blobs = self.folder / "root/io.containerd.content.v1.content/blobs"
        return sum(file.stat().st_size for file in blobs.rglob("*") if file.is_file())


@contextmanager
def node() -> Iterator[Node]:
    """Yield a node without images, and remove it afterwards. Raises EngineUnavailableError without containerd."""
    containerd, _ = program("containerd"), program("ctr")
    # short: a socket's path has at most 107 characters
    folder = Path(tempfile.mkdtemp(prefix="hubimages-node-", dir=DISK))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(unmount_below, folder)
        (folder / "config.toml").write_text(CONFIG.format(folder=folder))
        made = Node(folder)
        argv = [containerd, "--config", str(folder / "config.toml")]
        version = (program("ctr"), "--address", str(folder / "containerd.sock"), "version")
        server = process.start(
            argv, log=folder / "containerd.log", answers=lambda: attempt(*version, cwd=folder).returncode == 0
        )
        stack.callback(process.stop, server)
        yield made
