"""The steps left to do by hand for the chosen registry, in short. The repository's README has them in full."""

from collections.abc import Mapping

from hubimages.template.origin import Origin
from hubimages.template.rules import image_name

WRITE_THE_NAME = (
    "Choose the image's name and write it in place of {host}/{image} in noxfile.py. Until then the workflows stop "
    "within seconds."
)
APP = (
    "Create a GitHub App that may open pull requests in {hubs}, and set the GitHub variable "
    "CONFIGURATION_APP_CLIENT_ID and the secret CONFIGURATION_APP_PRIVATE_KEY."
)
NO_JOB = (
    "No workflow opens pull requests in {hubs}, because it cannot install this copy of hubimages: {problem}. Install "
    "hubimages with git (pip install git+https://...), and make the repository again."
)
LOCK = (
    "After that, let GitHub Actions open pull requests (settings of the repository, Actions, General), and run the "
    "workflow *Propose a lock*."
)
NO_LOCK = (
    "No workflow proposes a lock, because it cannot install this copy of hubimages: {problem}. Install hubimages with "
    "git (pip install git+https://...), and make the repository again."
)
PIXI_LOCK = (
    "With Docker running, make the lock from which the image is installed: run uvx nox -s lock in the repository, and "
    "commit pixi.lock."
)
PREVIEWS = "Set up a second login, for previews, which cannot push the image of main. README.md names its settings."
STEPS = {
    "quay.io": (
        "On quay.io, create the public repository {image} and a robot account that may write to it.",
        "Set the GitHub secrets QUAY_USERNAME and QUAY_PASSWORD to the robot's name and token (gh secret set NAME).",
    ),
    "ghcr.io": (),
    "google-artifact-registry": (
        "In Google Cloud, create the Docker repository at {host}, and a service account that may write to it and that "
        "this GitHub repository may act as.",
        "Set the GitHub variables GCP_WORKLOAD_IDENTITY_PROVIDER and GCP_SERVICE_ACCOUNT.",
    ),
    "amazon-ecr": (
        "In AWS, create the ECR repository {image} at {host}, and a role that this GitHub repository may assume.",
        "Set the GitHub variable AWS_ROLE_ARN.",
    ),
    "amazon-ecr-public": (
        "In AWS (us-east-1), create the public repository {image}, and a role that this GitHub repository may assume.",
        "Set the GitHub variable AWS_ROLE_ARN.",
    ),
    "azure-container-registry": (
        "In Azure, create the registry {host}, and an application with AcrPush on it and a federated credential for "
        "this GitHub repository.",
        "Set the GitHub variables AZURE_CLIENT_ID and AZURE_TENANT_ID.",
    ),
}


MAKE_PUBLIC = "After the first push of the image, make the package public on GitHub. You need no secret."


def next_steps(answers: Mapping[str, str], origin: Origin, *, push: str = "") -> list[str]:
    """Return one sentence for each step, in order, for this registry and image.

    `push` is the step that pushes, which works only after the others; empty if it is done.
    """
    steps = list(STEPS[answers["registry"]])
    if image_name().is_placeholder(f"{answers['registry_host']}/{answers['image']}"):
        steps.insert(0, WRITE_THE_NAME)
    if answers.get("starter") == "pixi":
        steps.append(PIXI_LOCK)
    if answers.get("preview") == "yes" and answers["registry"] != "ghcr.io":
        steps.append(PREVIEWS)
    if answers.get("configuration_repository"):
        steps.append(APP if origin.commit or answers.get("hubimages_index") else NO_JOB)
    steps += [push] if push else []
    if answers.get("lock", "never") != "never":
        steps.append(LOCK if origin.commit or answers.get("hubimages_index") else NO_LOCK)
    steps += [MAKE_PUBLIC] if answers["registry"] == "ghcr.io" else []
    steps.append(
        "README.md has these steps in full. After them, each merge to main builds, tests and pushes the image."
    )
    names = {
        "image": answers["image"],
        "host": answers["registry_host"],
        "hubs": answers.get("configuration_repository"),
        "problem": origin.problem,
    }
    return [step.format(**names) for step in steps]
