"""A deployment repository of a usual size, made in seconds: 17,000 commits, 1,700 files, an image that was moved twice.

Sizes of files and messages, the share of merges and the number of directories at the top are those of a public
deployment repository (2i2c-org/infrastructure in 2026). The same every time (no clock, a fixed seed), and kept in the
folder for temporary files, because packing it takes a while.
"""

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FILES = 1_700
IMAGE_DIR = "images/hub"
FORMER_DIRS = ((0.25, "hub-image"), (0.55, "deployments/hub/image"))  # until that part of the history
IMAGE_FILES = ("Dockerfile", "README.md", "apt.txt", "environment.yml", "install.R", "postBuild", "start", "sub/x.py")
IMAGE_SHARE = 0.03  # of all commits touch the image
BRANCH_SHARE = 0.64  # of all commits begin a branch, which is merged after one or two commits
VERSION = 1  # of what is made: a higher one makes it anew
FIRST_DATE = 1_500_000_000
WHY = "It is needed because of what people asked for, and was tried on the staging hub before.\n" * 3
AUTHORS = tuple(f"Author {number} <author{number}@example.org>" for number in range(40))


def repository(commits: int = 17_000) -> Path:
    """The bare repository, made when it is not there yet."""
    path = Path(tempfile.gettempdir()) / f"hubimages-benchmark-{VERSION}-{commits}.git"
    if path.is_dir():
        return path
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-", dir=path.parent) as directory:
        made = Path(directory) / "made.git"
        git = ("git", "--git-dir", str(made))
        subprocess.run([*git, "init", "--quiet", "--bare", "--template=", "--initial-branch=main"], check=True)
        importer = subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE)
        assert importer.stdin is not None
        importer.stdin.writelines(Writer(commits).stream())
        importer.stdin.close()
        if importer.wait():
            raise subprocess.CalledProcessError(importer.returncode, "git fast-import")
        subprocess.run([*git, "repack", "-adfq", "--depth=50", "--window=10"], check=True)
        shutil.rmtree(made / "branches", ignore_errors=True)
        made.rename(path)
    return path


def place(number: int) -> str:
    """Where a file is that has nothing to do with the image."""
    return f"config/clusters/{number % 60:02}/{number}.yaml" if number % 4 else f"part-{number % 25:02}/{number}.yaml"


@dataclass
class Writer:
    """Writes the history in git fast-import's language."""

    wanted: int  # commits
    chance: random.Random = field(default_factory=lambda: random.Random(17_000))
    commits: int = 0
    image: str = FORMER_DIRS[0][1]
    contents: dict[str, list[str]] = field(default_factory=dict)

    def stream(self) -> Iterator[bytes]:
        """The whole history; one commit, or one blob in it, at a time."""
        image = [f"{self.image}/{name}" for name in IMAGE_FILES]
        names = [*image, *(place(number) for number in range(FILES - len(image)))]
        yield self._commit("Begin", 0, [self._written(name) for name in names])
        tip = self.commits
        moves = [*FORMER_DIRS, (2.0, IMAGE_DIR)]
        while self.commits < self.wanted:
            if self.commits > moves[0][0] * self.wanted:
                moves.pop(0)
                yield self._commit("Move the image", tip, self._moved(moves[0][1]))
                tip = self.commits
            elif self.chance.random() < BRANCH_SHARE and self.commits < self.wanted - 10:
                changes: list[str] = []
                side = tip
                for _ in range(self.chance.randint(1, 2)):
                    changes.append(self._edited())
                    yield self._commit("Change this on a branch", side, changes[-1:])
                    side = self.commits
                for _ in range(self.chance.randint(0, 1)):
                    mine = self._edited(other_than=changes)
                    yield self._commit("Change that meanwhile", tip, [mine])
                    tip = self.commits
                yield self._commit("Merge the branch", tip, changes, side)
                tip = self.commits
            else:
                yield self._commit("Change something", tip, [self._edited()])
                tip = self.commits

    def _commit(self, subject: str, parent: int, changes: list[str], merged: int = 0) -> bytes:
        self.commits += 1
        message = f"{subject}\n\nThis is change {self.commits}. {WHY}\n"
        date = FIRST_DATE + self.commits * 9_000
        who = f"{self.chance.choice(AUTHORS)} {date} +0000"
        lines = f"commit refs/heads/main\nmark :{self.commits}\nauthor {who}\ncommitter {who}\n"
        lines += f"data {len(message)}\n{message}"
        lines += f"from :{parent}\n" if parent else ""
        lines += f"merge :{merged}\n" if merged else ""
        return (lines + "".join(changes) + "\n").encode()

    def _edited(self, other_than: list[str] | None = None) -> str:
        """A change of one line of one file; not of a file that a branch has changed since."""
        taken = {change.split("\n", 1)[0] for change in other_than or ()}
        while True:
            if self.chance.random() < IMAGE_SHARE:
                name = f"{self.image}/{self.chance.choice(IMAGE_FILES)}"
            else:
                number = int(self.chance.paretovariate(0.6)) % (FILES - len(IMAGE_FILES))  # some change often
                name = place(number)
            if f"M 100644 inline {name}" not in taken:
                return self._written(name)

    def _written(self, name: str) -> str:
        if name not in self.contents:
            self.contents[name] = [self._line() for _ in range(self.chance.randint(60, 340))]
        lines = self.contents[name]
        lines[self.chance.randrange(len(lines))] = self._line()
        text = "".join(lines)
        return f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"

    def _line(self) -> str:
        return f"setting-{self.chance.randrange(5000)}: value-{self.chance.getrandbits(48):x}\n"

    def _moved(self, to: str) -> list[str]:
        for name in IMAGE_FILES:
            self.contents[f"{to}/{name}"] = self.contents.pop(f"{self.image}/{name}")
        change = f"R {self.image} {to}\n"
        self.image = to
        return [change]
