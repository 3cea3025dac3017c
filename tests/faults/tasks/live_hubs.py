"""Tasks on a running hub: what they write is there, and not on this machine."""

import json
import time
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

from tests.faults.tasks.contents import NO_GIT
from tests.faults.world import Scenario, State, World
from tests.live_hub.hub import RunningHub

BEFORE, AFTER = "quay.io/group/image:1", "quick/image:1"
KEY = "z2jh.image"
STORED = {KEY: BEFORE}
USER = "admin"  # sets the Configurator's image, and has the server that is tried


def hub(world: World) -> RunningHub:
    """Return the hub itself, without the gate before it."""
    found: RunningHub = world.given["hub"]
    return found


def logged_in(world: World) -> None:
    world.env |= {"JUPYTERHUB_API_TOKEN": hub(world).token_of(USER)}


def configured(world: World) -> None:
    """A hub with an image, which each run finds as it was."""
    logged_in(world)
    world.fresh = lambda: ask(world, json.dumps(STORED))


def ask(world: World, config: str | None = None) -> State:
    """Return what the Configurator answers; with a configuration, which it gets."""
    headers = {"Authorization": f"token {world.env['JUPYTERHUB_API_TOKEN']}"}
    data = None if config is None else config.encode()
    request = urllib.request.Request(f"{hub(world).address}/services/configurator/config", data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: State = json.loads(answer.read() or b"{}")
    return found


def image(world: World) -> State:
    return {"hub: image": dict(ask(world)["config"])[KEY]}  # type: ignore[arg-type]


def without_server(world: World) -> None:
    """A user without a server, as each run finds them."""
    logged_in(world)
    world.fresh = lambda: stop(world)


def stop(world: World) -> None:
    end = time.monotonic() + 60
    while hub(world).servers(USER) and time.monotonic() < end:
        try:
            hub(world).api("DELETE", f"users/{USER}/server")
        except HTTPError:  # it is on its way up or down
            time.sleep(0.2)


def servers(world: World) -> State:
    return {"hub: servers": " ".join(map(repr, hub(world).servers(USER)))}


def with_server(world: World, before: State, after: State, now: State) -> bool:
    """Without an answer of the hub, or killed, the task cannot stop the server it has started; the next run does."""
    return world.has_died


def words(task: str, *more: str) -> Callable[[World], tuple[str, ...]]:
    return lambda world: (task, f"--hub-url=http://{world.servers.address('hub')}/prefix", f"--image={AFTER}", *more)


LIVE_HUBS = (
    Scenario(
        "set-configurator-image", words("set-configurator-image"), configured, fixtures=("hub",), server="hub",
        beyond=image, elsewhere=True, without=NO_GIT,
    ),
    Scenario(
        "try-image", words("try-image", "--yes"), without_server, fixtures=("hub",), server="hub", beyond=servers,
        elsewhere=True, unchanged=True, steps=with_server, most=3,
        without={**NO_GIT, "two at once": "a user has one server: the second run stops that of the first"},
    ),
)  # fmt: skip
