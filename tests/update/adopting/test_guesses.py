"""Every answer is read where a repository has it, with the place; what is contradictory is a question."""

import pytest

from hubimages.template import image_directory
from hubimages.update.adopting.builds import Reading, read_builds
from hubimages.update.adopting.evidence import Unclear
from hubimages.update.adopting.files import read_files
from hubimages.update.adopting.guessing import DEFAULT, Guesses, guess
from hubimages.update.adopting.workflow import read_workflow
from tests.update.adopting.kinds import ACTION, KINDS, OWN_STEPS, SHARED

BUILD = ".github/workflows/build.yaml"


def reading(files, owner="ocean/image") -> Reading:
    names = sorted(name for name in files if name.startswith(".github/workflows/"))
    workflows = [read_workflow(name, files[name]) for name in names]
    return read_builds(workflows, owner, files, image_directory(files) or "")


def guesses(files, owner="ocean/image", **given) -> Guesses:
    read = reading(files, owner)
    folder = image_directory(files)
    assert folder is not None
    return guess([*read.found, *read_files(files, folder)], read.unread, given)


def known(files, **given) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What does not have its default, and where it was read."""
    return {each.key: (each.value, each.read) for each in guesses(files, **given).answers if each.read != (DEFAULT,)}


LICENSED = {"license": ("BSD-3-Clause", ("LICENSE:1",)), "maintainers": ("The Ocean Group", ("LICENSE:3",))}


def test_a_repository_with_the_action_says_nearly_everything():
    assert known(ACTION) == {
        **LICENSED,
        "title": ("Image of the ocean group", ("README.md:1",)),
        "registry": ("quay.io", (f"{BUILD}:14",)),
        "registry_host": ("quay.io", (f"{BUILD}:14",)),
        "image": ("ocean/image", (f"{BUILD}:14",)),
        "starter": ("environment.yml", ("environment.yml",)),
        "python_version": ("3.12", ("environment.yml:4",)),
        "jupyterhub_version": ("4", ("environment.yml:3",)),
        "builder": ("repo2docker-action", (f"{BUILD}:7",)),
        "latest_tag": ("no", (f"{BUILD}:13",)),
        "binder_badge": ("yes", (".github/workflows/binder.yaml:6",)),
    }
    assert reading(ACTION).superseded == {
        BUILD: "builds the image with jupyterhub/repo2docker-action",
        ".github/workflows/binder.yaml": "comments with a link to mybinder.org",
    }


def test_a_repository_with_shared_workflows_says_the_registry_and_not_the_name():
    file = ".github/workflows/build-push-create-pr.yaml"
    assert known(SHARED) == {
        **LICENSED,
        "title": ("Courses", ("README.md:1",)),
        "registry": ("google-artifact-registry", (f"{file}:10",)),
        "starter": ("r", ("runtime.txt:1",)),
        "python_version": ("3.13", ("environment.yml:3",)),
        "jupyterhub_version": ("5", ("environment.yml:2",)),
    }
    assert f"image: {file}:8 has ${{{{ vars.IMAGE }}}}, which only GitHub knows." in guesses(SHARED).notes[0]
    read = reading(SHARED)
    assert list(read.superseded) == [file, ".github/workflows/build-test-image.yaml"]
    assert [each.place for each in read.later] == [f"{file}:6"]


def test_names_that_the_workflow_puts_together_are_read_and_a_cache_is_no_image():
    found = known(OWN_STEPS)
    assert found["image"] == ("ocean/hub-image", (f"{BUILD}:13", ".github/workflows/retag.yml:10"))
    assert found["python_version"] == ("3.12", (".binder/environment.yml:2", "environment.yml:2"))
    assert found["jupyterhub_version"] == ("5", ("environment.yml:3",))
    assert guesses(OWN_STEPS).unclear == ()
    assert reading(OWN_STEPS).superseded == {
        BUILD: "builds the image with jupyter-repo2docker",
        ".github/workflows/publish.yaml": f"calls {BUILD}",
    }


def test_without_an_origin_the_owner_is_not_guessed():
    (unread,) = reading(OWN_STEPS, owner="").unread
    assert unread.value == "quay.io/${{github.repository_owner}}/hub-image"


def questions(files, **given) -> list[Unclear]:
    return list(guesses(files, **given).unclear)


def test_two_names_of_the_image_are_a_question_and_an_answer_decides():
    other = ACTION[BUILD].replace("ocean/image", "ocean/another")
    files = {**ACTION, ".github/workflows/other.yaml": other}
    (question,) = questions(files)
    assert question == Unclear(
        "image",
        f"the repository names quay.io/ocean/image ({BUILD}:14) and quay.io/ocean/another "
        "(.github/workflows/other.yaml:14). Which one do hubs use?",
    )
    assert questions(files, image="ocean/another") == []
    assert known(files, image="ocean/another")["registry"] == ("quay.io", (".github/workflows/other.yaml:14",))


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("docker.io", "Docker Hub limits how often an image may be pulled"),
        ("gcr.io", "Google has shut down Container Registry"),
        ("registry.example.org", "'registry.example.org' is not a registry that the template can log in to"),
    ],
)
def test_a_registry_that_the_template_refuses_is_a_question_without_a_recommended_answer(host, said):
    files = {**ACTION, BUILD: ACTION[BUILD].replace("quay.io", host)}
    (question,) = questions(files)
    assert (question.key, question.recommended) == ("registry", "")
    assert question.reason.startswith(f"the image is pushed to {host} ({BUILD}:14). {said}")
    assert known(files, registry="ghcr.io")["image"] == ("ocean/image", (f"{BUILD}:14",))


def test_the_action_pushes_to_docker_hub_unless_it_is_told_otherwise():
    files = {**ACTION, BUILD: ACTION[BUILD].replace('          DOCKER_REGISTRY: "quay.io"\n', "")}
    assert [each.key for each in questions(files)] == ["registry"]


def test_two_places_with_different_versions_are_a_question():
    files = {**OWN_STEPS, ".binder/environment.yml": "dependencies:\n- python=3.11\n"}
    assert questions(files) == [
        Unclear(
            "python_version",
            ".binder/environment.yml:2 has 3.11 and environment.yml:2 has 3.12. Which one is right?",
        )
    ]


def test_a_jupyterhub_that_is_not_offered_is_a_question_and_a_python_is_a_note():
    files = {**ACTION, "environment.yml": "dependencies:\n  - python=3.9\n  - jupyterhub-singleuser>=3.0,<4.0\n"}
    (question,) = questions(files)
    assert (question.key, question.recommended) == ("jupyterhub_version", "5")
    assert question.reason.startswith("environment.yml:3 has JupyterHub 3; the template has 5, 4, 6.")
    assert known(files)["python_version"] == ("3.11", ("environment.yml:2",))
    assert (
        "environment.yml:2: Python 3.9 stays in your file; the template has 3.13, 3.14, 3.12, 3.11"
        in guesses(files).notes
    )


@pytest.mark.parametrize(
    ("spec", "key", "value"),
    [
        ("- python=3.12", "python_version", "3.12"),
        ("- python==3.12.*", "python_version", "3.12"),
        ("- 'python>=3.12'", "python_version", "3.12"),
        ('- "python = 3.12"', "python_version", "3.12"),
        ("- conda-forge::python=3.12.4", "python_version", "3.12"),
        ("- jupyterhub-base=5.*", "jupyterhub_version", "5"),
        ("- jupyterhub~=5.2", "jupyterhub_version", "5"),
        ("- jupyterhub-singleuser>=4.0,<5.0", "jupyterhub_version", "4"),
        ("# - python=3.9", "", ""),
        ("- python-dateutil=2.9", "", ""),
        ("- ipython=9.1", "", ""),
        ("- jupyterhub", "", ""),
        ("- jupyterhub-kubespawner=7", "", ""),
    ],
)
def test_versions_are_read_in_every_form(spec, key, value):
    text = f"dependencies:\n{spec}\n"
    found = [each for each in read_files({"environment.yml": text}, "") if each.key not in ("starter", "license")]
    assert [(each.key, each.value, each.place) for each in found] == (
        [(key, value, "environment.yml:2")] if key else []
    )


@pytest.mark.parametrize(
    ("files", "starter"),
    [
        ({"Dockerfile": "FROM pangeo/base-notebook-onbuild:2024\n"}, "pangeo-onbuild"),
        ({"Dockerfile": "# x\nFROM quay.io/jupyter/scipy-notebook:2025\n", "environment.yml": ""}, "docker-stacks"),
        ({"Dockerfile": "FROM ghcr.io/prefix-dev/pixi:0.60\n"}, "pixi"),
        ({"Dockerfile": "FROM ubuntu:24.04\n"}, "docker-stacks"),
        ({"environment.yml": "dependencies:\n  - r-base=4.4\n"}, "r"),
        ({"install.R": ""}, "r"),
        ({"requirements.txt": "numpy\n"}, "environment.yml"),
        ({"binder/environment.yml": "", "Dockerfile": "FROM x\n"}, "environment.yml"),
    ],
)
def test_the_starter_follows_what_repo2docker_builds(files, starter):
    folder = image_directory(files)
    assert folder is not None
    assert [each.value for each in read_files(files, folder) if each.key == "starter"] == [starter]


@pytest.mark.parametrize(
    ("step", "host"),
    [
        ("uses: docker/build-push-action\n        with: {tags: 'ghcr.io/ocean/image:1,', push: true}", "ghcr.io"),
        ("run: docker build -t us-central1-docker.pkg.dev/ocean-12/hubs/image:1 .", "google-artifact-registry"),
        ("run: docker push 123456789012.dkr.ecr.us-east-1.amazonaws.com/ocean/image:${{ github.sha }}", "amazon-ecr"),
        ("run: docker push public.ecr.aws/ocean12/image:$TAG", "amazon-ecr-public"),
        ("run: |\n          docker build --tag oceans.azurecr.io/image .\n", "azure-container-registry"),
    ],
)
def test_every_registry_is_read_from_what_pushes_to_it(step, host):
    build = f"on: push\njobs:\n  x:\n    steps:\n      - {step}\n"
    found = known({BUILD: build, "environment.yml": ""})
    assert found["registry"][0] == host
    assert found["image"][0].endswith("image")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_is_never_a_question_and_never_another(kind):
    given = {"registry": "ghcr.io", "image": "ocean/mine", "jupyterhub_version": "6", "title": "Mine", "builder": "nox"}
    found = guesses(KINDS[kind], **given)
    assert found.unclear == ()
    assert {key: found.values[key] for key in given} == given


def test_a_repository_without_a_licence_is_not_given_one():
    files = {name: text for name, text in ACTION.items() if name != "LICENSE"}
    assert known(files)["license"] == ("none", ("no LICENSE",))


def workflow(*steps: str, above: str = "") -> str:
    return f"on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n{above}    steps:\n" + "".join(
        f"      - {step}\n" for step in steps
    )


@pytest.mark.parametrize(
    "tags", ["ocean/image:latest, ocean/image:${{ github.sha }}", "ocean/image:${{ join(a, ',') }}"]
)
def test_tags_between_commas_are_tags_of_one_image(tags):
    build = workflow(
        f'{{uses: docker/build-push-action, with: {{tags: "quay.io/{tags}"}}}}'.replace(", o", ", quay.io/o")
    )
    assert known({BUILD: build, "Dockerfile": "FROM a\n"})["image"] == ("ocean/image", (f"{BUILD}:6",))


def test_images_between_commas_with_their_switches_are_names():
    images = "name=quay.io/ocean/image,name=quay.io/ocean/other,enable=${{ contains('a,b', 'a') }}"
    build = workflow(f'{{uses: docker/metadata-action@v5, with: {{images: "{images}"}}}}', "{run: docker build .}")
    found = [each.value for each in reading({BUILD: build, "Dockerfile": "FROM a\n"}).found if each.key == "reference"]
    assert found == ["quay.io/ocean/image", "quay.io/ocean/other"]


CI = {"ci/Dockerfile": "FROM a\n", "ci/environment.yml": "dependencies: []\n"}
BINDER = {"binder/environment.yml": "dependencies: []\n"}
TOP = {"Dockerfile": "FROM a\n"}


@pytest.mark.parametrize(
    ("step", "files", "source"),
    [
        ("{uses: docker/build-push-action, with: {context: ci}}", {**CI, **BINDER}, "ci/Dockerfile"),
        ("{uses: docker/build-push-action, with: {context: ./ci/}}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{uses: docker/build-push-action, with: {context: '{{defaultContext}}:ci'}}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{uses: docker/build-push-action, with: {file: ci/Dockerfile}}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{uses: docker/build-push-action}", {**BINDER, **TOP}, "Dockerfile"),
        ("{uses: redhat-actions/buildah-build@v2, with: {context: ci}}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{run: docker build -t quay.io/a/b:1 ci && docker push quay.io/a/b:1}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{run: docker buildx build . --file=ci/Dockerfile}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{run: docker build . -f ci/Dockerfile}", {**CI, **TOP}, "ci/Dockerfile"),
        ("{run: docker build ., working-directory: ci}", {**CI, **TOP}, "ci/Dockerfile"),
        ('{run: "set -e\\ncd ci\\ndocker build -t a ."}', {**CI, **TOP}, "ci/Dockerfile"),
        ('{run: "docker build $GITHUB_WORKSPACE/ci"}', {**CI, **TOP}, "ci/Dockerfile"),
        ("{run: jupyter-repo2docker --no-run ci}", {**CI, **TOP}, "ci/"),
        ('{run: "pip install jupyter-repo2docker\\njupyter-repo2docker --subdir ci ."}', {**CI, **TOP}, "ci/"),
    ],
)  # fmt: skip
def test_a_workflow_that_builds_another_folder_is_not_replaced(step, files, source):
    read = reading({**files, BUILD: workflow(step)})
    assert ([each.value for each in read.elsewhere.values()], read.superseded) == ([source], {})
    assert read.only_elsewhere
    both = reading({**files, BUILD: workflow(step), ".github/workflows/shared.yaml": SHARED_BUILD})
    assert (both.only_elsewhere, list(both.superseded)) == (False, [".github/workflows/shared.yaml"])


SHARED_BUILD = "on: push\njobs:\n  image:\n    uses: ocean/shared/.github/workflows/build-image.yaml@v1\n"


@pytest.mark.parametrize(
    ("step", "files"),
    [
        ("{uses: docker/build-push-action, with: {context: .}}", {**CI, **TOP}),
        ("{uses: docker/build-push-action, with: {context: '${{ github.workspace }}'}}", {**CI, **TOP}),
        ("{uses: docker/build-push-action, with: {context: '${{ matrix.folder }}'}}", {**CI, **TOP}),
        ("{uses: docker/build-push-action, with: {context: gone}}", {**CI, **TOP}),
        ("{uses: docker/build-push-action, with: {file: binder/Dockerfile}}", {"binder/Dockerfile": "FROM a\n", **TOP}),
        ("{run: docker build -t ci .}", {**CI, **TOP}),
        ("{run: docker build -t 'ci .}", {**CI, **TOP}),
        ("{run: jupyter-repo2docker --no-run .}", {**CI, **BINDER, **TOP}),
        ("{run: jupyter-repo2docker binder}", {**CI, **BINDER}),
        ("{uses: jupyterhub/repo2docker-action@master}", {**CI, **BINDER}),
    ],
)  # fmt: skip
def test_a_workflow_that_builds_the_image_or_does_not_say_what_is_replaced(step, files):
    read = reading({**files, BUILD: workflow(step)})
    assert (read.elsewhere, list(read.superseded)) == ({}, [BUILD])


def test_the_directory_of_all_steps_of_a_job_counts():
    above = "    defaults: {run: {working-directory: ci}}\n"
    (source,) = reading({**CI, **TOP, BUILD: workflow("run: docker build .", above=above)}).elsewhere.values()
    assert (source.value, source.place) == ("ci/Dockerfile", f"{BUILD}:7")
