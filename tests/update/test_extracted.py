"""A repository made by extract-image is updated as any other: the image's own files and history stay."""

import json
import subprocess
import sys
from pathlib import Path

from tests import deployments
from tests.update.repositories import ROOT, commit, files, git, run, update


def test_an_extracted_repository_changes_an_answer_and_keeps_the_image(tmp_path):
    source = deployments.make(tmp_path / "hubs", deployments.UNDER_FOLDER)
    dest = tmp_path / "image"
    argv = [
        sys.executable,
        "-m",
        "hubimages",
        "extract-image",
        str(source),
        "helm-charts/images/hub",
        str(dest),
        "--yes",
    ]
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True)
    before = files(dest, "HEAD")
    report = json.loads(update(dest, "--json", "--set=registry=ghcr.io").stdout)
    assert report["branch"] == "change-answers"
    after = files(dest, "change-answers")
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {f"changes {path}" for path in changed} == set(report["changed"])
    assert {".hubimages.yaml", "noxfile.py", ".github/workflows/build.yaml"} <= changed
    image = set(git(dest, "ls-tree", "-r", "--name-only", "HEAD^2").split("\n"))
    assert not changed & image
    assert git(dest, "rev-parse", "change-answers^") == git(dest, "rev-parse", "HEAD")


def test_one_extracted_with_the_first_version_keeps_what_came_with_the_image(made_from, tmp_path):
    repo = made_from(1)
    image = tmp_path / "image-history"
    image.mkdir()
    own = {"environment.yml": "dependencies:\n- r-base=4.4\n", "README.md": "# Shiny\n", "class-libs.R": "print(1)\n"}
    for name, text in own.items():
        (image / name).write_text(text)
    git(image, "init", "--quiet", "--initial-branch=main")
    commit(image, "Add the shiny image")
    git(repo, "mv", "README.md", "BUILDING.md")
    commit(repo, "Make room for the image")
    git(repo, "fetch", "--quiet", str(image), "main")
    options = ("--allow-unrelated-histories", "--strategy-option=theirs", "--quiet", "-m", "Bring in the image")
    git(repo, "merge", *options, "FETCH_HEAD")
    conflicts = run_and_list(repo)
    after = (
        {name: (repo / name).read_bytes() for name in [*own, "BUILDING.md"]}
        if conflicts
        else {path: data for path, (_, data) in files(repo, git(repo, "branch", "--list", "update-*").strip()).items()}
    )
    for name, text in own.items():
        assert after[name] == text.encode() or name in conflicts
    assert b"image-tests" in after["BUILDING.md"]
    assert conflicts <= {"environment.yml", "README.md", "BUILDING.md"}


def run_and_list(repo: Path) -> set[str]:
    """The files in conflict after the update."""
    return {each["file"] for each in json.loads(run("--json", repo=repo).stdout)["conflicts"]}
