"""A bad answer is refused with one line that says which and why, and nothing is left on disk."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import template
from hubimages.errors import BadInputError, RefusedError
from tests.template.published import PUBLISHED

# What the hook refuses, through cookiecutter as well as through us.
REFUSED_BY_THE_HOOK = [
    ("image", "Organisation/image", "contains capital letters, which no registry accepts. Use organisation/image"),
    ("image", "quay.io/organisation/image", "Leave it out: organisation/image"),
    ("image", "localhost:5000/image", "Leave it out: image"),
    ("image", "docker.io/organisation/image", "Docker Hub limits how often"),
    ("image", "gcr.io/project/image", "Google has shut down Container Registry"),
    ("image", "eu.gcr.io/project/image", "Google has shut down Container Registry"),
    ("image", "organisation/my image", "contains a space"),
    ("image", "", "cannot be empty"),
    ("image", "  ", "cannot be empty"),
    ("image", "image", "needs two parts: organisation/name"),
    ("image", "organisation/image:latest", "contains a tag or digest"),
    ("image", "organisation/image@sha256:0", "contains a tag or digest"),
    ("image", "organisation/latest", "'latest', which is the name of a tag"),
    ("image", "https://quay.io/organisation/image", "is a URL"),
    ("image", "organisation/../image", "is not a valid image name"),
    ("image", "organisation/-image", "is not a valid image name"),
    ("image", "organisation//image", "is not a valid image name"),
    ("image", "organisation/$(id)", "is not a valid image name"),
    ("image", "organisation/image\n", "contains a space"),
    ("image", "örganisation/image", "is not a valid image name"),
    ("title", "", "cannot be empty"),
    ("title", "two\nlines", "contains U+000A, a line break"),
    ("description", "two\u2028lines", "contains U+2028, a line break"),
    ("maintainers", "\x1b[31m", "contains U+001B, a control character"),
    ("title", "a\tb", "contains U+0009, a tab"),
    ("title", "x" * 301, "longer than 300"),
    ("registry_host", "docker.io", "Docker Hub limits"),
    ("registry_host", "us.gcr.io", "has shut down"),
    ("registry_host", "quay.io/x", "is not a host of quay.io"),
    ("registry_host", "quay.io\n", "is not a host of quay.io"),
    ("registry_host", "", "is not a host of quay.io"),
    ("max_size", "2", "is not a size"),
    ("max_size", "2 TB", "is not a size"),
    ("max_size", " ", "is not a size"),
    ("max_size", "2 GB\n", "is not a size"),
]
REPOS = ["", " ", ".", "..", "../outside", "/tmp/hubimages-outside", "a/b/c", "-option", ".hidden", "a b", "a\nb", "é",
         "x" * 101, "a.git", "a.", "a\\b", "a'b", 'a"b', "$(id)"]  # fmt: skip


def everything(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*"))


def cookiecutter(output: Path, *answers: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", "--output-dir", str(output)]
    source = str(template.template_directory())
    return subprocess.run([*argv, source, *answers], capture_output=True, text=True, check=False)


# The first answer of each key in every run: a process for each takes half a second.
FIRST = {key: (key, value) for key, value, _ in reversed(REFUSED_BY_THE_HOOK)}
BY_COOKIECUTTER = [
    case if case[:2] in FIRST.values() else pytest.param(*case, marks=pytest.mark.deep) for case in REFUSED_BY_THE_HOOK
]


@pytest.mark.parametrize(("key", "value", "message"), BY_COOKIECUTTER)
def test_cookiecutter_itself_refuses_with_one_line_and_leaves_nothing(tmp_path, key, value, message):
    done = cookiecutter(tmp_path, f"{key}={value}")
    assert done.returncode != 0
    *before, line = (done.stdout + done.stderr).splitlines()
    assert [said[:26] for said in before] in ([], ["ERROR: Stopping generation"])  # cookiecutter 2.6
    assert line.startswith(f"{key}: ")
    assert message in line
    assert everything(tmp_path) == []


def test_cookiecutter_stops_at_the_wrong_answer_and_asks_nothing_after_it(tmp_path):
    argv = [sys.executable, "-m", "cookiecutter", "--default-config", "--output-dir", str(tmp_path)]
    typed = "our-image\n\n\n1\nghcr.io\n"  # repo, title, description, registry (quay.io), host
    done = subprocess.run(
        [*argv, str(template.template_directory())], input=typed, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].endswith(
        "registry_host: 'ghcr.io' is not a host of quay.io. It looks like quay.io"
    )
    assert "Name of the image" not in done.stdout
    assert everything(tmp_path) == []


def test_cookiecutter_refuses_replayed_answers_with_one_line(tmp_path, home):
    source = str(template.template_directory())
    argv = [sys.executable, "-m", "cookiecutter", "--output-dir", str(tmp_path / "out")]
    subprocess.run([*argv, "--no-input", source], check=True, capture_output=True)
    (recorded,) = (home / ".cookiecutter_replay").glob("*.json")
    context = json.loads(recorded.read_text())
    context["cookiecutter"] |= {"repo": "other", "image": "Our/image"}
    (tmp_path / "replay.json").write_text(json.dumps(context))
    done = subprocess.run(
        [*argv, "--replay-file", str(tmp_path / "replay.json"), source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    *before, line = (done.stdout + done.stderr).splitlines()
    assert [said[:26] for said in before] in ([], ["ERROR: Stopping generation"])  # cookiecutter 2.6
    assert line.startswith("image: 'Our/image' contains capital letters")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["user-image"]


@pytest.fixture(scope="module")
def connection() -> Iterator[socket.socket]:
    """One process for all renderings, which gives what a process for each does (test_renderer.py)."""
    with template.rendering_server(1) as (connection,):
        yield connection


@pytest.mark.parametrize(("key", "value", "message"), REFUSED_BY_THE_HOOK)
def test_render_refuses_with_one_line_and_leaves_nothing(tmp_path, connection, key, value, message):
    with pytest.raises(BadInputError) as refused:
        if (key, value) in FIRST.values():
            template.render({key: value}, tmp_path / "parent")
        else:
            template.render_files({key: value}, PUBLISHED, connection)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{key}: ")
    assert message in line
    assert everything(tmp_path) == []


# What leads out of the folder, and what a program could take for something else, in every run.
LEADS_OUT = ("..", "/tmp/hubimages-outside", "-option", "a\nb")


@pytest.mark.parametrize(
    ("repo", "exists"),
    [
        pytest.param(repo, exists, marks=[] if repo in LEADS_OUT and exists != (repo == "..") else pytest.mark.deep)
        for repo in REPOS
        for exists in (True, False)
    ],
)
def test_no_name_of_a_repository_writes_or_removes_anything_outside(tmp_path, repo, exists):
    (tmp_path / "around" / "theirs").mkdir(parents=True)
    output = tmp_path / "around" / "output"
    if exists:
        output.mkdir()
    before = [path for path in everything(tmp_path) if path != output]
    assert cookiecutter(output, f"repo={repo}").returncode != 0
    assert [path for path in everything(tmp_path) if path != output] == before
    assert not Path("/tmp/hubimages-outside").exists()
    with pytest.raises(BadInputError) as refused:
        template.render({"repo": repo}, output)
    assert len(str(refused.value).splitlines()) == 1
    assert str(refused.value).startswith("repo: ")
    assert [path for path in everything(tmp_path) if path != output] == before


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"registri": "quay.io"}, "the template has no question 'registri'. Did you mean 'registry'?"),
        ({"zzz": ""}, "the template has no question 'zzz'. docs/new-image-repository.md lists"),
        ({"_template": "x"}, "the template has no question '_template'"),
        ({"__version": "x"}, "the template has no question '__version'"),
        ({"registry": "quay"}, "Did you mean 'quay.io'?"),
        ({"registry": "docker.io"}, "Docker Hub limits"),
        ({"registry": "Docker Hub"}, "Docker Hub limits"),
        ({"registry": "gcr.io"}, "has shut down"),
        ({"license": "GPL"}, "'GPL' is not a choice"),
        ({"title": "<< cookiecutter.repo >>"}, "template syntax"),
        ({"title": "<% for x in y %>"}, "template syntax"),
        ({"description": "<# c"}, "template syntax"),
        ({"title": "a\0b"}, "contains U"),
        ({"registry": "google-artifact-registry", "image": "project/image"}, "needs three parts"),
        ({"registry": "ghcr.io", "image": "image"}, "needs two parts"),
        (
            {"registry": "google-artifact-registry", "image": "proj/repository/image"},
            "'proj' is not a Google Cloud project ID",
        ),
        ({"registry": "amazon-ecr", "image": "our--image"}, "is not a valid Amazon ECR name"),
        ({"arm64": "yes", "starter": "pangeo-onbuild"}, "Pangeo's base image is for amd64 only"),
        ({"arm64": "yes", "starter": "r"}, "installs RStudio for amd64 only"),
        ({"appendix": "yes", "starter": "docker-stacks"}, "has a Dockerfile, which can do it after USER root"),
        ({"refresh": "weekly", "starter": "pixi"}, "pixi.lock decides on the packages"),
        ({"lock": "weekly", "builder": "repo2docker-action"}, "builds environment.yml as it is"),
        ({"refresh": "daily"}, "'daily' is not a choice"),
        ({"arm64": "yes", "builder": "repo2docker-action"}, "builds for one architecture only"),
        ({"configuration_repository": "our-org/.."}, "is not the name of a repository on GitHub"),
        ({"configuration_repository": "https://github.com/a/b"}, "is not the name of a repository on GitHub"),
        ({"preview": "maybe"}, "'maybe' is not a choice"),
        ({"registry": "amazon-ecr", "registry_host": "1.dkr.ecr.eu.amazonaws.com"}, "is not a host of amazon-ecr"),
    ],
)
def test_what_cookiecutter_would_ignore_or_evaluate_is_refused_before(tmp_path, answers, message):
    with pytest.raises(BadInputError, match=message.replace("?", r"\?")) as refused:
        template.render(answers, tmp_path)
    assert len(str(refused.value).splitlines()) == 1
    assert everything(tmp_path) == []


def test_a_directory_in_use_is_left_as_it_is(tmp_path):
    (tmp_path / "user-image").mkdir()
    (tmp_path / "user-image" / "mine").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(RefusedError, match="is not empty"):
        template.render({}, tmp_path)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("answers.yaml", "- a\n- b\n", "must contain a mapping"),
        ("answers.yaml", "title: [a]\n", "the answer to 'title' must be one text"),
        ("answers.yaml", "title: a\ntitle: b\n", "cannot read answers"),
        ("answers.yaml", "title: 'a\n", "cannot read answers"),
        ("answers.json", "{", "cannot read answers"),
        ("answers.json", '{"title": null}', "the answer to 'title' must be one text"),
        ("answers.yaml", "", "must contain a mapping"),
        ("answers.json", '{"title": "a", "title": "b"}', "it has the key 'title' twice"),
        ("answers.yaml", "answers:\n  title: a\ndescription: b\n", "the key 'description' is outside `answers`"),
        ("answers.json", '{"answers": {}, "titel": "b"}', "the key 'titel' is outside `answers`"),
        ("answers.json", '{"title": ' + "[" * 100_000, "nested too deeply"),
        ("answers.yaml", "title: " + "[" * 1_000, "exceeded maximum nesting depth"),
        ("answers.yaml", "title: '" + "x" * 200_000, "cannot read answers"),
        ("answers.yaml", "x" * 200_000, "must contain a mapping"),
        ("answers.json", json.dumps({"x" * 200_000: ["a"]}), "the answer to 'xxxxx"),
    ],
)
def test_a_file_of_answers_that_cannot_be_used_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInputError, match=message) as refused:
        template.read_answers(tmp_path / name)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value).replace(str(tmp_path), "")) <= 300


@pytest.mark.parametrize("setting", ["x" * 200_000, "x" * 200_000 + "=1", "title=" + "x" * 200_000, "title=\udcff"])
def test_a_setting_of_any_length_is_refused_in_one_short_line(setting):
    with pytest.raises(BadInputError) as refused:
        template.given_answers([setting], None)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) <= 300


def test_a_missing_file_of_answers_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="No such file"):
        template.given_answers([], str(tmp_path / "absent.yaml"))


def test_answers_are_taken_as_they_are_written(tmp_path):
    (tmp_path / "answers.yaml").write_text("python_version: 3.10\ntitle: on\ndescription: 0x1F\n")
    (tmp_path / "answers.json").write_text('{"python_version": 3.10, "title": "on"}')
    assert template.read_answers(tmp_path / "answers.yaml") == {
        "python_version": "3.10",
        "title": "on",
        "description": "0x1F",
    }
    assert template.read_answers(tmp_path / "answers.json") == {"python_version": "3.10", "title": "on"}
