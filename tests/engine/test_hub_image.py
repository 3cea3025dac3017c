"""The hub image's whole way: real chartpress, a real engine, a real registry, a Helm repository on loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import LoginError, ProgramFailedError
from tests import deployments
from tests.deployments import AT_ROOT, DEVELOPMENT, DEVELOPMENT_HUB, NEW, OLD, UNDER_FOLDER, changed_lines, git, state
from tests.engine.engine import Engine
from tests.engine.registry import Registry

BASE = "jupyterhub/k8s-hub"


@pytest.fixture(scope="module")
def hub_bases(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stand-ins for the hub images that Dockerfiles build upon: nearly empty, under the original's name."""
    context = tmp_path_factory.mktemp("base")
    (context / "Dockerfile").write_text("FROM scratch\nARG TAG\nLABEL tag=$TAG\nCOPY Dockerfile /\n")
    names = [f"{BASE}:{tag}" for tag in (OLD, NEW, DEVELOPMENT_HUB)]
    for name in names:
        engine.build(context, name, "--build-arg", f"TAG={name}")
    yield
    for name in names:
        engine.try_docker("image", "rm", name)


@pytest.fixture
def helm(tmp_path: Path) -> Iterator[str]:
    with deployments.helm_repository(tmp_path / "helm") as address:
        yield address


@pytest.fixture
def ready(engine_env: Engine, hub_bases: None) -> Iterator[Engine]:
    """An engine with the stand-ins; images that a test made are gone after it."""
    before = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    yield engine_env
    after = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    for name in after - before:
        if name.startswith("127.0.0.1:") and "/hubtest" in name:
            engine_env.try_docker("image", "rm", name)


def never(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def bump(repository: Path, version: str = NEW, **options: object) -> str:
    request = hub_image.BumpRequest(repository, version, **options)  # type: ignore[arg-type]
    return str(hub_image.bump_hub_image(request, never))


def test_a_bump_commits_version_and_from_then_the_tag_and_not_a_line_more(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER, registry=f"{registry.address}/hubtest1", helm=helm)
    before = git(clone, "rev-parse", "HEAD")
    said = bump(clone, images=["hub"])
    first, second = git(clone, "rev-list", "--reverse", f"{before}..HEAD").split()
    short = git(clone, "rev-parse", "--short", first)
    tag = f"0.0.1-0.dev.git.{git(clone, 'rev-list', '--count', first)}.h{short}"
    assert changed_lines(clone, first) == {
        "helm-charts/basehub/Chart.yaml": [f"-    version: {OLD}", f"+    version: {NEW}"],
        "helm-charts/images/hub/Dockerfile": [f"-FROM {BASE}:{OLD}", f"+FROM {BASE}:{NEW}"],
    }
    assert changed_lines(clone, second) == {
        "helm-charts/basehub/values.yaml": [
            '-            tag: "0.0.1-0.dev.git.1.h0000000"',
            f'+            tag: "{tag}"',
        ]
    }
    assert registry.tags("hubtest1/org/pilot-hub") == [tag]
    assert git(clone, "status", "--porcelain") == ""
    assert f"pushed {registry.address}/hubtest1/org/pilot-hub:{tag}" in said


def test_a_development_version_gets_the_hub_image_that_it_runs_and_the_users_own_changes_stay(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest2", helm=helm)
    before = git(clone, "rev-parse", "HEAD")
    (clone / "requirements.txt").write_text("mine, staged\n")
    git(clone, "add", "requirements.txt")
    (clone / "node-placeholder/values.yaml").write_text("mine: not staged\n")
    (clone / "new.txt").write_text("mine, new\n")
    status = git(clone, "status", "--porcelain")
    bump(clone, "latest-dev", branch="bump")
    first, second = git(clone, "rev-list", "--reverse", f"{before}..HEAD").split()
    name = f"{registry.address}/hubtest2/core/jupyterhub-hub"
    tag = registry.tags("hubtest2/core/jupyterhub-hub")[0]
    assert tag.endswith(".h" + git(clone, "rev-parse", "--short", first))
    assert changed_lines(clone, first) == {
        "hub/requirements.yaml": [f"-   version: {OLD}", f"+   version: {DEVELOPMENT}"],
        "images/hub/Dockerfile": [f"-FROM {BASE}:{OLD}", f"+FROM {BASE}:{DEVELOPMENT_HUB}"],
    }
    assert changed_lines(clone, second) == {
        "hub/values.yaml": [
            "-            name:",
            "-            tag:",
            f"+            name: {name}",
            f"+            tag: {tag}",
        ]
    }
    assert git(clone, "status", "--porcelain") == status
    assert git(clone, "branch", "--show-current") == "bump"
    assert git(clone, "rev-parse", "main") == before


def test_a_second_run_changes_nothing(ready: Engine, registry: Registry, tmp_path: Path, helm: str) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest3", helm=helm)
    bump(clone)
    once = state(clone)
    assert "nothing to commit" in bump(clone)
    assert state(clone) == once


def test_a_failed_build_keeps_the_first_commit_and_says_how_to_go_on_or_take_it_back(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    files = {**AT_ROOT, "images/hub/Dockerfile": f"FROM {BASE}:@old@\nCOPY absent /srv/\n"}
    clone = deployments.make(tmp_path / "r", files, registry=f"{registry.address}/hubtest4", helm=helm)
    (clone / "requirements.txt").write_text("mine, staged\n")
    git(clone, "add", "requirements.txt")
    before = state(clone)[1:]
    start = git(clone, "rev-parse", "HEAD")
    with pytest.raises(ProgramFailedError) as failed:
        bump(clone)
    first = git(clone, "rev-parse", "HEAD")
    assert git(clone, "rev-parse", "HEAD~1") == start
    assert git(clone, "status", "--porcelain") == "M  requirements.txt"
    message = str(failed.value)
    assert "absent" in message
    undo = message.rpartition(f"The commit {first[:12]} stays; to take it back: ")[2]
    for command in undo.split(" && "):
        git(clone, *command.split()[1:])
    assert git(clone, "rev-parse", "HEAD") == start
    assert state(clone)[1:] == before


def test_going_on_after_a_failed_build_ends_as_if_it_had_not_failed(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    files = {**AT_ROOT, "images/hub/Dockerfile": f"FROM {BASE}:@old@\nCOPY absent /srv/\n"}
    clone = deployments.make(tmp_path / "r", files, registry=f"{registry.address}/hubtest5", helm=helm)
    with pytest.raises(ProgramFailedError):
        bump(clone)
    (clone / "images/hub/absent").write_text("here\n")
    request = hub_image.RebuildRequest(clone, "hub", message="Add what was absent")
    hub_image.rebuild_hub_image(request)
    subjects = git(clone, "log", "-3", "--format=%s").splitlines()
    assert subjects == ["Use the new hub image", "Add what was absent", f"Bump the jupyterhub chart to {NEW}"]
    assert registry.tags("hubtest5/core/jupyterhub-hub")[0].endswith(git(clone, "rev-parse", "--short", "HEAD~1"))


def test_without_a_login_nothing_is_changed(
    ready: Engine, password_registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{password_registry.address}/hubtest", helm=helm)
    before = state(clone)
    with pytest.raises(LoginError, match=f"not logged in to {password_registry.address}"):
        bump(clone)
    assert state(clone) == before


def test_with_a_login_a_private_registry_takes_the_image(
    ready: Engine, password_registry: Registry, tmp_path: Path, helm: str
) -> None:
    ready.login(password_registry)
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{password_registry.address}/hubtest6", helm=helm)
    bump(clone)
    assert len(password_registry.tags("hubtest6/core/jupyterhub-hub")) == 1


def test_a_rebuild_commits_the_images_own_files_and_nothing_else(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest7", helm=helm)
    (clone / "images/hub/Dockerfile").write_text(f"FROM {BASE}:{OLD}\nCOPY logos /srv/logos\nCOPY new.bin /srv/\n")
    (clone / "images/hub/new.bin").write_bytes(b"\xff\x00\n")
    (clone / "images/hub/logos/logo.svg").rename(clone / "images/hub/logos/other.svg")
    (clone / "requirements.txt").write_text("mine, staged\n")
    (clone / "staged.txt").write_text("mine, new and staged\n")
    git(clone, "add", "requirements.txt", "staged.txt")
    (clone / "images/scaler/Dockerfile").write_text("FROM scratch\n")
    said = str(hub_image.rebuild_hub_image(hub_image.RebuildRequest(clone, "hub", message="Other logos")))
    assert git(clone, "show", "--format=%s", "--name-status", "--no-renames", "HEAD~1").split() == [
        "Other", "logos", "M", "images/hub/Dockerfile", "D", "images/hub/logos/logo.svg",
        "A", "images/hub/logos/other.svg", "A", "images/hub/new.bin",
    ]  # fmt: skip
    assert list(changed_lines(clone, "HEAD")) == ["hub/values.yaml"]
    assert git(clone, "status", "--porcelain").splitlines() == [
        " M images/scaler/Dockerfile".strip(), "M  requirements.txt", "A  staged.txt"
    ]  # fmt: skip
    assert "Other logos" in said


def test_no_push_builds_and_leaves_registry_and_values_alone(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest8", helm=helm)
    before = git(clone, "rev-parse", "HEAD")
    said = bump(clone, push=False)
    assert len(git(clone, "rev-list", f"{before}..HEAD").split()) == 1
    assert git(clone, "show", "HEAD:hub/values.yaml") == git(clone, "show", f"{before}:hub/values.yaml")
    tag = git(clone, "rev-parse", "--short", "HEAD")
    assert f".h{tag}" in said
    images = ready.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    assert next(name for name in images.split() if "/hubtest8/" in name).endswith(f".h{tag}")
    bump(clone)
    assert registry.tags("hubtest8/core/jupyterhub-hub")[0].endswith(f".h{tag}")


# Programs of the repository's own, and `docker`, that kill the task (and who asked them) at a moment of their own.
KILLERS = {
    "files written, first commit refused": ("hooks/pre-commit", 1, "kill -9 $TASK; exit 1"),
    "first commit being made": ("hooks/pre-commit", 1, "kill -9 $TASK; sleep 0.2"),
    "first commit made": ("hooks/post-commit", 1, "kill -9 $TASK"),
    "before the build": ("bin/docker", "build", "kill -9 $TASK $PPID; exit 1"),
    "after the build": ("bin/docker", "push", "kill -9 $TASK $PPID; exit 1"),
    "after the push": ("bin/docker", "push", '/usr/bin/docker "$@"; kill -9 $TASK $PPID; exit 1'),
    "values written, second commit refused": ("hooks/pre-commit", 2, "kill -9 $TASK; exit 1"),
    "second commit made": ("hooks/post-commit", 2, "kill -9 $TASK"),
}
SCRIPT = """\
#!/bin/sh
while [ ! -s {pid} ]; do sleep 0.01; done
TASK=$(cat {pid})
echo x >>{count}
if [ "{when}" = "$1" ] || [ "{when}" = "$(wc -l <{count})" ]; then
  {action}
fi
case $0 in */docker) exec /usr/bin/docker "$@";; esac
"""


@pytest.mark.parametrize("moment", KILLERS)
def test_killed_at_any_moment_and_run_again_it_ends_the_same(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str, moment: str
) -> None:
    place, when, action = KILLERS[moment]
    prefix = f"hubtest-kill{list(KILLERS).index(moment)}"
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER, registry=f"{registry.address}/{prefix}", helm=helm)
    (clone / "README.md").write_text("mine, not committed\n")
    before = git(clone, "rev-parse", "HEAD")
    killer = tmp_path / place
    killer.parent.mkdir()
    text = SCRIPT.format(pid=tmp_path / "pid", count=tmp_path / "count", when=when, action=action)
    killer.write_text(text)
    killer.chmod(0o755)
    if place.startswith("hooks"):
        git(clone, "config", "core.hooksPath", str(killer.parent))
    words = ["bump-hub-image", "--chart-version", NEW, "--image", "hub", "--repo", str(clone)]
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-m", "hubimages", *words], env=env, stderr=subprocess.DEVNULL) as task:
        (tmp_path / "pid").write_text(str(task.pid))
    assert task.returncode == -9
    git(clone, "config", "core.hooksPath", "/dev/null")
    time.sleep(0.4)  # git may still be at its commit
    bump(clone, images=["hub"])
    first, second = git(clone, "rev-list", "--reverse", f"{before}..HEAD").split()
    tag = f"0.0.1-0.dev.git.{git(clone, 'rev-list', '--count', first)}.h{git(clone, 'rev-parse', '--short', first)}"
    assert changed_lines(clone, first) == {
        "helm-charts/basehub/Chart.yaml": [f"-    version: {OLD}", f"+    version: {NEW}"],
        "helm-charts/images/hub/Dockerfile": [f"-FROM {BASE}:{OLD}", f"+FROM {BASE}:{NEW}"],
    }
    assert changed_lines(clone, second)["helm-charts/basehub/values.yaml"][1:] == [f'+            tag: "{tag}"']
    assert git(clone, "status", "--porcelain") == "M README.md"
    assert registry.tags(f"{prefix}/org/pilot-hub") == [tag]


def test_a_branch_is_pushed_and_its_pull_request_named_only_when_asked_for(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest9", helm=helm)
    git(tmp_path, "clone", "-q", "--bare", str(clone), "origin.git")
    address = "https://github.com/org/hubs"
    git(clone, "remote", "add", "origin", address)
    git(clone, "config", f"url.{tmp_path}/origin.git.insteadOf", address)
    assert f"git push origin bump, then {address}/compare/main...bump?expand=1" in bump(clone, branch="bump")
    assert git(tmp_path / "origin.git", "branch", "--format=%(refname:short)") == "main"
    said = bump(clone, branch="bump", open_pr=True)
    assert f"pushed bump; open the pull request: {address}/compare/main...bump?expand=1" in said
    assert git(tmp_path / "origin.git", "rev-parse", "bump") == git(clone, "rev-parse", "HEAD")
