"""Check a repository without chartpress: the chart's version, the base of the hub image, and what hubs run."""

from collections.abc import Sequence

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.hub_image.check.agreement import Agreement, compare
from hubimages.hub_image.check.report import HubImageReport
from hubimages.hub_image.check.state import Check
from hubimages.hub_image.dockerfile import without_a_value
from hubimages.hub_image.hubs import hub_images, some, tracked_files
from hubimages.hub_image.layout import Layout
from hubimages.hub_image.plain import ChartVersion, HubDockerfile, chart_versions, hub_dockerfiles
from hubimages.hub_image.published import is_hub_image
from hubimages.hub_image.reading import work_tree_reader
from hubimages.references import find_references
from hubimages.repository.git import Repo


def check_without_chartpress(repo: Repo, *, strict: bool = False) -> HubImageReport:
    """Return what is out of step. Raises BadInputError if no file asks for a version of the jupyterhub chart."""
    files, read = tracked_files(repo), work_tree_reader(repo)
    versions = chart_versions(files, read)
    dockerfiles = hub_dockerfiles(files, read)
    if not versions:
        raise BadInputError(
            f"{repo.work_tree} has no chartpress.yaml and no file that asks for a version of the jupyterhub chart "
            "(Chart.yaml, Helmfile, Argo CD, Flux, Terraform, a script). Name a clone of the deployment repository "
            "with --repo"
        )
    check = Check(repo, Layout(()))
    for dockerfile in dockerfiles:
        check_dockerfile(check, dockerfile, versions)
    check_values(check, versions)
    if not check.compared:
        place = versions[0]
        check.add(
            "nothing-compared",
            place.file,
            place.line,
            f"no hub image could be compared with the chart's version {place.value}",
            "write the chart's version as the tag in FROM"
            if dockerfiles
            else "name a clone that has the Dockerfile "
            "of the hub image; hubs that run the chart's own image need no check",
        )
    places = console.count(len(versions), "place")
    good = f"{console.count(len(dockerfiles), 'Dockerfile')} in step with the chart's version, in {places}"
    return HubImageReport(check.findings, check.not_checked, good, strict=strict)


def check_dockerfile(check: Check, dockerfile: HubDockerfile, versions: Sequence[ChartVersion]) -> None:
    """Compare a Dockerfile with all versions of the chart: it must agree with one of them."""
    built = ", ".join(dockerfile.built_by) or "nothing in this repository"
    for base in dockerfile.bases:
        if base.without_value:
            check.cannot_tell(without_a_value(dockerfile.file, base, "").replace(" of chartpress.yaml", ""))
            continue
        tag = base.text.partition("@")[0].rpartition(":")[2] if ":" in base.text else ""
        if base.is_hub:
            told = f"{base.text} (built by {built})"
            compare_with_all(check, dockerfile.file, base.line, told, tag, versions)


def compare_with_all(check: Check, file: str, line: int, told: str, tag: str, versions: Sequence[ChartVersion]) -> None:
    """Find an image that belongs to none of the chart's versions."""
    answers = [(version, *compare(version.value, tag)) for version in versions]
    differing = [(version, why) for version, answer, why in answers if answer is Agreement.DIFFER]
    agreeing = [version for version, answer, _ in answers if answer is Agreement.AGREE]
    check.compared += len(differing) + len(agreeing)
    if differing and not agreeing:
        version, why = differing[0]
        check.add(
            "versions-differ",
            file,
            line,
            f"{told} and the chart's version {version.value} ({version}) do not match: {why}",
            f"run hubimages bump-hub-image --chart-version {version.value} (or the version that you want)",
        )
        return
    for version, why in differing:
        check.cannot_tell(f"{file}:{line}: {told} is not version {version.value} ({version}): {why}")
    for version, answer, why in answers:
        if answer is Agreement.CANNOT_TELL:
            check.cannot_tell(f"{file}:{line}: {told} and the chart's version {version.value} ({version}): {why}")


def check_values(check: Check, versions: Sequence[ChartVersion]) -> None:
    """Compare the hub images that values name by hand; an image of another name is named."""
    for used in hub_images(find_references(check.repo.directory), check.layout):
        reference = used.reference
        if is_hub_image(reference.repository):
            told = f"{reference.image}, which {some(used.hubs)} run,"
            compare_with_all(check, reference.file, reference.line, told, reference.tag, versions)
        else:
            check.cannot_tell(
                f"{used.place}: {some(used.hubs)} run {reference.image}; whether it is built from the sources as they "
                "are, only what builds it knows"
            )
