"""Stale tags: sources are followed through renames, and what no build sees is no source."""

from pathlib import Path

import pytest
from docker.utils.build import PatternMatcher
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hubimages.hub_image.check.freshness import State, freshness
from hubimages.hub_image.check.ignored import ignored
from hubimages.hub_image.reading import read_layout
from hubimages.repository.changes import deployment_repository
from tests.hub_image.trials import Deployment, deployment


def state(hub: Deployment, tag: str) -> tuple[State, str]:
    repo = deployment_repository(hub.path)
    image = next(image for image in read_layout(repo).images if image.name == "hub")
    found = freshness(repo, image, tag)
    return found.state, found.reason


def move_everything(hub: Deployment) -> str:
    hub.git("mv", "helm-charts", "charts")
    return "charts/"


def move_the_image(hub: Deployment) -> str:
    hub.git("mv", "helm-charts/images/hub", "helm-charts/images/jupyterhub")
    hub.edit("chartpress.yaml", "      hub:   # for all hubs", "      hub:\n        contextPath: images/jupyterhub")
    return "helm-charts/"


def move_to_the_top(hub: Deployment) -> str:
    for path in ("chartpress.yaml", "basehub", "images"):
        hub.git("mv", f"helm-charts/{path}", path)
    return ""


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("move", [move_everything, move_the_image, move_to_the_top])
def test_sources_are_followed_through_renames(tmp_path: Path, move: object, committed: bool) -> None:
    hub = deployment(tmp_path / "repo")
    tag = hub.tag("HEAD~1")
    moved = Deployment(hub.path, move(hub))  # type: ignore[operator]
    if committed:
        moved.commit("Move")
    assert state(moved, tag) == (State.FRESH, "")
    requirements = next((hub.path / moved.folder / "images").glob("*/requirements.txt"))
    requirements.write_text("fancy==0.7.0\n")
    answer, reason = state(moved, tag)
    assert answer is State.STALE
    assert reason == f"{requirements.relative_to(hub.path)} changed since it was built"


LAYOUTS = {
    "context is the top": ("", "        contextPath: .\n        dockerfilePath: images/hub/Dockerfile\n", ""),
    "context is the folder of the charts": (
        "helm-charts/",
        "        contextPath: .\n        dockerfilePath: images/hub/Dockerfile\n",
        "",
    ),
    "context with ignored files": (
        "",
        "        contextPath: .\n        dockerfilePath: images/hub/Dockerfile\n",
        "*\n!images\n",
    ),
    "paths of its own": ("", "        paths: [basehub, shared]\n", ""),
    "an image with the chart in its context": (
        "",
        "        contextPath: .\n        paths: [.]\n        dockerfilePath: images/hub/Dockerfile\n",
        "",
    ),
    "as usual": ("helm-charts/", "", ""),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_after_its_tag_is_written_an_image_is_fresh_in_every_layout(tmp_path: Path, name: str) -> None:
    folder, options, dockerignore = LAYOUTS[name]
    hub = deployment(tmp_path / "repo", folder=folder)
    hub.edit("chartpress.yaml", "      hub:   # for all hubs\n", f"      hub:\n{options}")
    hub.write(".dockerignore", dockerignore)
    hub.write("shared/motd", "hello\n")
    built = hub.commit("Begin again")
    assert state(hub, hub.point_at(built)) == (State.FRESH, "")
    hub.edit("images/hub/Dockerfile", "4.3.3", "4.4.0")
    assert state(hub, hub.tag(built))[0] is State.STALE


def test_what_dockerignore_keeps_out_is_no_source_and_what_it_takes_in_again_is(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo", folder="")
    hub.edit("chartpress.yaml", "      hub:   # for all hubs\n", "      hub:\n        contextPath: .\n")
    hub.edit("chartpress.yaml", "contextPath: .\n", "contextPath: .\n        dockerfilePath: images/hub/Dockerfile\n")
    hub.write(".dockerignore", "docs\n!docs/needed.md\n")
    hub.write("docs/needed.md", "1\n")
    built = hub.commit()
    hub.write("docs/guide.md", "1\n")
    hub.commit()
    assert state(hub, hub.tag(built)) == (State.FRESH, "")
    hub.write("docs/needed.md", "2\n")
    assert state(hub, hub.tag(built)) == (State.STALE, "docs/needed.md changed since it was built")
    hub.write("images/hub/Dockerfile.dockerignore", "docs\n")
    assert "docs/needed.md" in state(hub, hub.tag(built))[1], "not sent any more"


WORD = st.text("ab.*?/!", min_size=1, max_size=7)


@example(["**?"], ["ab"])
@example(["**b"], ["ab"])
@example(["**??"], ["a", "ab", "a"])
@settings(max_examples=100, deadline=None)
@given(st.lists(WORD, max_size=4), st.lists(st.sampled_from(["a", "b", "ab", "a.b", "ba"]), min_size=1, max_size=3))
def test_dockerignore_is_read_as_dockers_own_library_reads_it(patterns: list[str], parts: list[str]) -> None:
    usable = [one for one in patterns if one.strip("!/.") and "//" not in one and ".." not in one and "***" not in one]
    # Its own `matches` asks for one folder above the path alone; the engine, for each:
    # https://github.com/moby/patternmatcher/blob/main/patternmatcher.go, MatchesOrParentMatches
    folders, expected = ["/".join(parts[: number + 1]) for number in range(len(parts))], False
    for pattern in PatternMatcher(usable).patterns:
        if any(map(pattern.match, folders)):
            expected = not pattern.exclusion
    assert ignored("\n".join(usable))("/".join(parts)) == expected
