"""On a terminal each answer is checked when it is given, asked again, and not asked where others decide it."""

import json
import re
import subprocess

import pytest

from hubimages import template
from hubimages.template.checking import complete
from tests.command import hubimages


def ask(typed: str, given: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return hubimages(stdin=typed, first=("tests.template.asking:ask", json.dumps(given)))


def all_but(*asked: str, **answers: str) -> dict[str, str]:
    """Good answers to all questions but some."""
    return {key: value for key, value in complete({"repo": "my-image", **answers}).items() if key not in asked}


def test_only_what_is_missing_is_asked_on_stderr_with_the_default_in_brackets():
    done = ask("\n2\n", all_but("title", "license"))
    answers = json.loads(done.stdout)
    assert (answers["title"], answers["license"]) == ("My Image", "MIT")
    assert re.findall(r"^ +(\d+)\. (.*)", done.stderr, re.MULTILINE) == [
        ("1", "Title, for people [My Image]:   2. License of the files in the repository"),
    ]


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("", "no"), ("y", "yes"), ("Yes", "yes"), ("n", "no"), ("NO", "no"), ("1", "no"), ("2", "yes")],
)
def test_yes_and_no_are_typed_as_people_type_them(typed, chosen):
    assert json.loads(ask(f"{typed}\n", all_but("preview")).stdout)["preview"] == chosen


@pytest.mark.parametrize(("typed", "chosen"), [("", "5"), ("1", "5"), ("4", "4"), ("3", "6"), ("6", "6")])
def test_a_choice_is_its_name_or_its_number(typed, chosen):
    assert json.loads(ask(f"{typed}\n", all_but("jupyterhub_version")).stdout)["jupyterhub_version"] == chosen


@pytest.mark.parametrize(
    ("key", "wrong", "right", "said"),
    [
        ("image", "Our-Org/image", "our-org/image", "contains capital letters"),
        ("image", "image", "our-org/image", "needs two parts"),
        ("title", "x" * 301, "A title", "is longer than 300 characters"),
        ("repo", "../x", "x", "is not a valid repository name"),
        ("registry", "docker.io", "ghcr.io", "Docker Hub limits how often"),
        ("registry", "7", "2", "'7' is not a choice. The choices are quay.io"),
        ("latest_tag", "maybe", "y", "'maybe' is not a choice"),
        ("configuration_repository", "a", "our-org/hubs", "is not the name of a repository on GitHub"),
        ("title", "<< x >>", "A title", "template syntax"),
    ],
)
def test_a_wrong_answer_is_told_at_once_and_asked_again(key, wrong, right, said):
    given = all_but(key, "registry_host") if key == "registry" else all_but(key)
    done = ask(f"{wrong}\n{right}\n", given)
    assert done.returncode == 0, done.stderr
    assert said in done.stderr.partition("Again")[0]
    assert done.stderr.count("Again: ") == 1
    assert json.loads(done.stdout)[key] in (right, "ghcr.io", "yes")


def test_a_wrong_host_is_told_before_the_next_question():
    done = ask("us-docker.pkg.dev\n123456789012.dkr.ecr.us-east-1.amazonaws.com\n\n",
               all_but("registry_host", "image", registry="amazon-ecr"))  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, _, after = done.stderr.partition("Again: ")
    assert "is not a host of amazon-ecr" in before
    assert "Name of the image" not in before
    assert "Name of the image" in after


def asked(**given: str) -> set[str]:
    """The questions that a person is asked who gives the defaults."""
    done = ask("\n" * 40, {"repo": "my-image", **given})
    assert done.returncode == 0, done.stderr
    return {question.key for question in template.questions() if f". {question.prompt}" in done.stderr}


def test_what_follows_from_other_answers_is_not_asked():
    everything = {question.key for question in template.questions()}
    assert asked(registry="amazon-ecr") == everything - {"repo", "registry", "hubimages_index", "own_files"}
    for registry in ("quay.io", "ghcr.io", "amazon-ecr-public"):
        assert "registry_host" not in asked(registry=registry)
    assert "hubimages_index" in asked(configuration_repository="our-org/hubs")
    assert "python_version" not in asked(starter="docker-stacks")
    assert "arm64" not in asked(starter="pangeo-onbuild")
    assert "arm64" not in asked(starter="r")
    assert "arm64" not in asked(builder="repo2docker-action")
    assert not {"appendix", "refresh"} & asked(starter="pixi")


def test_given_answers_that_do_not_go_together_are_refused_before_the_first_question():
    done = ask("\n" * 40, {"repo": "my-image", "registry": "ghcr.io", "registry_host": "quay.io"})
    assert done.stderr == "BadInputError: registry_host: 'quay.io' is not a host of ghcr.io. It looks like ghcr.io\n"


def test_a_given_answer_is_judged_as_soon_as_what_it_depends_on_is_known():
    done = ask("2\n" + "\n" * 40, {"repo": "my-image", "title": "T", "description": "D", "registry_host": "quay.io"})
    assert done.stderr.splitlines()[-1].endswith(
        "BadInputError: registry_host: 'quay.io' is not a host of ghcr.io. It looks like ghcr.io"
    )
    assert "Name of the image" not in done.stderr


def test_the_end_of_the_input_names_the_flag_that_answers():
    done = ask("", {"repo": "my-image"})
    assert done.stderr.splitlines()[-1].endswith(
        "RefusedError: there is no answer to 'Title, for people'. Give it as --set title=..."
    )
