"""Images and hubs whose JupyterHubs do not go together are found, each with its hubs and where that is written."""

import json
from pathlib import Path

import pytest

from hubimages.contents import attach_contents
from hubimages.errors import RefusedError
from hubimages.hub_image import Asker, Effort, check_jupyterhubs
from hubimages.references import find_references
from tests.engine.registry import Registry
from tests.hub_image.jupyterhub.hubs import CHART, IMAGE, checked, clusters, hubimages, image, rows
from tests.references.deployment import deployment
from tests.registry.scripted import Reply, scripted


def test_an_image_and_a_hub_of_another_major_are_a_warning_with_its_source(
    open_registry: Registry, tmp_path: Path
) -> None:
    name = image(open_registry, "fit/old", "1", jupyterhub="3.1.1", jupyterlab="3.6.1")
    repo = clusters(tmp_path / "repo", "4.3.3", {"common": IMAGE.format(name=name, tag="1")})
    found = checked(repo)
    assert rows(found) == [("jupyterhub-mismatch", "warning", "common.values.yaml:5")]
    (finding,) = found.findings
    assert finding.message == (
        f"{name}:1 has JupyterHub 3.1.1, and leap/prod, leap/staging run 5.4.4 (the chart 4.3.3, "
        "helm-charts/basehub/Chart.yaml:6): JupyterHub warns of different majors: a login may fail or end in a "
        "redirect loop (https://jupyterhub.readthedocs.io/en/stable/howto/log-messages.html)"
    )
    assert finding.remedy == "install jupyterhub 5.* in the image"
    assert found.not_checked == ()


def test_an_image_of_which_no_server_starts_is_an_error(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/new", "1", jupyterhub="4.1.6")
    repo = clusters(tmp_path / "repo", "1.2.0", {"prod": IMAGE.format(name=name, tag="1")})
    assert rows(checked(repo)) == [("jupyterhub-mismatch", "error", "prod.values.yaml:5")]


def test_an_image_of_the_same_major_is_no_finding(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/same", "1", jupyterhub="5.0.0")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="1")})
    assert (rows(checked(repo)), checked(repo).not_checked) == ([], ())


@pytest.mark.parametrize(("chart", "lab", "found"), [("4.3.3", "3.1.15", True), ("4.3.3", "3.1.16", False)])
def test_a_jupyterlab_that_does_not_notice_a_stopped_server_is_a_warning(
    open_registry: Registry, tmp_path: Path, chart: str, lab: str, found: bool
) -> None:
    name = image(open_registry, "fit/lab", lab, jupyterhub="5.4.4", jupyterlab=lab)
    repo = clusters(tmp_path / "repo", chart, {"prod": IMAGE.format(name=name, tag=lab)})
    assert rows(checked(repo)) == ([("jupyterlab-old", "warning", "prod.values.yaml:5")] if found else [])


def test_every_choice_of_a_profile_list_is_checked_and_no_container_beside_the_server(
    open_registry: Registry, tmp_path: Path
) -> None:
    old = image(open_registry, "fit/choice", "1", jupyterhub="2.3.1")
    values = f"""\
jupyterhub:
  singleuser:
    initContainers:
    - name: first
      image: {old}:1
    profileList:
    - display_name: Small
      profile_options:
        image:
          choices:
            a:
              kubespawner_override:
                image: {old}:1
    - display_name: Large
      kubespawner_override:
        image: {old}:1
        extra_containers:
        - name: beside
          image: {old}:1
"""
    repo = clusters(tmp_path / "repo", "4.3.3", {"common": values})
    assert rows(checked(repo)) == [
        ("jupyterhub-mismatch", "warning", "common.values.yaml:13"),
        ("jupyterhub-mismatch", "warning", "common.values.yaml:16"),
    ]


def test_the_hub_image_itself_counts_before_the_chart_where_its_contents_are_known(
    open_registry: Registry, tmp_path: Path
) -> None:
    hub = image(open_registry, "fit/k8s-hub", "2", jupyterhub="4.1.6")
    attach_contents(f"{hub}:2", say=lambda line: None, agree=lambda question: True)
    name = image(open_registry, "fit/four", "1", jupyterhub="4.0.2")
    own = f"jupyterhub: {{hub: {{image: {{name: {hub}, tag: '2'}}}}}}\n"
    repo = clusters(tmp_path / "repo", "4.3.3", {"common": IMAGE.format(name=name, tag="1"), "prod": own})
    found = checked(repo)
    assert [each.message.partition(":1 ")[2][:60] for each in found.findings] == [
        "has JupyterHub 4.0.2, and leap/staging runs 5.4.4 (the chart"
    ]


@pytest.mark.parametrize("url", ["/lab", "/lab/tree/a.ipynb", "lab?reset", "/rstudio/", "/retro", "/git-pull?repo=x"])
def test_a_default_url_that_nothing_in_the_image_serves_is_a_warning(
    open_registry: Registry, tmp_path: Path, url: str
) -> None:
    name = image(open_registry, "fit/bare", "1", jupyterhub="5.4.4")
    full = {"jupyterlab": "4.4", "retrolab": "1.0", "nbgitpuller": "1.2", "jupyter_rsession_proxy": "2.3"}
    other = image(open_registry, "fit/full", "1", jupyterhub="5.4.4", **full)
    common = f"jupyterhub: {{singleuser: {{defaultUrl: '{url}'}}}}\n"
    files = {"common": common, "staging": IMAGE.format(name=other, tag="1"), "prod": IMAGE.format(name=name, tag="1")}
    found = checked(clusters(tmp_path / "repo", "4.3.3", files))
    assert rows(found) == [("default-url-missing", "warning", "prod.values.yaml:5")]
    assert found.findings[0].message.endswith(f", and servers of leap/prod open at {url}")


def test_a_default_url_of_a_later_file_or_of_a_profile_counts_before_that_of_all_hubs(
    open_registry: Registry, tmp_path: Path
) -> None:
    name = image(open_registry, "fit/bare", "1", jupyterhub="5.4.4")
    common = IMAGE.format(name=name, tag="1") + "    defaultUrl: /lab\n"
    choice = f"""\
jupyterhub:
  singleuser:
    defaultUrl: /tree
    profileList:
    - display_name: RStudio
      kubespawner_override: {{default_url: /rstudio, image: "{name}:1"}}
    - display_name: Files
      kubespawner_override: {{image: "{name}:1"}}
"""
    found = checked(clusters(tmp_path / "repo", "4.3.3", {"common": common, "prod": choice}))
    assert [each.message.partition(" has ")[2] for each in found.findings] == [
        "no jupyterlab, and servers of leap/staging open at /lab",
        "no jupyter-rsession-proxy, and servers of leap/prod open at /rstudio",
    ]


def test_an_image_without_jupyterhub_is_a_warning(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/none", "1", numpy="2.3.0")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="1")})
    assert rows(checked(repo)) == [("jupyterhub-missing", "warning", "prod.values.yaml:5")]


def test_what_cannot_be_checked_is_named(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/there", "1", jupyterhub="5.4.4")
    missing = f"{open_registry.address}/fit/none-such"
    files = {"prod": IMAGE.format(name=name, tag="1"), "staging": IMAGE.format(name=missing, tag="1")}
    repo = clusters(tmp_path / "repo", "99.0.0-0.dev.git.1.h1234567", files)
    assert checked(repo, Effort.NOTHING).not_checked == (
        "the JupyterHub of leap/prod, leap/staging: which JupyterHub the chart 99.0.0-0.dev.git.1.h1234567 "
        "(helm-charts/basehub/Chart.yaml:6) runs: it is newer than this hubimages and not on this machine",
        f"JupyterHub in 2 images ({missing}:1, {name}:1): hubimages check-images --contents reads them",
    )
    repo = clusters(tmp_path / "other", "4.3.3", files)
    assert checked(repo).not_checked == (f"JupyterHub in {missing}:1: {open_registry.address} has no {missing}:1",)


def test_a_range_has_the_version_of_its_lock_file(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/old", "1", jupyterhub="3.1.1", jupyterlab="3.6.1")
    repo = clusters(tmp_path / "repo", "^4.0.0", {"prod": IMAGE.format(name=name, tag="1")})
    assert checked(repo).not_checked == (
        "the JupyterHub of leap/prod: which JupyterHub the chart ^4.0.0 (helm-charts/basehub/Chart.yaml:6) runs: it is "
        "a range, and no lock file says the version",
    )
    lock = "dependencies:\n- name: jupyterhub\n  version: 4.3.3\n"
    (repo / "helm-charts/basehub/Chart.lock").write_text(lock)
    assert rows(checked(repo)) == [("jupyterhub-mismatch", "warning", "prod.values.yaml:5")]


def test_charts_of_other_tools_are_read_from_the_folder_of_each_hub(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/old", "1", jupyterhub="3.1.1", jupyterlab="3.6.1")
    values = f"singleuser: {{image: {{name: {name}, tag: '1'}}}}\n"
    release = (
        "releases:\n- {{name: {hub}, namespace: {hub}, chart: jupyterhub/jupyterhub, version: {version}, "
        "values: [values.yaml]}}\n"
    )
    files = {"a/values.yaml": values, "a/helmfile.yaml": release.format(hub="a", version="2.0.0")}
    files |= {"b/values.yaml": values, "b/helmfile.yaml": release.format(hub="b", version="4.3.3")}
    found = checked(deployment(tmp_path / "repo", files))
    assert [each.file for each in found.findings] == ["b/values.yaml"]
    assert found.not_checked == ()


def test_check_images_says_it_in_every_form_and_remembers_it_offline(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "fit/new", "1", jupyterhub="4.1.6")
    repo = clusters(tmp_path / "repo", "1.2.0", {"prod": IMAGE.format(name=name, tag="1")})
    plain = hubimages("check-images", "--json", cwd=repo)
    assert "JupyterHub" not in plain.stdout
    done = hubimages("check-images", "--contents", "--json", cwd=repo)
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["jupyterhub-mismatch"]
    assert done.returncode == 1
    assert f"{name}:1: no SBOM, so " in done.stderr
    again = hubimages("check-images", "--contents", "--offline", cwd=repo)
    assert again.returncode == 1
    assert "config/clusters/leap/prod.values.yaml:5: " in again.stdout
    github = hubimages("check-images", "--contents", "--offline", "--github", cwd=repo)
    assert "::error file=config/clusters/leap/prod.values.yaml,line=5,title=jupyterhub-mismatch::" in github.stdout


def test_layers_from_500_mb_on_are_read_only_after_a_question(
    open_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubimages.contents.reading.ASK_FROM", 1)
    name = image(open_registry, "fit/large", "1", jupyterhub="5.4.4")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="1")})
    asked: list[str] = []

    def no(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(RefusedError, match="nothing was read"):
        check_jupyterhubs(repo, find_references(repo), Asker(Effort.LAYERS, lambda line: None, no))
    assert len(asked) == 1
    assert asked[0].startswith(f"{name}:1: no SBOM, so ")


def test_a_chart_that_its_helm_repository_knows_is_looked_up_there_and_no_answer_is_75(
    open_registry: Registry, tmp_path: Path
) -> None:
    name = image(open_registry, "fit/old", "1", jupyterhub="3.1.1", jupyterlab="3.6.1")
    index = """\
entries:
  jupyterhub:
  - appVersion: 6.0.0
    name: jupyterhub
    version: 99.0.0
"""
    with scripted(lambda asked: Reply(200, index.encode())) as server:
        chart = CHART.format(version="99.0.0").replace(
            "https://hub.jupyter.org/helm-chart/", f"http://{server.host}/c/"
        )
        repo = clusters(tmp_path / "repo", "99.0.0", {"prod": IMAGE.format(name=name, tag="1")})
        (repo / "helm-charts/basehub/Chart.yaml").write_text(chart)
        found = checked(repo)
        assert [each for each in server.lines if "index" in each] == ["GET /c/index.yaml"]
    assert [each.message.partition("prod ")[2][:24] for each in found.findings] == ["runs 6.0.0 (the chart 99"]
    silent = checked(repo)
    assert (rows(silent), silent.no_answer) == ([], True)
