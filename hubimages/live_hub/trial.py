"""Start a server with an image on a running hub, check that it answers, and stop it."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hubimages import console, signals
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.live_hub.hub_api import Hub, address_of

Ask = Callable[[str], bool]

PAUSE = 0.5  # seconds between two requests
# The kubelet's events: `Pulling image "x"`, `Successfully pulled image "x"`, `Container image "x" already present`.
IMAGE = re.compile(r"\bimage \"([^\"]+)\"")


@dataclass(frozen=True)
class Trial:
    """The result of starting a server with an image."""

    image: str
    user: str
    answered: bool
    version: str  # of Jupyter Server, from the server
    seconds: float
    images_seen: Sequence[str]  # in the spawner's events
    events: Sequence[str]
    why: str = ""  # the server did not start

    @property
    def shown(self) -> bool:
        """True if the hub's events name the image."""
        return self.image in self.images_seen

    @property
    def passed(self) -> bool:
        """True if the server answered and no event names another image."""
        return self.answered and (self.shown or not self.images_seen)

    def __str__(self) -> str:
        if not self.answered:
            told = "".join(f"\n    {event}" for event in self.events) or " none"
            return f"{self.image} did not start for {self.user}: {self.why}\n  events of the hub:{told}"
        ran = f"the server of {self.user} answered after {self.seconds:.0f} s (Jupyter Server {self.version})"
        if self.shown:
            return f"{self.image}: {ran}"
        if self.images_seen:
            return (
                f"the hub started {', '.join(self.images_seen)}, not {self.image}: {ran}\n  If the hub has a profile "
                "list, add --profile=SLUG of a profile with an unlisted choice for the image"
            )
        return f"{self.image}: {ran}\n  The hub's events name no image, so it may have started another one"

    def as_json(self) -> str:
        """Return the result as one JSON object."""
        keys = ("image", "user", "answered", "seconds", "images_seen", "events", "why")
        shown = {key: getattr(self, key) for key in keys}
        return json.dumps({"version": 1, "passed": self.passed, "server_version": self.version, **shown}, indent=2)


def user_options(image: str, profile: str | None, option: str) -> dict[str, str]:
    """Return the user options that make a spawner start the image.

    With a profile: the unlisted choice of one of its options, for KubeSpawner. Without: `image`, for DockerSpawner and
    BinderHub's spawner.
    """
    return {"profile": profile, f"{option}--unlisted-choice": image} if profile else {"image": image}


def plan_trial(hub_url: str, image: str, options: Mapping[str, str]) -> str:
    """Return the requests that `try_image` makes. Raises BadInputError, as it does."""
    ImageRef.parse_exact(image)
    server = f"{address_of(hub_url)}/hub/api/users/NAME/server"
    return "\n".join([f"$ POST {server} {json.dumps(dict(options))}", f"$ GET {server}/progress", f"$ DELETE {server}"])


def try_image(
    hub: Hub,
    image: str,
    options: Mapping[str, str],
    *,
    ask: Ask,
    wait: float = 600,
) -> Trial:
    """Start the server of the token's user with the image, wait until it answers, and stop it.

    Asks before it stops a running server. `wait` is in seconds. No server is left running, whatever happens. Raises
    RefusedError, LoginError or NoAnswerError, as the hub answers.
    """
    ImageRef.parse_exact(image)
    name = str(hub.user()["name"])
    path = hub.user_path(name) + "/server"
    if _servers(hub, name).get("") is not None:
        if not ask(f"A server of {name} is running on {hub.address}. Stop it? Unsaved work is lost."):
            raise RefusedError(f"the server of {name} is still running. Nothing was tried")
        stop(hub, name, wait)
    began = time.monotonic()
    console.step(f"starting the server of {name} on {hub.address} with {image}")
    try:
        try:
            told, failed = _start(hub, path, options, until=began + wait)
            events, images = [text for text, _ in told], _images(event for _, event in told)
            why, version = (failed, "") if failed else _answers(hub, name, until=began + wait)
            seconds = time.monotonic() - began
        finally:
            stop(hub, name, wait)
    except (KeyboardInterrupt, signals.Ended):  # it may have come while the server was stopped
        stop(hub, name, wait)
        raise
    return Trial(image, name, not why, version, round(seconds, 1), images, events, why)


def stop(hub: Hub, name: str, wait: float) -> None:
    """Stop the user's server and wait until it is gone."""
    until = time.monotonic() + wait
    while (server := _servers(hub, name).get("")) is not None:
        if server.get("pending") is None:
            console.step(f"stopping the server of {name}")
            hub.send("DELETE", hub.user_path(name) + "/server")
        if time.monotonic() > until:
            raise NoAnswerError(f"{hub.address} did not stop the server of {name} within {wait:.0f} s. Stop it there")
        time.sleep(PAUSE)


def _servers(hub: Hub, name: str) -> dict[str, Any]:
    return dict(hub.read(hub.user_path(name)).get("servers") or {})


def _start(
    hub: Hub, path: str, options: Mapping[str, str], *, until: float
) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """Start the server. Return the hub's events, and why it failed (empty if it did not).

    The hub answers the request when the server is up, or after 10 s, and sends events only until then: so do both at
    once.
    """
    from hubimages.signals import Threads

    with Threads(1) as beside:
        asked = beside.submit(hub.send, "POST", path, dict(options))
        while True:
            done = asked.done()
            try:
                told, failed = _follow(hub, path, until=until)
            except (BadInputError, RefusedError, LoginError):  # no such server yet, or no longer, or no access
                told, failed = [], ""
            if told or done:
                break
            time.sleep(PAUSE / 10)
        try:
            asked.result()
        except RefusedError as refused:
            return told, str(refused)
    return told, failed


def _follow(hub: Hub, path: str, *, until: float) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """Return the hub's events while the server starts, and why it failed (empty if it did not)."""
    told: list[tuple[str, dict[str, Any]]] = []
    for event in hub.events(path + "/progress"):
        text = " ".join(str(event.get("message", "")).split())
        if not told or told[-1][0] != text:
            console.step(f"  {event.get('progress', 0):>3} % {text}")
            told.append((text, event))
        if event.get("failed"):
            return told, text or "the hub reports a failure"
        if event.get("ready"):
            return told, ""
        if time.monotonic() > until:
            return told, "it did not start in time (--wait)"
    return told, "the hub's events ended before the server was ready"


def _images(events: Any) -> list[str]:
    """Return the images that the events name, each once."""
    found = (
        image
        for event in events
        for text in (str(event.get("message", "")), str((event.get("raw_event") or {}).get("message", "")))
        for image in IMAGE.findall(text)
    )
    return list(dict.fromkeys(found))


def _answers(hub: Hub, name: str, *, until: float) -> tuple[str, str]:
    """Return why the server does not answer (empty if it does), and its version."""
    path = f"/user/{quote(name, safe='@~')}/api"
    while True:
        try:
            return "", str(hub.read(path).get("version", "unknown"))
        except LoginError:
            raise  # the scope `access:servers` is missing, not the server
        except HubImagesError as error:
            if time.monotonic() > until:
                return f"the hub reports the server as ready, but {path} does not answer: {error}", ""
        time.sleep(PAUSE)
