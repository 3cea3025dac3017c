"""A hub image from bump to registry, with real chartpress, engine and registry, and a Helm repository on loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import BadInputError, LoginError, ProgramFailedError, RefusedError
from tests import deployments
from tests.deployments import AT_ROOT, DEVELOPMENT, DEVELOPMENT_HUB, NEW, OLD, UNDER_FOLDER, changed_lines, git, state
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.lingering import wait_for_programs

BASE = "jupyterhub/k8s-hub"
OURS = str(Path(sys.executable).parent / "chartpress")


@pytest.fixture(scope="module")
def hub_bases(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Provide stand-ins for the base images of hub images: nearly empty, under the original's name."""
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
    """Yield an engine with the stand-ins, and remove the images that a test made."""
    before = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    yield engine_env
    after = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    for name in after - before:
        if name.startswith("127.0.0.1:") and "/hubtest" in name:
            engine_env.try_docker("image", "rm", name)


def never(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def bump(repository: Path, version: str = NEW, **options: object) -> str:
    request = hub_image.BumpRequest(repository, version, chartpress=OURS, **options)  # type: ignore[arg-type]
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
    undo = message.rpartition(f"Commit {first[:12]} stays. To undo it: ")[2]
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
    request = hub_image.RebuildRequest(clone, "hub", messages=["Add what was absent"], chartpress=OURS)
    hub_image.rebuild_hub_image(request, never)
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
    said = str(
        hub_image.rebuild_hub_image(
            hub_image.RebuildRequest(clone, "hub", messages=["Other logos"], chartpress=OURS), never
        )
    )
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


# Programs of the repository, and `docker`, that kill the task and their caller at a chosen moment.
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


# In every run one of each stage: the first commit, the build, the push.
SAMPLE = ("first commit being made", "before the build", "after the push")
MOMENTS = [each if each in SAMPLE else pytest.param(each, marks=pytest.mark.deep) for each in KILLERS]


@pytest.mark.parametrize("moment", MOMENTS)
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
    wait_for_programs(clone)
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


def test_a_tag_that_the_registry_has_is_not_called_pushed_and_a_rebuild_makes_a_new_one(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest11", helm=helm)
    bump(clone)
    name = f"{registry.address}/hubtest11/core/jupyterhub-hub"
    (tag,) = registry.tags("hubtest11/core/jupyterhub-hub")
    assert f"{name}:{tag} was there already, nothing was built: its labels match what would be built" in bump(clone)
    said = str(hub_image.rebuild_hub_image(hub_image.RebuildRequest(clone, "hub", chartpress=OURS), never))
    first, second = sorted(registry.tags("hubtest11/core/jupyterhub-hub"))
    assert tag in (first, second)
    new = first if second == tag else second
    assert f"pushed {name}:{new}" in said
    assert new in git(clone, "show", "HEAD:hub/values.yaml")
    assert [line[:13] for line in changed_lines(clone, "HEAD~1")["images/hub/Dockerfile"]] == ["+# Rebuilt: 2"]


def push_by_hand(ready: Engine, clone: Path, name: str, tmp_path: Path, *labels: str) -> str:
    """Push another image at the tag that a bump will get."""
    plan = hub_image.plan_bump(hub_image.BumpRequest(clone, NEW), dry_run=True).show()
    git(clone, "apply", "-", stdin=plan.partition("$ ")[0])
    git(clone, "commit", "-qam", "Bump by hand")
    from hubimages.hub_image.building.chartpress import find_chartpress, tags_of
    from hubimages.hub_image.reading import read_layout
    from hubimages.repository.changes import deployment_repository

    repo = deployment_repository(clone)
    chart = read_layout(repo).charts[0]
    (built,) = tags_of(repo, chart, chart.images[:1], chartpress=find_chartpress(repo, None, OURS))
    tag: str = built.tag
    other = tmp_path / "other"
    other.mkdir()
    (other / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    options = [word for label in labels for word in ("--label", label)]
    ready.docker("build", "-q", "-t", f"{name}:{tag}", *options, str(other))
    ready.docker("push", "-q", f"{name}:{tag}")
    ready.docker("image", "rm", f"{name}:{tag}")
    return tag


def test_somebody_elses_image_under_the_tag_is_named_and_never_pushed_over(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest12", helm=helm)
    name = f"{registry.address}/hubtest12/core/jupyterhub-hub"
    tag = push_by_hand(ready, clone, name, tmp_path)
    assert (
        f"{name}:{tag} was there already, nothing was built: it has no labels that tell what it was built from. If "
        "that matters, hubimages rebuild-hub-image --image=hub builds one under a new tag"
    ) in bump(clone)


def test_an_image_of_another_base_under_the_tag_is_refused(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest13", helm=helm)
    name = f"{registry.address}/hubtest13/core/jupyterhub-hub"
    labels = (f"org.hubimages.image={name}", f"org.hubimages.base={BASE}:{OLD}")
    tag = push_by_hand(ready, clone, name, tmp_path, *labels)
    before = state(clone)
    with pytest.raises(RefusedError) as refused:
        bump(clone)
    assert str(refused.value).startswith(
        f"{name}:{tag} is in the registry already, built from other sources: base {BASE}:{OLD} instead of {BASE}:{NEW}"
        ". An existing tag is never overwritten: hubimages rebuild-hub-image --image=hub builds one under a new tag"
    )
    assert state(clone) == before
    said = str(hub_image.rebuild_hub_image(hub_image.RebuildRequest(clone, "hub", chartpress=OURS), never))
    assert said.startswith(f"pushed {name}:")
    assert tag not in said


CHAIN = {
    **AT_ROOT,
    "chartpress.yaml": AT_ROOT["chartpress.yaml"].replace(
        "      postgres:\n        valuesPath: {}\n", "      base:\n        valuesPath: {}\n"
    ),
    "images/base/Dockerfile": f"FROM {BASE}:@old@\nCOPY Dockerfile /base\n",
    "images/hub/Dockerfile": "FROM @registry@/core/jupyterhub-base:first\nCOPY logos /srv/logos\n",
}


@pytest.mark.parametrize("asked", [["base"], ["hub"], []])
def test_an_image_upon_an_own_base_is_built_after_it_from_its_new_tag(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str, asked: list[str]
) -> None:
    prefix = f"hubtest14{'-'.join(asked)}"
    clone = deployments.make(tmp_path / "r", CHAIN, registry=f"{registry.address}/{prefix}", helm=helm)
    before = git(clone, "rev-parse", "HEAD")
    bump(clone, images=asked)
    (base,) = registry.tags(f"{prefix}/core/jupyterhub-base")
    (hub,) = registry.tags(f"{prefix}/core/jupyterhub-hub")
    assert git(clone, "log", "--reverse", "--format=%s", f"{before}..HEAD").splitlines() == [
        f"Bump the jupyterhub chart to {NEW}", "Build hub from the new base image", "Use the new hub image",
    ]  # fmt: skip
    assert git(clone, "show", "HEAD:images/hub/Dockerfile").startswith(
        f"FROM {registry.address}/{prefix}/core/jupyterhub-base:{base}\n"
    )
    assert f"tag: {hub}" in git(clone, "show", "HEAD:hub/values.yaml")
    assert hub_image.check_hub_image(clone, offline=True).findings == []
    assert "nothing was built" in bump(clone, images=asked)


def test_a_second_run_at_once_is_one_clear_line(ready: Engine, registry: Registry, tmp_path: Path, helm: str) -> None:
    from hubimages.hub_image.building.run_lock import alone
    from hubimages.repository.changes import deployment_repository

    clone = deployments.make(tmp_path / "r", AT_ROOT, registry=f"{registry.address}/hubtest15", helm=helm)
    before = state(clone)
    with alone(deployment_repository(clone)), pytest.raises(RefusedError) as refused:
        bump(clone)
    assert str(refused.value) == f"another run is active in {clone} (process {os.getpid()}). Wait until it ends"
    assert state(clone) == before


def test_a_base_that_does_not_exist_is_found_before_the_first_commit(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    files = {**AT_ROOT, "images/hub/Dockerfile": "FROM @registry@/mirror/k8s-hub:@old@\nCOPY logos /srv/logos\n"}
    clone = deployments.make(tmp_path / "r", files, registry=f"{registry.address}/hubtest16", helm=helm)
    before = state(clone)
    with pytest.raises(BadInputError, match=rf"images/hub/Dockerfile:1: FROM .*/mirror/k8s-hub:{NEW} does not exist"):
        bump(clone)
    assert state(clone) == before
