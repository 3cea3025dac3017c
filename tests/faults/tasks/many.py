"""The task that runs another in many repositories."""

import re

from hubimages.template import RECORD
from tests.faults.servers import IMAGES
from tests.faults.tasks.deployments import hosted, requests, served
from tests.faults.tasks.pages import timeless, whole_page
from tests.faults.world import Scenario, State, World
from tests.update import repositories

AGE = re.compile(rb"\b\d+ (day|month)s?\b|\btoday\b")
NAMES = ("org/one", "org/two")
CHANGE = "text = open('a').read(); open('a', 'w').write(text.replace('old', 'new')); open('b', 'w').write('new')"


def organisation(world: World) -> None:
    """Two repositories on GitHub, and the file that lists them."""
    hosted(world).mkdir()
    for name in NAMES:
        world.servers.github.hosting.make(name, {"a": "old\n"})
    (world.there / "repos").write_text("".join(f"{name}\n" for name in NAMES))
    served(world)


def with_images(world: World) -> None:
    """The same, each with an image in our registry, and the page of an earlier run."""
    organisation(world)
    record = (repositories.make_from_release(world.root / "made", 1) / RECORD).read_text()
    for name, image in zip(NAMES, IMAGES, strict=True):
        line = f'IMAGE = os.environ.get("IMAGE", "{world.servers.address("registry")}/{image}")\n'
        world.servers.github.hosting.commit(name, {"noxfile.py": line, RECORD: record}, "Name the image")
    (world.there / "page.html").write_text("earlier\n")


def one_by_one(world: World, before: State, after: State, now: State) -> bool:
    """Each repository is as before or as after: they are pushed one by one."""
    served = [path for path in now if path.startswith("served/")]
    return all(now[path] in (before.get(path), after.get(path)) for path in served)


def ageless(content: bytes) -> bytes:
    """The page without its time, and without how old an image is then."""
    return AGE.sub(b"AGE", timeless(content))


WORDS = ("each", "--repos=repos", "--cache=cache", "--branch=new", "--message=Use new", "--yes", "--run")
OVERVIEW = ("image-repos", "--repos=repos", "--cache=cache", "--html=page.html")
IN_EACH = ("--", "python3", "-c", CHANGE)
MANY = (
    Scenario(
        "each --push", lambda w: (*WORDS, "--push", *IN_EACH), organisation, steps=one_by_one, server="git",
        kept=("cache",),
    ),
    Scenario(
        "each --open-pr", lambda w: (*WORDS, "--open-pr", *IN_EACH), organisation, steps=one_by_one,
        server="git github", kept=("cache",), beyond=requests,
    ),
    Scenario(
        "image-repos --html", lambda w: OVERVIEW, with_images, normal=ageless, steps=whole_page,
        server="git github registry", kept=("cache",),
    ),
)  # fmt: skip
