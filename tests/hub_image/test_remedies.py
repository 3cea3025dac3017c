"""Every command that a message gives is run, and does what the message says."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import HubImagesError
from tests.hub_image.trials import Deployment, deployment
from tests.sample import some

COMMAND = re.compile(r"hubimages [a-z-]+(?: --[a-z-]+(?:[= ][^\s,;()]+)?)*")


def commands(text: str) -> list[str]:
    return COMMAND.findall(text)


def run(hub: Deployment, command: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", *shlex.split(command), f"--repo={hub.path}", "--dry-run"]
    return subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def other_chart_version(hub: Deployment) -> None:
    hub.edit("basehub/Chart.yaml", "4.3.3", "4.4.0")


def two_images_of_one_place(hub: Deployment) -> None:
    other_chart_version(hub)
    hub.write(
        "chartpress.yaml",
        hub.read("chartpress.yaml")
        + "      authz:\n        valuesPath: jupyterhub.hub.image\n        contextPath: images/hub\n",
    )


def two_charts(hub: Deployment) -> None:
    other_chart_version(hub)
    hub.write(
        "chartpress.yaml",
        hub.read("chartpress.yaml") + "  - name: second\n    imagePrefix: quay.io/other/\n    images:\n"
        "      hub:\n        valuesPath: jupyterhub.hub.image\n",
    )
    hub.write("second/Chart.yaml", hub.read("basehub/Chart.yaml").replace("name: basehub", "name: second"))
    hub.write("second/values.yaml", hub.read("basehub/values.yaml").replace("2i2c/pilot-hub", "other/hub"))


def edited_sources(hub: Deployment) -> None:
    hub.write("images/hub/requirements.txt", "fancy==0.9\n")


def another_name_in_values(hub: Deployment) -> None:
    hub.edit("basehub/values.yaml", "pilot-hub", "pilot-old")


def upon_a_base(hub: Deployment) -> None:
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + "      base:\n        valuesPath: {}\n")
    hub.write("images/base/Dockerfile", "FROM jupyterhub/k8s-hub:4.3.3\n")
    built = hub.commit("Add a base")
    hub.write("images/hub/Dockerfile", f"FROM quay.io/2i2c/pilot-base:{hub.tag(built)}\n")
    hub.point_at(hub.commit("Use it"))
    hub.write("images/base/more.txt", "more\n")


def without_chartpress(hub: Deployment) -> None:
    other_chart_version(hub)
    hub.git("rm", "-q", "helm-charts/chartpress.yaml")


@pytest.mark.parametrize(
    "spoil",
    some([
        other_chart_version, two_images_of_one_place, two_charts, edited_sources, another_name_in_values, upon_a_base,
        without_chartpress,
    ], 0, 2, 5, 6),
)  # fmt: skip
def test_the_commands_of_findings_run(tmp_path: Path, spoil: Callable[[Deployment], None]) -> None:
    hub = deployment(tmp_path / "repo")
    spoil(hub)
    hub.commit("Spoil")
    findings = hub_image.check_hub_image(hub.path, offline=True).findings
    given = [command for finding in findings for command in commands(finding.remedy)]
    assert given, findings
    for command in given:
        done = run(hub, command)
        assert done.returncode == 0, (command, done.stderr)


def plan(hub: Deployment, *images: str) -> str:
    return hub_image.plan_bump(hub_image.BumpRequest(hub.path, "4.4.0", images), dry_run=True).show()


def test_the_choice_that_a_refusal_gives_is_taken(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo")
    two_charts(hub)
    hub.commit()
    with pytest.raises(HubImagesError) as several:
        plan(hub)
    name = re.findall(r"--image=(\S+)", str(several.value))[0]
    assert "+FROM jupyterhub/k8s-hub:4.4.0" in plan(hub, name)
    with pytest.raises(HubImagesError) as ambiguous:
        plan(hub, "hub")
    for name in re.findall(r"--image=(\S+)", str(ambiguous.value)):
        plan(hub, name)


def test_the_notes_of_a_bump_give_commands_that_run(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo")
    hub.write(
        "chartpress.yaml",
        hub.read("chartpress.yaml")
        + "      groups:\n        contextPath: images/hub\n        buildArgs: {REQUIREMENTS_FILE: groups.txt}\n",
    )
    hub.write("images/hub/groups.txt", "a==1\n")
    hub.write("../hubs/bio.yaml", "jupyterhub: {hub: {image: {name: quay.io/2i2c/pilot-groups, tag: old}}}\n")
    hub.commit()
    given = commands(plan(hub))
    assert given == ["hubimages rebuild-hub-image --image=groups"]
    done = run(hub, given[0])
    assert done.returncode == 0, done.stderr
    assert "hubs/bio.yaml:1 (" in done.stdout, "the values file that names it is shown first"


def test_a_rebuild_without_an_image_names_them_all(tmp_path: Path) -> None:
    hub = deployment(tmp_path / "repo")
    two_charts(hub)
    hub.commit()
    done = run(hub, "hubimages rebuild-hub-image")
    assert done.returncode == 2
    assert done.stderr == "error: --image is missing. chartpress.yaml has basehub/hub, second/hub\n"
    for name in ("basehub/hub", "second/hub"):
        assert run(hub, f"hubimages rebuild-hub-image --image={name}").returncode == 0
