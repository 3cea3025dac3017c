"""A change of tags, and another version of the chart, say before they are made which images would not go with hubs."""

import json
from pathlib import Path

import pytest

from hubimages.contents import read_images
from hubimages.hub_image import BumpRequest, plan_bump
from tests.engine.registry import Registry
from tests.github import GitHub, answering
from tests.histories import git
from tests.hub_image.jupyterhub.hubs import CHART, IMAGE, clusters, hubimages, image
from tests.references.deployment import deployment

OTHER_MAJOR = (
    "JupyterHub warns of different majors: a login may fail or end in a redirect loop "
    "(https://jupyterhub.readthedocs.io/en/stable/howto/log-messages.html)"
)


def known(*references: str) -> None:
    """Read images, so that they are remembered."""
    read_images(references, say=lambda line: None, agree=lambda question: True)


def test_point_hubs_warns_of_a_tag_that_does_not_go_with_the_hub(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "move/a", "1", jupyterhub="5.4.4")
    image(open_registry, "move/a", "2", jupyterhub="3.1.1")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="1")})
    unknown = hubimages("point-hubs", f"{name}:2", "--dry-run", cwd=repo)
    assert f"not checked: JupyterHub in 1 image ({name}:2): hubimages check-images --contents reads them" in (
        unknown.stdout
    )
    known(f"{name}:2")
    done = hubimages("point-hubs", f"{name}:2", "--dry-run", cwd=repo)
    line = (
        f"config/clusters/leap/prod.values.yaml:5: warning: {name}:2 has JupyterHub 3.1.1, and leap/prod runs 5.4.4 "
        f"(the chart 4.3.3, helm-charts/basehub/Chart.yaml:6): {OTHER_MAJOR}: install jupyterhub 5.* in the image"
    )
    assert line in done.stdout.splitlines()
    assert json.loads(hubimages("point-hubs", f"{name}:2", "--dry-run", "--json", cwd=repo).stdout)["warnings"] == [
        line
    ]
    back = hubimages("point-hubs", f"{name}:1", "--dry-run", cwd=repo)
    assert "nothing to do" in back.stdout


def test_the_text_of_a_pull_request_has_the_warning(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "move/b", "1", jupyterhub="5.4.4")
    image(open_registry, "move/b", "2", jupyterhub="3.1.1")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="1")})
    served = tmp_path / "served"
    (served / "org").mkdir(parents=True)
    git("clone", "--quiet", "--bare", str(repo), str(served / "org/deployment.git"))
    git("config", "--global", f"url.{served}/.insteadOf", "https://github.com/")
    git("-C", repo, "remote", "add", "origin", "https://github.com/org/deployment.git")
    git("-C", repo, "fetch", "--quiet", "origin")
    known(f"{name}:2")
    github = GitHub()
    with answering(github) as address:
        env = {"GH_TOKEN": "ghs_of-this-test", "GITHUB_API_URL": address}
        done = hubimages("point-hubs", f"{name}:2", "--open-pr", "--yes", cwd=repo, **env)
    assert done.returncode == 0, done.stderr
    (opened,) = github.opened
    line = f"warning: {name}:2 has JupyterHub 3.1.1, and leap/prod runs 5.4.4"
    assert f"\nconfig/clusters/leap/prod.values.yaml:5: {line}" in opened["body"]


def test_bump_images_warns_of_the_newest_tag(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "move/c", "2026.01.01", jupyterhub="5.4.4")
    image(open_registry, "move/c", "2026.02.01", jupyterhub="3.1.1")
    known(f"{name}:2026.02.01")
    repo = clusters(tmp_path / "repo", "4.3.3", {"prod": IMAGE.format(name=name, tag="2026.01.01")})
    done = hubimages("bump-images", "--dry-run", cwd=repo)
    assert f"warning: {name}:2026.02.01 has JupyterHub 3.1.1, and leap/prod runs 5.4.4" in done.stdout


CHARTPRESS = """\
charts:
- name: hub
  images:
    hub:
      imageName: quay.io/group/hub
      valuesPath: jupyterhub.hub.image
"""


def with_chartpress(root: Path, version: str, images: dict[str, str]) -> Path:
    """Make a repository with one chart, its hub image and three hubs."""
    values = {f"deployments/{hub}/config/{stage}.yaml": text for hub, text in images.items() for stage in ("prod",)}
    hubploy = {f"deployments/{hub}/hubploy.yaml": "cluster: {}\n" for hub in images}
    return deployment(
        root,
        {
            "chartpress.yaml": CHARTPRESS,
            "hub/Chart.yaml": CHART.format(version=version),
            "hub/values.yaml": "jupyterhub: {hub: {image: {name: quay.io/group/hub, tag: '1'}}}\n",
            "images/hub/Dockerfile": f"FROM quay.io/jupyterhub/k8s-hub:{version}\n",
            **hubploy,
            **values,
        },
    )


def test_a_dry_run_of_a_bump_lists_what_the_new_version_locks_out(open_registry: Registry, tmp_path: Path) -> None:
    four = image(open_registry, "move/four", "1", jupyterhub="4.1.6")
    three = image(open_registry, "move/three", "1", jupyterhub="3.1.1")
    two = image(open_registry, "move/two", "1", jupyterhub="2.3.1")
    known(f"{four}:1", f"{three}:1")
    images = {hub: IMAGE.format(name=name, tag="1") for hub, name in (("a", four), ("b", three), ("c", two))}
    repo = with_chartpress(tmp_path / "repo", "3.3.8", images)

    def said(version: str) -> list[str]:
        lines = plan_bump(BumpRequest(repo, version), dry_run=True).show().splitlines()
        return [line.partition(": ")[0] for line in lines if "JupyterHub" in line]

    unknown = "# not checked"
    # image b does not go with the present version either
    assert said("4.3.3") == [
        f"# JupyterHub 5.4.4 of the chart 4.3.3 may not go with {four}:1 (deployments/a/config/prod.yaml:5), which has "
        "4.1.6, on a/prod",
        unknown,
    ]
    assert said("1.2.0") == [
        f"# JupyterHub 1.5.0 of the chart 1.2.0 locks out {four}:1 (deployments/a/config/prod.yaml:5), which has "
        "4.1.6, on a/prod",
        unknown,
    ]


def test_a_version_that_nothing_here_knows_is_named(open_registry: Registry, tmp_path: Path) -> None:
    name = image(open_registry, "move/new", "1", jupyterhub="4.1.6")
    repo = with_chartpress(tmp_path / "repo", "2.0.0", {"a": IMAGE.format(name=name, tag="1")})
    lines = plan_bump(BumpRequest(repo, "99.0.0"), dry_run=True).show()
    assert (
        "# not checked: which images the chart 99.0.0 locks out. Its JupyterHub is not known: it is newer than this "
        "hubimages, and not on this machine\n" in lines
    )


@pytest.mark.parametrize("version", ["1.2.0"])
def test_a_bump_without_chartpress_says_it_too(open_registry: Registry, tmp_path: Path, version: str) -> None:
    name = image(open_registry, "move/new", "1", jupyterhub="4.1.6")
    known(f"{name}:1")
    files = {
        "helmfile.yaml": "releases:\n- {name: hub, namespace: hub, chart: jupyterhub/jupyterhub, version: 3.0.0, "
        "values: [values.yaml]}\n",
        "values.yaml": f"singleuser: {{image: {{name: {name}, tag: '1'}}}}\n",
    }
    repo = deployment(tmp_path / "repo", files)
    lines = plan_bump(BumpRequest(repo, version), dry_run=True).show()
    assert (
        f"# JupyterHub 1.5.0 of the chart 1.2.0 locks out {name}:1 (values.yaml:1), which has 4.1.6, on hub: " in lines
    )
