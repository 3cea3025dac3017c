"""What cannot be adopted is refused in one line, with the exit code of its kind, and nothing is changed."""

import pytest

from tests.update.adopting.kinds import ACTION, begin
from tests.update.repositories import adopt, commit, git, state


def refused(repo, *words, code) -> str:
    """The one line of an adoption that is refused and changes nothing."""
    before = state(repo) if (repo / ".git").exists() else {}
    done = adopt(repo, *words, code=code)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("$ ")]
    assert (done.stdout, len(lines)) == ("", 1), done.stdout + done.stderr
    assert before == (state(repo) if before else {})
    return lines[0].removeprefix("error: ")


def test_no_directory_no_repository_and_no_commit(tmp_path):
    assert refused(tmp_path / "none", code=2).startswith("no directory ")
    (tmp_path / "empty").mkdir()
    assert "is not a git repository. Name a clone of an image repository" in refused(tmp_path / "empty", code=2)
    git(tmp_path / "empty", "init", "--quiet")
    assert "has no commit yet" in refused(tmp_path / "empty", code=3)


def test_a_repository_without_an_image_or_with_several(tmp_path):
    repo = begin(tmp_path / "docs", {"README.md": "# Notes\n"})
    assert "no environment.yml, Dockerfile or other file that repo2docker reads" in refused(repo, code=2)
    repo = begin(tmp_path / "many", {"images/a/Dockerfile": "FROM x\n", "images/b/environment.yml": ""})
    said = refused(repo, code=2)
    assert "but in images/a, images/b. " in said
    assert said.endswith("make one of a folder with hubimages extract-image")


def test_a_repository_whose_workflow_builds_another_folder(tmp_path):
    build = "on: push\njobs: {image: {steps: [{uses: docker/build-push-action, with: {context: ci}}]}}\n"
    files = {".github/workflows/ci.yaml": build, "ci/Dockerfile": "FROM a\n", "binder/environment.yml": "name: a\n"}
    assert refused(begin(tmp_path / "image", files), code=2) == (
        ".github/workflows/ci.yaml:2 builds the image from ci/Dockerfile, and a repository made from the template "
        "builds binder/. Either make a repository of ci with hubimages extract-image; or move the files of ci to the "
        "top, remove binder/, which counts before the top, commit and run this again; or remove the workflow if hubs "
        "do not run its image"
    )
    build = build.replace("ci}", ".}")
    files = {".github/workflows/ci.yaml": build, "Dockerfile": "FROM a\n", "binder/apt.txt": "curl\n"}
    said = refused(begin(tmp_path / "top", files), code=2)
    assert "builds binder/. Either remove binder/, which counts before the top, commit and run this again; or " in said


@pytest.mark.parametrize(("name", "tool"), [(".copier-answers.yml", "copier"), (".cruft.json", "cruft")])
def test_the_record_of_another_tool(name, tool, tmp_path):
    repo = begin(tmp_path / "image", {**ACTION, name: "{}\n"})
    assert f"was made with {tool} ({name}), which updates it. To adopt it, remove that file" in refused(repo, code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set=colour=red"], "the template has no question 'colour'"),
        (["--set=image=Upper/Case"], "contains capital letters"),
        (["--set=registry=docker.io"], "Docker Hub limits"),
        (["--set=own_files=noxfile.py"], "own_files: the sessions need the template's 'noxfile.py'. Leave it out"),
        (["--set=own_files=../x"], "own_files: '../x' is not the path of a file in the repository"),
        (["--set=arm64=yes"], "the template refuses an answer: arm64: "),
        (["--answers=none.yaml"], "cannot read answers from none.yaml"),
    ],
)
def test_an_answer_that_the_template_refuses(words, said, tmp_path):
    assert said in refused(begin(tmp_path / "image", ACTION), *words, code=2)


def test_a_tree_that_is_not_clean_what_git_has_not_finished_and_a_file_in_the_way(tmp_path):
    repo = begin(tmp_path / "image", ACTION)
    (repo / "README.md").write_text("Not committed.\n")
    assert refused(repo, code=3).startswith("README.md: uncommitted changes. Commit or stash them first")
    git(repo, "reset", "--quiet", "--hard")
    (repo / ".git/MERGE_HEAD").write_text(git(repo, "rev-parse", "HEAD") + "\n")
    assert "a merge is in progress" in refused(repo, code=3)
    (repo / ".git/MERGE_HEAD").unlink()
    (repo / "noxfile.py").write_text("git does not know this one\n")
    assert refused(repo, code=3).startswith("noxfile.py: git does not have this file")


def test_a_workflow_that_cannot_be_read_stays_and_is_named(tmp_path):
    repo = begin(tmp_path / "image", {**ACTION, ".github/workflows/broken.yaml": "a: [\n"})
    said = adopt(repo).stdout
    assert "note: .github/workflows/broken.yaml stays, and could not be read: " in said


def test_a_record_that_is_there_but_edited_is_the_updates_to_refuse(tmp_path):
    repo = begin(tmp_path / "image", {**ACTION, ".hubimages.yaml": "repo: x\n"})
    assert adopt(repo).stdout.endswith(f"To update it: hubimages update-image-repo {repo}\n")


def test_a_detached_head_and_a_branch_of_that_name(tmp_path):
    repo = begin(tmp_path / "image", ACTION)
    git(repo, "switch", "--quiet", "-c", "adopt-hubimages-template")
    (repo / "x").write_text("x\n")
    commit(repo)
    git(repo, "switch", "--quiet", "main")
    assert "branch adopt-hubimages-template exists" in refused(repo, code=3)
    git(repo, "branch", "-D", "adopt-hubimages-template")
    git(repo, "switch", "--quiet", "--detach")
    adopt(repo)
    assert git(repo, "branch", "--show-current") == ""
