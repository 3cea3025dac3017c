"""A job that only builds the image goes, with what refers to it; one that does more stays, and is named."""

import textwrap

import pytest

from hubimages import yaml_text
from hubimages.migration.finishing import circleci, hubploy, workflows
from hubimages.migration.finishing.edited import Edited

FILE = ".github/workflows/images.yaml"
HERE = "deployments/biology/image"

BUILD = """\
  biology:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with: {registry: quay.io, username: robot, password: "${{ secrets.QUAY }}"}
      # the image of biology
      - uses: docker/build-push-action@v6
        with:
          context: deployments/biology/image
          push: true
"""
OTHER = """\
  stat:
    runs-on: ubuntu-latest
    steps:
      - run: repo2docker --no-run deployments/stat/image
"""
HEAD = "name: Images # of all hubs\non: [push]\njobs:\n"


def edited(text: str, directory: str = HERE, file: str = FILE) -> Edited:
    one = Edited(file, text)
    if hubploy.is_hubploy(file):
        hubploy.without_build(one, directory, "quay.io/org/biology-image:0123456789ab")
    elif file == circleci.FILE:
        circleci.without_build(one, directory)
    else:
        workflows.without_build(one, directory)
    yaml_text.compose(one.text)
    return one


def test_a_job_that_builds_only_the_image_goes_and_no_other_byte() -> None:
    done = edited(HEAD + BUILD + OTHER)
    assert done.text == HEAD + OTHER
    assert (done.removed, done.named, done.is_gone) == ([f"{FILE}: job biology"], [], False)


def test_a_workflow_that_builds_nothing_else_goes_as_a_whole() -> None:
    done = edited(HEAD + BUILD)
    assert (done.is_gone, done.removed) == (True, [f"{FILE}: it builds nothing else"])


@pytest.mark.parametrize(
    ("needs", "left"),
    [
        ("    needs: [biology, stat]\n", "    needs: [stat]\n"),
        ("    needs: biology\n", ""),
        ("    needs: [biology]\n", ""),
        ("    needs:\n      - biology\n      - stat\n", "    needs:\n      - stat\n"),
    ],
)
def test_other_jobs_no_longer_wait_for_it(needs: str, left: str) -> None:
    after = "  deploy:\n    runs-on: ubuntu-latest\n{}    steps: [run: deploy all]\n"
    done = edited(HEAD + BUILD + OTHER + after.format(needs))
    assert done.text == HEAD + OTHER + after.format(left)


def test_a_job_whose_outputs_another_one_uses_is_named() -> None:
    deploy = "  deploy:\n    needs: biology\n    steps:\n      - run: deploy ${{ needs.biology.outputs.tag }}\n"
    done = edited(HEAD + BUILD + deploy)
    assert done.text == HEAD + BUILD + deploy
    assert done.named == [f"{FILE}:4: job biology builds it, and job deploy uses what it gives"]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("run: helm upgrade hub chart", "step 5 runs 'helm upgrade hub chart'"),
        ("run: docker build other", "step 5 builds something else: 'docker build other'"),
        ("uses: slackapi/slack-github-action@v2", "step 5 uses slackapi/slack-github-action@v2"),
        (
            "{uses: docker/build-push-action@v6, with: {context: deployments/stat/image}}",
            "step 5 uses docker/build-push-action@v6 for another directory",
        ),
        ("run: docker push quay.io/org/a && kubectl rollout restart", "step 5 runs 'kubectl rollout restart'"),
        ("name: nothing", "step 5 has neither `uses` nor `run`"),
    ],
)  # fmt: skip
def test_a_job_that_does_more_is_named_and_stays(step: str, why: str) -> None:
    text = HEAD + BUILD + f"      - {step}\n" + OTHER
    done = edited(text.replace("# the image of biology", "- run: pip install x"))
    assert done.text == text.replace("# the image of biology", "- run: pip install x")
    assert (done.removed, done.named) == ([], [f"{FILE}:4: job biology builds it, and does more: {why}"])


@pytest.mark.parametrize(
    "script",
    [
        "repo2docker --no-run --image-name quay.io/org/a ./deployments/biology/image\ndocker push quay.io/org/a",
        "cd deployments/biology/image && docker build -t quay.io/org/a .",
        "docker build \\\n  -t quay.io/org/a \\\n  ${{ github.workspace }}/deployments/biology/image",
        "pip install hubploy\nhubploy build biology --push",
        "if true; then\n  docker build deployments/biology/image\nfi",
    ],
)
def test_builds_are_known_by_their_commands(script: str) -> None:
    job = "  own:\n    steps:\n      - run: |\n" + textwrap.indent(script, " " * 10) + "\n"
    done = edited(HEAD + job + OTHER)
    assert (done.text, done.named) == (HEAD + OTHER, [])


@pytest.mark.parametrize(
    ("matrix", "left"),
    [
        (
            "        image:\n          - deployments/biology/image\n          - deployments/stat/image\n",
            "        image:\n          - deployments/stat/image\n",
        ),
        (
            "        image: [deployments/stat/image, deployments/biology/image]\n",
            "        image: [deployments/stat/image]\n",
        ),
        (
            "        include:\n          - hub: biology\n            image: deployments/biology/image\n"
            "          - hub: stat\n            image: deployments/stat/image\n",
            "        include:\n          - hub: stat\n            image: deployments/stat/image\n",
        ),
    ],
)  # fmt: skip
def test_an_item_of_a_matrix_goes(matrix: str, left: str) -> None:
    job = "  build:\n    strategy:\n      matrix:\n{}    steps:\n      - run: repo2docker ${{{{ matrix.image }}}}\n"
    done = edited(HEAD + job.format(matrix))
    assert done.text == HEAD + job.format(left)
    assert len(done.removed) == 1
    assert done.named == []


def test_a_matrix_whose_items_are_only_a_part_of_the_path() -> None:
    job = (
        "  build:\n    strategy:\n      matrix:\n        hub: [{}]\n        platform: [amd64, arm64]\n    steps:\n"
        "      - run: repo2docker deployments/${{{{ matrix.hub }}}}/image\n"
    )
    assert edited(HEAD + job.format("biology, stat")).text == HEAD + job.format("stat")
    done = edited(HEAD + job.format("biology") + OTHER)
    assert done.text == HEAD + OTHER


def test_paths_that_start_a_workflow_lose_the_directory() -> None:
    text = "on:\n  push:\n    paths:\n      - {}other/**\njobs:\n" + OTHER
    done = edited(text.format("deployments/biology/image/**\n      - "))
    assert done.text == text.format("")
    only = "on:\n  push:\n    paths: [deployments/biology/image/**]\njobs:\n" + OTHER
    done = edited(only)
    assert (done.text, len(done.named)) == (only, 1)


def test_a_name_that_begins_like_the_directory_is_another_one() -> None:
    text = HEAD + OTHER.replace("deployments/stat/image", "deployments/biology/image-gpu")
    assert edited(text).text == text
    text = HEAD + OTHER.replace("deployments/stat/image", "old/deployments/biology/image")
    assert edited(text).text == text


CIRCLE = """\
version: 2.1
workflows:
  version: 2
  deploy:
    jobs:
      - hubploy/build-image:
          deployment: biology
          name: biology image build
          push: true
          # Filters can only be per-job
          filters: {branches: {only: [staging]}}
      - hubploy/build-image:
          deployment: stat
          name: stat image build
      - deploy:
          requires:
              - biology image build
              - stat image build
          filters: {branches: {only: [staging]}}
"""


def test_circleci_loses_the_build_and_what_waits_for_it() -> None:
    done = edited(CIRCLE, file=circleci.FILE)
    lines = CIRCLE.splitlines(keepends=True)
    assert done.text == "".join([*lines[:5], *lines[11:16], *lines[17:]])
    assert done.removed == [f"{circleci.FILE}: job biology image build of deploy"]
    again = edited(done.text, "deployments/stat/image", circleci.FILE)
    assert again.text == "".join([*lines[:5], lines[14], lines[18]])


def test_hubploy_takes_the_new_image_and_builds_nothing() -> None:
    text = (
        "images:\n  images:\n    - name: gcr.io/berkeley/biology # ours\n      path: image/\n      repo2docker:\n"
        "        base_image: docker.io/library/buildpack-deps:jammy\n  registry:\n    provider: gcloud\n"
        "\ncluster:\n  provider: gcloud\n"
    )
    done = edited(text, file="deployments/biology/hubploy.yaml")
    assert done.text == (
        "images:\n  images:\n    - name: quay.io/org/biology-image:0123456789ab # ours\n"
        "\ncluster:\n  provider: gcloud\n"
    )


def test_hubploy_keeps_what_another_image_needs() -> None:
    text = (
        "images:\n  images:\n    - name: gcr.io/b/one\n      path: image/\n"
        "    - name: gcr.io/b/two\n      path: second/\n"
        "  registry: {provider: gcloud}\n"
    )
    done = edited(text, file="deployments/biology/hubploy.yaml")
    assert done.text == text.replace(
        "gcr.io/b/one\n      path: image/", "quay.io/org/biology-image:0123456789ab"
    )  # fmt: skip
    other = edited(text, "deployments/biology/elsewhere", "deployments/biology/hubploy.yaml")
    assert (other.text, other.removed) == (text, [])


def test_hubploys_short_form() -> None:
    text = "images:\n  image_name: gcr.io/b/one\n  registry: {provider: gcloud}\ncluster: {}\n"
    done = edited(text, file="deployments/biology/hubploy.yaml")
    assert done.text == "images:\n  image_name: quay.io/org/biology-image:0123456789ab\ncluster: {}\n"
