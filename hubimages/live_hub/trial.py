"""Start a server on a running hub with an image, see that it answers, and stop it again."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hubimages import console
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.live_hub.hub_api import Hub

Ask = Callable[[str], bool]

PAUSE = 0.5  # seconds between two looks
# The kubelet's events: `Pulling image "x"`, `Successfully pulled image "x"`, `Container image "x" already present`.
IMAGE = re.compile(r"\bimage \"([^\"]+)\"")


@dataclass(frozen=True)
class Trial:
    """How the server came up with the image, or why not."""

    image: str
    user: str
    answered: bool
    version: str  # of Jupyter Server, as the server says itself
    seconds: float
    images_seen: Sequence[str]  # that the spawner named while it started
    events: Sequence[str]
    why: str = ""  # it did not come up

    @property
    def shown(self) -> bool:
        """Whether the hub named the image as what it started."""
        return self.image in self.images_seen

    @property
    def passed(self) -> bool:
        """The server answered, and nothing says that it was another image."""
        return self.answered and (self.shown or not self.images_seen)

    def __str__(self) -> str:
        if not self.answered:
            told = "".join(f"\n    {event}" for event in self.events) or " none"
            return f"{self.image} did not start for {self.user}: {self.why}\n  what the hub told:{told}"
        ran = f"a server of {self.user} answered after {self.seconds:.0f} s"
        ran += f" (Jupyter Server {self.version}) and was stopped"
        if self.shown:
            return f"{self.image}: {ran}"
        if self.images_seen:
            return (
                f"not {self.image} but {', '.join(self.images_seen)}: {ran}\n  the hub did not take the image that "
                "was asked for; where it has a profile list, add --profile=SLUG of one whose image is a free choice"
            )
        return f"{self.image}: {ran}\n  the hub did not say which image it started; it was asked for this one"

    def as_json(self) -> str:
        """The same as one JSON object."""
        keys = ("image", "user", "answered", "seconds", "images_seen", "events", "why")
        shown = {key: getattr(self, key) for key in keys}
        return json.dumps({"version": 1, "passed": self.passed, "server_version": self.version, **shown}, indent=2)


def user_options(image: str, profile: str | None, option: str) -> dict[str, str]:
    """What a spawner is told to start the image.

    With a profile: the free choice of one of its options, as KubeSpawner reads it. Without: `image`, as DockerSpawner
    and BinderHub's spawner read it.
    """
    return {"profile": profile, f"{option}--unlisted-choice": image} if profile else {"image": image}


def plan_trial(hub_url: str, image: str, options: Mapping[str, str]) -> str:
    """The requests that would be made."""
    server = f"{hub_url.rstrip('/')}/hub/api/users/NAME/server"
    return "\n".join([f"$ POST {server} {json.dumps(dict(options))}", f"$ GET {server}/progress", f"$ DELETE {server}"])


def try_image(
    hub: Hub,
    image: str,
    options: Mapping[str, str],
    *,
    ask: Ask,
    wait: float = 600,
) -> Trial:
    """Start the token's owner's server with the image, wait until it answers, and stop it again.

    A server that runs is stopped first, after a question. `wait` is in seconds. However it ends, no server is left
    running. Raises RefusedError, LoginError and NoAnswerError as the hub answers.
    """
    ImageRef.parse(image)
    name = str(hub.user()["name"])
    path = hub.user_path(name) + "/server"
    if _servers(hub, name).get("") is not None:
        if not ask(f"A server of {name} is running on {hub.address}: stop it? What is not saved there is lost."):
            raise RefusedError(f"{name}'s server was left running; nothing was tried")
        stop(hub, name, wait)
    began = time.monotonic()
    console.step(f"starting a server of {name} on {hub.address} with {image}")
    try:
        told, failed = _start(hub, path, options, until=began + wait)
        events, images = [text for text, _ in told], _images(event for _, event in told)
        why, version = (failed, "") if failed else _answers(hub, name, until=began + wait)
        seconds = time.monotonic() - began
    finally:
        stop(hub, name, wait)
    return Trial(image, name, not why, version, round(seconds, 1), images, events, why)


def stop(hub: Hub, name: str, wait: float) -> None:
    """Stop the user's server and wait until the hub has stopped it."""
    until = time.monotonic() + wait
    while (server := _servers(hub, name).get("")) is not None:
        if server.get("pending") is None:
            console.step(f"stopping the server of {name}")
            hub.ask("DELETE", hub.user_path(name) + "/server")
        if time.monotonic() > until:
            raise NoAnswerError(f"{hub.address} has not stopped the server of {name} in {wait:.0f} s: stop it there")
        time.sleep(PAUSE)


def _servers(hub: Hub, name: str) -> dict[str, Any]:
    return dict(hub.ask("GET", hub.user_path(name)).get("servers") or {})


def _start(
    hub: Hub, path: str, options: Mapping[str, str], *, until: float
) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """Ask for the server; what the hub told while it started, and why it failed (nothing where it did not).

    The hub answers the request only when the server is up, or after 10 s, and tells only meanwhile: so both at once.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(hub.ask, "POST", path, dict(options))
        while True:
            done = asked.done()
            try:
                told, failed = _follow(hub, path, until=until)
            except (BadInputError, RefusedError, LoginError):  # no such server yet, or not any more, or not for us
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
    """What the hub told while the server started, and why it failed (nothing where it did not)."""
    told: list[tuple[str, dict[str, Any]]] = []
    for event in hub.events(path + "/progress"):
        text = " ".join(str(event.get("message", "")).split())
        if not told or told[-1][0] != text:
            console.step(f"  {event.get('progress', 0):>3} % {text}")
            told.append((text, event))
        if event.get("failed"):
            return told, text or "the hub says that it failed"
        if event.get("ready"):
            return told, ""
        if time.monotonic() > until:
            return told, "it took too long (--wait)"
    return told, "the hub stopped telling before the server was ready"


def _images(events: Any) -> list[str]:
    """The images that the events name, each once."""
    found = (
        image
        for event in events
        for text in (str(event.get("message", "")), str((event.get("raw_event") or {}).get("message", "")))
        for image in IMAGE.findall(text)
    )
    return list(dict.fromkeys(found))


def _answers(hub: Hub, name: str, *, until: float) -> tuple[str, str]:
    """Why the server does not answer (nothing where it does), and its version."""
    path = f"/user/{quote(name, safe='@~')}/api"
    while True:
        try:
            return "", str((hub.ask("GET", path) or {}).get("version", "unknown"))
        except LoginError:
            raise  # the scope `access:servers` is missing, not the server
        except HubImagesError as error:
            if time.monotonic() > until:
                return f"the hub says ready, but {path} does not answer: {error}", ""
        time.sleep(PAUSE)
