"""A deployment repository as organisations have them: fifteen images that were moved, copied and mended over years."""

import os
from pathlib import Path

from tests.histories import Commit, make

NUMBER = 15
SECRET = "AKIA" + "IOSFODNN7EXAMPLE"  # in an old commit of the third image, and gone by now
LARGE = 120 * 1024 * 1024  # bytes of a file of the fourth image, gone by now

Files = dict[str, str | bytes]


def place(number: int) -> str:
    """Where an image is now."""
    return f"deployments/hub{number:02}/image"


def image(number: int, at: str, version: int = 1, **more: str | bytes) -> Files:
    """The files of an image: enough of its own for git to see a move."""
    lines = "".join(f"  - package{number}-{each}=1.{version if each == 3 else 0}\n" for each in range(8))
    files = {
        "environment.yml": f"name: hub{number}\ndependencies:\n{lines}",
        "apt.txt": f"tool-of-{number}\nvim\n",
        "postBuild": f"#!/bin/sh\necho hub {number}\n",
        **more,
    }
    return {f"{at}/{name}": text for name, text in files.items()}


def hub(number: int) -> Files:
    """The configuration of a hub that runs an image."""
    name = f"quay.io/example/hub{number:02}"
    return {
        f"deployments/hub{number:02}/hubploy.yaml": (
            f"images:\n  images:\n    - name: {name}\n      path: image/\ncluster:\n  provider: gcloud\n"
        ),
        f"deployments/hub{number:02}/config/prod.yaml": (
            f"jupyterhub:\n  singleuser:\n    image:\n      name: {name}\n      tag: '0123456789ab'\n"
        ),
    }


def history(*, large: int = 0) -> list[Commit]:
    """The commits: every image is edited, every third was moved, every fifth is a copy of its neighbour."""
    rest: Files = {"README.md": "# Hubs\n", "LICENSE": "BSD\n", ".mailmap": "Bo Bee <bo@example.org>\n"}
    former = {number: f"old/hub{number:02}" for number in range(0, NUMBER, 3)}
    at = {number: former.get(number, place(number)) for number in range(NUMBER) if number % 5 != 4}
    hubs = {path: text for number in range(NUMBER) for path, text in hub(number).items()}
    version = dict.fromkeys(range(NUMBER), 1)
    like: dict[int, int] = {}
    more: dict[int, Files] = {}
    commits: list[Commit] = []

    def commit(name: str, message: str = "", author: str = "Ada <ada@example.org>") -> None:
        files = {**rest, **hubs}
        for number, where in at.items():
            files |= image(like.get(number, number), where, version[number], **more.get(number, {}))
        commits.append(Commit(name, [commits[-1].name] if commits else [], files, message or name, author))

    commit("begin", "Begin (#1)")
    for number in range(NUMBER):
        if number % 5 == 4:
            at[number] = place(number)
            like[number], version[number] = number - 1, version[number - 1] - 1
        elif number in former:
            at[number] = place(number)
        version[number] += 1
        commit(
            f"edit {number}", f"Edit hub {number} (#{number + 2})", f"Author {number % 4} <a{number % 4}@example.org>"
        )
    more[3] = {"settings.py": f'KEY = "{SECRET}"\n'}
    commit("secret", "Add settings")
    more[3] = {}
    if large:
        more[4] = {"data.bin": b"\0" * large}
        commit("large", "Add data")
        more[4] = {}
    version[5] += 1
    commit("token", f"Use {SECRET} no more\n\nFixes #7, see begin")
    return commits


def deployment(path: Path, *, large: int = 0) -> Path:
    """Make the repository, bare, and return it."""
    make(path, history(large=large))
    return path


def manifest(path: Path, source: Path | str, *, defaults: str = "", images: range = range(NUMBER)) -> Path:
    """Write a manifest of the images."""
    lines = [
        f"source: {source}",
        "defaults:",
        "  answers: {}",
        *(f"  {line}" for line in defaults.splitlines()),
        "images:",
    ]
    for number in images:
        lines += [f"  - directory: {place(number)}", f"    repository: hub{number:02}-image"]
    path.write_text("\n".join(lines) + "\n")
    return path


def is_there(group: int) -> bool:
    """Return True if a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
