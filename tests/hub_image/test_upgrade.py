"""What a new chart changes for the hubs here, by real Helm: names and paths, and never a value."""

import tarfile
from pathlib import Path

import pytest

from hubimages import hub_image
from tests.hub_image.trials import Deployment, deployment

pytest.importorskip("helm_python", reason="helm-python-sdk is missing: pip install 'hubimages[hub-image]'")

OLD = {
    "Chart.yaml": "apiVersion: v2\nname: jupyterhub\nversion: 4.3.3\n",
    "values.schema.json": '{"type": "object", "additionalProperties": false, "properties": {"hub": {}, "proxy": {}, '
    '"singleuser": {}, "culling": {}, "extra": {"type": "string"}}}',
    "templates/hub.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hub
  labels: {helm.sh/chart: jupyterhub-4.3.3}
  annotations: {random: "{{ randAlphaNum 20 }}", checksum/secret: "{{ .Values.extra | sha256sum }}"}
spec:
  template:
    spec:
      containers:
        - name: proxy
          image: example.org/proxy:1
          args: [--old, {{ .Values.extra | quote }}]
---
apiVersion: v1
kind: Secret
metadata: {name: hub}
stringData: {token: "{{ .Values.extra }}"}
{{- if (.Values.proxy).traefik }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: traefik}
{{- end }}
""",
    "values.yaml": "extra: none\n",
}
NEW = {
    **OLD,
    "Chart.yaml": OLD["Chart.yaml"].replace("4.3.3", "4.4.0"),
    "values.schema.json": OLD["values.schema.json"].replace('"culling": {}, ', ""),
    "templates/hub.yaml": OLD["templates/hub.yaml"]
    .replace("4.3.3", "4.4.0").replace("proxy:1", "proxy:2").replace("--old", "--new").replace("traefik }}", "caddy }}")
    .replace("stringData: {", "stringData: {more: x, "),
}  # fmt: skip
SECRET = "hunter2hunter2"
CLUSTER = """\
name: earth
hubs:
  - {name: one, helm_chart: basehub, helm_chart_values_files: [one.values.yaml]}
  - {name: two, helm_chart: basehub, helm_chart_values_files: [two.values.yaml, enc-two.values.yaml]}
"""


def pack(folder: Path, files: dict[str, str], version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "source"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    with tarfile.open(folder / f"jupyterhub-{version}.tgz", "w:gz") as archive:
        for name in files:
            archive.add(source / name, f"jupyterhub/{name}")


@pytest.fixture
def hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Two hubs, one with a value that the new schema does not know; both charts in Helm's cache."""
    pack(tmp_path / "helm/repository", OLD, "4.3.3")
    pack(tmp_path / "helm/repository", NEW, "4.4.0")
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm"))
    hub = deployment(tmp_path / "repo")
    hub.write("../config/earth/cluster.yaml", CLUSTER)
    hub.write("../config/earth/one.values.yaml", f"jupyterhub: {{extra: {SECRET}}}\n")
    hub.write("../config/earth/two.values.yaml", "jupyterhub: {culling: {enabled: true}, proxy: {traefik: true}}\n")
    hub.write("../config/earth/enc-two.values.yaml", "jupyterhub: {extra: 'ENC[AES256_GCM,data:x]'}\n")
    hub.commit("Add hubs")
    return hub


def shown(hub: Deployment) -> str:
    return hub_image.plan_bump(hub_image.BumpRequest(hub.path, "4.4.0"), dry_run=True).show()


def test_images_fields_and_refused_values_are_listed_with_their_hubs(hubs: Deployment) -> None:
    lines = [line for line in shown(hubs).splitlines() if line.startswith(("# the chart", "# not compared"))]
    begin = "# the chart 4.4.0 instead of 4.3.3: "
    assert lines == [
        f"{begin}image example.org/proxy:1 becomes example.org/proxy:2 in Deployment hub (earth/one)",
        f"{begin}spec.template.spec.containers[proxy].args[0] change in Deployment hub (earth/one)",
        f"{begin}the new chart's schema refuses culling (earth/two)",
        "# not compared: values in 1 encrypted files",
    ]


def test_no_value_of_a_hub_and_nothing_of_a_secret_is_shown(hubs: Deployment) -> None:
    assert SECRET not in shown(hubs)
    assert "stringData" not in shown(hubs)


def test_objects_that_come_and_go_are_listed(hubs: Deployment) -> None:
    hubs.write("../config/earth/two.values.yaml", "jupyterhub: {proxy: {traefik: true, caddy: false}}\n")
    hubs.commit()
    assert "# the chart 4.4.0 instead of 4.3.3: gone: ConfigMap traefik (earth/two)\n" in shown(hubs)
    hubs.write("../config/earth/one.values.yaml", "jupyterhub: {proxy: {caddy: true}}\n")
    hubs.commit()
    assert "# the chart 4.4.0 instead of 4.3.3: new: ConfigMap traefik (earth/one)\n" in shown(hubs)


def test_without_the_charts_the_command_that_fetches_them_is_given(
    hubs: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "empty"))
    assert (
        "# not compared: what the new chart changes here. The chart 4.3.3 is not on this machine: "
        "helm pull jupyterhub --repo "
        "https://hub.example.org/helm-chart/ --version 4.3.3 --destination helm-charts/basehub/charts, "
        "for both versions\n"
    ) in shown(hubs)


def test_a_package_that_helm_cannot_read_is_named(hubs: Deployment, tmp_path: Path) -> None:
    (tmp_path / "helm/repository/jupyterhub-4.4.0.tgz").write_bytes(b"no archive")
    assert "changes here. Helm cannot read the charts 4.3.3 and 4.4.0\n" in shown(hubs)
