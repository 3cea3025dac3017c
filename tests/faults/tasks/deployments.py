"""Tasks that change a deployment repository."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.world import Scenario, State, World
from tests.references.pointing import FILES, git, make_deployment

UNCOMPARED = re.compile(r"(?<=^Not compared\.).*", re.MULTILINE)
PROMOTED = {
    "config/clusters/uni/cluster.yaml": """\
name: uni
hubs:
  - name: staging
    helm_chart_values_files: [staging.values.yaml]
  - name: prod
    helm_chart_values_files: [prod.values.yaml]
""",
    "config/clusters/uni/staging.values.yaml": "singleuser: {image: {name: @/faults/image, tag: 1.1.0}}\n",
    "config/clusters/uni/prod.values.yaml": "singleuser: {image: {name: @/faults/image, tag: 1.0.0}}\n",
}


def addressed(world: World, files: Mapping[str, str]) -> dict[str, str]:
    """The files with images of our registry."""
    registry = world.servers.address("registry")
    return {
        path: text.replace("quay.io/group/image-long", f"{registry}/faults/other")
        .replace("quay.io/group/image", f"{registry}/faults/image")
        .replace("0a1b2c3d4e5f", "1.0.0")
        .replace("@", registry)
        for path, text in files.items()
    }


def hubs(world: World, files: Mapping[str, str] = FILES) -> Path:
    """A deployment repository whose owner has work of their own in it."""
    root = make_deployment(world.there / "hubs", addressed(world, files))
    (root / "mine.txt").write_text("mine\n")
    return root


def on_github(make: Callable[[World], object], name: str) -> Callable[[World], None]:
    """Return a maker of the same, whose repository of this name has a remote at github.com."""

    def made(world: World) -> None:
        make(world)
        root = world.there / name
        (hosted(world) / "org").mkdir(parents=True)
        git(world.there, "clone", "-q", "--bare", str(root), f"served/org/{name}.git")
        origin = f"https://github.com/org/{name}.git"
        git(root, "remote", *(["set-url"] if git(root, "remote") else ["add"]), "origin", origin)
        served(world)

    return made


def hosted(world: World) -> Path:
    """Have GitHub's repositories in the place, for each run without a pull request; return where they are."""

    def fresh() -> None:
        hosting = world.servers.github.hosting
        hosting.served = world.there / "served"
        hosting.pulls.clear()

    world.fresh = fresh
    fresh()
    return world.there / "served"


def requests(world: World) -> State:
    """Return the pull requests on GitHub, without the reason why two images were not compared."""
    every = world.servers.github.hosting.pulls
    return {
        f"github: {name}": UNCOMPARED.sub(
            "", "\n".join(f"{each['head']['label']}: {each['title']}\n{each['body']}" for each in pulls)
        )
        for name, pulls in every.items()
        if pulls
    }


def served(world: World) -> None:
    """Have git find github.com's repositories at our server, and the API at ours."""
    address = f"git://{world.servers.address('git')}{world.there}/served/"
    (world.home / ".gitconfig").write_text(f'[url "{address}"]\n\tinsteadOf = https://github.com/\n')
    world.env |= {"GITHUB_API_URL": f"http://{world.servers.address('github')}", "GH_TOKEN": "ghp_of-this-test"}


def image(world: World) -> str:
    return f"{world.servers.address('registry')}/faults/image:1.1.0"


def rolled(world: World) -> None:
    root = hubs(world)
    for place in root.glob("config/**/*.yaml"):
        place.write_bytes(place.read_bytes().replace(b"1.0.0", b"1.1.0"))
    git(root, "commit", "-q", "-am", "Use 1.1.0")


def cut_pull_request(world: World, before: State, after: State, now: State) -> bool:
    """The commit is there, or the push, too, and the pull request not yet: the next run goes on from there."""
    return files(now) in (files(before), files(after))


def whole_commits(world: World, before: State, after: State, now: State) -> bool:
    """Each image has a commit of its own, and one whose registry gave no answer waits for the next run."""
    return git(world.there / "hubs", "status", "--porcelain") == "?? mine.txt\n"


def files(found: State) -> State:
    """The files alone, without what git and GitHub have."""
    return {path: text for path, text in found.items() if ".git" not in path and not path.startswith("github: ")}


DEPLOYMENTS = (
    Scenario("point-hubs", lambda w: ("point-hubs", image(w), "--all", "--repo=hubs"), hubs, server="registry"),
    Scenario(
        "point-hubs --branch", lambda w: ("point-hubs", image(w), "--all", "--repo=hubs", "--branch=new"), hubs,
        server="registry",
    ),
    Scenario(
        "point-hubs --open-pr", lambda w: ("point-hubs", image(w), "--all", "--repo=hubs", "--open-pr"),
        on_github(hubs, "hubs"), server="registry git github", steps=cut_pull_request, beyond=requests,
    ),
    Scenario(
        "bump-images --commit", lambda w: ("bump-images", "--repo=hubs", "--commit", "--yes"), hubs, server="registry",
        steps=whole_commits, in_any_order=True,
    ),
    Scenario(
        "promote-images --commit", lambda w: ("promote-images", "--repo=hubs", "--commit", "--yes"),
        lambda w: void(hubs(w, PROMOTED)), server="registry",
    ),
    Scenario(
        "roll-back-image --commit",
        lambda w: ("roll-back-image", "--repo=hubs", "--hub=uni/prod", "--hub=uni/staging", "--commit", "--yes"),
        rolled, server="registry",
        repeats=False, without={"two at once": "a second run does one more step"},
    ),
)  # fmt: skip


def void(path: object) -> None:
    """For places whose maker returns one."""
