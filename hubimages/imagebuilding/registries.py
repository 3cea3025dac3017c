"""Registries for imagebuilding hubs: the names of images, the account that pushes, and the steps to do by hand."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hubimages.errors import BadInputError

REFUSED = {
    "gcr.io": "Google shut down Container Registry; use google-artifact-registry",
    "docker.io": "Docker Hub limits pulls, which keeps servers from starting",
}
OTHER_NAMES = {
    "quay": "quay.io",
    "gar": "google-artifact-registry",
    "artifact-registry": "google-artifact-registry",
    "ecr": "amazon-ecr",
    "ghcr": "ghcr.io",
    "acr": "azure-container-registry",
    "dockerhub": "docker.io",
    "docker hub": "docker.io",
    "gcr": "gcr.io",
}
HELPER_NAME = "binderhub-container-registry-helper"  # BinderHub looks for a Service of this name
HELPER = f"https://github.com/manics/{HELPER_NAME}"
HELPER_CHARTS = f"https://www.manicstreetpreacher.co.uk/{HELPER_NAME}/"


@dataclass(frozen=True)
class Target:
    """The registry of one hub's images. `prefix` comes before the name of every image, so it ends in / or -.

    `pull_secret`: nodes need a secret to pull. `helper`: logins are too short-lived for a password in the values, so
    BinderHub asks the registry helper for them.
    """

    kind: str
    host: str
    prefix: str
    account: str
    pull_secret: bool
    secret_name: str  # the name of the secret, for the prompt
    steps: tuple[str, ...]
    helper: bool = False

    @property
    def url(self) -> str:
        """The registry's address for BinderHub and for builds."""
        return f"https://{self.host}"


@dataclass(frozen=True)
class Kind:
    """A kind of registry: its questions, and the function that makes a target of the answers."""

    name: str
    parts: Mapping[str, str]
    target: Callable[[Mapping[str, str], str, str], Target]


def kind_named(name: str) -> Kind:
    """Return the kind of registry. Raises BadInputError for an unknown or unsupported one, with the reason."""
    wanted = OTHER_NAMES.get(name.strip().lower(), name.strip().lower())
    for host, reason in REFUSED.items():
        if wanted == host or wanted.endswith("." + host):
            raise BadInputError(f"registry: {name!r} is not supported: {reason}")
    if wanted not in KINDS:
        near = difflib.get_close_matches(wanted, [*KINDS, *OTHER_NAMES], n=1)
        hint = f"did you mean {OTHER_NAMES.get(near[0], near[0])!r}? " if near else ""
        raise BadInputError(f"registry: unknown registry {name!r}. {hint}There are {', '.join(KINDS)}")
    return KINDS[wanted]


def joined(cluster: str, hub: str) -> str:
    """Return `CLUSTER-HUB`; the hub alone if there is no cluster."""
    return f"{cluster}-{hub}" if cluster else hub


def robot_name(cluster: str, hub: str) -> str:
    """Return the short name of quay's robot account; such names have no hyphens."""
    return f"{joined(cluster, hub)}_image_builder".replace("-", "_").lower()


def _quay(parts: Mapping[str, str], cluster: str, hub: str) -> Target:
    organization, given = parts["organization"], parts.get("account", "")
    robot = given.rpartition("+")[2] or robot_name(cluster, hub)
    account = given if "+" in given else f"{organization}+{robot}"
    prefix = f"quay.io/{organization}/{joined(cluster, hub)}-"
    return Target(
        "quay.io", "quay.io", prefix, account, pull_secret=True,
        secret_name="the robot account's token",
        steps=(
            f"On https://quay.io/organization/{organization}?tab=robots create the robot account {robot}"
            f"{', unless it is there' if given else ''}, without access to existing repositories.",
            f"On https://quay.io/organization/{organization}?tab=teams create a team with the role Creator and add "
            f"{account} to it: each build creates a repository {prefix}...",
            "Open the robot account and copy its token: it is the password.",
            "New repositories are private; the pull secret in the values lets servers (and Dask) pull them.",
        ),
    )  # fmt: skip


def service_account(cluster: str, hub: str) -> str:
    """Return the short name of Google's service account: 6 to 30 lowercase letters, digits, hyphens; a letter first."""
    name = f"{joined(cluster, hub)}-builder"
    return (name if name[0].isalpha() else f"hub-{name}")[:30].rstrip("-")


def _google(parts: Mapping[str, str], cluster: str, hub: str) -> Target:
    region, project, repository = parts["region"], parts["project"], parts["repository"]
    host = f"{region}-docker.pkg.dev"
    account = service_account(cluster, hub)
    member = f"{account}@{project}.iam.gserviceaccount.com"
    return Target(
        "google-artifact-registry", host, f"{host}/{project}/{repository}/", "_json_key", pull_secret=False,
        secret_name="the service account's key (JSON)",
        steps=(
            f"Enable the API: gcloud services enable artifactregistry.googleapis.com --project={project}",
            f"Create the repository: gcloud artifacts repositories create {repository} --repository-format=docker "
            f"--location={region} --project={project}",
            f"Create the service account: gcloud iam service-accounts create {account} --project={project}",
            f"Allow it to push: gcloud artifacts repositories add-iam-policy-binding {repository} --location={region} "
            f"--project={project} --member=serviceAccount:{member} --role=roles/artifactregistry.writer",
            f"Create its key, which is the password: gcloud iam service-accounts keys create key.json "
            f"--iam-account={member}; delete the file afterwards.",
            f"If the cluster is in another project than {project}, give the service account of its nodes the role "
            "Artifact Registry Reader on the repository.",
        ),
    )  # fmt: skip


def _amazon(parts: Mapping[str, str], cluster: str, hub: str) -> Target:
    account, region = parts["account_id"], parts["region"]
    host = f"{account}.dkr.ecr.{region}.amazonaws.com"
    space = joined(cluster, hub)
    return Target(
        "amazon-ecr", host, f"{host}/{space}/", "AWS", pull_secret=False, helper=True,
        secret_name="the registry helper's token (create one: openssl rand -hex 32)",
        steps=(
            "Logins to Amazon ECR last 12 hours, and repositories must exist before a push, so BinderHub asks the "
            f"binderhub-container-registry-helper ({HELPER}) for both.",
            f"Create an IAM policy for arn:aws:ecr:{region}:{account}:repository/{space}/* with ecr:CreateRepository, "
            "DescribeRepositories, DescribeImages, ListImages, BatchCheckLayerAvailability, BatchGetImage, "
            "GetDownloadUrlForLayer, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage, and for * "
            "with ecr:GetAuthorizationToken.",
            f"Create an IAM role with that policy for the helper's service account: eksctl create iamserviceaccount "
            f"--cluster={cluster or 'CLUSTER'} --namespace={hub} --name={HELPER_NAME} --role-only ...",
            f"Install the helper: helm upgrade --install {HELPER_NAME} {HELPER_NAME} --repo {HELPER_CHARTS} "
            f"--namespace={hub} with values cloud_provider: amazon, auth_token: the token given here, and "
            "serviceAccount.annotations: eks.amazonaws.com/role-arn of that role. BinderHub finds it by that name, at "
            f"http://{HELPER_NAME}:8080.",
            "Add AmazonEC2ContainerRegistryReadOnly to the role of the cluster's nodes, which pull with it.",
        ),
    )  # fmt: skip


def _github(parts: Mapping[str, str], cluster: str, hub: str) -> Target:
    organization = parts["organization"].lower()
    prefix = f"ghcr.io/{organization}/{joined(cluster, hub)}-"
    return Target(
        "ghcr.io", "ghcr.io", prefix, parts.get("account") or f"{joined(cluster, hub)}-image-builder", pull_secret=True,
        secret_name="the personal access token (classic)",
        steps=(
            f"Create a GitHub account for the hub's builds and invite it to {organization}; its name is the account "
            "of the registry (--set account=NAME).",
            f"In {organization}'s settings, Packages, Package creation: allow members to publish private packages.",
            "As that account create a personal access token (classic; the registry refuses fine-grained ones) with "
            "only write:packages, which includes read:packages: it is the password. Note when it expires.",
            "New repositories are private; the pull secret in the values lets servers (and Dask) pull them.",
        ),
    )  # fmt: skip


def _azure(parts: Mapping[str, str], cluster: str, hub: str) -> Target:
    name = parts["registry_name"].lower().removesuffix(".azurecr.io")
    space = joined(cluster, hub)
    token = parts.get("account") or f"{space}-image-builder"
    return Target(
        "azure-container-registry", f"{name}.azurecr.io", f"{name}.azurecr.io/{space}/", token, pull_secret=True,
        secret_name="the token's password",
        steps=(
            f"Create the registry, if there is none: az acr create --name {name} --resource-group GROUP --sku Standard",
            f"Create the scope map: az acr scope-map create --registry {name} --name {space} --repository '{space}/*' "
            "content/read content/write metadata/read metadata/write",
            f"Create the token: az acr token create --registry {name} --name {token} --scope-map {space}; use the "
            "first of the two passwords that it prints. The first push creates a repository.",
            "The pull secret in the values lets servers (and Dask) pull; az aks update --attach-acr does so as well.",
        ),
    )  # fmt: skip


ORGANIZATION = "organisation on the registry"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("quay.io", {"organization": ORGANIZATION}, _quay),
        Kind(
            "google-artifact-registry",
            {
                "region": "location of the repository, for example us-central1",
                "project": "project on Google Cloud",
                "repository": "name of the Artifact Registry repository",
            },
            _google,
        ),
        Kind("amazon-ecr", {"account_id": "AWS account (12 digits)", "region": "AWS region"}, _amazon),
        Kind("ghcr.io", {"organization": ORGANIZATION}, _github),
        Kind("azure-container-registry", {"registry_name": "name of the registry, before .azurecr.io"}, _azure),
    )
}
