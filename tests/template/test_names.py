"""Each registry's rule for names, from both sides, and those of GitHub and git for repositories."""

import pytest

from hubimages import template
from hubimages.errors import BadInputError
from tests.template.published import PUBLISHED

HOST = {
    "google-artifact-registry": "us-docker.pkg.dev",
    "amazon-ecr": "123456789012.dkr.ecr.us-west-2.amazonaws.com",
    "azure-container-registry": "ourregistry.azurecr.io",
}
GOOD = [
    ("quay.io", "our-org/hub"),
    ("quay.io", "ab/x"),
    ("quay.io", "our_org.de/hub__1"),
    ("quay.io", f"{'o' * 240}/hub"),
    ("quay.io", "1.0/2"),
    ("quay.io", "not-your-organisation/img"),
    ("ghcr.io", "our-org/hub"),
    ("ghcr.io", "o/hub"),
    ("ghcr.io", f"{'o' * 39}/hub"),
    ("ghcr.io", "our-org/our_hub/x.y"),
    ("google-artifact-registry", "project/repository/hub"),
    ("google-artifact-registry", "project/r/our/hub"),
    ("google-artifact-registry", "example.com/my-project/repository/hub"),
    ("amazon-ecr", "ab"),
    ("amazon-ecr", "our/hub_1.x"),
    ("amazon-ecr-public", "a1/hub"),
    ("amazon-ecr-public", "our-alias/hub"),
    ("azure-container-registry", "hub"),
    ("azure-container-registry", "our/hub"),
]
BAD = [
    ("quay.io", "o/hub", "'o' cannot be an organisation on quay.io"),
    ("quay.io", "our--org/hub", "'our--org' cannot be an organisation on quay.io"),
    ("quay.io", "our__org/hub", "'our__org' cannot be an organisation on quay.io"),
    ("quay.io", f"{'o' * 250}/hub", "is longer than 255 characters, with the host"),
    ("quay.io", "registry.example.edu/our/hub", "contains the registry's host. Leave it out: our/hub"),
    ("ghcr.io", "our_org/hub", "'our_org' cannot be an owner on GitHub"),
    ("ghcr.io", f"{'o' * 40}/hub", "cannot be an owner on GitHub. Use up to 39"),
    ("ghcr.io", "our--org/hub", "'our--org' cannot be an owner on GitHub"),
    ("google-artifact-registry", "project/hub", "needs three parts"),
    ("google-artifact-registry", "example.com/project/hub", "needs three parts"),
    ("google-artifact-registry", "us-docker.pkg.dev/project/repository/hub", "contains the registry's host"),
    ("google-artifact-registry", "proj/repository/hub", "'proj' is not a Google Cloud project ID"),
    ("google-artifact-registry", "project/repo_1/hub", "'repo_1' is not a valid repository name"),
    ("amazon-ecr", "a", "is not a valid Amazon ECR name"),
    ("amazon-ecr", "our__hub", "is not a valid Amazon ECR name"),
    ("amazon-ecr-public", "1a/hub", "'1a' cannot be an alias in Amazon ECR Public"),
    ("amazon-ecr-public", "a/hub", "'a' cannot be an alias in Amazon ECR Public"),
    ("azure-container-registry", "Hub", "contains capital letters"),
]
HOSTS = [
    ("google-artifact-registry", "europe-docker.pkg.dev", True),
    ("google-artifact-registry", "us-central1-docker.pkg.dev", True),
    ("google-artifact-registry", "docker.pkg.dev", False),
    ("amazon-ecr", "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", True),
    ("amazon-ecr", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", True),
    ("amazon-ecr", "123456789012.dkr.ecr.cn-north-1.amazonaws.com", False),
    ("amazon-ecr", "123456789012.dkr.ecr.us-east-1.amazonaws.com.cn", False),
    ("amazon-ecr", "12345678901.dkr.ecr.us-east-1.amazonaws.com", False),
    ("azure-container-registry", "ourregistry.azurecr.io", True),
    ("azure-container-registry", "ourregistry-c3e5g9h8bzhfd3b7.azurecr.io", True),
    ("azure-container-registry", "ours.azurecr.io", False),
    ("azure-container-registry", "our-.azurecr.io", False),
    ("azure-container-registry", f"{'o' * 51}.azurecr.io", False),
    ("quay.io", "quay.oi", False),
]
REPOSITORIES = [
    ("our-org/hubs", True),
    ("o/hubs", True),
    (f"{'o' * 39}/h", True),
    ("our-org/.github", True),
    ("our-org/-", True),
    ("", True),
    ("our-/hubs", False),
    ("-our/hubs", False),
    ("our--org/hubs", False),
    (f"{'o' * 40}/h", False),
    ("o/hubs.git", False),
    ("o/hubs.wiki", False),
    ("o/..", False),
    ("o/hubs/more", False),
    ("hubs", False),
]
NAMES = [
    ("a", True),
    ("Our.Image_2", True),
    ("x" * 100, True),
    ("a..b", False),
    ("a.git", False),
    ("a.wiki", False),
    ("a.", False),
    ("x" * 101, False),
]


def refusal(**answers: str) -> str:
    try:
        template.check_all_answers(answers)
    except BadInputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("registry", "image"), GOOD, ids=lambda each: each[:30])
def test_a_good_name_is_accepted(registry: str, image: str) -> None:
    host = {"registry_host": HOST[registry]} if registry in HOST else {}
    assert refusal(registry=registry, image=image, **host) == ""


@pytest.mark.parametrize(("registry", "image", "message"), BAD, ids=lambda each: each[:30])
def test_a_bad_name_is_refused_with_the_registrys_rule(registry: str, image: str, message: str) -> None:
    host = {"registry_host": HOST[registry]} if registry in HOST else {}
    said = refusal(registry=registry, image=image, **host)
    assert said.startswith("image: ")
    assert message in said
    assert len(said) <= 300


@pytest.mark.parametrize(("registry", "host", "good"), HOSTS)
def test_a_host_has_to_be_one_of_its_registry(registry: str, host: str, good: bool) -> None:
    image = "project/repository/hub" if registry.startswith("google") else "our/hub"
    said = refusal(registry=registry, registry_host=host, image=image)
    assert (said == "") == good
    assert good or f"is not a host of {registry}" in said


@pytest.mark.parametrize(("name", "good"), REPOSITORIES, ids=str)
def test_the_configuration_repository_has_a_name_that_github_accepts(name: str, good: bool) -> None:
    said = refusal(configuration_repository=name)
    assert (said == "") == good
    assert good or "is not the name of a repository on GitHub" in said


@pytest.mark.parametrize(("name", "good"), NAMES, ids=str)
def test_a_repository_has_a_name_that_github_and_git_accept(name: str, good: bool) -> None:
    said = refusal(repo=name, configuration_repository="our-org/hubs")
    assert (said == "") == good
    assert good or "is not a valid repository name" in said


def test_only_the_templates_own_name_is_the_placeholder() -> None:
    first, *_ = template.next_steps(template.render_files({"image": "not-your-organisation/img"}).answers, PUBLISHED)
    assert "noxfile.py" not in first
    first, *_ = template.next_steps(template.render_files({}).answers, PUBLISHED)
    assert "noxfile.py" in first


def test_the_next_steps_of_a_pixi_repository_make_its_lock_before_the_push():
    answers = template.render_files({"starter": "pixi", "image": "our-org/image"}).answers
    steps = template.next_steps(answers, PUBLISHED, push="Push")
    (lock,) = [number for number, step in enumerate(steps) if "run uvx nox -s lock in the repository" in step]
    assert lock < steps.index("Push")
    other = template.render_files({"image": "our-org/image"}).answers
    assert not any("nox -s lock" in step for step in template.next_steps(other, PUBLISHED, push="Push"))
