"""A repository is linked on a branch, whole: own files stay, superseded workflows go, and updates work from then on."""

import json
from pathlib import Path

import pytest

from hubimages import update as updating
from hubimages.template import Origin, read_answers
from hubimages.update.adopting.planning import BRANCH
from hubimages.update.sources import Source
from tests import command, deployments
from tests.update.adopting.kinds import ACTION, KINDS, OWN_STEPS, begin
from tests.update.repositories import ROOT, adopt, commit, files, git, state, update

SUPERSEDED = {
    "action": {".github/workflows/build.yaml", ".github/workflows/binder.yaml"},
    "shared": {".github/workflows/build-push-create-pr.yaml", ".github/workflows/build-test-image.yaml"},
    "own steps": {".github/workflows/build.yaml", ".github/workflows/publish.yaml"},
    "extraction": set(),
}


def deep(*values: str):
    """A case for `nox -s deep`."""
    return pytest.param(*values, marks=pytest.mark.deep)


def extracted(dest: Path, tmp_path: Path) -> Path:
    """A repository that extract-image makes without the template."""
    source = deployments.make(tmp_path / "hubs", deployments.UNDER_FOLDER)
    argv = ("extract-image", str(source), "helm-charts/images/hub", str(dest), "--yes", "--no-template")
    command.hubimages(*argv, cwd=ROOT).check_returncode()
    return dest


@pytest.mark.parametrize("kind", ["action", deep("shared"), deep("own steps"), "extraction"])
def test_own_files_stay_superseded_workflows_go_and_the_first_update_works(kind, tmp_path):
    repo = extracted(tmp_path / "image", tmp_path) if kind == "extraction" else begin(tmp_path / "image", KINDS[kind])
    ours, head = files(repo, "HEAD"), git(repo, "rev-parse", "HEAD")
    report = json.loads(adopt(repo, "--json").stdout)
    assert git(repo, "log", "--format=%H %s", "-2", BRANCH).split("\n") == [
        f"{report['commit']} Adopt the hubimages template",
        f"{head} {git(repo, 'log', '-1', '--format=%s', head)}",
    ]
    assert git(repo, "status", "--porcelain", "--branch").startswith("## main")

    there = files(repo, BRANCH)
    assert {each["file"] for each in report["superseded"]} == SUPERSEDED[kind]
    kept = {path for path in ours if path not in SUPERSEDED[kind]}
    assert {path: there.get(path) for path in kept - {".gitignore"}} == {
        path: ours[path] for path in kept - {".gitignore"}
    }
    assert not (SUPERSEDED[kind] & there.keys()) - {".github/workflows/build.yaml", ".github/workflows/binder.yaml"}
    assert {
        ".hubimages.yaml",
        "noxfile.py",
        ".github/workflows/build.yaml",
        ".github/workflows/test.yaml",
    } <= there.keys()
    if "README.md" in ours:
        assert b"## Change what is in the image" in there["BUILDING.md"][1]

    git(repo, "merge", "--quiet", BRANCH)
    assert adopt(repo).stdout.startswith("Nothing to do: ")
    changed = json.loads(update(repo, "--json", "--set=description=Another text.").stdout)
    assert (changed["conflicts"], changed["stays_deleted"]) == ([], [])
    readme = "BUILDING.md" if "README.md" in ours else "README.md"
    assert set(changed["changed"]) == {"changes .hubimages.yaml", f"changes {readme}"}


@pytest.mark.parametrize("kind", ["action", deep("shared"), deep("own steps")])
def test_an_adopted_repository_with_changes_of_its_owner_is_updated(kind, tmp_path, make_earlier):
    """Adopted from an earlier template, changed in ten ways, updated to the present one."""
    earlier = make_earlier({"BUILDING.txt": "gone\n", ".github/workflows/test.yaml": None, "README.md": "# Earlier\n"})
    repo = begin(tmp_path / "image", KINDS[kind])
    plan = updating.plan_adoption(repo, source=earlier)
    updating.apply_adoption(plan)
    git(repo, "merge", "--quiet", BRANCH)
    base = files(repo, "HEAD")
    change_in_ten_ways(repo)
    commit(repo, "Make it ours")
    ours = files(repo, "HEAD")
    done = json.loads(update(repo, "--yes", "--json", code=1).stdout)
    # The owner's line in the template's guide: the only place that both changed.
    assert [(each["file"], each["kind"]) for each in done["conflicts"]] == [("BUILDING.md", "content")]
    assert "removes BUILDING.txt" in done["changed"]
    assert "adds .github/workflows/test.yaml" in done["changed"]
    git(repo, "checkout", "--quiet", "--ours", "BUILDING.md")
    git(repo, "add", "BUILDING.md")
    git(repo, "-c", "core.editor=true", "cherry-pick", "--continue")
    merged = files(repo, "HEAD")
    alone = {"README.md", "environment.yml", "COPYING", "a file of ours.txt", "BUILDING.md"}
    assert {path: merged[path] for path in alone} == {path: ours[path] for path in alone}
    assert not {"LICENSE", ".dockerignore"} & merged.keys()
    assert merged["noxfile.py"][0] == "100755"
    assert b"    steps:\n      - run: echo our own step\n" in merged[".github/workflows/build.yaml"][1]
    assert merged["image-contract/test_contract.py"][1].endswith(b"\n# ours\n")
    lint = merged[".github/requirements-lint.txt"][1]
    assert lint.count(b"\n") == lint.count(b"\r\n") > 0
    assert {path for path in base if base[path] != merged.get(path) and base[path] == ours.get(path)} <= {
        ".hubimages.yaml",
        "BUILDING.txt",
        "noxfile.py",
        # Not in a repository of a copy that is not published, which has nothing to install hubimages from.
        ".github/image_build/contents.py",
    }
    assert update(repo).stdout.startswith("Nothing to do: ")


def change_in_ten_ways(repo: Path) -> None:
    build = repo / ".github/workflows/build.yaml"
    build.write_text(build.read_text().replace("    steps:\n", "    steps:\n      - run: echo our own step\n", 1))
    (repo / "README.md").write_text("# Written anew\n")
    (repo / "environment.yml").write_text((repo / "environment.yml").read_text() + "  - geopandas=1.1\n")
    (repo / "image-contract/test_contract.py").write_text(
        (repo / "image-contract/test_contract.py").read_text() + "\n# ours\n"
    )
    (repo / "LICENSE").rename(repo / "COPYING")
    lint = repo / ".github/requirements-lint.txt"
    lint.write_bytes(lint.read_bytes().replace(b"\n", b"\r\n"))
    (repo / "noxfile.py").chmod(0o755)
    (repo / "BUILDING.md").write_text("# Ours\n")
    (repo / ".dockerignore").unlink()
    (repo / "a file of ours.txt").write_text("ours\n")


def test_a_registry_that_is_refused_is_asked_for_before_the_branch_is_made(tmp_path):
    text = ACTION[".github/workflows/build.yaml"].replace("quay.io", "gcr.io")
    repo = begin(tmp_path / "image", {**ACTION, ".github/workflows/build.yaml": text})
    before = state(repo)
    for words in ([], ["--yes"]):
        done = adopt(repo, *words, code=3)
        assert done.stderr.splitlines()[-1].startswith(
            "error: registry: the image is pushed to gcr.io (.github/workflows/build.yaml:14). Google has shut down"
        )
        assert done.stderr.endswith("Answer with --set registry=VALUE\n")
    shown = adopt(repo, "--dry-run", "--json", code=3)
    assert [each["key"] for each in json.loads(shown.stdout)["questions"]] == ["registry"]
    assert state(repo) == before
    adopt(repo, "--set=registry=ghcr.io")
    git(repo, "switch", "--quiet", BRANCH)
    answers = read_answers(repo)
    assert (answers["registry"], answers["registry_host"], answers["image"]) == ("ghcr.io", "ghcr.io", "ocean/image")


def test_a_recommended_answer_is_taken_with_yes_and_said(tmp_path):
    files = {**ACTION, "environment.yml": "dependencies:\n- jupyterhub-singleuser=3\n"}
    repo = begin(tmp_path / "image", files)
    assert "Which does your hub run? Answer with --set jupyterhub_version=VALUE or --yes" in adopt(repo, code=3).stderr
    assert "jupyterhub_version: environment.yml:2 has JupyterHub 3" in adopt(repo, "--yes").stderr
    git(repo, "switch", "--quiet", BRANCH)
    assert read_answers(repo)["jupyterhub_version"] == "5"


@pytest.mark.parametrize(
    ("path", "needed"),
    [("noxfile.py", "noxfile.py"), deep(".github/workflows/test.yaml", ".github/workflows/test.yaml"),
     ("image-contract", "image-contract/"), deep(".hubimages.yaml/x", ".hubimages.yaml")],
)  # fmt: skip
def test_what_is_in_the_templates_way_is_named_and_stays(path, needed, tmp_path):
    repo = begin(tmp_path / "image", {**ACTION, path: "on: push\njobs: {}\n"})
    before = state(repo)
    said = adopt(repo, code=3).stderr.splitlines()[-1]
    own = path if needed != ".hubimages.yaml" else ".hubimages.yaml/x"
    assert said == (
        f"error: {own} is yours, and the template needs {needed} there. Rename it (git mv), commit, and run this again"
    )
    assert state(repo) == before


def test_the_lists_of_ignored_files_are_joined_with_their_line_ends(tmp_path):
    repo = begin(tmp_path / "image", ACTION)
    (repo / ".gitignore").write_bytes(b"*.tmp\r\n.venv/")
    commit(repo)
    adopt(repo)
    text = files(repo, BRANCH)[".gitignore"][1]
    assert text.startswith(b"*.tmp\r\n.venv/\r\n.ipynb_checkpoints/\r\n")
    assert text.count(b".venv/") == 1


def test_a_dry_run_changes_nothing_and_its_report_is_that_of_the_branch(tmp_path):
    repo = begin(tmp_path / "image", OWN_STEPS)
    before = state(repo)
    shown = adopt(repo, "--dry-run").stdout
    assert state(repo) == before
    report = adopt(repo).stdout
    assert shown.startswith(git(repo, "diff", "-M", f"main..{BRANCH}"))
    details = shown[shown.index("Answers, and where each was read:") : shown.index("$ git branch")]
    assert details in report
    assert "note: conda-lock.yml stays, and the build does not read it\n" in report
    assert "note: appendix: the build reads .binder/appendix and not this one. Move it there (git mv)\n" in report
    assert "  README.md: the template's is BUILDING.md; " in report
    assert "  .github/workflows/publish.yaml: calls .github/workflows/build.yaml\n" in report


def test_an_adoption_that_is_run_again_leaves_the_branch_or_replaces_one_that_is_merged(tmp_path):
    repo = begin(tmp_path / "image", {**ACTION, ".travis.yml": "language: python\n"})
    assert "note: .travis.yml stays: if it builds the image, too, remove it\n" in adopt(repo).stdout
    first = git(repo, "rev-parse", f"{BRANCH}^{{tree}}")
    adopt(repo)
    assert git(repo, "rev-parse", f"{BRANCH}^{{tree}}") == first
    git(repo, "fsck", "--strict")


@pytest.fixture
def make_earlier(earlier, tmp_path):
    """An earlier template, to adopt from."""

    def make(edits) -> Source:
        repo = earlier(edits, name="of-the-earlier")
        address = tmp_path / "template-of-of-the-earlier"
        assert repo.is_dir()
        return Source(address, 1, Origin(str(address), git(address, "rev-parse", "HEAD")))

    return make
