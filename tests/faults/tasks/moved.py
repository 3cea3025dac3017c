"""The task that takes what has moved out of the deployment repository."""

from dataclasses import replace

from tests.faults.tasks.deployments import on_github, requests
from tests.faults.tasks.image_repos import without_one
from tests.faults.world import Scenario, State, World
from tests.histories import git
from tests.migration.finishing import moved

GROUP = "faults-moved"
NUMBERS = range(2)


def migrated(world: World) -> None:
    """Everything extracted, pushed and built; the clone of its owner has work of their own in it."""
    registry = world.servers.registry
    made = moved.moved(world.there, replace(registry, address=world.servers.address("registry")), GROUP, NUMBERS)
    assert made.extract().exit_code == 0
    for number in NUMBERS:
        moved.publish(registry, made, number, GROUP)
    (world.there / "clone/mine.txt").write_text("mine\n")


def finish(world: World, *more: str) -> tuple[str, ...]:
    remotes = f"--remote={world.there}/remotes/{{repository}}.git"
    return ("finish-migration", "m.yaml", "--repo=clone", remotes, *more)


def whole_steps(world: World, before: State, after: State, now: State) -> bool:
    """Each image has commits of its own; a pull request that is missing waits for the next run."""
    return git("-C", world.there / "clone", "status", "--porcelain") == "?? mine.txt"


MOVED = (
    Scenario(
        "finish-migration --commit", lambda w: finish(w, "--commit"), migrated, server="registry",
        sources=("deployment.git",), steps=whole_steps, most=6, parted=without_one,
    ),
    Scenario(
        "finish-migration --open-pr", lambda w: finish(w, "--open-pr"), on_github(migrated, "clone"),
        server="registry git github", sources=("deployment.git",), steps=whole_steps, most=6, beyond=requests,
        parted=without_one,
    ),
)  # fmt: skip
