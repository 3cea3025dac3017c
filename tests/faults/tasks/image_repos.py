"""Tasks that make or change an image repository."""

import re
import subprocess
from collections.abc import Callable

from tests.faults.tasks.contents import NO_GIT
from tests.faults.tasks.deployments import cut_pull_request, hosted, on_github, requests, served
from tests.faults.world import Done, Scenario, State, World
from tests.histories import Commit, git
from tests.histories import make as make_history
from tests.migration import fleet
from tests.update import repositories
from tests.update.adopting.kinds import ACTION
from tests.update.adopting.kinds import begin as begin_adoption

FORMER = {"README.md": "Hubs\n", **fleet.image(0, "old/hub00"), **fleet.image(1, fleet.place(1))}
MOVED = {"README.md": "Hubs\n", **fleet.image(0, fleet.place(0)), **fleet.image(1, fleet.place(1))}
HISTORY = [
    Commit("begin", [], FORMER),
    Commit("move", ["begin"], MOVED),
    Commit("edit", ["move"], {**MOVED, **fleet.image(0, fleet.place(0), 2)}),
]
FIXABLE = {
    "environment.yml": "dependencies:\n- python 3.12\n- pip:\n  - numpy ==2.3\n",
    "postBuild": "echo built\n",
    "start": 'exec "$@"\n',
}


def remotes(world: World, *names: str) -> None:
    """Empty repositories on GitHub to push to."""
    for name in names:
        git("init", "--quiet", "--bare", "--initial-branch=main", hosted(world) / f"org/{name}.git")
    served(world)


def source(world: World) -> None:
    """A deployment repository, bare, with two images of which one has moved, and an empty repository to push to."""
    make_history(world.there / "hubs", HISTORY)
    remotes(world, "image")


def with_manifest(world: World) -> None:
    source(world)
    fleet.manifest(world.there / "m.yaml", world.there / "hubs", defaults="template: false", images=range(2))


def with_remotes(world: World) -> None:
    """The same, with an empty repository for each image to be pushed to."""
    with_manifest(world)
    remotes(world, "hub00-image", "hub01-image")


def one_by_one(world: World, before: State, after: State, now: State) -> bool:
    """Each image is there or not, and then published or not; what is not, the next run makes and pushes."""
    made = {path: text for path, text in now.items() if path.startswith("out/") and ".git" not in path}
    there = {path: text for path, text in now.items() if path.startswith("served/")}
    return all(after[path] == text for path, text in made.items()) and all(
        text in (before[path], after[path]) for path, text in there.items()
    )


def without_one(done: Done) -> bool:
    """One process of several got the signal: its image is named as failed, and the others are there."""
    stopped = "the process that extracts it was stopped (exit code"
    return done.returncode == 4 and any(f"{stopped} {code})" in done.stderr for code in (130, 143))


def with_short_manifest(world: World) -> None:
    source(world)
    fleet.manifest(world.there / "m.yaml", world.there / "hubs", images=range(1))


def extract(*more: str) -> Callable[[World], tuple[str, ...]]:
    return lambda world: ("extract-image", "hubs", fleet.place(0), "made/image", "--yes", *more)


def old(world: World) -> None:
    """A repository made from the first version of the template, with a change of its owner's."""
    made = repositories.make_from_release(world.there / "image", 1)
    (made / "apt.txt").write_text("vim\n")
    repositories.commit(made)
    (made / "mine.txt").write_text("mine\n")


def in_conflict(world: World) -> None:
    made = repositories.make_from_release(world.there / "image", 1)
    (made / "README.md").write_text("Ours.\n")
    repositories.commit(made)


def strange(world: World) -> None:
    """A repository that was not made from the template."""
    begin_adoption(world.there / "image", ACTION)


def environment(world: World) -> None:
    """A repository with several files that check-environment mends."""
    repositories.git(world.there, "init", "-q", "-b", "main", "image")
    for name, text in FIXABLE.items():
        (world.there / "image" / name).write_text(text)
    repositories.commit(world.there / "image")


def pushed_by_hand(world: World) -> None:
    """Do what the task says that is left to do."""
    push = ["git", "-C", "made/image", "push", "-q", "-u", "origin", "main"]
    subprocess.run(push, cwd=world.there, env=world.environment(), check=True)


def without_kept(text: bytes) -> bytes:
    """The record of an extraction, without what it says on results that are kept for the next scan.

    With a read-only HOME none are; after a killed run nothing needs to be examined again.
    """
    text = re.sub(rb'"note": "nothing is kept for the next scan: [^"]*"', b'"note": ""', text)
    return re.sub(rb'"examined": \d+', b'"examined": 0', text)


def published(world: World, before: State, after: State, now: State) -> bool:
    """DEST is complete and not pushed yet: the push is a command that the task names."""
    return {path: text for path, text in now.items() if not path.startswith(("served/", "made/image/.git"))} == {
        path: text for path, text in after.items() if not path.startswith(("served/", "made/image/.git"))
    }


def before_conflicts(world: World, before: State, after: State, now: State) -> bool:
    """The branch is there and the files are as before: the cherry-pick that shows the conflicts comes next."""
    files = {path: text for path, text in now.items() if ".git" not in path.split("/")}
    return files == {path: text for path, text in before.items() if ".git" not in path.split("/")}


ORIGIN = "https://github.com/org"
NEW = ("new-image-repo", "made/image", "--yes")
IMAGE_REPOS = (
    Scenario("new-image-repo", lambda w: NEW, lambda w: None, again=(3,)),
    Scenario(
        "new-image-repo --push", lambda w: (*NEW, f"--origin={ORIGIN}/image.git", "--push"),
        lambda w: remotes(w, "image"), again=(3,), steps=published, by_hand=pushed_by_hand, server="git",
    ),
    Scenario("extract-image", extract(), source, sources=("hubs",), again=(3,)),
    Scenario(
        "extract-image --push",
        lambda w: (*extract("--no-template", "--push")(w), f"--origin={ORIGIN}/image.git"),
        source, sources=("hubs",), again=(3,), steps=published, by_hand=pushed_by_hand, server="git",
        normal=without_kept,
    ),
    Scenario(
        "find-images --update", lambda w: ("find-images", "hubs", "--update=m.yaml"), with_short_manifest,
        sources=("hubs",),
    ),
    Scenario(
        "extract-images", lambda w: ("extract-images", "m.yaml", "out"), with_manifest, sources=("hubs",),
        steps=one_by_one, parted=without_one,
    ),
    Scenario(
        "extract-images --push",
        lambda w: ("extract-images", "m.yaml", "out", f"--remote={ORIGIN}/{{repository}}.git", "--push"),
        with_remotes, sources=("hubs",), steps=one_by_one, parted=without_one, server="git",
    ),
    Scenario("adopt-image-repo", lambda w: ("adopt-image-repo", "image", "--yes"), strange),
    Scenario("update-image-repo", lambda w: ("update-image-repo", "image"), old),
    Scenario(
        "update-image-repo --open-pr", lambda w: ("update-image-repo", "image", "--open-pr"), on_github(old, "image"),
        server="git github", steps=cut_pull_request, beyond=requests,
    ),
    Scenario(
        "update-image-repo --set", lambda w: ("update-image-repo", "image", "--set=registry=ghcr.io"), in_conflict,
        code=1, again=(3,), steps=before_conflicts,
    ),
    Scenario("check-environment --fix", lambda w: ("check-environment", "image", "--fix"), environment, without=NO_GIT),
)  # fmt: skip
