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
IMAGES_SHARE = 0.2  # or, of several images, one of them
BRANCH_SHARE = 0.64  # of all commits begin a branch, which is merged after one or two commits
VERSION = 1  # of what is made: a higher one makes it anew
FIRST_DATE = 1_500_000_000
WHY = "It is needed because of what people asked for, and was tried on the staging hub before.\n" * 3
AUTHORS = tuple(f"Author {number} <author{number}@example.org>" for number in range(40))


def image_dir(number: int) -> str:
    """Where an image of many is."""
    return f"deployments/hub{number:02}/image"


def repository(commits: int = 17_000, images: int = 1) -> Path:
    """The bare repository, made when it is not there yet; of several images every third was moved once."""
    which = f"-{images}" if images > 1 else ""
    path = Path(tempfile.gettempdir()) / f"hubimages-benchmark-{VERSION}-{commits}{which}.git"
    if path.is_dir():
        return path
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-", dir=path.parent) as directory:
        made = Path(directory) / "made.git"
        git = ("git", "--git-dir", str(made))
        subprocess.run([*git, "init", "--quiet", "--bare", "--template=", "--initial-branch=main"], check=True)
        importer = subprocess.Popen([*git, "fast-import", "--quiet"], stdin=subprocess.PIPE)
        assert importer.stdin is not None
        importer.stdin.writelines(writer(commits, images).stream())
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


def writer(commits: int, images: int) -> "Writer":
    """What writes the history of one image, or of several."""
    if images == 1:
        return Writer(commits)
    homes = [image_dir(number) for number in range(images)]
    old = [f"images/hub{number:02}" if number % 3 == 0 else home for number, home in enumerate(homes)]
    moves = [((number + 1) / (images + 1), number, homes[number]) for number in range(0, images, 3)]
    return Writer(commits, images=old, moves=moves, share=IMAGES_SHARE)


@dataclass
class Writer:
    """Writes the history in git fast-import's language."""

    wanted: int  # commits
    chance: random.Random = field(default_factory=lambda: random.Random(17_000))
    commits: int = 0
    images: list[str] = field(default_factory=lambda: [FORMER_DIRS[0][1]])
    # After that part of the history, the image with that number goes there.
    moves: list[tuple[float, int, str]] = field(
        default_factory=lambda: [(FORMER_DIRS[0][0], 0, FORMER_DIRS[1][1]), (FORMER_DIRS[1][0], 0, IMAGE_DIR)]
    )
    share: float = IMAGE_SHARE
    contents: dict[str, list[str]] = field(default_factory=dict)

    def stream(self) -> Iterator[bytes]:
        """The whole history; one commit, or one blob in it, at a time."""
        image = [f"{image}/{name}" for image in self.images for name in IMAGE_FILES]
        names = [*image, *(place(number) for number in range(FILES - len(image)))]
        yield self._commit("Begin", 0, [self._written(name) for name in names])
        tip = self.commits
        moves = list(self.moves)
        while self.commits < self.wanted:
            if moves and self.commits > moves[0][0] * self.wanted:
                _, number, to = moves.pop(0)
                yield self._commit("Move the image", tip, self._moved(number, to))
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
            if self.chance.random() < self.share:
                image = self.images[0] if len(self.images) == 1 else self.chance.choice(self.images)
                name = f"{image}/{self.chance.choice(IMAGE_FILES)}"
            else:
                number = int(self.chance.paretovariate(0.6)) % (
                    FILES - len(IMAGE_FILES) * len(self.images)
                )  # some change often
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

    def _moved(self, number: int, to: str) -> list[str]:
        former = self.images[number]
        for name in IMAGE_FILES:
            self.contents[f"{to}/{name}"] = self.contents.pop(f"{former}/{name}")
        self.images[number] = to
        return [f"R {former} {to}\n"]
