"""Repositories without chartpress: the chart's version and the image's base are compared wherever they stand."""

import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.hub_image import BumpRequest, plan_bump
from hubimages.hub_image.bump.plain import PlainPlan
from hubimages.hub_image.check.all_checks import check_hub_image

DOCKERFILE = {"hub/Dockerfile": "FROM quay.io/jupyterhub/k8s-hub:3.3.7\nRUN true\n"}
WORKFLOW = {".github/workflows/image.yaml": "jobs:\n  build:\n    steps:\n      - run: docker build hub\n"}
# How the version 3.3.7 of the chart is asked for, and the file and line of it.
ASKED = {
    "helmfile.yaml": "releases:\n  - name: hub\n    chart: jupyterhub/jupyterhub\n    version: 3.3.7\n",
    "apps/hub.yaml": "kind: Application\nspec:\n  source:\n    chart: jupyterhub\n    targetRevision: 3.3.7\n",
    "flux/release.yaml": "kind: HelmRelease\nspec:\n  chart:\n    spec: {chart: jupyterhub, version: 3.3.7}\n",
    "main.tf": 'resource "helm_release" "hub" {\n  name = "hub"\n  chart   = "jupyterhub"\n  version = "3.3.7"\n}\n',
    "deploy.sh": "helm upgrade --install hub jupyterhub/jupyterhub \\\n  --values hub.yaml \\\n  --version=3.3.7\n",
    ".github/workflows/deploy.yaml": "jobs:\n  a:\n    steps:\n      - run: |\n"
    "          helm upgrade hub jupyterhub/jupyterhub --version 3.3.7\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1\ndependencies:\n- {name: jupyterhub, version: 3.3.7}\n",
}
LINE = {"helmfile.yaml": 4, "apps/hub.yaml": 5, "flux/release.yaml": 4, "main.tf": 4, "deploy.sh": 3,
        ".github/workflows/deploy.yaml": 5, "chart/Chart.yaml": 5}  # fmt: skip


def repository(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    for words in (("init", "-q", "-b", "main"), ("add", "--all"), ("commit", "-q", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=path, check=True)
    return path


@pytest.mark.parametrize("file", ASKED)
def test_version_and_base_are_compared_and_what_builds_the_image_is_named(tmp_path: Path, file: str) -> None:
    made = repository(tmp_path, {**DOCKERFILE, **WORKFLOW, file: ASKED[file]})
    report = check_hub_image(made)
    assert (report.findings, report.exit_code) == ([], 0)
    (made / file).write_text(ASKED[file].replace("3.3.7", "4.4.0"))
    (finding,) = check_hub_image(made).findings
    assert (finding.code, finding.file, finding.line) == ("versions-differ", "hub/Dockerfile", 1)
    assert finding.message == (
        "quay.io/jupyterhub/k8s-hub:3.3.7 (built by .github/workflows/image.yaml) and the chart's version 4.4.0 "
        f"({file}:{LINE[file]}) do not match: the chart is 4.4.0, the image is 3.3.7"
    )


def test_a_tag_in_values_is_compared_too(tmp_path: Path) -> None:
    values = "hub:\n  image:\n    name: quay.io/jupyterhub/k8s-hub\n    tag: '3.3.6'\nsingleuser: {}\n"
    made = repository(tmp_path, {"helmfile.yaml": ASKED["helmfile.yaml"], "hub.yaml": values})
    (finding,) = check_hub_image(made).findings
    assert (finding.code, finding.file, finding.line) == ("versions-differ", "hub.yaml", 4)


def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    report = check_hub_image(repository(tmp_path, {"helmfile.yaml": ASKED["helmfile.yaml"]}))
    assert ([finding.code for finding in report.findings], report.exit_code) == (["nothing-compared"], 1)


def test_a_repository_without_a_chart_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=r"no chartpress.yaml and no file that asks for a version of the jupyterhub"
    ):
        check_hub_image(repository(tmp_path, DOCKERFILE))


def test_a_command_in_a_comment_asks_for_no_version(tmp_path: Path) -> None:
    command = "helm upgrade hub jupyterhub/jupyterhub --version 3.3.7"
    script = f"#{command}\n  # or: {command} \\\n#  --debug\necho start#1; {command}\n"
    pipeline = f"stage {{\n  // {command}\n}}\n"
    made = repository(tmp_path, {**DOCKERFILE, "deploy.sh": script, "Jenkinsfile": pipeline})
    plan = plan_bump(BumpRequest(made, "4.4.0"), dry_run=True)
    assert isinstance(plan, PlainPlan)
    assert {edit.path: edit.after for edit in plan.edits} == {
        "deploy.sh": script.replace(f"start#1; {command}", f"start#1; {command.replace('3.3.7', '4.4.0')}"),
        "hub/Dockerfile": DOCKERFILE["hub/Dockerfile"].replace("3.3.7", "4.4.0"),
    }


@pytest.mark.parametrize("chartpress", [True, False])
def test_a_chart_of_the_repository_itself_is_not_bumped_by_who_depends_on_it(
    tmp_path: Path, *, chartpress: bool
) -> None:
    files = {
        **DOCKERFILE, "chart/values.yaml": "jupyterhub: {hub: {image: {name: a/b, tag: x}}}\n",
        "chart/Chart.yaml": ASKED["chart/Chart.yaml"].replace("3.3.7", "3.3.7, repository: 'file://../jupyterhub'"),
    }  # fmt: skip
    images = "{hub: {contextPath: hub, valuesPath: jupyterhub.hub.image}}"
    if chartpress:
        files["chartpress.yaml"] = f"charts:\n- {{name: chart, imagePrefix: a/, images: {images}}}\n"
    made = repository(tmp_path, files)
    with pytest.raises(BadInputError, match=r"a chart of this repository \(file://../jupyterhub\).*Bump that chart"):
        plan_bump(BumpRequest(made, "4.4.0"), dry_run=True)
