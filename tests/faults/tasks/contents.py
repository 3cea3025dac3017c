"""Tasks about what images contain: two write pages, one attaches an SBOM to an image in its registry."""

import json
from urllib.error import HTTPError

from tests.contents.published import archive, files, push
from tests.faults.servers import Servers
from tests.faults.tasks.pages import timeless
from tests.faults.world import Scenario, State, World
from tests.registry.images import Publisher

REPOSITORY = "faults/contents"
NO_GIT = {"SIGTERM while git runs": "starts no git"}


def images(world: World) -> None:
    """Two images that differ in one package, and the pages of an earlier run."""
    publisher = Publisher(world.servers.registry, REPOSITORY)
    for tag, version in (("1", "2.3.0"), ("2", "2.3.1")):
        push(publisher, [archive(files(numpy=version))], tag)
    for name in ("page.html", "page.md"):
        (world.there / name).write_text("earlier\n")


def image(world: World, tag: str, repository: str = REPOSITORY) -> str:
    return f"{world.servers.address('registry')}/{repository}:{tag}"


def whole_pages(world: World, before: State, after: State, now: State) -> bool:
    """Each of the two files is that of the earlier run, or of this one."""
    return all(now[path] in (before[path], after[path]) for path in after)


def own_image(world: World) -> None:
    """Give each run an image that nothing is attached to."""
    world.fresh = lambda: void(push(Publisher(world.servers.registry, of_run(world)), [archive(files())], "1"))
    world.fresh()


def of_run(world: World) -> str:
    """Return the name of a repository that no other run has."""
    return f"faults/attach-{world.root.parent.name.replace('_', '-').strip('-')}-{world.runs}".lower()


def attached(world: World) -> State:
    """Return the registry's tags of the image, and how many packages of how many SBOMs are attached to it."""
    registry, name = world.servers.registry, of_run(world)
    found = {"registry: tags": " ".join(registry.tags(name))}
    for tag in registry.tags(name):
        if tag.startswith("sha256-"):
            listed = json.loads(registry.request(f"{name}/manifests/{tag}")[0])["manifests"]
            found["registry: attached"] = " ".join(packages(world.servers, name, each["digest"]) for each in listed)
    return found


def packages(servers: Servers, name: str, digest: str) -> str:
    try:
        manifest = json.loads(servers.registry.request(f"{name}/manifests/{digest}")[0])
        document = json.loads(servers.registry.request(f"{name}/blobs/{manifest['layers'][0]['digest']}")[0])
    except HTTPError as error:
        return f"missing: {error}"
    return f"{len(document['components'])} packages"


def void(result: object) -> None:
    """For what returns something that is not needed."""


CONTENTS = (
    Scenario(
        "image-contents --html", lambda w: ("image-contents", image(w, "1"), "--html=page.html"), images,
        normal=timeless, server="registry", without=NO_GIT,
    ),
    Scenario(
        "compare-images --html --markdown",
        lambda w: ("compare-images", image(w, "1"), image(w, "2"), "--html=page.html", "--markdown=page.md"),
        images, normal=timeless, server="registry", steps=whole_pages, without=NO_GIT,
    ),
    Scenario(
        "attach-contents", lambda w: ("attach-contents", image(w, "1", of_run(w)), "--yes"), own_image,
        server="registry", beyond=attached, elsewhere=True, without=NO_GIT,
    ),
)  # fmt: skip
