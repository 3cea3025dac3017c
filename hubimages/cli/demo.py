"""`nox -s demo`: makes a deployment repository with a life, and takes an image with its whole history out of it.

`nox -s demo -- SOURCE IMAGE_DIR` does the same with any repository. Everything is made in `demo/`, which is made anew
each time; nothing is pushed anywhere.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from hubimages import console, extract
from hubimages.errors import BadInputError, HubImagesError, RefusedError
from hubimages.repository import git
from hubimages.run import read

MARKER = ".made-by-hubimages-demo"
FIRST_COMMIT = 1_520_000_000  # seconds since 1970: 2 March 2018
A_WEEK = 604_800

PEOPLE = {
    "Ada": "Ada Okafor <ada@example.org>",
    "Chloé": "Chloé Dubois <chloe@example.org>",
    "Jürgen": "Jürgen Groß <juergen@example.org>",
    "明": "田中 明 <akira@example.org>",
}


class Deployment:
    """A deployment repository to which people commit, one commit a week."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._week = 0
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", "--template=")

    def git(self, *args: str, who: str = "Ada") -> str:
        """Run git as one of the people."""
        name, address = PEOPLE[who].rstrip(">").split(" <")
        date = f"{FIRST_COMMIT + self._week * A_WEEK} +0100"
        identity = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": address,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": address,
            "GIT_COMMITTER_DATE": date,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return read("git", *args, cwd=self.path, env=identity).decode().strip()

    def commit(self, who: str, message: str, files: dict[str, str]) -> str:
        """Write files and commit them; the new commit's short id."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self._week += 1
        self.git("commit", "--quiet", "--message", message, who=who)
        return self.git("rev-parse", "--short=8", "HEAD")

    def move(self, who: str, message: str, old: str, new: str) -> None:
        """Move a directory."""
        (self.path / new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)
        self.commit(who, message, {})

    def merge(self, who: str, branch: str, message: str) -> None:
        """Merge a branch and delete it."""
        self._week += 1
        self.git("merge", "--quiet", "--no-ff", "--message", message, branch, who=who)
        self.git("branch", "--quiet", "--delete", branch)


def environment(*packages: str) -> str:
    """An environment.yml."""
    return "\n".join(
        ["channels: [conda-forge]", "dependencies:", "  - python=3.11", *(f"  - {one}" for one in packages), ""]
    )


def make_deployment(path: Path) -> tuple[str, str]:
    """Make the repository; where its image is now, and the names it had before."""
    hubs = Deployment(path)
    first, second, now = "biology-image", "images/biology", "deployments/biology/image"
    hubs.commit("Ada", "Start the deployment", {"README.md": "# Our hubs\n", "hubs/biology.yaml": "cpu: 1\n"})
    packages = ["numpy=1.14"]
    hubs.commit("Chloé", "Add an image for Biologie 101", {f"{first}/environment.yml": environment(*packages)})
    hubs.commit("Ada", "Give biology more memory", {"hubs/biology.yaml": "cpu: 1\nmemory: 2G\n"})
    hubs.git("tag", "term-2018")
    packages.append("pandas=0.23")
    pandas = hubs.commit("Jürgen", "Für die Übung: pandas (#12)", {f"{first}/environment.yml": environment(*packages)})
    hubs.commit("明", "Add the physics hub", {"hubs/physics.yaml": "cpu: 2\n", "physics/Dockerfile": "FROM x\n"})
    hubs.move("Chloé", "Keep all images in one place", first, second)
    hubs.git("switch", "--quiet", "--create", "plots")
    packages.append("matplotlib=2.2")
    hubs.commit("明", "学生のために matplotlib を追加", {f"{second}/environment.yml": environment(*packages)})
    hubs.commit("明", "Draw without a screen", {f"{second}/postBuild": "#!/bin/bash\necho backend: agg\n"})
    hubs.git("switch", "--quiet", "main")
    hubs.commit("Ada", "More cores for physics", {"hubs/physics.yaml": "cpu: 4\n"})
    hubs.merge("Ada", "plots", "Merge pull request #31 from akira/plots")
    packages[1] = "pandas=0.24"
    hubs.commit(
        "Jürgen",
        f"Newer pandas\n\nSince {pandas} the old one is in our way.",
        {f"{second}/environment.yml": environment(*packages)},
    )
    hubs.git("tag", "term-2019")
    hubs.commit("Ada", "Write down who is on call", {"README.md": "# Our hubs\n\nOn call: Ada\n"})
    hubs.move("Ada", "One directory for each deployment", second, now)
    hubs.commit(
        "Chloé", "Say what is in the image", {f"{now}/README.md": "# Biologie 101\n\nFür den Kurs von Chloé.\n"}
    )
    hubs.commit("明", "Point biology at the new image", {"hubs/biology.yaml": "cpu: 1\nmemory: 2G\ntag: a1b2c3\n"})
    return now, f"{first} and {second}"


def fresh_directory() -> Path:
    """Return `demo/` in the current directory, emptied if an earlier demo made it."""
    place = Path("demo")
    if place.exists() and not (place / MARKER).is_file():
        raise RefusedError(
            f"{place.absolute()} exists, and the demo did not make it. Move it away, or run the demo elsewhere"
        )
    if place.exists():
        shutil.rmtree(place)
    place.mkdir()
    (place / MARKER).touch()
    return place


def show(*argv: str, cwd: Path) -> None:
    """Run a command and show it with its output."""
    console.command(argv)
    console.step(read(*argv, cwd=cwd).decode(errors="replace").rstrip())


def demo(arguments: Sequence[str]) -> str:
    """Run the demo and return the report of the extraction."""
    if len(arguments) not in (0, 2):
        raise BadInputError("the demo takes no arguments, or two: nox -s demo -- SOURCE IMAGE_DIR")
    source = str(Path(arguments[0]).absolute()) if arguments and Path(arguments[0]).exists() else "".join(arguments[:1])
    place = fresh_directory()
    if arguments:
        image_dir = arguments[1]
    else:
        console.step("1. A deployment repository: four people, merges, tags, an image directory that moved twice")
        source = str(place / "deployment")
        image_dir, former = make_deployment(Path(source))
        show("git", "log", "--graph", "--date=short", "--format=%h %ad %an: %s%d", cwd=Path(source))
        console.step(f"\n   The image is in {image_dir}, and was in {former} before. Git shows of it there:")
        show("git", "log", "--oneline", "--", image_dir, cwd=Path(source))
    name = image_dir.strip("/").split("/")
    dest = place / (name[-1] if name[-1] not in ("image", "images") or len(name) == 1 else f"{name[-2]}-image")
    console.step(f"\n2. hubimages extract-image {source} {image_dir} {dest}")
    request = extract.Request(source, image_dir, dest)
    result = extract.extract(request, lambda question: console.confirm(question, yes=True, flags=""))
    console.step("\n3. The result: its history and its files\n")
    show("git", "log", "--graph", "--date=short", "--format=%h %ad %an: %s%d", "--max-count=40", cwd=dest)
    show("git", "ls-files", cwd=dest)
    console.step("\n4. The report of `hubimages extract-image`\n")
    return str(result)


def main() -> None:
    """The command line of the demo."""
    try:
        git.check_identity(Path.cwd())
    except BadInputError:  # git is not set up on this machine yet
        for role in ("AUTHOR", "COMMITTER"):
            os.environ[f"GIT_{role}_NAME"] = "hubimages demo"
            os.environ[f"GIT_{role}_EMAIL"] = "demo@example.org"
    try:
        console.result(demo(sys.argv[1:]))
    except HubImagesError as error:
        console.step(f"error: {error}")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
