"""What chartpress.yaml says is read as chartpress reads it."""

from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.hub_image.layout import shared_values_paths
from hubimages.hub_image.reading import read_layout
from hubimages.hub_image.values import image_values, with_image
from hubimages.repository.changes import deployment_repository
from tests import deployments
from tests.deployments import OLD, UNDER_FOLDER, git

FILES = {
    "deploy/ours/chartpress.yaml": """\
charts:
  - name: outer
    chartPath: ../charts/outer
    imagePrefix: quay.io/org/
    images:
      a-hub:
        imageName: ghcr.io/org/other
        contextPath: &context ../images/a
        dockerfilePath: ../images/Dockerfile.a
        rebuildOnContextPathChanges: false
        paths: [../shared, *context]
        valuesPath: [hub.image, jobs.0.image, whole]
        extraBuildCommandOptions: [--label=x=y]
      plain:
""",
    "deploy/charts/outer/Chart.yaml": "apiVersion: v2\nname: outer\nversion: 1.0.0\n",
    "deploy/charts/outer/values.yaml": """\
hub: {image: {repository: old, tag: 1.10}}   # kept
jobs:
- image:
    name: old
    tag:
whole: old:1
""",
    "deploy/images/Dockerfile.a": "FROM quay.io/jupyterhub/k8s-hub:1.0.0\n",
}


def test_every_option_of_an_image_is_read(tmp_path: Path) -> None:
    repo = deployment_repository(deployments.make(tmp_path / "r", FILES))
    hub, plain = read_layout(repo).images
    assert (hub.repository, hub.context, hub.dockerfile) == (
        "ghcr.io/org/other", "deploy/images/a", "deploy/images/Dockerfile.a",
    )  # fmt: skip
    assert hub.paths == (
        "deploy/ours/chartpress.yaml", "deploy/images/Dockerfile.a", "deploy/shared", "deploy/images/a",
    )  # fmt: skip
    assert (hub.values_paths, hub.has_build_options, hub.is_hub) == (("hub.image", "jobs.0.image", "whole"), True, True)
    assert (plain.repository, plain.context, plain.bases) == ("quay.io/org/plain", "deploy/ours/images/plain", None)
    assert plain.values_paths == ()


def test_name_and_tag_are_written_at_every_place_and_nowhere_else(tmp_path: Path) -> None:
    repo = deployment_repository(deployments.make(tmp_path / "r", FILES))
    hub = read_layout(repo).images[0]
    text = FILES[hub.values_file]
    for number in range(3):
        text = with_image(text, image_values(hub, text)[number], "quay.io/org/new", "5115e56")
    assert (
        text
        == """\
hub: {image: {repository: quay.io/org/new, tag: "5115e56"}}   # kept
jobs:
- image:
    name: quay.io/org/new
    tag: "5115e56"
whole: quay.io/org/new:5115e56
"""
    )


def test_dependency_and_shared_places_are_found_with_their_lines(tmp_path: Path) -> None:
    repo = deployment_repository(deployments.make(tmp_path / "r", UNDER_FOLDER))
    (chart,) = read_layout(repo).charts
    (dependency,) = chart.dependencies
    assert (str(dependency.version), dependency.version.scalar.value) == ("helm-charts/basehub/Chart.yaml:10", OLD)
    shared = shared_values_paths(chart.images)
    assert {place: [image.name for image in images] for place, images in shared.items()} == {
        ("helm-charts/basehub/values.yaml", "jupyterhub.hub.image"): ["hub", "helpers"]
    }


def test_chart_yaml_of_the_old_format_gives_way_to_requirements_yaml(tmp_path: Path) -> None:
    chart = "apiVersion: {}\nname: c\nversion: 1.0.0\ndependencies: [{{name: jupyterhub, version: 1.1.1}}]\n"
    files = {
        "chartpress.yaml": "charts: [{name: c}]\n",
        "c/Chart.yaml": chart.format("v1"),
        "c/requirements.yaml": "dependencies: [{name: jupyterhub, version: 2.2.2}]\n",
    }
    clone = deployments.make(tmp_path / "r", files)
    repo = deployment_repository(clone)
    assert str(read_layout(repo).charts[0].dependencies[0].version) == "c/requirements.yaml:1"
    (clone / "c/Chart.yaml").write_text(chart.format("v2"))
    git(clone, "commit", "-qam", "Helm 3")
    assert str(read_layout(repo).charts[0].dependencies[0].version) == "c/Chart.yaml:4"


def test_a_file_that_a_sparse_checkout_leaves_out_is_named_with_what_brings_it(tmp_path: Path) -> None:
    made = deployments.make(tmp_path / "r", UNDER_FOLDER)
    git(made, "sparse-checkout", "set", "--no-cone", "/*", "!/helm-charts/basehub/")
    with pytest.raises(BadInputError) as missing:
        read_layout(deployment_repository(made))
    assert str(missing.value) == (
        "helm-charts/basehub/Chart.yaml is not in this sparse checkout. "
        "Run git sparse-checkout add helm-charts/basehub, or git sparse-checkout disable"
    )
