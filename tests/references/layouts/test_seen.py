"""A bump of an image in each layout is what the tool that reads the files sees."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.references import Reference, Selection, find_references, plan_point
from hubimages.repository.delivery import Delivery
from tests.references.deployment import deployment
from tests.references.layouts.programs import PROGRAMS, helm_charts
from tests.references.layouts.seen import SEEN, Repository
from tests.references.layouts.specimens import KUSTOMIZE, LAYOUTS
from tests.sample import some

# The hub that the tool is asked about, where a layout has several with the image; a file where a hub has it twice.
FIRST = {
    "a HelmRelease in overlays": "prod", "an ApplicationSet with a list": "bio", "a Helmfile with environments": "bio",
    "a chart with a values file for each hub": "bio", "a workflow that deploys the hub of each branch": "prod",
}  # fmt: skip
OF_ANOTHER = {"a jupyterhub_config.py": ("docker-compose", "a/c")}


def run_here(root: Path, layout: str, name: str) -> Reference:
    """Return the reference to an image that the hub runs."""
    found = [
        each for each in find_references(root).references
        if set(each.hubs) - {"unused"} and each.name.endswith(name) and FIRST.get(layout, "") in " ".join(each.hubs)
    ]  # fmt: skip
    return found[0] if "lists" not in layout else next(each for each in found if "docker-compose" in each.hubs)


def bumped(root: Path, reference: Reference, tag: str) -> str:
    """Give a reference a tag where it is, and return the image with it."""
    assert reference.image is not None
    chosen = Selection(hubs=reference.hubs, files=(reference.file,))
    plan = plan_point(root, reference.image.at(tag), chosen, Delivery(), registries=None)
    assert plan is not None
    plan.apply()
    return str(reference.image.at(tag))


def check(layout: str, name: str, seen: Callable[[Repository], str], tmp_path: Path) -> None:
    """Compare what the tool sees with what `images` says, before and after a bump."""
    root = deployment(tmp_path / "deployment", LAYOUTS[layout][0])
    (tmp_path / "scratch").mkdir()
    here = Repository(root, tmp_path / "scratch")
    reference = run_here(root, layout, name)
    assert seen(here) == str(reference.image)
    assert seen(Repository(root, tmp_path / "scratch")) != bumped(root, reference, "1.10")
    assert seen(here) == f"{reference.repository}:1.10"


def test_every_layout_has_its_tool() -> None:
    assert set(SEEN) - set(OF_ANOTHER) == set(LAYOUTS)


@pytest.mark.parametrize("layout", SEEN)
def test_the_tool_sees_the_new_tag(layout: str, tmp_path: Path) -> None:
    of, name = OF_ANOTHER.get(layout, (layout, "a/b"))
    check(of, name, SEEN[layout], tmp_path)


@pytest.mark.parametrize(("layout", "name"), some([*PROGRAMS], 0, 1, 2, 5))
def test_the_program_itself_sees_the_new_tag(layout: str, name: str, tmp_path: Path) -> None:
    check(layout, name, PROGRAMS[layout, name], tmp_path)


@pytest.mark.parametrize("merge", ["override", "merge", "replace"])
@pytest.mark.parametrize("more", [True, False], ids=["more values files", "no more values files"])
def test_kustomize_merges_the_values_of_a_chart_as_images_says(merge: str, more: bool, tmp_path: Path) -> None:
    text = KUSTOMIZE["hub/kustomization.yaml"]
    text = text.replace("releaseName: hub\n", f"releaseName: hub\n          valuesMerge: {merge}\n")
    text = text if more else text.replace("          additionalValuesFiles: [more.yaml]\n", "")
    text = text.replace("{tag: v3}", "{name: quay.io/a/b, tag: v3}")
    root = deployment(tmp_path / "deployment", {**KUSTOMIZE, "hub/kustomization.yaml": text})
    (tmp_path / "scratch").mkdir()
    inventory = find_references(root)
    (run,) = [each for each in inventory.references if set(each.hubs) - {*inventory.guessed}]
    assert run.tag == ("v2" if more else "v1" if merge == "merge" else "v3")
    assert helm_charts(Repository(root, tmp_path / "scratch")) == str(run.image)
