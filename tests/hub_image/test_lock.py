"""Chart.lock: the digest is Helm's own, and a bump brings it along."""

from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.hub_image import lock
from tests.hub_image.trials import deployment

CHART = """\
apiVersion: v2
name: outer
version: 0.1.0
dependencies:
  - name: jupyterhub
    version: 4.3.3   # in step
    repository: "file://../jupyterhub"
    condition: jupyterhub.enabled
    tags: [a, b]
    import-values: [data]
  - name: other
    alias: second
    version: ">=1.0.0 <2"
    repository: "file://../other"
"""


def written_by_helm(folder: Path, version: str) -> tuple[str, str]:
    """Return Chart.yaml and the Chart.lock that Helm itself writes for it."""
    helm = pytest.importorskip("helm_python", reason="helm-python-sdk is missing: pip install 'hubimages[hub-image]'")
    for name, has in (("jupyterhub", version), ("other", "1.2.0")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {has}\n")
    (folder / "outer").mkdir(exist_ok=True)
    chart = CHART.replace("4.3.3", version)
    (folder / "outer/Chart.yaml").write_text(chart)
    helm.dependency_update(str(folder / "outer"))
    return chart, (folder / "outer/Chart.lock").read_text()


def test_a_bumped_lock_is_what_helm_writes(tmp_path: Path) -> None:
    chart, before = written_by_helm(tmp_path / "old", "4.3.3")
    bumped_chart, expected = written_by_helm(tmp_path / "new", "4.4.0")
    after = lock.bumped("Chart.lock", chart, bumped_chart, before)
    assert after is not None
    dated = after.splitlines()[-1]
    assert [line for line in after.splitlines() if line != dated] == expected.splitlines()[:-1]
    assert dated == before.splitlines()[-1], "only Helm dates it"


def test_a_lock_whose_digest_is_not_helms_is_left_to_helm(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo")
    text = (
        "dependencies:\n- name: jupyterhub\n  repository: https://hub.example.org/helm-chart/\n  version: 4.3.3\n"
        "digest: sha256:0\n"
    )
    hub.write("basehub/Chart.lock", text)
    hub.commit()
    assert lock.bumped("Chart.lock", CHART, CHART.replace("4.3.3", "4.4.0"), text) is None
    plan = hub_image.plan_bump(hub_image.BumpRequest(hub.path, "4.4.0"), dry_run=True).show()
    assert (
        "# helm-charts/basehub/Chart.lock keeps the old version: run helm dependency update helm-charts/basehub\n"
        in plan
    )
    assert "+++ b/helm-charts/basehub/Chart.lock" not in plan


def test_a_bump_brings_the_lock_and_the_charts_own_images_along(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo")
    asked = lock.entries(lock.parse("Chart.yaml", hub.read("basehub/Chart.yaml")).data())
    digest = lock.digest_of(asked, asked)
    hub.write(
        "basehub/Chart.lock",
        "dependencies:\n- name: jupyterhub\n  repository: https://hub.example.org/helm-chart/\n  version: 4.3.3\n"
        f"digest: {digest}\n",
    )
    own = "networkTools: {image: {tag: '4.3.3'}}\n    extra: quay.io/jupyterhub/k8s-network-tools:4.1.0"
    hub.edit("basehub/values.yaml", "networkTools: {image: here}", own)
    hub.commit()
    plan = hub_image.plan_bump(hub_image.BumpRequest(hub.path, "4.4.0"), dry_run=True).show()
    assert [line for line in plan.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-    version: 4.3.3",
        "+    version: 4.4.0",
        "-FROM jupyterhub/k8s-hub:4.3.3",
        "+FROM jupyterhub/k8s-hub:4.4.0",
        "-    networkTools: {image: {tag: '4.3.3'}}",
        "+    networkTools: {image: {tag: '4.4.0'}}",
        "-  version: 4.3.3",
        f"-digest: {digest}",
        "+  version: 4.4.0",
        f"+digest: {lock.digest_of([{**asked[0], 'version': '4.4.0'}], [{**asked[0], 'version': '4.4.0'}])}",
    ]
