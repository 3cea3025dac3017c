"""Which image names each registry accepts. Standard library only, because the template's hook reads this file too."""

import re

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
ECR_PART = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
# https://cloud.google.com/resource-manager/docs/creating-managing-projects and
# https://cloud.google.com/artifact-registry/docs/repositories/create-repos
GOOGLE_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
GOOGLE_REPOSITORY = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
REFUSED_HOSTS = {
    "docker.io": "Docker Hub limits how often an image may be pulled, which stops servers from starting. Use quay.io "
    "instead, and copy the images that hubs run with: docker buildx imagetools create --tag NEW:TAG OLD:TAG",
    "gcr.io": "Google has shut down Container Registry. Use google-artifact-registry instead, and see "
    "https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr",
}
PLACEHOLDERS = ("your-organisation", "000000000000.", "yourregistry.")


def host_problem(host: str) -> str | None:
    """Return why no image should be pushed to a host."""
    for refused, reason in REFUSED_HOSTS.items():
        if host == refused or host.endswith("." + refused) or (refused == "docker.io" and host == "hub.docker.com"):
            return f"{host!r} is not supported: {reason}"
    return None


def image_problem(image: str, host: str) -> str | None:
    """Return why a registry would refuse an image's name, given without host and tag."""
    if not image.strip():
        return "cannot be empty: organisation/name"
    first, _, rest = image.partition("/")
    has_host = bool(rest) and ("." in first or ":" in first or first == "localhost")
    parts = image.split("/")
    problems = (
        (any(character.isspace() for character in image), "contains a space"),
        ("://" in image, "is a URL. Give only the name: organisation/name"),
        (has_host, f"contains the registry's host. Leave it out: {rest}"),
        (image != image.lower(), f"contains capital letters, which no registry accepts. Use {image.lower()}"),
        (":" in image or "@" in image, "contains a tag or digest. Leave it out: every commit gets its own tag"),
        (
            len(image) > 200 or not all(PART.fullmatch(part) for part in parts),
            "is not a valid image name. Use lower case letters and digits, with single '.', '_' or '-' between them",
        ),
        (parts[-1] == "latest", "calls the image 'latest', which is the name of a tag. Choose a name that describes the image"),
    )
    found = next((problem for wrong, problem in problems if wrong), None)
    if found is None:
        return None if image.startswith("your-organisation/") else registry_problem(image, parts, host)
    return (has_host and host_problem(first)) or f"{image!r} {found}"


def registry_problem(image: str, parts: list[str], host: str) -> str | None:
    """Return why this registry would refuse a name that others accept."""
    if host == "quay.io" and len(parts) < 2:
        return f"{image!r} needs two parts: organisation/name"
    if host == "quay.io" and len(parts[0]) < 2:
        return f"{image!r}: an organisation on quay.io has at least two characters"
    if host in ("ghcr.io", "public.ecr.aws") and len(parts) < 2:
        return f"{image!r} needs two parts: " + ("owner/name" if host == "ghcr.io" else "alias/name")
    if host.endswith("-docker.pkg.dev"):
        return google_problem(image, parts)
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) or host == "public.ecr.aws":
        if len(image) < 2 or not all(ECR_PART.fullmatch(part) for part in parts):
            return f"{image!r} is not a valid Amazon ECR name. Use single '.', '_' or '-' between letters or digits"
    return None


def google_problem(image: str, parts: list[str]) -> str | None:
    if len(parts) < 3:
        return f"{image!r} needs three parts in Google Artifact Registry: project/repository/image"
    if not GOOGLE_PROJECT.fullmatch(parts[0]):
        return f"{image!r}: {parts[0]!r} is not a Google Cloud project ID. Use 6 to 30 lower case letters, digits and '-', starting with a letter"
    if not GOOGLE_REPOSITORY.fullmatch(parts[1]):
        return f"{image!r}: {parts[1]!r} is not a valid repository name in Google Artifact Registry. Use letters, digits and '-'"
    return None
