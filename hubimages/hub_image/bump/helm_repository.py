"""Look up versions of the jupyterhub chart, and the hub image that a version runs.

An index.yaml has megabytes: the chart's versions are found by their lines, and the one entry that matters is parsed
(0.4 s become 0.01 s for that of https://jupyterhub.github.io/helm-chart/). An index written in another way, as JSON
say, is parsed whole.
"""

import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from hubimages import json_text, yaml_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.hub_image.bump import helm_list
from hubimages.hub_image.dependencies import CHART
from hubimages.hub_image.versions import is_release, newest
from hubimages.image_ref import DIGEST, ImageRef

LATEST = "latest"
LATEST_DEVELOPMENT = "latest-dev"
IMAGES = "artifacthub.io/images"  # an annotation that lists what the chart runs
HUB_IMAGE_TAG = re.compile(r"/?k8s-hub:([\w.-]+)")
LARGEST_FILE = 4 * 1024 * 1024  # bytes
LARGEST_PACKAGE = 20 * 1024 * 1024  # bytes, unpacked; Helm takes no more than 100 MB, and the chart has less than 1
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


@dataclass(frozen=True)
class Target:
    """The chart's version, and the tag of the hub image that it runs."""

    version: str
    hub_tag: str


@dataclass(frozen=True)
class Repository:
    """The versions of the chart, and functions that get more about one of them."""

    versions: list[str]
    annotations: Callable[[str], Mapping[str, Any]]
    package: Callable[[str], bytes]
    app_version: Callable[[str], str]  # the JupyterHub that a version runs


def needs_lookup(asked: str) -> bool:
    """Return True if only the Helm repository knows the version, or the tag of its image."""
    return not is_release(asked)


def resolve(asked: str, address: str) -> Target:
    """Return the version that is asked for, or that `latest` or `latest-dev` means in the Helm repository.

    Raises BadInputError if the repository has no such version, NoAnswerError if it does not answer.
    """
    with opened(address) as repository:
        return find(asked, address, repository)


def download_package(version: str, address: str) -> bytes:
    """Return the package of a version. Raises what `resolve` raises."""
    with opened(address) as repository:
        if version not in repository.versions:
            raise BadInputError(f"{address} has no {CHART} chart {version}")
        return repository.package(version)


@contextmanager
def opened(address: str) -> Iterator[Repository]:
    """Open the Helm repository at an address, or under a name that Helm knows: `@name`, `alias:name`."""
    listed = helm_list.find(address)
    address = listed.address
    if address.startswith("oci://"):
        from hubimages.registry import Registries

        with Registries() as registries:
            yield in_registry(registries, address)
        return
    refuse_own_chart(address)
    if not address.startswith(("http://", "https://")):
        raise BadInputError(
            f"dependency {CHART} comes from {address or 'no repository'}, where versions cannot be looked up. "
            "Write the repository's https:// address there"
        )
    with closing(helm_list.Access(listed)) as access:
        yield over_http(access, address)


def refuse_own_chart(address: str) -> None:
    """Raise BadInputError for the address of a chart that is in the repository itself."""
    if address.startswith("file://"):
        raise BadInputError(
            f"dependency {CHART} is a chart of this repository ({address}), which has one version. Bump that chart, "
            "then rebuild the image with hubimages rebuild-hub-image"
        )


def find(asked: str, address: str, repository: Repository) -> Target:
    """See `resolve`."""
    if not repository.versions:
        raise BadInputError(f"{address} has no chart {CHART}. Correct the dependency's repository")
    version = asked
    if asked in (LATEST, LATEST_DEVELOPMENT):
        version = newest(repository.versions, development=asked == LATEST_DEVELOPMENT)
    if version not in repository.versions:
        latest = newest(repository.versions, development=False)
        raise BadInputError(f"{address} has no {CHART} chart {version}; the latest release is {latest or 'unknown'}")
    if is_release(version):
        return Target(version, version)
    listed = HUB_IMAGE_TAG.search(str(repository.annotations(version).get(IMAGES) or ""))
    tag = listed[1] if listed else hub_tag_of(repository.package(version))
    if not tag:
        raise BadInputError(f"the {CHART} chart {version} of {address} does not say which hub image it runs")
    return Target(version, tag)


def over_http(access: helm_list.Access, address: str) -> Repository:
    """A Helm repository with an index.yaml."""
    base = address.rstrip("/") + "/"
    index = access.get(base + "index.yaml").decode("utf-8", "replace")
    versions = versions_in(index)

    def package(version: str) -> bytes:
        entry = entry_in(index, version)
        urls = entry.get("urls")
        if not isinstance(urls, list) or not urls:
            raise BadInputError(f"{base}index.yaml has no address for {CHART} {version}")
        try:
            content = access.get(urljoin(base, str(urls[0])))
        except ValueError:
            raise NoAnswerError(f"{base}index.yaml names {str(urls[0])!r}, which is no address") from None
        digest = str(entry.get("digest") or "").removeprefix("sha256:")
        if digest and hashlib.sha256(content).hexdigest() != digest:
            raise NoAnswerError(f"{urls[0]} does not have the digest that index.yaml gives")
        return content

    def app(version: str) -> str:
        return str(entry_in(index, version).get("appVersion") or "") or app_version(package(version))

    return Repository(versions, lambda version: annotations_of(entry_in(index, version)), package, app)


def in_registry(registries: Any, address: str) -> Repository:
    """A Helm repository in a registry of images. A tag has `_` for a version's `+` (helm.sh/docs/topics/registries)."""
    chart = ImageRef.parse(f"{address.removeprefix('oci://').rstrip('/')}/{CHART}")

    def package(version: str) -> bytes:
        tag = version.replace("+", "_")
        manifest = registries.get(
            chart.at(tag), f"manifests/{tag}", accept="application/vnd.oci.image.manifest.v1+json"
        )
        try:
            layers = json_text.loads(manifest.body).get("layers") or []
            digest = next((str(layer["digest"]) for layer in layers if layer.get("mediaType") == CHART_LAYER), "")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise NoAnswerError(f"no answer from {chart.host} that can be read about {chart.at(tag)}") from error
        if digest and not DIGEST.fullmatch(digest):
            raise NoAnswerError(f"{chart.host} names no digest for the package of {chart.at(tag)}")
        content = bytes(registries.get(chart, f"blobs/{digest}", accept="*/*").body) if digest else b""
        algorithm, _, wanted = digest.partition(":")
        if digest and hashlib.new(algorithm, content).hexdigest() != wanted:
            raise NoAnswerError(f"no answer from {chart.host} that can be used: {digest} is something else")
        return content

    versions = [tag.replace("_", "+") for tag in registries.tags(chart)]
    return Repository(versions, lambda version: {}, package, lambda version: app_version(package(version)))


def versions_in(index: str) -> list[str]:
    """All versions of the chart, in the order of the index. Raises NoAnswerError for what is no index."""
    section, indent = section_of(index)
    pattern = rf"^(?: {{{indent + 2}}}| {{{indent}}}- )version:[ \t]+[\"']?([^\s\"']+)"
    found = re.findall(pattern, section, re.MULTILINE)
    return found or [str(entry.get("version")) for entry in parsed_entries(index)]


def entry_in(index: str, version: str) -> dict[str, Any]:
    """The entry of one version; empty where there is none."""
    section, indent = section_of(index)
    wanted = re.compile(
        rf"^(?: {{{indent + 2}}}| {{{indent}}}- )version:[ \t]+[\"']?{re.escape(version)}[\"']?\s*$", re.M
    )
    if hit := wanted.search(section):
        item = re.compile(rf"^ {{{indent}}}- ", re.M)
        starts = [match.start() for match in item.finditer(section)]
        start = max(at for at in starts if at <= hit.start())
        end = min((at for at in starts if at > hit.start()), default=len(section))
        parsed = load(section[start:end])
        return parsed[0] if isinstance(parsed, list) and parsed and isinstance(parsed[0], dict) else {}
    return next((entry for entry in parsed_entries(index) if str(entry.get("version")) == version), {})


def section_of(index: str) -> tuple[str, int]:
    """The lines below `jupyterhub:` and how far its items are indented; empty where lines do not show them."""
    entries = re.search(r"^entries:[ \t]*\n", index, re.MULTILINE)
    head = entries and re.compile(rf"^(?P<indent> +){CHART}:[ \t]*\n(?P<items> *)- ", re.M).search(index, entries.end())
    if not head:
        return "", 0
    start = head.start("items")
    indent = len(head["indent"])
    after = re.compile(rf"^ {{0,{indent}}}[^\s#-]", re.MULTILINE).search(index, start)
    return index[start : after.start() if after else len(index)], len(head["items"])


def annotations_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    found = entry.get("annotations")
    return found if isinstance(found, dict) else {}


def parsed_entries(index: str) -> list[dict[str, Any]]:
    """The chart's entries of an index that is not written line by line."""
    whole = load(index)
    if not isinstance(whole, dict) or not isinstance(whole.get("entries"), dict):
        raise NoAnswerError("the index.yaml of the Helm repository is not an index of charts")
    listed = whole["entries"].get(CHART)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def load(content: str) -> Any:
    try:
        return yaml_text.load(content)
    except yaml_text.UnreadableYamlError as error:
        raise NoAnswerError(f"the index.yaml of the Helm repository cannot be read ({error})") from error


def file_of(package: bytes, name: str) -> str:
    """Return a file of a packaged chart; empty if it is not there. Raises NoAnswerError for what is no package."""
    try:
        with gzip.open(io.BytesIO(package)) as unpacked:
            plain = unpacked.read(LARGEST_PACKAGE + 1)
        if len(plain) > LARGEST_PACKAGE:
            raise NoAnswerError(
                f"the chart package of the Helm repository unpacks to more than {LARGEST_PACKAGE >> 20} MB"
            )
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            member = archive.getmember(f"{CHART}/{name}")
            file = archive.extractfile(member) if member.isreg() else None
            return file.read(LARGEST_FILE).decode() if file else ""
    except (tarfile.TarError, OSError, zlib.error, EOFError, LookupError, ValueError, ArithmeticError, RecursionError):
        raise NoAnswerError("the chart package of the Helm repository cannot be read") from None


def hub_tag_of(package: bytes) -> str:
    """Return the hub image's tag in the values.yaml of a packaged chart; empty if it has none."""
    try:
        return str(load(file_of(package, "values.yaml"))["hub"]["image"]["tag"] or "")
    except (KeyError, TypeError):
        return ""


def app_version(package: bytes) -> str:
    """Return the JupyterHub that a packaged chart runs, as its Chart.yaml says.

    Raises NoAnswerError if it does not say.
    """
    content = load(file_of(package, "Chart.yaml"))
    found = content.get("appVersion") if isinstance(content, dict) else None
    if not found:
        raise NoAnswerError("the chart package does not say which JupyterHub it runs")
    return str(found)
