"""An experiment from its requirements to the registry and back, with the real chartpress, engine and registry."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hubimages.hub_image.check.all_checks import check_hub_image
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.hub_image.trials import Deployment, deployment


@pytest.fixture
def hub(engine_env: Engine, registry: Registry, tmp_path: Path) -> Iterator[Deployment]:
    """Return a deployment whose hub image builds within seconds, and whose images go to the registry on loopback."""
    name = f"{registry.address}/t{uuid4().hex[:12]}"
    base = f"{name}/jupyterhub/k8s-hub"
    (tmp_path / "base").mkdir()
    (tmp_path / "base/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    engine_env.docker("build", "-q", "-t", f"{base}:4.3.3", str(tmp_path / "base"))
    engine_env.docker("push", "-q", f"{base}:4.3.3")
    made = deployment(tmp_path / "repo", base=base, prefix=f"{name}/pilot-")
    yield made
    images = engine_env.docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*/*")
    images += "\n" + engine_env.docker(
        "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*"
    )
    engine_env.try_docker("rmi", "--force", *images.split())


def hubimages(hub: Deployment, *args: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "hubimages", args[0], f"--repo={hub.path}", *args[1:]]
    return subprocess.run(argv, check=False, capture_output=True, text=True, env=os.environ)


def test_an_experiment_is_built_alone_and_values_and_chart_stay_as_they_are(
    hub: Deployment, registry: Registry
) -> None:
    (hub.path / "mine.txt").write_text("not committed")
    before = hub.git("rev-parse", "HEAD")
    begun = hubimages(hub, "new-hub-experiment", "trial", "--require", "new==1", "--branch", "try-it")
    assert begun.returncode == 0, begun.stderr
    head = hub.git("rev-parse", "HEAD")
    prefix = hub.read("chartpress.yaml").split("imagePrefix: ")[1].split()[0]
    tag = hub.tag()
    assert begun.stdout == (
        f"pushed {prefix}trial:{tag}\nnext: git push origin try-it\nIn the values of a hub that tries it:\n\n"
        f'jupyterhub:\n  hub:\n    image:\n      name: {prefix}trial\n      tag: "{tag}"\n'
    )
    changed = hub.git("diff", "--name-only", before, head).splitlines()
    assert changed == ["helm-charts/chartpress.yaml", "helm-charts/images/hub/trial-requirements.txt"]
    assert (hub.git("rev-parse", f"{head}^"), hub.git("branch", "--show-current")) == (before, "try-it")
    assert hub.git("status", "--porcelain") == "?? mine.txt"
    assert registry.tags(prefix.partition("/")[2] + "trial") == [tag]
    with pytest.raises(OSError, match="404"):  # the main image was not built
        registry.tags(prefix.partition("/")[2] + "hub")

    again = hubimages(hub, "new-hub-experiment", "trial", "--require", "new==1", "--branch", "try-it")
    there = "was there already: its labels match what would be built"
    expected = begun.stdout.replace(f"pushed {prefix}trial:{tag}", f"{prefix}trial:{tag} {there}")
    assert (again.returncode, again.stdout) == (0, expected)
    assert hub.git("rev-parse", "HEAD") == head

    ended = hubimages(hub, "end-hub-experiment", "trial", "--roll-out")
    assert ended.returncode == 0, ended.stderr
    assert hub.git("log", "-2", "--format=%s").splitlines() == [
        "End the experimental hub image trial",
        "Roll out the experiment trial to hub",
    ]
    assert hub.git("diff", "--name-only", before) == "helm-charts/images/hub/requirements.txt"


def test_a_build_that_fails_keeps_the_commit_and_says_how_to_go_on(hub: Deployment) -> None:
    hub.edit("images/hub/Dockerfile", "COPY ${REQUIREMENTS_FILE}", "COPY absent")
    hub.commit()
    failed = hubimages(hub, "new-hub-experiment", "trial", "--require", "new==1")
    assert failed.returncode == 4
    assert "end-hub-experiment trial" in failed.stderr
    assert hub.git("log", "-1", "--format=%s") == "Add the experimental hub image trial"
    assert hub.git("status", "--porcelain") == ""
    hub.edit("images/hub/Dockerfile", "COPY absent", "COPY ${REQUIREMENTS_FILE}")
    hub.commit()
    mended = hubimages(hub, "new-hub-experiment", "trial", "--require", "new==1")
    assert mended.returncode == 0, mended.stderr


def test_the_check_asks_the_registry_whether_the_tag_exists(hub: Deployment, engine_env: Engine) -> None:
    report = check_hub_image(hub.path)
    assert [finding.code for finding in report.findings] == ["tag-not-in-registry"]
    name = hub.read("basehub/values.yaml").split("name: ")[1].split()[0]
    tag = hub.read("basehub/values.yaml").split('tag: "')[1].split('"')[0]
    engine_env.docker("build", "-q", "-t", f"{name}:{tag}", str(hub.path.parent / "base"))
    engine_env.docker("push", "-q", f"{name}:{tag}")
    assert check_hub_image(hub.path).exit_code == 0


def test_a_registry_that_does_not_answer_is_no_finding_but_75(hub: Deployment, registry: Registry) -> None:
    for file in ("chartpress.yaml", "basehub/values.yaml"):
        hub.edit(file, registry.address, "127.0.0.1:9")
    hub.commit()
    hub.point_at()
    report = check_hub_image(hub.path)
    assert (report.findings, report.exit_code) == ([], 75)
    assert report.not_checked[0].startswith("whether 127.0.0.1:9/")


def test_a_rebuild_writes_the_new_tag_into_the_values_of_the_hubs_that_try_it(
    hub: Deployment, registry: Registry
) -> None:
    begun = hubimages(hub, "new-hub-experiment", "trial", "--require", "new==1")
    assert begun.returncode == 0, begun.stderr
    snippet = begun.stdout.partition("hub that tries it:\n\n")[2]
    hub.write("../hubs/bio.yaml", f"# ours\n{snippet}")
    hub.commit("Try it")
    hub.edit("images/hub/trial-requirements.txt", "new==1", "new==2")
    shown = hubimages(hub, "rebuild-hub-image", "--image", "trial", "--dry-run")
    assert "# then, in the same commit, hubs/bio.yaml:6 (" in shown.stdout
    done = hubimages(hub, "rebuild-hub-image", "--image", "trial")
    assert done.returncode == 0, done.stderr
    tag = hub.tag("HEAD~1")
    assert hub.git("show", "--format=", "--unified=0", "HEAD").splitlines()[-2:] == [
        "-" + snippet.splitlines()[-1], f'+      tag: "{tag}"',
    ]  # fmt: skip
    assert hub.git("show", "--format=", "--name-only", "HEAD") == "hubs/bio.yaml"
    assert check_hub_image(hub.path, offline=True).findings == []
