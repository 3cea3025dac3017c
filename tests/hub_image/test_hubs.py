"""Hubs with an image or a chart of their own, lock files, and charts that lie in `charts/`."""

from pathlib import Path

import pytest

from hubimages.hub_image.check.all_checks import check_hub_image
from tests.hub_image.trials import CHART, Deployment, deployment

CLUSTER = """\
name: earth
hubs:
  - name: main
    helm_chart: basehub
    helm_chart_values_files: [main.values.yaml]
  - name: trial
    helm_chart: basehub
    helm_chart_values_files: [trial.values.yaml]
  - name: dask
    helm_chart: daskhub
    helm_chart_values_files: [main.values.yaml]
  - name: other
    helm_chart: basehub
    chart_override: other-chart.yaml
    helm_chart_values_files: [main.values.yaml]
"""
DASKHUB = """\
apiVersion: v2
name: daskhub
version: "0.1.0"
dependencies: [{name: basehub, version: 0.1.0, repository: "file://../basehub"}]
"""
GROUPS = "      groups:\n        contextPath: images/hub\n        buildArgs: {REQUIREMENTS_FILE: groups.txt}\n"


@pytest.fixture
def hubs(tmp_path: Path) -> Deployment:
    """Four hubs in step: the image of all, an experiment, a chart upon the chart, a chart of its own."""
    hub = deployment(tmp_path / "repo")
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + GROUPS)
    hub.write("images/hub/groups.txt", "fancy==0.7.0\n")
    hub.write("daskhub/Chart.yaml", DASKHUB)
    hub.write("daskhub/values.yaml", "basehub: {}\n")
    built = hub.commit("Add an experiment")
    hub.write("../config/earth/cluster.yaml", CLUSTER)
    hub.write("../config/earth/main.values.yaml", "jupyterhub: {singleuser: {image: {name: a/b, tag: '1'}}}\n")
    hub.write(
        "../config/earth/trial.values.yaml",
        "jupyterhub:\n  hub:\n    image:\n      name: quay.io/2i2c/pilot-groups\n      tag: " + hub.tag(built) + "\n",
    )
    hub.write("../config/earth/other-chart.yaml", CHART.format(version="4.3.3"))
    hub.commit("Add hubs")
    return hub


def found(hub: Deployment) -> list[tuple[str, str, int | None]]:
    return [(one.code, one.file or "", one.line) for one in check_hub_image(hub.path, offline=True).findings]


def test_hubs_in_step_have_no_finding(hubs: Deployment) -> None:
    report = check_hub_image(hubs.path, offline=True)
    assert (report.findings, report.not_checked) == ([], [])


def bump(hubs: Deployment) -> None:
    """Bump chart and main image, as a person does who forgets the other hubs."""
    hubs.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")
    hubs.edit("images/hub/Dockerfile", "4.3.3", "4.4.0")
    hubs.commit("Bump")
    hubs.point_at()


def test_after_a_bump_hubs_with_an_older_experiment_or_chart_are_named_with_what_to_do(hubs: Deployment) -> None:
    bump(hubs)
    findings = check_hub_image(hubs.path, offline=True).findings
    assert [(one.code, one.file, one.line) for one in findings] == [
        ("hub-image-stale", "config/earth/trial.values.yaml", 5),
        ("hub-out-of-step", "config/earth/trial.values.yaml", 5),
        ("hub-out-of-step", "config/earth/other-chart.yaml", 6),
    ]
    assert [one.message.partition(" ")[0] for one in findings] == ["earth/trial:", "earth/trial:", "earth/other:"]
    assert findings[0].remedy == ("run hubimages rebuild-hub-image --image=groups, which also writes the new tag here")
    assert findings[2].message == (
        "earth/other: the chart 4.3.3 (config/earth/other-chart.yaml:6) and "
        f"quay.io/2i2c/pilot-hub:{hubs.tag('HEAD~1')} (helm-charts/basehub/values.yaml:8), "
        "built from k8s-hub 4.4.0, do not match"
    )
    assert findings[2].remedy.startswith("write version: 4.4.0 there")


def test_a_hub_that_runs_the_published_image_at_another_version_is_found(hubs: Deployment) -> None:
    hubs.write(
        "../config/earth/trial.values.yaml",
        "jupyterhub: {hub: {image: {name: quay.io/jupyterhub/k8s-hub, tag: '3.1.0'}}}\n",
    )
    hubs.commit()
    assert found(hubs) == [("hub-out-of-step", "config/earth/trial.values.yaml", 1)]


def test_an_image_that_a_later_values_file_overrides_is_no_finding(hubs: Deployment) -> None:
    bump(hubs)
    cluster = hubs.read("../config/earth/cluster.yaml")
    hubs.write(
        "../config/earth/cluster.yaml", cluster.replace("[trial.values.yaml]", "[trial.values.yaml, now.values.yaml]")
    )
    hubs.write(
        "../config/earth/now.values.yaml",
        f"jupyterhub: {{hub: {{image: {{name: quay.io/2i2c/pilot-hub, tag: {hubs.tag('HEAD~1')}}}}}}}\n",
    )
    hubs.commit()
    assert [code for code, file, _ in found(hubs) if "trial" in file] == []


LOCK = """\
dependencies:
- name: jupyterhub
  repository: https://hub.example.org/helm-chart/
  version: {version}
digest: sha256:0
generated: "2026-01-01T00:00:00Z"
"""


def test_a_lock_file_of_another_version_is_found(hubs: Deployment) -> None:
    hubs.write("basehub/Chart.lock", LOCK.format(version="4.3.3"))
    assert found(hubs) == []
    hubs.write("basehub/Chart.lock", LOCK.format(version="4.3.2"))
    assert found(hubs) == [("lock-differs", "helm-charts/basehub/Chart.lock", 4)]


@pytest.mark.parametrize(
    ("file", "content"),
    [("jupyterhub-4.3.2.tgz", "packed"), ("jupyterhub/Chart.yaml", "name: jupyterhub\nversion: 4.3.2\n")],
)
def test_a_chart_that_lies_in_charts_is_what_helm_deploys(hubs: Deployment, file: str, content: str) -> None:
    hubs.write(f"basehub/charts/{file}", content)
    assert found(hubs) == [("vendored-chart", "helm-charts/basehub/Chart.yaml", 6)]
    path = hubs.path / "helm-charts/basehub/charts" / file.partition("/")[0]
    path.rename(path.parent / path.name.replace("4.3.2", "4.3.3"))
    if file.endswith(".tgz"):
        assert found(hubs) == []
