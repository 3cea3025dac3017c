"""Tasks that write a page or a table about what they read."""

import re

from tests.faults.tasks.deployments import hubs
from tests.faults.world import Scenario, State, World

TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?|\d+ \w+ \d{4}, \d\d:\d\d|\d\d:\d\d UTC")


def timeless(content: bytes) -> bytes:
    return TIME.sub(b"TIME", content)


def with_old_page(world: World) -> None:
    """The page of an earlier run is in the place."""
    hubs(world)
    (world.there / "page.html").write_text("earlier\n")


def whole_page(world: World, before: State, after: State, now: State) -> bool:
    """The page says what a registry did not answer."""
    return (world.there / "page.html").read_text().endswith("</html>\n")


PAGES = (
    Scenario(
        "images --offline --html", lambda w: ("images", "--repo=hubs", "--offline", "--html=page.html"), with_old_page,
        normal=timeless, sources=("hubs",),
    ),
    Scenario(
        "check-images --html", lambda w: ("check-images", "--repo=hubs", "--html=page.html"), with_old_page,
        normal=timeless, sources=("hubs",), server="registry", steps=whole_page,
    ),
)  # fmt: skip
