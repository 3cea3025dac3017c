"""Tasks that change a hub image's files and commit."""

from pathlib import Path

from tests.faults.tasks.deployments import cut_pull_request, hubs, on_github, requests
from tests.faults.world import Scenario, World
from tests.repository.test_states import HUB_IMAGE, TRIAL


def with_trial(world: World) -> Path:
    """A deployment repository with an experimental hub image that no hub uses."""
    return hubs(world, {**HUB_IMAGE, TRIAL: "one==1\ntwo==2\n"})


END = ("end-hub-experiment", "trial", "--repo=hubs")
HUB_IMAGES = (
    Scenario("end-hub-experiment", lambda w: END, with_trial),
    Scenario("end-hub-experiment --roll-out --branch", lambda w: (*END, "--roll-out", "--branch=end"), with_trial),
    Scenario(
        "end-hub-experiment --open-pr", lambda w: (*END, "--branch=end", "--open-pr"), on_github(with_trial, "hubs"),
        server="git github", steps=cut_pull_request, beyond=requests,
    ),
)  # fmt: skip
