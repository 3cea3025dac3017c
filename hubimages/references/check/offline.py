"""Check the image references of a deployment repository: by themselves, beside each other, and in their registries."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubimages import findings
from hubimages.console import count
from hubimages.findings import Finding
from hubimages.references.reference import Inventory, Reference

# https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr and, for the images of Kubernetes,
# https://kubernetes.io/blog/2023/03/10/image-registry-redirect/
GCR = {
    "gcr.io": "us-docker.pkg.dev/{project}/gcr.io/{image}",
    "us.gcr.io": "us-docker.pkg.dev/{project}/us.gcr.io/{image}",
    "eu.gcr.io": "europe-docker.pkg.dev/{project}/eu.gcr.io/{image}",
    "asia.gcr.io": "asia-docker.pkg.dev/{project}/asia.gcr.io/{image}",
    "k8s.gcr.io": "registry.k8s.io/{whole}",
}
SHOWN = 4  # hubs, where there are many


@dataclass(frozen=True)
class Report:
    """What is wrong with the references of a repository, and what could not be checked."""

    inventory: Inventory
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()
    no_answer: bool = False

    @property
    def exit_code(self) -> int:
        """0, 1 for a finding, 75 without one where a registry gave no answer."""
        return findings.exit_code(bool(self.findings), self.no_answer)

    def as_json(self) -> str:
        """The report as one JSON object."""
        return findings.as_json(list(self.findings), list(self.not_checked))

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings]
        lines += [f"not checked: {text}" for text in self.not_checked]
        kinds = Counter(finding.code for finding in self.findings)
        listed = ", ".join(f"{number} {code}" for code, number in sorted(kinds.items()))
        whole = f"{count(len(self.findings), 'finding')} in {count(len(self.inventory.references), 'reference')}"
        return "\n".join([*lines, whole + (f": {listed}" if listed else "")])


def offline(inventory: Inventory) -> list[Finding]:
    """What the repository alone tells, in the order of files and lines."""
    found: list[Finding] = []
    for reference in inventory.references:
        found += [*_invalid(reference), *_floating(reference), *_misread(reference), *_deprecated(reference)]
    for image in by_image(inventory).values():
        found += [*_odd_shapes(image), *_skew(image)]
    return in_order(found)


def by_image(inventory: Inventory) -> dict[str, list[Reference]]:
    """The references of every image whose name is known, by its name, in the order of the names."""
    images: dict[str, list[Reference]] = {}
    for reference in sorted(inventory.references, key=lambda each: each.repository):
        if reference.name and not reference.invalid:
            images.setdefault(reference.repository, []).append(reference)
    return images


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """By file and line."""
    return sorted(found, key=lambda each: (each.file or "", each.line or 0, each.code, each.message))


def _invalid(reference: Reference) -> Iterator[Finding]:
    """Yield a reference that Kubernetes refuses: https://kubernetes.io/docs/concepts/containers/images/#image-names"""
    if reference.invalid:
        remedy = "write a valid name and tag"
        if reference.name and reference.tag_place:
            remedy = f"point it at a tag: hubimages point-hubs {reference.repository}:TAG --file={reference.file}"
        yield Finding(
            "invalid-reference",
            f"{reference.written!r} is not a valid image reference: {reference.invalid}. Kubernetes answers "
            "InvalidImageName, and no server starts",
            remedy,
            reference.file,
            reference.line,
        )


def _floating(reference: Reference) -> Iterator[Finding]:
    if reference.floats and reference.name:
        what = f"the tag {reference.tag} is" if reference.tag else "no tag means"
        yield Finding(
            "floating-tag",
            f"{reference.repository}: {what} whatever was pushed last",
            "name a tag that stays, so that a restart brings no other image",
            reference.file,
            reference.line,
        )


def _misread(reference: Reference) -> Iterator[Finding]:
    if reference.misread and not reference.invalid:
        yield Finding(
            "tag-not-text",
            f"Helm reads the tag {reference.tag} as the {reference.misread}",
            f'put it in quotes: "{reference.tag}"',
            reference.file,
            reference.line,
        )


def _deprecated(reference: Reference) -> Iterator[Finding]:
    place = GCR.get(reference.host)
    if place:
        project, _, image = reference.name.partition("/")
        new = place.format(project=project, image=image or "IMAGE", whole=reference.name)
        why = "is frozen since 2023" if reference.host.startswith("k8s.") else "was shut down in 2025"
        yield Finding(
            "deprecated-registry",
            f"{reference.repository}: {reference.host} {why}",
            f"move to {new}, if it has the tag: hubimages point-hubs {new}:TAG --instead-of={reference.repository}",
            reference.file,
            reference.line,
        )


def _odd_shapes(references: Sequence[Reference]) -> Iterator[Finding]:
    """Tags of another shape than more than half of the image's references have."""
    shapes = Counter(each.shape.pattern for each in references if not each.floats and each.tag)
    if not shapes:
        return
    usual, number = shapes.most_common(1)[0]
    if number * 2 <= shapes.total():
        return
    example = next(each.tag for each in references if each.shape.pattern == usual)
    for each in references:
        if each.tag and not each.floats and each.shape.pattern != usual:
            yield Finding(
                "odd-tag",
                f"{each.repository}: the tag {each.tag} ({each.shape.pattern}) is of another shape than "
                f"{count(number, 'other reference')} ({usual}, {example})",
                "is it the tag that was meant?",
                each.file,
                each.line,
            )


def _skew(references: Sequence[Reference]) -> Iterator[Finding]:
    """An image that runs at several tags, or digests."""
    versions: dict[str, list[Reference]] = {}
    for each in references:
        versions.setdefault(version(each), []).append(each)
    if len(versions) < 2:
        return
    ordered = sorted(versions.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    parts = [f"{name} ({_where(used)})" for name, used in ordered]
    last = ordered[-1][1][0]
    yield Finding(
        "skew",
        f"{last.repository} is used at {len(versions)} tags: {', '.join(parts)}",
        f"point all hubs at one: hubimages point-hubs {last.repository}:TAG --all",
        last.file,
        last.line,
    )


def version(reference: Reference) -> str:
    """The tag, or the digest where it stands alone, as people say it."""
    return reference.tag or reference.digest[:19] or "no tag"


def _where(references: Sequence[Reference]) -> str:
    """The hubs, or the files where no hub is known."""
    hubs = sorted({hub for each in references for hub in each.hubs})
    names = hubs or sorted({each.file for each in references})
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
