"""Tasks that lock the environment of an image repository, and build from a lock."""

from tests import command
from tests.faults.tasks.contents import NO_GIT
from tests.faults.tasks.deployments import cut_pull_request, on_github, requests
from tests.faults.world import Scenario, World
from tests.update import repositories


def environment(world: World) -> None:
    """A repository whose environment.yml names the channel of the tests."""
    repositories.git(world.there, "init", "-q", "-b", "main", "image")
    text = f"channels:\n- {world.given['channel']}\ndependencies:\n- python=3.12\n- numpy=2.3\n"
    (world.there / "image/environment.yml").write_text(text)
    repositories.commit(world.there / "image")
    (world.there / "image/mine.txt").write_text("mine\n")


def locked(world: World) -> None:
    """A copy of it, as a build has it, with its lock."""
    environment(world)
    done = command.hubimages("lock-environment", "image", cwd=world.there, env=world.environment())
    assert done.returncode == 0, done.stderr


LOCKS = (
    Scenario(
        "lock-environment", lambda w: ("lock-environment", "image"), environment, fixtures=("channel",),
        server="channel", without=NO_GIT,
    ),
    Scenario(
        "lock-environment --commit", lambda w: ("lock-environment", "image", "--commit"), environment,
        fixtures=("channel",), server="channel",
    ),
    Scenario(
        "lock-environment --open-pr", lambda w: ("lock-environment", "image", "--open-pr"),
        on_github(environment, "image"), fixtures=("channel",), server="channel git github", steps=cut_pull_request,
        beyond=requests,
    ),
    Scenario(
        "apply-lock --write", lambda w: ("apply-lock", "image", "--write"), locked, fixtures=("channel",),
        without=NO_GIT,
    ),
)  # fmt: skip
