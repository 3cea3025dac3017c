"""Find the chart's version and the hub image's base in a repository that does not use chartpress.

The version stands in a Chart.yaml, a Helmfile release, an Argo CD Application, a Flux HelmRelease, a Terraform
resource, or on the command line of Helm in a script or workflow. Something else builds the image, and writes its tag.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.dependencies import CHART, Reader, dependencies_in
from hubimages.hub_image.dockerfile import Base, bases
from hubimages.yaml_text import MappingNode, Node, Scalar, ScalarNode, SequenceNode, resolved

YAML = (".yaml", ".yml")
CHART_FILES = ("Chart.yaml", "requirements.yaml")
DOCKERFILE = re.compile(r"(?:.*[./])?(?:Docker|Container)file(?:\.[\w.-]+)?", re.IGNORECASE)
VERSION_KEYS = ("version", "targetRevision")  # of Helmfile and Flux, of Argo CD
TERRAFORM = re.compile(
    r'resource\s+"helm_release"[^{"]*"[^{"]*"\s*\{(?P<body>(?:(?!"helm_release").)*?)\n\}', re.DOTALL
)
TERRAFORM_CHART = re.compile(rf'^[ \t]*chart[ \t]*=\s*"(?:[^"]*/)?{CHART}"', re.MULTILINE)
TERRAFORM_VERSION = re.compile(r'^[ \t]*version[ \t]*=\s*"(?P<version>[^"$]+)"', re.MULTILINE)
HELM = re.compile(r"\bhelm\b(?:\\\n|[^\n])*")  # a command, with the lines that continue it
HELM_CHART = re.compile(rf"(?:^|[\s/'\"]){CHART}/{CHART}(?=$|[\s'\"\\])|--repo[= ]\S+/helm-chart\S*")
COMMENTED = re.compile(r"(?:^|\s)#|^\s*//")
HELM_VERSION = re.compile(r"--version[= ][\"']?(?P<version>v?\d[\w.+-]*)")
BUILDERS = re.compile(
    r"(?:^|/)(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci/config\.yml|cloudbuild\.ya?ml"
    r"|Jenkinsfile|Makefile|noxfile\.py|skaffold\.ya?ml|docker-bake\.hcl|[^/]+\.sh)$"
)

BUILDS = re.compile(r"docker|podman|buildah|kaniko|buildx|build-push|repo2docker|gcloud builds", re.IGNORECASE)


@dataclass(frozen=True)
class ChartVersion:
    """A version of the jupyterhub chart as a file asks for it. `scalar` is None where the file is not YAML."""

    file: str
    line: int
    value: str
    start: int
    end: int
    scalar: Scalar | None = None
    repository: str = ""  # where a Chart.yaml says that the chart comes from

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def bumped(self, text: str, version: str) -> str:
        """Return the text of the file with another version here."""
        if self.scalar is not None:
            return yaml_text.replace(text, {self.scalar: version})
        return text[: self.start] + version + text[self.end :]


@dataclass(frozen=True)
class HubDockerfile:
    """A Dockerfile that builds from the hub image of Zero to JupyterHub."""

    file: str
    bases: tuple[Base, ...]
    built_by: tuple[str, ...]  # workflows and scripts that name its folder


def chart_versions(files: Sequence[str], read: Reader) -> list[ChartVersion]:
    """Return every version of the jupyterhub chart that a file of the repository asks for."""
    return [version for file in files for version in versions_in(file, read)]


def versions_in(file: str, read: Reader) -> Iterator[ChartVersion]:
    """Yield the versions of one file."""
    name = posixpath.basename(file)
    if not file.endswith((*YAML, ".tf", ".sh", ".gotmpl")) and name not in ("Makefile", "Jenkinsfile"):
        return
    text = read_or_nothing(file, read)
    if CHART not in text:
        return
    if name in CHART_FILES:
        try:
            for dependency in dependencies_in(file, text):
                scalar = dependency.version.scalar
                address = dependency.repository
                yield ChartVersion(file, scalar.line, scalar.value, scalar.start, scalar.end, scalar, address)
        except BadInputError:
            return
    elif file.endswith(".tf"):
        yield from in_terraform(file, text)
    elif file.endswith(YAML) and not BUILDERS.search(file):
        yield from in_yaml(file, text)
    else:
        yield from in_commands(file, text)


def read_or_nothing(file: str, read: Reader) -> str:
    """Return the text of a file; empty for what cannot be read as text."""
    try:
        return read(file) or ""
    except BadInputError:
        return ""


def in_yaml(file: str, text: str) -> Iterator[ChartVersion]:
    """Yield the versions beside `chart: jupyterhub`, whatever tool reads the file."""
    try:
        tree = yaml_text.compose(text)
        written = {scalar.start: scalar for scalar in yaml_text.scalars(text)}
    except BadInputError:
        return
    for document in tree.documents:
        for mapping in mappings(document):
            keys = {key: resolved(value) for key, (_, value) in yaml_text.effective(mapping).items()}
            chart = keys.get("chart")
            if not isinstance(chart, ScalarNode) or posixpath.basename(chart.value) != CHART:
                continue
            for key in VERSION_KEYS:
                version = keys.get(key)
                if isinstance(version, ScalarNode) and version.value and version.start in written:
                    scalar = written[version.start]
                    yield ChartVersion(file, scalar.line, scalar.value, scalar.start, scalar.end, scalar)


def mappings(node: Node) -> Iterator[MappingNode]:
    """Yield every mapping of a document, each once."""
    if isinstance(node, MappingNode):
        yield node
        for _, value in node.pairs:
            yield from mappings(value)
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from mappings(item)


def in_terraform(file: str, text: str) -> Iterator[ChartVersion]:
    """Yield the versions of `helm_release` resources."""
    for resource in TERRAFORM.finditer(text):
        version = TERRAFORM_VERSION.search(resource["body"])
        if version and TERRAFORM_CHART.search(resource["body"]):
            start = resource.start("body") + version.start("version")
            yield at(file, text, start, version["version"])


def in_commands(file: str, text: str) -> Iterator[ChartVersion]:
    """Yield the versions on command lines of Helm."""
    for command in HELM.finditer(text):
        version = HELM_VERSION.search(command[0])
        line = text[text.rfind("\n", 0, command.start()) + 1 : command.start()]
        if version and HELM_CHART.search(command[0]) and not COMMENTED.search(line):
            yield at(file, text, command.start() + version.start("version"), version["version"])


def at(file: str, text: str, start: int, value: str) -> ChartVersion:
    return ChartVersion(file, text.count("\n", 0, start) + 1, value, start, start + len(value))


def hub_dockerfiles(files: Sequence[str], read: Reader) -> list[HubDockerfile]:
    """Return the Dockerfiles that build from the hub image, and what names their folders to build them."""
    found = []
    for file in files:
        if DOCKERFILE.fullmatch(file):
            text = read_or_nothing(file, read)
            taken = bases(text, {}) if "k8s-hub" in text else ()
            if any(base.is_hub for base in taken):
                found.append(HubDockerfile(file, taken, builders(file, files, read)))
    return found


def builders(dockerfile: str, files: Sequence[str], read: Reader) -> tuple[str, ...]:
    """Return the workflows and scripts that name the Dockerfile or its folder."""
    folder = posixpath.dirname(dockerfile)
    named = re.compile(rf"(?<![\w/.-])(?:\./)?{re.escape(folder or dockerfile)}(?![\w-])")
    texts = ((file, read_or_nothing(file, read)) for file in files if BUILDERS.search(file))
    return tuple(file for file, text in texts if BUILDS.search(text) and named.search(text))
