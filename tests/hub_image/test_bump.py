"""What a bump would do, and what it refuses: nothing is changed before everything is known to be right."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import HubImagesError
from tests import command, deployments
from tests.deployments import AT_ROOT, DEVELOPMENT, DEVELOPMENT_HUB, NEW, OLD, UNDER_FOLDER, git, state
from tests.sample import some


def hubimages(*words: str) -> subprocess.CompletedProcess[str]:
    return command.hubimages(*words)


def dry(repository: Path, version: str = NEW, **options: object) -> str:
    request = hub_image.BumpRequest(repository, version, **options)  # type: ignore[arg-type]
    return hub_image.plan_bump(request, dry_run=True).show()


def edited_lines(plan: str) -> list[str]:
    return [line for line in plan.splitlines() if line[:1] in "+-" and line[:4] not in ("+++ ", "--- ")]


def test_a_dry_run_shows_two_lines_and_the_place_of_the_third_and_changes_nothing(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER)
    before = state(clone)
    words = ["--chart-version", NEW, "--image", "hub", "--repo", str(clone / "helm-charts"), "--dry-run"]
    done = hubimages("bump-hub-image", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert edited_lines(done.stdout) == [
        f"-    version: {OLD}",
        f"+    version: {NEW}",
        f"-FROM jupyterhub/k8s-hub:{OLD}",
        f"+FROM jupyterhub/k8s-hub:{NEW}",
    ]
    assert done.stdout.splitlines()[-7:] == [
        f"$ git commit -m 'Bump the jupyterhub chart to {NEW}' -- helm-charts/basehub/Chart.yaml "
        "helm-charts/images/hub/Dockerfile",
        "$ chartpress --push  # in a copy, for hub alone",
        "# then, in a commit of its own, helm-charts/basehub/values.yaml:6: quay.io/org/pilot-hub "
        "and the tag that it got",
        "# helpers also builds from helm-charts/images/hub/Dockerfile, but is not rebuilt",
        f"# not compared: what the new chart changes here. The chart {OLD} is not on this machine: "
        "helm pull jupyterhub --repo "
        f"https://charts.example.org/ --version {OLD} --destination helm-charts/basehub/charts, for both versions",
        f"# not checked: that https://charts.example.org/ has {NEW}",
        "# not checked: engine, login",
    ]
    assert state(clone) == before
    git(clone, "apply", "--check", "-", stdin=done.stdout.partition("$ ")[0])


def test_requirements_yaml_and_a_null_tag_are_found_without_naming_the_image(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    plan = dry(clone, platforms=["linux/amd64"], branch="bump", release_notes=True)
    assert edited_lines(plan) == [
        f"-   version: {OLD}",
        f"+   version: {NEW}",
        f"-FROM jupyterhub/k8s-hub:{OLD}",
        f"+FROM jupyterhub/k8s-hub:{NEW}",
    ]
    assert "$ git switch -c bump\n" in plan
    assert "$ chartpress --push --builder docker-buildx --platform linux/amd64  # in a copy, for hub alone\n" in plan
    assert f"https://github.com/jupyterhub/zero-to-jupyterhub-k8s/compare/{OLD}...{NEW}\n" in plan


def test_a_development_version_takes_the_image_from_the_helm_repository(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path / "helm") as helm:
        plan = dry(deployments.make(tmp_path / "r", AT_ROOT, helm=helm), "latest-dev")
    assert edited_lines(plan)[1::2] == [f"+   version: {DEVELOPMENT}", f"+FROM jupyterhub/k8s-hub:{DEVELOPMENT_HUB}"]


def test_a_tag_in_build_args_is_changed_where_it_stands(tmp_path: Path) -> None:
    config = AT_ROOT["chartpress.yaml"].replace(
        "image\n      postgres", f"image\n        buildArgs: {{OTHER: '1', HUB: \"{OLD}\"}} # here\n      postgres"
    )
    files = {**AT_ROOT, "chartpress.yaml": config, "images/hub/Dockerfile": "ARG HUB\nFROM jupyterhub/k8s-hub:$HUB\n"}
    assert edited_lines(dry(deployments.make(tmp_path / "r", files)))[2:] == [
        f"-        buildArgs: {{OTHER: '1', HUB: \"{OLD}\"}} # here",
        f"+        buildArgs: {{OTHER: '1', HUB: \"{NEW}\"}} # here",
    ]


def write(path: str, text: str) -> Callable[[Path], None]:
    return lambda clone: (clone / path).write_text(text) and None


def commit(path: str, text: str) -> Callable[[Path], None]:
    def change(clone: Path) -> None:
        (clone / path).write_text(text)
        git(clone, "commit", "-qam", "Change")

    return change


def remove(path: str) -> Callable[[Path], None]:
    def change(clone: Path) -> None:
        git(clone, "rm", "-q", path)
        git(clone, "commit", "-qm", "Remove")

    return change


def shallow(clone: Path) -> None:
    old = clone.rename(clone.parent / "whole")
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{old}", str(clone)], check=True)


def merging(clone: Path) -> None:
    (clone / ".git/MERGE_HEAD").write_text(git(clone, "rev-parse", "HEAD") + "\n")


def linked(clone: Path) -> None:
    (clone / "images/hub/Dockerfile").rename(clone / "images/Dockerfile")
    (clone / "images/hub/Dockerfile").symlink_to("../Dockerfile")
    git(clone, "add", "--all")
    git(clone, "commit", "-qm", "Link")


def unknown_values(clone: Path) -> None:
    git(clone, "rm", "-q", "--cached", "hub/values.yaml")
    git(clone, "commit", "-qm", "Forget")


def submodule(clone: Path) -> None:
    git(clone, "update-index", "--add", "--cacheinfo", f"160000,{git(clone, 'rev-parse', 'HEAD')},images/hub/sub")
    git(clone, "commit", "-qm", "Submodule")


CONFIG = AT_ROOT["chartpress.yaml"].replace("@registry@", "quay.io")
DEPENDENCY = AT_ROOT["hub/requirements.yaml"].replace("@old@", OLD).replace("@helm@", "https://charts.example.org/")
BAD: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "dirty chart": (
        write("hub/requirements.yaml", DEPENDENCY + "# mine\n"),
        3,
        "hub/requirements.yaml: uncommitted changes",
    ),
    "dirty values": (write("hub/values.yaml", "a: 1\n"), 3, "hub/values.yaml: uncommitted changes"),
    "values that git does not know": (unknown_values, 3, "hub/values.yaml: uncommitted changes"),
    "new file in the context": (
        write("images/hub/new", ""),
        3,
        "images/hub/new: uncommitted changes in a source",
    ),
    "dirty chartpress.yaml": (write("chartpress.yaml", CONFIG + "#\n"), 3, "chartpress.yaml: uncommitted changes"),
    "shallow clone": (shallow, 3, "git fetch --unshallow"),
    "detached HEAD": (lambda clone: git(clone, "switch", "-q", "--detach"), 3, "no branch checked out"),
    "merge under way": (merging, 3, "a merge is in progress"),
    "no dependency": (remove("hub/requirements.yaml"), 2, "no chart depends on jupyterhub (hub/Chart.yaml, node-"),
    "two charts": (
        commit("node-placeholder/Chart.yaml", f"apiVersion: v2\nname: n\nversion: 0.0.1\n{DEPENDENCY}"),
        2,
        "hub and node-placeholder depend on jupyterhub. Choose one by its image, --image=hub/hub for example",
    ),
    "two dependencies": (
        commit("hub/requirements.yaml", DEPENDENCY + DEPENDENCY.partition("\n")[2]),
        2,
        "jupyterhub 2 times",
    ),
    "version of no value": (
        commit("hub/requirements.yaml", "dependencies: [{name: jupyterhub}]\n"),
        2,
        "has no version",
    ),
    "no Dockerfile": (
        remove("images/hub/Dockerfile"),
        2,
        "chartpress.yaml:6 builds hub from images/hub/Dockerfile, which does not exist",
    ),
    "Dockerfile that is a link": (linked, 3, "images/hub/Dockerfile is a link to ../Dockerfile"),
    "submodule in the context": (submodule, 3, "images/hub/sub is a submodule among the image's files"),
    "no name for an image": (
        commit("chartpress.yaml", CONFIG.replace("core/", "CORE/")),
        2,
        "chartpress.yaml:6: 'quay.io/CORE/jupyterhub-hub' is not an image reference",
    ),
    "empty values path": (
        commit("hub/values.yaml", "jupyterhub: {hub: {image: }}\n"),
        2,
        "(valuesPath of hub in chartpress.yaml:6) is empty. Add `name:` and `tag:` under it",
    ),
    "FROM another image": (
        commit("images/hub/Dockerfile", "FROM python\n"),
        2,
        "images/hub/Dockerfile builds from python, not from",
    ),
    "FROM by ARG": (commit("images/hub/Dockerfile", "ARG A\nFROM $A\n"), 2, "images/hub/Dockerfile:2: FROM uses ARG A"),
    "FROM with digest": (
        commit("images/hub/Dockerfile", f"FROM jupyterhub/k8s-hub:{OLD}@sha256:{'0' * 64}\n"),
        2,
        "FROM pins a digest",
    ),
    "no values path": (
        commit("hub/values.yaml", "jupyterhub: {}\n"),
        2,
        "hub/values.yaml: jupyterhub.hub.image (valuesP",
    ),
    "shared by anchor": (
        commit("hub/values.yaml", "a: &i {name: x, tag: y}\njupyterhub: {hub: {image: *i}}\n"),
        3,
        "through an anchor",
    ),
    "broken chartpress.yaml": (commit("chartpress.yaml", "charts: [\n"), 2, "chartpress.yaml"),
    "no list of charts": (commit("chartpress.yaml", "images: {}\n"), 2, "has no list of `charts`"),
}


@pytest.mark.parametrize("case", some([*BAD], *range(0, len(BAD), 2)))
def test_bad_input_is_one_message_with_its_exit_code_and_nothing_changed(tmp_path: Path, case: str) -> None:
    spoil, code, message = BAD[case]
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    spoil(clone)
    before = state(clone)
    with pytest.raises(HubImagesError) as refused:
        dry(clone)
    assert message in str(refused.value)
    assert (refused.value.exit_code, str(refused.value).count("\n")) == (code, 0)
    assert state(clone) == before


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "--chart-version is missing"),
        (["--chart-version", "^3.3"], 2, "--chart-version=^3.3 is not a version"),
        (["--chart-version", NEW], 3, "hub and helpers have one place in helm-charts/basehub/values.yaml"),
        (["--chart-version", NEW, "--image", "hub", "--image", "helpers"], 3, "say which one is meant"),
        (["--chart-version", NEW, "--image", "nub"], 2, "chartpress.yaml has no image 'nub'. It has hub, helpers"),
        (["--chart-version", NEW, "--image", "hub", "--branch", "a..b"], 2, "'a..b' is not a valid branch name"),
    ],
)
def test_a_wrong_request_is_refused(tmp_path: Path, words: list[str], code: int, message: str) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER)
    done = hubimages("bump-hub-image", *words, "--repo", str(clone), "--dry-run")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert message in done.stderr


def test_a_version_that_the_helm_repository_does_not_have_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path / "helm") as helm:
        clone = deployments.make(tmp_path / "r", AT_ROOT, helm=helm)
        before = state(clone)
        done = hubimages("bump-hub-image", "--chart-version", "74.9.9", "--repo", str(clone))
    assert done.returncode == 2
    assert done.stderr == f"error: {helm} has no jupyterhub chart 74.9.9; the latest release is {NEW}\n"
    assert state(clone) == before


def test_going_back_is_asked_about(tmp_path: Path) -> None:
    with deployments.helm_repository(tmp_path / "helm", {"70.0.0": "70.0.0"}) as helm:
        clone = deployments.make(tmp_path / "r", AT_ROOT, helm=helm)
        before = state(clone)
        done = hubimages("bump-hub-image", "--chart-version", "70.0.0", "--repo", str(clone))
    assert done.returncode == 3
    assert f"70.0.0 is older than {OLD} (hub/requirements.yaml:3)" in done.stderr
    assert "answer with --yes" in done.stderr
    assert state(clone) == before


def test_files_that_an_interrupted_run_has_written_are_taken_up(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    plan = dry(clone)
    git(clone, "apply", "-", stdin=plan.partition("$ ")[0])
    assert dry(clone) == plan


def test_a_bump_that_is_committed_leaves_only_the_build(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    git(clone, "apply", "-", stdin=dry(clone).partition("$ ")[0])
    git(clone, "commit", "-qam", "Bump")
    assert dry(clone).splitlines()[:2] == [
        "# chart and Dockerfile already have this version",
        "$ chartpress --push  # in a copy, for hub alone",
    ]


def test_a_tag_written_by_hand_is_not_taken_for_an_interrupted_runs(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    values = (clone / "hub/values.yaml").read_text()
    name = "name: quay.io/core/jupyterhub-hub"
    another = git(clone, "rev-parse", "--short", "HEAD~8")
    last = git(clone, "log", "-1", "--format=%h", "--", "images/hub")
    for made_from, refused in ((another, True), (last, False)):
        tag = f"0.0.1-0.dev.git.9.h{made_from}"
        (clone / "hub/values.yaml").write_text(
            values.replace("name:\n", f"{name}\n").replace("tag:\n", f"tag: {tag}\n")
        )
        if refused:
            with pytest.raises(HubImagesError, match=r"hub/values.yaml: uncommitted changes"):
                dry(clone, OLD)
        else:
            dry(clone, OLD)


def test_a_rebuild_shows_what_it_would_commit(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    (clone / "images/hub/logos/logo.svg").write_text("<svg></svg>\n")
    (clone / "images/hub/new.txt").write_text("new\n")
    (clone / "requirements.txt").write_text("mine\n")
    before = state(clone)
    done = hubimages("rebuild-hub-image", "--image", "hub", "--repo", str(clone), "--dry-run", "--message", "Logo")
    assert edited_lines(done.stdout) == ["-<svg/>", "+<svg></svg>"]
    assert done.stdout.splitlines()[-5:-2] == [
        "# new file: images/hub/new.txt",
        "$ git commit -m Logo -- images/hub/logos/logo.svg images/hub/new.txt",
        "$ chartpress --push  # in a copy, for hub alone",
    ]
    assert state(clone) == before


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (
            write("chartpress.yaml", CONFIG + "#\n"),
            3,
            "chartpress.yaml: uncommitted changes, and every image",
        ),
        (write("hub/values.yaml", "a: 1\n"), 3, "hub/values.yaml: uncommitted changes"),
        (shallow, 3, "git fetch --unshallow"),
        (linked, 3, "images/hub/Dockerfile is a link to ../Dockerfile"),
    ],
)
def test_a_rebuild_refuses_what_a_bump_refuses(
    tmp_path: Path, spoil: Callable[[Path], object], code: int, message: str
) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    spoil(clone)
    done = hubimages("rebuild-hub-image", "--image", "hub", "--repo", str(clone), "--dry-run")
    assert done.returncode == code
    assert message in done.stderr


def test_what_an_interrupted_run_wrote_is_known_where_git_changes_line_ends(tmp_path: Path) -> None:
    origin = deployments.make(tmp_path / "origin", AT_ROOT)
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", str(origin), "r")
    clone = tmp_path / "r"
    plan = dry(clone)
    file = clone / "hub/requirements.yaml"
    assert b"\r\n" in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(OLD.encode(), NEW.encode()))
    assert dry(clone) == plan


def test_that_every_hub_goes_to_another_image_is_said(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER)
    done = hubimages("rebuild-hub-image", "--image", "helpers", "--repo", str(clone), "--dry-run")
    assert (
        "# helm-charts/basehub/values.yaml:6 names quay.io/org/pilot-hub: all hubs with these values change from that "
        "image to quay.io/org/pilot-helpers\n"
    ) in done.stdout


def test_of_two_chartpress_yaml_with_one_chart_each_the_folder_says_which(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", {**AT_ROOT, **{f"sub/{path}": text for path, text in AT_ROOT.items()}})
    done = hubimages("bump-hub-image", "--chart-version", NEW, "--image", "hub", "--repo", str(clone), "--dry-run")
    assert done.stderr == "error: several charts have an image 'hub'. Use --image=./hub/hub or --image=sub/hub/hub\n"
    assert "--- a/sub/hub/requirements.yaml\n" in dry(clone, images=["sub/hub/hub"])
