"""Layouts of public deployments that are easily read wrongly: what the check and the plan of a bump say about each."""

from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.check.report import HubImageReport
from tests.hub_image.trials import Deployment, deployment

DOCKERFILE = "images/hub/Dockerfile"


@pytest.fixture
def hub(tmp_path: Path) -> Deployment:
    return deployment(tmp_path / "repo")


def check(hub: Deployment) -> HubImageReport:
    return hub_image.check_hub_image(hub.path, offline=True)


def codes(hub: Deployment) -> list[str]:
    return [finding.code for finding in check(hub).findings]


def plan(hub: Deployment, version: str = "4.4.0", **options: object) -> str:
    request = hub_image.BumpRequest(hub.path, version, **options)  # type: ignore[arg-type]
    return hub_image.plan_bump(request, dry_run=True).show()


def changed(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def rewrite(hub: Deployment, text: str) -> None:
    hub.write(DOCKERFILE, text)
    built = hub.commit("Rewrite")
    hub.point_at(built)


# A Dockerfile that builds from 4.3.3, and what the check of it says with the chart at 4.3.3 and at 4.4.0.
READ = {
    "slim": "FROM quay.io/jupyterhub/k8s-hub-slim:4.3.3\n",
    "mirror": "FROM ghcr.io/campus/k8s-hub:4.3.3\n",
    "digest behind the tag": f"FROM jupyterhub/k8s-hub:4.3.3@sha256:{'a' * 64}\n",
    "tag of several arguments": "ARG A=4\nARG B=3\nARG C=3\nFROM jupyterhub/k8s-hub:${A}.${B}.${C}\n",
    "beside a stage without a value": "ARG TOOL\nFROM $TOOL AS t\nFROM jupyterhub/k8s-hub:4.3.3\n",
    "copied from": "FROM jupyterhub/k8s-hub:4.3.3\nCOPY --from=jupyterhub/k8s-hub:4.3.3 /a /b\n",
}


@pytest.mark.parametrize("shape", READ)
def test_what_can_be_read_is_compared_whether_or_not_it_can_be_edited(hub: Deployment, shape: str) -> None:
    rewrite(hub, READ[shape])
    assert codes(hub) == []
    hub.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")
    hub.commit()
    assert set(codes(hub)) == {"versions-differ"}


UNKNOWN = {
    "no tag": "FROM jupyterhub/k8s-hub\n",
    "moving tag": "FROM jupyterhub/k8s-hub:main\n",
    "argument without a value": "ARG TAG\nFROM jupyterhub/k8s-hub:$TAG\n",
    "not a known name": "FROM registry.example.org/our-hub:4.3.3\n",
}


@pytest.mark.parametrize("shape", UNKNOWN)
def test_a_check_that_compared_nothing_does_not_pass(hub: Deployment, shape: str) -> None:
    rewrite(hub, UNKNOWN[shape])
    report = check(hub)
    assert (codes(hub), report.exit_code) == (["nothing-compared"], 1)
    assert report.not_checked


def test_an_unknown_base_does_not_blame_another_images_missing_dockerfile(hub: Deployment) -> None:
    rewrite(hub, "FROM registry.example.org/our-hub:4.3.3\n")
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + "      tool:\n        valuesPath: tool.image\n")
    hub.commit()
    (said,) = [text for text in check(hub).not_checked if "Dockerfile" in text]
    assert "images/hub/Dockerfile: it builds from registry.example.org/our-hub:4.3.3, which is not known" in said


@pytest.mark.parametrize(("reset", "tag"), [("", "set-by-chartpress"), ("    resetTag: later\n", "later")])
def test_chartpresss_reset_tag_is_no_finding(hub: Deployment, reset: str, tag: str) -> None:
    hub.edit("chartpress.yaml", "    images:\n", f"{reset}    images:\n")
    values = hub.read("basehub/values.yaml")
    hub.write("basehub/values.yaml", values[: values.rindex("tag:")] + f"tag: {tag}\n")
    hub.commit()
    report = check(hub)
    assert (report.findings, report.not_checked) == (
        [],
        [f"helm-charts/basehub/values.yaml:7: {tag} is a placeholder for quay.io/2i2c/pilot-hub; "
         "the deployment sets it elsewhere"],
    )  # fmt: skip


def test_a_number_with_a_text_tag_is_text(hub: Deployment) -> None:
    values = hub.read("basehub/values.yaml")
    hub.write("basehub/values.yaml", values[: values.rindex("tag:")] + "tag: !!str 123\n")
    assert "tag-not-text" not in codes(hub)


def test_a_context_below_a_link_is_refused_in_words(hub: Deployment) -> None:
    folder = hub.path / "helm-charts"
    (folder / "images").rename(folder / "real")
    (folder / "images").symlink_to("real")
    hub.commit()
    with pytest.raises(RefusedError, match="is below helm-charts/images, a link to real"):
        plan(hub)
    with pytest.raises(RefusedError, match="is below helm-charts/images, a link to real"):
        check(hub)


def test_another_name_of_the_configuration_is_given_with_config(hub: Deployment) -> None:
    hub.git("mv", "helm-charts/chartpress.yaml", "helm-charts/images.yaml")
    hub.commit()
    with pytest.raises(BadInputError):
        plan(hub, images=["hub"])
    assert "+FROM jupyterhub/k8s-hub:4.4.0" in plan(hub, config="helm-charts/images.yaml")
    report = hub_image.check_hub_image(hub.path, offline=True, config="helm-charts/images.yaml")
    assert "1 hub image in step: hub" in str(report)


@pytest.mark.parametrize("option", ["[--build-arg=TAG=4.3.3]", "[--build-arg, TAG=4.3.3]", "['--build-arg TAG=4.3.3']"])
def test_build_arguments_among_the_options_of_the_build_are_read_and_edited(hub: Deployment, option: str) -> None:
    hub.edit("chartpress.yaml", "        buildArgs:", f"        extraBuildCommandOptions: {option}\n        buildArgs:")
    rewrite(hub, "ARG TAG\nFROM jupyterhub/k8s-hub:$TAG\n")
    assert codes(hub) == []
    lines = [line.replace("'", "").replace('"', "") for line in changed(plan(hub)) if "extra" in line]
    bare = option.replace("'", "")
    assert lines == [
        f"-        extraBuildCommandOptions: {bare}",
        f"+        extraBuildCommandOptions: {bare.replace('4.3.3', '4.4.0')}",
    ]


def notes(shown: str) -> str:
    return "".join(line for line in shown.splitlines(keepends=True) if line.startswith("# "))


def test_what_the_bump_changes_or_leaves_beside_the_tag_is_said(hub: Deployment) -> None:
    rewrite(
        hub,
        "ARG V=4.3.3\nFROM example.org/tool:$V AS tool\nFROM jupyterhub/k8s-hub:$V\nARG CHART=4.3.3\n"
        "ADD https://example.org/constraints/4.3.3.txt /tmp/\n# 4.3.3 in a comment\n",
    )
    said = notes(plan(hub))
    where = f"helm-charts/{DOCKERFILE}"
    assert f"# {where}:2: example.org/tool:4.3.3 gets its tag from the same place and changes, too\n" in said
    assert f"# {where}:4 still has 4.3.3: ARG CHART=4.3.3\n" in said
    assert f"# {where}:5 still has 4.3.3: ADD https://example.org/constraints/4.3.3.txt /tmp/\n" in said
    assert "in a comment" not in said


@pytest.mark.parametrize(
    ("version", "note"),
    [
        ('"{{ CHART }}"', "has {{ CHART }}, which is not a version; what fills it in must keep the edit"),
        ("4.3", "has the range 4.3, and gets one version"),
        ("^4.3.0", "has ^4.3.0, which is not a version; what fills it in must keep the edit"),
    ],
)
def test_a_placeholder_or_a_range_as_the_version_is_said(hub: Deployment, version: str, note: str) -> None:
    hub.edit("basehub/Chart.yaml", "version: 4.3.3", f"version: {version}")
    hub.commit()
    assert f"# helm-charts/basehub/Chart.yaml:6 {note}\n" in notes(plan(hub))


def test_a_dockerfile_that_a_second_chart_shares_is_said(hub: Deployment) -> None:
    hub.write(
        "chartpress.yaml",
        hub.read("chartpress.yaml") + "  - name: second\n    imagePrefix: quay.io/other/\n    images:\n      hub2:\n"
        "        contextPath: images/hub\n        valuesPath: jupyterhub.hub.image\n",
    )
    hub.write("second/Chart.yaml", hub.read("basehub/Chart.yaml").replace("basehub", "second"))
    hub.write("second/values.yaml", hub.read("basehub/values.yaml").replace("2i2c/pilot-hub", "other/hub2"))
    hub.commit()
    assert (
        "# helm-charts/images/hub/Dockerfile is also that of the chart second, which stays at 4.3.3 "
        "(helm-charts/second/Chart.yaml:6)\n"
    ) in notes(plan(hub, images=["hub"]))


def test_a_file_address_of_the_chart_is_answered_with_what_works(hub: Deployment) -> None:
    hub.edit("basehub/Chart.yaml", "https://hub.example.org/helm-chart/", '"file://../fork"')
    hub.commit()
    with pytest.raises(BadInputError, match=r"is a chart of this repository \(file://../fork\).*Bump that chart"):
        hub_image.plan_bump(hub_image.BumpRequest(hub.path, "4.4.0"), dry_run=False)


def test_helms_names_of_repositories_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubimages.hub_image.bump.helm_list import find

    file = tmp_path / "repositories.yaml"
    file.write_text("repositories:\n- name: z2jh\n  url: https://hub.example.org/charts\n")
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(file))
    assert find("@z2jh").address == find("alias:z2jh").address == "https://hub.example.org/charts"
    with pytest.raises(BadInputError, match="Run helm repo add other ADDRESS"):
        find("@other")


def test_an_image_whose_tag_is_written_nowhere_is_said_to_reach_no_hub(hub: Deployment) -> None:
    hub.edit("chartpress.yaml", "        valuesPath: jupyterhub.hub.image\n", "")
    hub.commit()
    assert (
        "# hub has no valuesPath in helm-charts/chartpress.yaml:7, and no values file names it: no hub runs it "
        "until its name and tag are written there\n"
    ) not in plan(hub, images=["hub"]), "values.yaml names it"
    hub.edit("basehub/values.yaml", "quay.io/2i2c/pilot-hub", "quay.io/2i2c/other")
    hub.commit()
    assert "# hub has no valuesPath in helm-charts/chartpress.yaml:7" in plan(hub, images=["hub"])


def test_a_message_of_ones_own_is_taken_for_each_commit(hub: Deployment) -> None:
    shown = plan(hub, messages=["fix(hub): bump the chart", "fix(hub): use the image"])
    assert "$ git commit -m 'fix(hub): bump the chart' -- " in shown
    with pytest.raises(BadInputError, match="can be given at most twice"):
        plan(hub, messages=["a", "b", "c"])


def test_several_platforms_are_handed_on(hub: Deployment) -> None:
    shown = plan(hub, platforms=["linux/amd64", "linux/arm64"])
    assert "--builder docker-buildx --platform linux/amd64 --platform linux/arm64" in shown
    with pytest.raises(BadInputError, match="--no-push with several --platform"):
        plan(hub, platforms=["linux/amd64", "linux/arm64"], push=False)
