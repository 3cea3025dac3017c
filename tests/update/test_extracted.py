"""A repository made by extract-image is updated as any other: the image's own files and history stay."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.template import read_answers
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
    assert "environment.yml" in read_answers(dest)["own_files"].split()  # the example, which the image replaces
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


IMAGE = {
    "README.md": "# Shiny\n", "environment.yml": "dependencies:\n- r-base=4.4\n- python=3.13\n",
    "class-libs.R": "print(1)\n",
    "image-tests/test_image.py": "def test_ours():\n    pass\n", ".gitignore": "*.rds\n",
}  # fmt: skip
ADDRESS = "https://example.org/earlier/hubimages"


@pytest.fixture
def earlier_checkout(tmp_path: Path) -> Path:
    """A checkout of hubimages with an earlier template, which is published."""
    place, bare = tmp_path / "earlier", tmp_path / "published"
    leave = shutil.ignore_patterns("__pycache__", ".venv", ".git", ".*_cache", "tests", "benchmarks", "site")
    shutil.copytree(ROOT, place, ignore=leave)
    content = place / "<<cookiecutter.repo>>"
    (content / "GONE.md").write_text("An earlier template had it.\n")
    (content / ".github/requirements-lint.txt").write_text("zizmor==1.0.0\nyamllint==1.0.0\n")
    (content / "image-tests/README.md").write_text("An earlier text.\n")
    for name in ("noxfile.py", ".github/workflows/test.yaml"):
        (content / name).write_text("# An earlier line.\n" + (content / name).read_text())
    questions = json.loads((place / "cookiecutter.json").read_text())
    del questions["update_workflow"]
    questions["__updates"] = ""
    (content / ".github/workflows/update.yaml").unlink()
    hook = place / "hooks/post_gen_project.py"
    hook.write_text(
        hook.read_text().replace('if not ANSWERS["__updates"]:', "if False:").partition('if ANSWERS["update')[0]
    )
    questions["__template_version"] = "1"
    (place / "cookiecutter.json").write_text(json.dumps(questions, indent=2))
    git(place, "init", "--quiet", "--initial-branch=main")
    commit(place, "An earlier template")
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    git(tmp_path, "config", "--global", f"url.{bare}.insteadOf", ADDRESS)
    git(place, "remote", "add", "origin", ADDRESS)
    git(place, "push", "--quiet", "-u", "origin", "main")
    return place


@pytest.mark.deep
def test_one_made_by_extract_image_and_changed_in_ten_ways_keeps_everything(
    earlier_checkout: Path, tmp_path: Path
) -> None:
    hubs = tmp_path / "hubs"
    for name, text in IMAGE.items():
        (hubs / "images/shiny" / name).parent.mkdir(parents=True, exist_ok=True)
        (hubs / "images/shiny" / name).write_text(text)
    git(hubs, "init", "--quiet", "--initial-branch=main")
    commit(hubs, "Add the shiny image")
    repo = tmp_path / "shiny"
    argv = [sys.executable, "-P", "-m", "hubimages", "extract-image", str(hubs), "images/shiny", str(repo), "--yes"]
    env = {**os.environ, "PYTHONPATH": str(earlier_checkout)}
    subprocess.run(argv, cwd=tmp_path, env=env, check=True, capture_output=True)
    record = git(repo, "show", "HEAD:.hubimages.yaml")
    assert 'own_files: ".gitignore README.md environment.yml image-tests/test_image.py"' in record
    base = files(repo, "HEAD")
    assert {"BUILDING.md", "GONE.md"} <= base.keys()

    change_in_ten_ways(repo)
    commit(repo, "Make it ours")
    ours = files(repo, "HEAD")
    done = json.loads(run("--yes", "--json", repo=repo).stdout)
    # The owner's line in the template's guide is the only place that both changed.
    assert [(each["file"], each["kind"]) for each in done["conflicts"]] == [("BUILDING.md", "content")]
    assert done["stays_deleted"] == ["image-tests/README.md"]
    git(repo, "checkout", "--quiet", "--ours", "BUILDING.md")
    git(repo, "add", "BUILDING.md")
    git(repo, "-c", "core.editor=true", "cherry-pick", "--continue")
    merged = files(repo, "HEAD")
    alone = {
        *IMAGE,
        "image-tests/notebooks/tour.ipynb",
        "a file of ours.txt",
        "BUILDING.md",
        "image-contract/test_contract.py",
    }
    alone = (alone | {"libraries.R"}) - {"class-libs.R"}
    assert {path: merged[path] for path in alone} == {path: ours[path] for path in alone}
    assert (
        not {"image-tests/notebooks/example.ipynb", "GONE.md", "class-libs.R", "image-tests/README.md"} & merged.keys()
    )
    assert merged["noxfile.py"][0] == "100755"
    assert b"An earlier line" not in merged["noxfile.py"][1]
    assert b"    steps:\n      - run: echo our own step\n" in merged[".github/workflows/test.yaml"][1]
    lint = merged[".github/requirements-lint.txt"][1]
    assert lint.count(b"\n") == lint.count(b"\r\n") > 0
    assert b"==1.0.0\r\n" not in lint
    assert update(repo).stdout.startswith("Nothing to do: ")


def change_in_ten_ways(repo: Path) -> None:
    workflow = repo / ".github/workflows/test.yaml"
    workflow.write_text(workflow.read_text().replace("    steps:\n", "    steps:\n      - run: echo our own step\n", 1))
    (repo / "README.md").write_text("# Written anew\n")
    (repo / "environment.yml").write_text((repo / "environment.yml").read_text() + "- geopandas=1.1\n")
    (repo / "class-libs.R").rename(repo / "libraries.R")
    contract = repo / "image-contract/test_contract.py"
    contract.write_text(contract.read_text() + "\n# ours\n")
    (repo / "image-tests/notebooks/example.ipynb").rename(repo / "image-tests/notebooks/tour.ipynb")
    lint = repo / ".github/requirements-lint.txt"
    lint.write_bytes(lint.read_bytes().replace(b"\n", b"\r\n"))
    (repo / "noxfile.py").chmod(0o755)
    (repo / "BUILDING.md").write_text("# Ours\n")
    (repo / "image-tests/README.md").unlink()
    (repo / "a file of ours.txt").write_text("ours\n")


def run_and_list(repo: Path) -> set[str]:
    """The files in conflict after the update."""
    return {each["file"] for each in json.loads(run("--json", repo=repo).stdout)["conflicts"]}
