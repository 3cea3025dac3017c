"""What is left to do by hand, for the registry that was chosen: in short; the repository's README has every step."""

from collections.abc import Mapping

from hubimages.template.origin import Origin

PLACEHOLDERS = ("your-organisation", "000000000000.", "yourregistry.")  # as in the template's image_name.py
WRITE_THE_NAME = (
    "Decide on the image's name and write it over {host}/{image} in noxfile.py: until then the workflows stop in their "
    "first seconds."
)
APP = (
    "Make a GitHub App that may open pull requests in {hubs}, and set the GitHub variable CONFIGURATION_APP_CLIENT_ID "
    "and the secret CONFIGURATION_APP_PRIVATE_KEY."
)
NO_JOB = (
    "No workflow opens pull requests in {hubs}: it would install hubimages from the address and commit of this copy, "
    "and this copy has neither, since {problem}. Install hubimages with git (pip install git+https://...), "
    "and make the repository again."
)
STEPS = {
    "quay.io": (
        "On quay.io, create the public repository {image} and a robot account that may write to it.",
        "Set the GitHub secrets QUAY_USERNAME and QUAY_PASSWORD to the robot's name and token.",
    ),
    "ghcr.io": ("After the first push of the image, make the package public on GitHub; no secret is needed.",),
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


def next_steps(answers: Mapping[str, str], origin: Origin) -> list[str]:
    """One sentence for each step, in order, for exactly this registry and image."""
    steps = list(STEPS[answers["registry"]])
    if any(word in f"{answers['registry_host']}/{answers['image']}" for word in PLACEHOLDERS):
        steps.insert(0, WRITE_THE_NAME)
    if answers.get("configuration_repository"):
        steps.append(APP if origin.commit or answers.get("hubimages_index") else NO_JOB)
    steps.append("README.md has these steps in full. Then merge to main: the image is built, tested and pushed.")
    names = {
        "image": answers["image"],
        "host": answers["registry_host"],
        "hubs": answers.get("configuration_repository"),
        "problem": origin.problem,
    }
    return [step.format(**names) for step in steps]
