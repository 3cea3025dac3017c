"""What differs between registries: rules for names, how to log in, who grants the right to push."""

import re
from dataclasses import dataclass

from hubimages.image_ref import DOCKER_HUB

PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"


@dataclass(frozen=True)
class Provider:
    """One kind of registry.

    `host` matches its hosts, `name` the names it allows; `rule` is `name` in words. `login` is the command that logs
    in, `right` who grants which right. `new_repository` says how to create a repository; empty if a push creates it.
    `public` says how to let everybody pull; with `nodes_log_in` a cluster of the same cloud pulls with its nodes' own
    identity. `refusal` says why not to choose this registry, and how to leave it. `fill` replaces {host}, {name},
    {first}, {second} (parts of the name) and the named groups of `host` in these texts.
    """

    title: str
    host: re.Pattern[str]
    name: re.Pattern[str]
    rule: str
    login: str
    right: str
    new_repository: str = ""
    public: str = ""
    refusal: str = ""
    nodes_log_in: bool = False

    def fill(self, text: str, host: str, name: str) -> str:
        """Return one of the texts above for an image."""
        found = self.host.fullmatch(host)
        words = {key: value or "" for key, value in found.groupdict().items()} if found else {}
        words = {"account": "", "region": "", "registry": "", **words}
        parts = [*name.split("/"), "", ""]
        return text.format(host=host, name=name, first=parts[0], second=parts[1], **words)


QUAY = Provider(
    "quay.io",
    re.compile(r"quay\.io"),
    re.compile(rf"[a-z0-9][a-z0-9_.-]{{1,254}}(?:/{PART})+"),  # nested names since Quay 3.6
    "organisation/repository, with at least two characters before the slash",
    "docker login quay.io",
    "an administrator of {first} on quay.io for the Write permission on the repository, for your user or robot account",
    "create it at https://quay.io/new/ and make it public, or ask an administrator of {first}; if it is there and "
    "private, your user or robot account needs the Write permission on it",
    "make it public at https://quay.io/repository/{name}?tab=settings: a repository made by a push is private there",
)
GITHUB = Provider(
    "GitHub Container Registry",
    re.compile(r"ghcr\.io"),
    re.compile(rf"{PART}(?:/{PART})+"),
    "owner/image, in lower case letters, the owner's name first",
    "gh auth refresh --scopes write:packages && gh auth token | docker login ghcr.io --username USER --password-stdin",
    "an owner of {first} on GitHub for the Write role in the package's settings (a token: the scope write:packages)",
    "",
    "make it public: https://github.com/orgs/{first}/packages (for a person https://github.com/{first}?tab=packages), "
    "the package, Package settings, Change visibility",
)
GOOGLE = Provider(
    "Google Artifact Registry",
    re.compile(r"(?P<region>[a-z0-9-]+)-docker\.pkg\.dev"),
    re.compile(rf"(?:[a-z0-9.-]+:)?[a-z0-9.-]+/[a-z][a-z0-9-]*[a-z0-9]/{PART}(?:/{PART})*"),
    "project/repository/image, three parts or more",
    "gcloud auth login && gcloud auth configure-docker {host}",
    "the owner of the Google Cloud project {first} for roles/artifactregistry.writer on the repository {second}",
    "gcloud artifacts repositories create {second} --project {first} --location {region} --repository-format docker",
    "the cluster's nodes need roles/artifactregistry.reader; for everybody: gcloud artifacts repositories "
    "add-iam-policy-binding {second} --project {first} --location {region} --member allUsers "
    "--role roles/artifactregistry.reader",
    nodes_log_in=True,
)
AMAZON = Provider(
    "Amazon ECR",
    re.compile(r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"),
    re.compile(rf"(?=.{{2,256}}$){PART}(?:/{PART})*"),
    "2 to 256 lower case letters, digits and ._-/",
    "aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {host}",
    "the owner of the AWS account {account} for ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, "
    "ecr:BatchCheckLayerAvailability, ecr:BatchGetImage and ecr:PutImage on the repository {name}",
    "aws ecr create-repository --region {region} --repository-name {name}",
    "Amazon ECR shows nothing without a login: the cluster's nodes need the right to pull "
    "(AmazonEC2ContainerRegistryReadOnly); for everybody there is Amazon ECR Public",
    nodes_log_in=True,
)
AMAZON_PUBLIC = Provider(
    "Amazon ECR Public",
    re.compile(r"public\.ecr\.aws"),
    re.compile(rf"{PART}(?:/{PART})+"),
    "alias/repository, the registry's alias first",
    "aws ecr-public get-login-password --region us-east-1 | "
    "docker login --username AWS --password-stdin public.ecr.aws",
    "the owner of the AWS account behind {first} for ecr-public:InitiateLayerUpload, ecr-public:UploadLayerPart, "
    "ecr-public:CompleteLayerUpload and ecr-public:PutImage on the repository",
    "aws ecr-public create-repository --region us-east-1 --repository-name NAME (the name without {first}/)",
)
AZURE = Provider(
    "Azure Container Registry",
    re.compile(r"(?P<registry>[a-z0-9]{5,50}(?:-[a-z0-9]+)?)\.azurecr\.(?:io|cn|us)"),
    re.compile(rf"{PART}(?:/{PART})*"),
    "lower case letters and digits, with ._- between them, in parts joined by /",
    "az login && az acr login --name {registry}",
    "the owner of the Azure subscription for the role AcrPush on the registry {registry}",
    "",
    "the cluster needs the right to pull: az aks update --resource-group GROUP --name CLUSTER --attach-acr {registry}; "
    "for everybody: az acr update --name {registry} --anonymous-pull-enabled (from the Standard tier)",
    nodes_log_in=True,
)
GOOGLE_CONTAINER_REGISTRY = Provider(
    "Google Container Registry",
    re.compile(r"(?:(?:us|eu|asia)\.)?gcr\.io|k8s\.gcr\.io"),
    re.compile(rf"(?:[a-z0-9.-]+:)?{PART}(?:/{PART})*"),
    "project/image",
    "gcloud auth login && gcloud auth configure-docker {host}",
    "the owner of the Google Cloud project {first} for roles/artifactregistry.writer",
    refusal="Google shut Container Registry down in March 2025, and what is left of it is kept in Artifact Registry: "
    "create a repository there and name the image LOCATION-docker.pkg.dev/{first}/REPOSITORY/IMAGE "
    "(https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr)",
    nodes_log_in=True,
)
DOCKER = Provider(
    "Docker Hub",
    re.compile(re.escape(DOCKER_HUB)),
    re.compile(rf"{PART}/{PART}"),
    "organisation/repository, with one slash",
    "docker login",
    "an owner of {first} on Docker Hub for Read & Write on the repository",
    refusal="Docker Hub limits how often a cluster's nodes may pull, so servers fail to start on a busy day "
    "(https://docs.docker.com/docker-hub/usage/): use quay.io, ghcr.io or your cloud's registry, and give its host "
    "in the image's name",
)
OTHER = Provider(
    "a registry",
    re.compile(r".*"),
    re.compile(rf"{PART}(?:/{PART})*"),
    "lower case letters and digits, with ._- between them, in parts joined by /",
    "docker login {host}",
    "whoever runs {host} for the right to push to {name}",
    public="give the cluster's nodes a login (imagePullSecrets), or make the repository public",
)
PROVIDERS = (
    QUAY, GITHUB, GOOGLE, AMAZON, AMAZON_PUBLIC, AZURE, GOOGLE_CONTAINER_REGISTRY, DOCKER,
)  # fmt: skip


def provider(host: str) -> Provider:
    """Return the kind of registry of a host."""
    return next((each for each in PROVIDERS if each.host.fullmatch(host)), OTHER)
