"""`check-hub-image` on real repositories: each finding, what cannot be told, and what is no finding."""

import json
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.findings import Finding
from hubimages.hub_image.check.all_checks import check_hub_image
from hubimages.hub_image.check.report import HubImageReport
from tests.hub_image.trials import Deployment, deployment

VALUES = "helm-charts/basehub/values.yaml"


@pytest.fixture
def hub(tmp_path: Path) -> Deployment:
    return deployment(tmp_path / "repo")


def check(made: Deployment, *, before_commit: bool = False) -> HubImageReport:
    return check_hub_image(made.path, offline=True, before_commit=before_commit)


def codes(made: Deployment) -> list[tuple[str, str, int]]:
    return [(finding.code, finding.file, finding.line) for finding in check(made).findings]


def test_what_is_in_step_is_said_to_be(hub: Deployment) -> None:
    report = check(hub)
    assert (report.findings, report.not_checked, report.exit_code) == ([], [], 0)
    assert str(report) == (
        "1 hub image in step: hub\n  jupyterhub/k8s-hub:4.3.3 (helm-charts/images/hub/Dockerfile:2) and chart 4.3.3 "
        "(helm-charts/basehub/Chart.yaml:6)"
    )


@pytest.mark.parametrize("folder", ["helm-charts/", ""])
def test_an_image_of_another_release_than_the_chart_is_found(folder: str, tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo", folder=folder)
    hub.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")
    hub.commit()
    assert check(hub).findings == [
        Finding(
            "versions-differ",
            f"jupyterhub/k8s-hub:4.3.3 and the chart's version 4.4.0 ({folder}basehub/Chart.yaml:6) do not match: "
            "the chart is 4.4.0, the image is 4.3.3",
            "run hubimages bump-hub-image --chart-version 4.4.0 (or the version that you want)",
            f"{folder}images/hub/Dockerfile",
            2,
        )
    ]
    assert check(hub).exit_code == 1


def test_the_helm_2_layout_is_read_as_well(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo", folder="")
    chart = hub.read("basehub/Chart.yaml").replace("v2", "v1").split("dependencies:")
    hub.write("basehub/Chart.yaml", chart[0])
    hub.write("basehub/requirements.yaml", f"dependencies:{chart[1]}".replace("4.3.3", "3.3.8"))
    hub.commit()
    assert codes(hub) == [("versions-differ", "images/hub/Dockerfile", 2)]


def test_development_versions_that_belong_together_are_no_finding(hub: Deployment) -> None:
    hub.edit("basehub/Chart.yaml", "4.3.3", "4.3.3-0.dev.git.7272.h2ff70453")
    hub.edit("images/hub/Dockerfile", "4.3.3", "4.3.3-0.dev.git.7263.h1d8bfb12")
    hub.commit()
    hub.point_at()
    assert check(hub).exit_code == 0


def test_what_cannot_be_told_is_an_answer_of_its_own(hub: Deployment) -> None:
    hub.edit("images/hub/Dockerfile", ":4.3.3", ":latest")
    hub.commit()
    hub.point_at()
    report = check(hub)
    assert [(one.code, one.file, one.line) for one in report.findings] == [
        ("nothing-compared", "helm-charts/images/hub/Dockerfile", 2)
    ]
    assert report.exit_code == 1, "a hook whose output nobody sees must not pass"
    assert report.not_checked == [
        "helm-charts/images/hub/Dockerfile:2: jupyterhub/k8s-hub:latest and the chart's version 4.3.3 "
        "(helm-charts/basehub/Chart.yaml:6): latest names no release"
    ]


def test_sources_that_are_newer_than_the_tag_are_found(hub: Deployment) -> None:
    tag = hub.tag("HEAD~1")
    hub.write("images/hub/requirements.txt", "fancy==0.7.0\n")
    assert codes(hub) == [("stale-tag", VALUES, 8)], "edited, not yet committed"
    hub.commit()
    (finding,) = check(hub).findings
    assert finding.message == (
        f"quay.io/2i2c/pilot-hub:{tag} is not built from the sources as they are: "
        "helm-charts/images/hub/requirements.txt changed since it was built"
    )
    hub.point_at()
    assert codes(hub) == []


def test_a_new_file_that_git_does_not_know_yet_makes_the_tag_stale_and_an_ignored_one_does_not(hub: Deployment) -> None:
    context = hub.path / "helm-charts/images/hub"
    (hub.path / ".git/info/exclude").write_text("*.log\n")
    (context / "build.log").touch()
    assert codes(hub) == []
    (context / "new.py").touch()
    assert codes(hub) == [("stale-tag", VALUES, 8)]


def test_a_changed_build_argument_of_the_image_makes_its_tag_stale(hub: Deployment) -> None:
    hub.edit("chartpress.yaml", "          REQUIREMENTS_FILE: requirements.txt\n", "          OTHER: x\n")
    hub.commit()
    (finding,) = check(hub).findings
    assert (finding.code, finding.message.rsplit(": ", 1)[1]) == (
        "stale-tag",
        "buildArgs of hub in helm-charts/chartpress.yaml changed since it was built",
    )


def test_another_image_and_its_files_do_not_make_the_tag_stale(hub: Deployment) -> None:
    entry = "      trial:\n        contextPath: images/hub\n        buildArgs: {REQUIREMENTS_FILE: trial.txt}\n"
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + entry)
    hub.write("images/hub/trial.txt", "new==1\n")
    hub.commit()
    assert codes(hub) == []
    hub.edit("chartpress.yaml", entry, "")
    hub.git("rm", "-q", "helm-charts/images/hub/trial.txt")
    hub.commit()
    assert codes(hub) == []


def test_after_a_squash_merge_the_missing_commit_is_a_note(hub: Deployment) -> None:
    hub.git("switch", "-q", "-c", "bump")
    hub.write("images/hub/requirements.txt", "fancy==0.7.0\n")
    hub.commit()
    hub.point_at()
    hub.git("switch", "-q", "main")
    hub.git("merge", "-q", "--squash", "bump")
    hub.commit("Squashed")
    hub.git("branch", "-q", "-D", "bump")
    hub.git("reflog", "expire", "--expire=now", "--all")
    hub.git("gc", "-q", "--prune=now")
    report = check(hub)
    assert (report.findings, report.exit_code) == ([], 0)
    assert report.not_checked == [
        f"{VALUES}:8: whether hub is built from its sources: the tag names no commit of this repository, as happens "
        "after a squash merge; the sources have not changed since the tag was written"
    ]
    hub.write("images/hub/requirements.txt", "fancy==0.8.0\n")
    hub.commit()
    assert codes(hub) == [("stale-tag", VALUES, 8)]


def test_in_a_shallow_clone_staleness_cannot_be_told(hub: Deployment, tmp_path: Path) -> None:
    hub.write("README.md", "x")
    hub.commit()
    hub.git("clone", "-q", "--depth=1", f"file://{hub.path}", str(tmp_path / "shallow"))
    report = check(Deployment(tmp_path / "shallow"))
    assert (report.findings, report.exit_code) == ([], 0)
    assert "shallow clone" in report.not_checked[0]
    assert "fetch-depth: 0" in report.not_checked[0]


def test_a_shared_values_path_is_found_and_the_image_that_values_name_is_judged(hub: Deployment) -> None:
    hub.write(
        "chartpress.yaml",
        hub.read("chartpress.yaml") + "      authz:\n        valuesPath: jupyterhub.hub.image\n"
        "        contextPath: images/hub\n        buildArgs: {REQUIREMENTS_FILE: authz-requirements.txt}\n",
    )
    hub.write("images/hub/authz-requirements.txt", "authz==1\n")
    hub.commit()
    (finding,) = check(hub).findings
    assert (finding.code, finding.file, finding.line) == ("shared-values-path", "helm-charts/chartpress.yaml", 11)
    assert finding.message == (
        "hub and authz have one valuesPath, jupyterhub.hub.image: a plain chartpress points every hub at "
        "quay.io/2i2c/pilot-authz"
    )


def test_companions_of_another_version_are_found_wherever_they_stand(hub: Deployment) -> None:
    text = hub.read("basehub/values.yaml").replace(
        "image: here", 'image: {name: quay.io/jupyterhub/k8s-network-tools, tag: "4.1.0"}'
    )
    text += "  # extra: jupyterhub/k8s-secret-sync:1.0.0\n  extra: quay.io/jupyterhub/k8s-secret-sync:4.3.3\n"
    text += (
        "  script: |\n    image = 'jupyterhub/k8s-network-tools:4.2.0'\n  b: quay.io/jupyterhub/k8s-binderhub:1.0.0\n"
    )
    hub.write("basehub/values.yaml", text)
    hub.commit()
    assert codes(hub) == [("companion-version", VALUES, 3), ("other-companion", VALUES, 12)]
    assert [one.grade for one in check(hub).findings] == ["error", "warning"]


def test_values_that_name_an_image_that_is_not_built_here_are_found(hub: Deployment) -> None:
    hub.edit("basehub/values.yaml", "pilot-hub", "pilot-old")
    hub.commit()
    assert codes(hub) == [("other-image", VALUES, 7)]


def test_a_tag_that_helm_reads_as_a_number_is_found(hub: Deployment) -> None:
    for tag in ("5115e56", "1.10"):
        text = hub.read("basehub/values.yaml").rsplit("tag:", 1)[0] + f"tag: {tag}\n"
        hub.write("basehub/values.yaml", text)
        assert ("tag-not-text", VALUES, 8) in codes(hub)


def test_values_that_leave_the_image_to_the_deployment_are_no_finding(hub: Deployment) -> None:
    text = hub.read("basehub/values.yaml").rsplit("name:", 1)[0] + "name:\n      tag:\n"
    hub.write("basehub/values.yaml", text)
    hub.commit()
    report = check(hub)
    assert report.exit_code == 0
    assert report.not_checked == [f"{VALUES}:7: no image is named here; the deployment sets it elsewhere"]


def test_before_a_commit_only_what_the_commit_can_put_right_is_checked(hub: Deployment) -> None:
    hub.write("images/hub/requirements.txt", "fancy==0.7.0\n")
    assert check(hub, before_commit=True).exit_code == 0
    hub.edit("images/hub/Dockerfile", "4.3.3", "4.4.0")
    assert check(hub, before_commit=True).exit_code == 1


def test_a_repository_without_a_hub_image_is_bad_input(hub: Deployment) -> None:
    hub.edit("images/hub/Dockerfile", "jupyterhub/k8s-hub", "python")
    hub.edit("chartpress.yaml", "jupyterhub.hub.image", "other.image")
    assert str(check(hub)).splitlines()[0] == (
        "no hub image is built here; hubs with helm-charts/basehub/Chart.yaml run the chart's own"
    )
    hub.edit("basehub/Chart.yaml", "name: jupyterhub", "name: other")
    with pytest.raises(BadInputError, match="There is nothing to check"):
        check(hub)


def test_the_report_is_one_json_object(hub: Deployment) -> None:
    hub.edit("images/hub/Dockerfile", ":4.3.3", ":4.4.0")
    hub.commit()
    hub.point_at()
    read = json.loads(check(hub).as_json())
    assert list(read) == ["version", "findings", "not_checked"]
    assert [list(finding) for finding in read["findings"]] == [["code", "file", "line", "message", "remedy", "grade"]]


def test_annotations_keep_their_lines_and_signs() -> None:
    report = HubImageReport([Finding("a-code", "100 %\nwrong", "do this", "a,b:c.yaml", 3)], ["that"], "good")
    assert report.as_annotations() == (
        "::error file=a%2Cb%3Ac.yaml,line=3,title=a-code::100 %25%0Awrong%0Ado this\n::notice title=not checked::that"
    )
