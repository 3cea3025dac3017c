"""Check image references offline: each one, and those of one image together."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hubimages import findings
from hubimages.console import count
from hubimages.findings import ERROR, WARNING, Finding
from hubimages.references.check.kept import KeptByComment
from hubimages.references.keep.covering import findings_of
from hubimages.references.newest.siblings import forms
from hubimages.references.reference import Inventory, Reference
from hubimages.references.tag_format import Formats, Reading, shape_of

# https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr and, for the images of Kubernetes,
# https://kubernetes.io/blog/2023/03/10/image-registry-redirect/
GCR = {
    "gcr.io": "us-docker.pkg.dev/{project}/gcr.io/{image}",
    "us.gcr.io": "us-docker.pkg.dev/{project}/us.gcr.io/{image}",
    "eu.gcr.io": "europe-docker.pkg.dev/{project}/eu.gcr.io/{image}",
    "asia.gcr.io": "asia-docker.pkg.dev/{project}/asia.gcr.io/{image}",
    "k8s.gcr.io": "registry.k8s.io/{whole}",
}
STILL_SERVED = "k8s.gcr.io"  # frozen, and redirected
SHOWN = 4  # hubs; more are counted


@dataclass(frozen=True)
class ReferencesReport:
    """The findings about the references of a repository, and what was not checked."""

    inventory: Inventory
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()
    no_answer: bool = False
    strict: bool = False  # warnings fail, too
    kept: tuple[KeptByComment, ...] = ()

    def as_annotations(self) -> str:
        """Return the report as annotations of GitHub Actions."""
        return findings.as_annotations(self.findings, self.not_checked, unsure=self.no_answer) or str(self)

    def with_more(self, found: Sequence[Finding], not_checked: Sequence[str], *, no_answer: bool) -> "ReferencesReport":
        """Return the report with what another check found."""
        together = tuple(in_order([*self.findings, *found]))
        reasons = tuple(dict.fromkeys([*self.not_checked, *not_checked]))
        return replace(self, findings=together, not_checked=reasons, no_answer=self.no_answer or no_answer)

    @property
    def exit_code(self) -> int:
        """Return 1 if the check failed, 75 if it did not and a registry gave no answer, otherwise 0."""
        return findings.exit_code(findings.fails(self.findings, strict=self.strict), self.no_answer)

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        facts = {"kept": [each.as_object() for each in self.kept]} if self.kept else {}
        return findings.as_json(list(self.findings), list(self.not_checked), facts)

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings]
        lines += [str(each) for each in self.kept]
        lines += [f"not checked: {text}" for text in self.not_checked]
        kinds = Counter(finding.code for finding in self.findings)
        listed = ", ".join(f"{number} {code}" for code, number in sorted(kinds.items()))
        whole = f"{_graded(self.findings)} in {count(len(self.inventory.references), 'reference')}"
        return "\n".join([*lines, whole + (f": {listed}" if listed else "")])


def _graded(found: Sequence[Finding]) -> str:
    """Return `1 error, 2 warnings`."""
    numbers = Counter(each.grade for each in found)
    return ", ".join(count(numbers[grade], grade) for grade in (ERROR, WARNING) if numbers[grade]) or "no findings"


def offline(inventory: Inventory, about: Collection[Reference] | None = None) -> list[Finding]:
    """Return what is wrong as far as the repository tells, sorted by file and line; only `about` these if given."""
    found: list[Finding] = [] if about is not None else [*findings_of(inventory, datetime.now(UTC))]
    for reference in inventory.references if about is None else about:
        found += [*_invalid(reference), *_floating(reference), *_misread(reference), *_deprecated(reference)]
    for image in by_image(inventory).values():
        if about is None or any(each in about for each in image):
            odd = _odd_formats(image)
            places = {(each.file, each.line) for each in about or ()}
            found += [each for each in odd if about is None or (each.file, each.line) in places]
            found += _skew(image)
    return in_order(found)


def by_image(inventory: Inventory) -> dict[str, list[Reference]]:
    """Return the references of each image by its name, sorted; those without a name are left out."""
    images: dict[str, list[Reference]] = {}
    for reference in sorted(inventory.references, key=lambda each: each.repository):
        if reference.name and not reference.invalid:
            images.setdefault(reference.repository, []).append(reference)
    return images


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings sorted by file and line."""
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
        what = f"tag `{reference.tag}` moves" if reference.tag else "no tag, which means `latest`, and that moves"
        yield Finding(
            "floating-tag",
            f"{reference.repository}: {what}",
            "pin a tag that does not move, so that a restart cannot change the image",
            reference.file,
            reference.line,
            WARNING,
        )


def _misread(reference: Reference) -> Iterator[Finding]:
    if reference.misread and not reference.invalid:
        yield Finding(
            "tag-not-text",
            f"Helm reads tag `{reference.tag}` as the {reference.misread}",
            f'put it in quotes: "{reference.tag}"',
            reference.file,
            reference.line,
        )


def _deprecated(reference: Reference) -> Iterator[Finding]:
    place = GCR.get(reference.host)
    if place:
        project, _, image = reference.name.partition("/")
        new = place.format(project=project, image=image or "IMAGE", whole=reference.name)
        why = "has been frozen since 2023" if reference.host.startswith("k8s.") else "was shut down in 2025"
        yield Finding(
            "deprecated-registry",
            f"{reference.repository}: {reference.host} {why}",
            f"if {new} has the tag, move to it: hubimages point-hubs {new}:TAG --instead-of={reference.repository}",
            reference.file,
            reference.line,
            WARNING if reference.host == STILL_SERVED else ERROR,
        )


def _odd_formats(references: Sequence[Reference]) -> Iterator[Finding]:
    """Yield a finding for each tag written unlike more than half of the image's tags; a flavour does not count."""
    pinned = [each for each in references if each.tag and not each.floats]
    formats = Formats([], [each.tag for each in pinned])
    written = {each: _written(formats.of(each.tag)) for each in pinned}
    if not written:
        return
    usual, number = Counter(written.values()).most_common(1)[0]
    if number * 2 <= len(written):
        return
    example = next(each.tag for each in pinned if written[each] == usual)
    for each in pinned:
        if written[each] != usual:
            yield Finding(
                "odd-tag",
                f"{each.repository}: tag `{each.tag}` ({each.shape.pattern}) looks unlike "
                f"{count(number, 'other tag')} of the image ({shape_of(example).pattern}, for example {example})",
                "is it a typo?",
                each.file,
                each.line,
                WARNING,
            )


def _written(reading: Reading | None) -> tuple[str, str]:
    return (reading.kind, reading.pattern) if reading else ("", "")


def _skew(references: Sequence[Reference]) -> Iterator[Finding]:
    """Yield a finding if an image runs at several tags or digests."""
    versions: dict[str, list[Reference]] = {}
    choices = {each for here in forms(references).values() for each in here}
    for each in references:
        if each in choices:
            continue  # users choose between these
        versions.setdefault(version(each), []).append(each)
    if len(versions) < 2:
        return
    ordered = sorted(versions.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    parts = [f"{name} ({_where(used)})" for name, used in ordered]
    last = ordered[-1][1][0]
    yield Finding(
        "skew",
        f"{last.repository} runs at {len(versions)} tags: {', '.join(parts)}",
        f"point all hubs at one: hubimages point-hubs {last.repository}:TAG --all",
        last.file,
        last.line,
        WARNING,
    )


def version(reference: Reference) -> str:
    """Return the tag; without one the start of the digest."""
    return reference.tag or reference.digest[:19] or "no tag"


def _where(references: Sequence[Reference]) -> str:
    """Return the names of the hubs, or of the files if no hub is known."""
    hubs = sorted({hub for each in references for hub in each.hubs})
    names = hubs or sorted({each.file for each in references})
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
