"""The address and commit of a copy of the template, from git, from pip, or from the build of a wheel."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from hubimages import template
from hubimages.errors import RefusedError
from hubimages.template.origin import PACKAGED, Origin, find_origin, plain_address
from tests.template.published import PUBLISHED

ADDRESS = "https://github.com/our-org/hubimages"


def git(directory: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone whose commit its remote has."""
    find_origin.cache_clear()  # pytest may give a folder's name again
    directory = tmp_path / "checkout"
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    (directory / "cookiecutter.json").write_text("{}\n")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "Start")
    git(directory, "remote", "add", "origin", f"{ADDRESS}.git")
    git(directory, "update-ref", "refs/remotes/origin/main", "HEAD")
    return directory


def test_a_clone_has_the_address_and_the_commit_of_its_remote(checkout: Path) -> None:
    assert find_origin(checkout) == Origin(ADDRESS, git(checkout, "rev-parse", "HEAD"))


def test_a_fork_is_known_by_the_remote_that_has_the_commit(checkout: Path) -> None:
    (checkout / "cookiecutter.json").write_text('{"a": 1}\n')
    git(checkout, "commit", "--all", "--quiet", "--message", "Ours")
    git(checkout, "remote", "add", "fork", "git@gitlab.com:me/tools/hubimages.git")
    git(checkout, "update-ref", "refs/remotes/fork/topic", "HEAD")
    assert find_origin(checkout) == Origin("https://gitlab.com/me/tools/hubimages", git(checkout, "rev-parse", "HEAD"))


def test_the_commit_of_a_tag_that_was_checked_out_alone_is_taken(checkout: Path) -> None:
    git(checkout, "update-ref", "-d", "refs/remotes/origin/main")
    git(checkout, "tag", "v1.0.0")
    assert find_origin(checkout).commit == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("edit", "has changes that are not committed"),
        ("new file", "has changes that are not committed"),
        ("commit", "push it, then git fetch"),
        ("local remote", "no remote of .* has an address that starts with https://"),
        ("no remote", "no remote of .* is known to have its commit"),
        ("no git", "is not a git repository"),
        ("inside", "is not a git repository"),
    ],
)
def test_a_copy_that_cannot_be_installed_from_elsewhere_has_neither_and_a_reason(
    checkout: Path, change: str, problem: str
) -> None:
    if change in ("edit", "commit"):
        (checkout / "cookiecutter.json").write_text('{"a": 1}\n')
    if change == "new file":
        (checkout / "templates").mkdir()
        (checkout / "templates/new.yaml").touch()
    if change == "commit":
        git(checkout, "commit", "--all", "--quiet", "--message", "Not pushed")
    if change == "local remote":
        git(checkout, "remote", "set-url", "origin", "../elsewhere")
    if change == "no remote":
        git(checkout, "remote", "remove", "origin")
    if change == "no git":
        (checkout / ".git").rename(checkout / "git")
    if change == "inside":  # an environment in somebody else's repository
        (checkout / "lib").mkdir()
        checkout /= "lib"
    found = find_origin(checkout)
    assert (found.address, found.commit) == ("", "")
    assert re.search(problem, found.problem)


def test_bytecode_and_notes_beside_the_template_are_no_change(checkout: Path) -> None:
    (checkout / ".gitignore").write_text("__pycache__/\n")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Ignore")
    git(checkout, "update-ref", "refs/remotes/origin/main", "HEAD")
    (checkout / "hooks/__pycache__").mkdir(parents=True)
    (checkout / "hooks/__pycache__/x.pyc").touch()
    (checkout / "notes.txt").touch()
    assert find_origin(checkout).commit == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://user:token@github.com/o/r/", "https://github.com/o/r"),
        ("https://git.example.org:8443/a/b/c", "https://git.example.org:8443/a/b/c"),
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("ssh://git@git.example.org:2222/o/r", "https://git.example.org/o/r"),
        ("http://github.com/o/r", ""),
        ("git://github.com/o/r", ""),
        ("file:///srv/r.git", ""),
        ("/srv/r.git", ""),
        ("../r", ""),
        ("https://github.com/o/r;curl evil", ""),
        ("https://github.com/o/$(id)", ""),
        ('https://github.com/o/r" --index-url "x', ""),
        ("", ""),
    ],
)
def test_an_address_is_one_that_everybody_can_clone_and_a_workflow_can_hold(url: str, address: str) -> None:
    assert plain_address(url) == address


def test_what_pip_noted_comes_before_what_the_build_recorded(tmp_path: Path) -> None:
    source = tmp_path.joinpath(*PACKAGED)
    source.mkdir(parents=True)
    assert find_origin(source).problem == "this wheel records none"
    find_origin.cache_clear()
    (source / "origin.json").write_text(json.dumps({"address": ADDRESS, "commit": "1" * 40, "problem": ""}))
    assert find_origin(source) == Origin(ADDRESS, "1" * 40)
    find_origin.cache_clear()
    (tmp_path / "hubimages-1.dist-info").mkdir()
    noted = {"url": f"{ADDRESS}.git", "vcs_info": {"vcs": "git", "commit_id": "2" * 40, "requested_revision": "main"}}
    (tmp_path / "hubimages-1.dist-info/direct_url.json").write_text(json.dumps(noted))
    assert find_origin(source) == Origin(ADDRESS, "2" * 40)
    find_origin.cache_clear()
    noted = {"url": "file:///srv/hubimages", "dir_info": {"editable": False}}
    (tmp_path / "hubimages-1.dist-info/direct_url.json").write_text(json.dumps(noted))
    assert find_origin(source) == Origin(ADDRESS, "1" * 40)


HUBS = {"configuration_repository": "our-org/our-hubs"}


def test_a_repository_installs_hubimages_from_the_commit_that_made_it() -> None:
    made = template.render_files(HUBS, PUBLISHED)
    workflow = made.files[".github/workflows/build.yaml"].data.decode()
    assert f'pip install --quiet "{PUBLISHED.requirement}"\n' in workflow
    record = made.files[".hubimages.yaml"].data.decode()
    assert f'template: "{PUBLISHED.address}"\n' in record
    assert f'commit: "{PUBLISHED.commit}"\n' in record
    assert any("GitHub App" in step for step in template.next_steps(made.answers, made.origin))


READ = (".github/workflows/build.yaml", ".github/workflows/test.yaml", "noxfile.py")


def test_a_copy_without_address_and_commit_makes_no_job_that_installs_it_and_says_so() -> None:
    made = template.render_files(HUBS, Origin(problem="it was copied"))
    everything = "".join(file.data.decode() for name, file in made.files.items() if name in READ)
    assert "point-hubs" not in everything
    assert "nox -s solve" not in everything
    assert "hubimages[" not in everything
    assert "CONFIGURATION_APP" not in everything
    (said,) = [step for step in template.next_steps(made.answers, made.origin) if "our-org/our-hubs" in step]
    assert said.startswith("No workflow opens pull requests in our-org/our-hubs")
    assert "it was copied" in said


def test_a_lock_is_only_proposed_where_hubimages_can_be_installed() -> None:
    for origin, said in (
        (PUBLISHED, "let GitHub Actions open pull requests"),
        (Origin(problem="copied"), "No workflow"),
    ):
        made = template.render_files({"lock": "weekly"}, origin)
        assert (".github/workflows/lock.yaml" in made.files) == (origin == PUBLISHED)
        assert ("--open-pr" in made.files["noxfile.py"].data.decode()) == (origin == PUBLISHED)
        assert [said in step for step in template.next_steps(made.answers, made.origin)].count(True) == 1


def test_a_release_comes_from_an_index_only_where_one_is_named() -> None:
    index = "https://pypi.example.org/simple"
    made = template.render_files({**HUBS, "hubimages_index": index}, Origin(problem="it was copied"))
    workflow = made.files[".github/workflows/build.yaml"].data.decode()
    assert f'pip install --quiet --index-url {index} "hubimages[github]==' in workflow


def test_the_workflow_for_deployment_repositories_has_address_and_commit() -> None:
    made = template.deployment_workflow(PUBLISHED)
    assert f'pip install "{PUBLISHED.requirement}"\n' in made
    assert "ADDRESS" not in made
    with pytest.raises(RefusedError, match="it was copied"):
        template.deployment_workflow(Origin(problem="it was copied"))
