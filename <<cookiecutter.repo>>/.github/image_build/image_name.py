"""Which image names each registry accepts. Standard library only, because the template's hook reads this file too."""

import re

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
LONGEST = 255  # with the host: https://github.com/distribution/reference/blob/main/reference.go
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
ECR_PART = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
# https://cloud.google.com/resource-manager/docs/creating-managing-projects (before 2012, with a domain in front) and
# https://cloud.google.com/artifact-registry/docs/repositories/create-repos
GOOGLE_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
GOOGLE_REPOSITORY = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# The first part of a name, where it is an account's: what it is called, what it looks like, and that in words.
# https://github.com/quay/quay/blob/master/util/validation.py (VALID_USERNAME_REGEX)
# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
# https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_RegistryAlias.html
ACCOUNTS = {
    "quay.io": (
        "organisation", "an organisation on quay.io", r"(?=.{2,255}$)[a-z0-9]+([._-][a-z0-9]+)*",
        "2 to 255 lower case letters and digits, with one '.', '_' or '-' at a time between them",
    ),
    "ghcr.io": (
        "owner", "an owner on GitHub", r"(?=.{1,39}$)[a-z0-9]+(-[a-z0-9]+)*",
        "up to 39 letters and digits, with one '-' at a time between them",
    ),
    "public.ecr.aws": (
        "alias", "an alias in Amazon ECR Public", r"(?=.{2,50}$)[a-z][a-z0-9]+([_-][a-z0-9]+)*",
        "2 to 50 lower case letters and digits, with a letter first and one '_' or '-' at a time between them",
    ),
}
# What each registry's host looks like, and an example.
HOSTS = {
    "quay.io": (r"quay\.io", "quay.io"),
    "ghcr.io": (r"ghcr\.io", "ghcr.io"),
    "google-artifact-registry": (r"[a-z]+(-[a-z0-9]+)*-docker\.pkg\.dev", "us-central1-docker.pkg.dev"),
    # China is a partition of its own: https://docs.aws.amazon.com/general/latest/gr/ecr.html
    "amazon-ecr": (
        r"[0-9]{12}\.dkr\.ecr\.(cn(-[a-z]+)+-[0-9]\.amazonaws\.com\.cn|(?!cn-)[a-z]{2}(-[a-z]+)+-[0-9]\.amazonaws\.com)",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com",
    ),
    "amazon-ecr-public": (r"public\.ecr\.aws", "public.ecr.aws"),
    # A registry made with a domain name label has a hash behind its name:
    # https://learn.microsoft.com/azure/container-registry/container-registry-get-started-azure-cli
    "azure-container-registry": (r"(?=[^.]{5,63}\.)[a-z0-9]{5,50}(-[a-z0-9]+)?\.azurecr\.io", "yourregistry.azurecr.io"),
}
# Parts of a name that are certainly meant as a host.
REGISTRIES = re.compile(r"docker\.io|quay\.io|(.+\.)?gcr\.io|ghcr\.io|.+\.pkg\.dev|.+\.amazonaws\.com(\.cn)?|.+\.azurecr\.io|localhost")
REFUSED_HOSTS = {
    "docker.io": "Docker Hub limits how often an image may be pulled, which stops servers from starting. Use quay.io "
    "instead, and copy images with: docker buildx imagetools create --tag NEW:TAG OLD:TAG",
    "gcr.io": "Google has shut down Container Registry. Use google-artifact-registry instead, and see "
    "https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr",
}


def is_placeholder(image: str) -> bool:
    """Return whether an image, given with its host, still has the template's name."""
    host, _, name = image.partition("/")
    return name.startswith("your-organisation/") or host.startswith(("000000000000.", "yourregistry."))


def shown(name: str) -> str:
    """Return a name as a message quotes it."""
    return repr(name if len(name) <= 60 else f"{name[:57]}...")


def host_problem(host: str) -> str | None:
    """Return why no image should be pushed to a host."""
    for refused, reason in REFUSED_HOSTS.items():
        if host == refused or host.endswith("." + refused) or (refused == "docker.io" and host == "hub.docker.com"):
            return f"{shown(host)} is not supported: {reason}"
    return None


def registry_host_problem(host: str, registry: str) -> str | None:
    """Return why a host is not one of a registry."""
    pattern, example = HOSTS[registry]
    if re.fullmatch(pattern, host, re.ASCII):
        return None
    return host_problem(host) or f"{shown(host)} is not a host of {registry}. It looks like {example}"


def image_problem(image: str, host: str) -> str | None:
    """Return why a registry would refuse an image's name, given without host and tag."""
    if not image.strip():
        return "cannot be empty. Write organisation/name"
    first, _, rest = image.partition("/")
    parts = image.split("/")
    google = host.endswith("-docker.pkg.dev")  # where an old project's ID begins with a domain
    domain = not google and len(parts) > 2 and re.fullmatch(r".+\.[a-z]+", first)
    has_host = bool(rest) and bool(":" in first or REGISTRIES.fullmatch(first) or domain)
    problems = (
        (any(character.isspace() for character in image), "contains a space"),
        ("://" in image, "is a URL. Give only the name: organisation/name"),
        (has_host, f"contains the registry's host. Leave it out: {rest[:100]}"),
        (image != image.lower(), f"contains capital letters, which no registry accepts. Use {image.lower()[:100]}"),
        (":" in image or "@" in image, "contains a tag or digest. Leave it out: every commit gets its own tag"),
        (len(f"{host}/{image}") > LONGEST, f"is longer than {LONGEST} characters, with the host"),
        (
            not all(PART.fullmatch(part) for part in parts),
            "is not a valid image name. Use lower case letters and digits, with single '.', '_' or '-' between them",
        ),
        (parts[-1] == "latest", "calls the image 'latest', which is the name of a tag. Choose a name that describes it"),
    )
    found = next((problem for wrong, problem in problems if wrong), None)
    if found is None:
        return None if image.startswith("your-organisation/") else registry_problem(image, parts, host)
    return (has_host and host_problem(first)) or f"{shown(image)} {found}"


def registry_problem(image: str, parts: list[str], host: str) -> str | None:
    """Return why this registry would refuse a name that others accept."""
    name = shown(image)
    if host in ACCOUNTS:
        kind, what, pattern, words = ACCOUNTS[host]
        if len(parts) < 2:
            return f"{name} needs two parts: {kind}/name"
        if not re.fullmatch(pattern, parts[0]):
            return f"{name}: {shown(parts[0])} cannot be {what}. Use {words}"
    if host.endswith("-docker.pkg.dev"):
        return google_problem(name, parts)
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) or host == "public.ecr.aws":
        if len(image) < 2 or not all(ECR_PART.fullmatch(part) for part in parts):
            return f"{name} is not a valid Amazon ECR name. Use single '.', '_' or '-' between letters or digits"
    return None


def google_problem(name: str, parts: list[str]) -> str | None:
    """Return why Google Artifact Registry would refuse a name. An old project has its domain in front of its ID."""
    project, *rest = parts[1:] if "." in parts[0] else parts
    if len(rest) < 2:
        return f"{name} needs three parts in Google Artifact Registry: project/repository/image"
    if not GOOGLE_PROJECT.fullmatch(project):
        return (
            f"{name}: {shown(project)} is not a Google Cloud project ID. Use 6 to 30 lower case letters, digits and '-', "
            "starting with a letter"
        )
    if not GOOGLE_REPOSITORY.fullmatch(rest[0]):
        return (
            f"{name}: {shown(rest[0])} is not a valid repository name in Google Artifact Registry. Use up to 63 lower "
            "case letters, digits and '-', starting with a letter"
        )
    return None
