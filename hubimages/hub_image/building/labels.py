"""Labels that say what an image was built from, and images that are in the registry before they are built.

chartpress skips an image whose tag is in the registry, whoever pushed it, from whatever files. The labels that we write
tell whether it is the image that would be built; the image's own name is among them, since images inherit labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubimages.errors import LoginError, NoAnswerError
from hubimages.hub_image.layout import Image
from hubimages.image_ref import ImageRef

PREFIX = "org.hubimages."
IMAGE, COMMIT, BASE, CHART = f"{PREFIX}image", f"{PREFIX}commit", f"{PREFIX}base", f"{PREFIX}chart-version"


@dataclass(frozen=True)
class There:
    """An image that the registry already has. `differs` are the labels that it should not have; `labelled` if any."""

    reference: ImageRef
    labelled: bool
    differs: tuple[str, ...]


def labels_for(image: Image, *, commit: str, chart_version: str) -> dict[str, str]:
    """Return the labels of an image that is built from this commit, with this version of the chart (empty: none)."""
    taken = " ".join(base.text for base in image.bases or () if base.is_hub or base.repository in image.own_bases)
    found = {IMAGE: image.repository, COMMIT: commit, BASE: taken, CHART: chart_version}
    return {key: value for key, value in found.items() if value}


def options(labels: Mapping[str, str]) -> list[str]:
    """Return the labels as options of a build; chartpress replaces what stands in braces."""
    return [f"--label={key}={value}".replace("{", "{{").replace("}", "}}") for key, value in labels.items()]


def find_there(wanted: Sequence[tuple[ImageRef, Mapping[str, str]]]) -> dict[ImageRef, There]:
    """Return which of the images the registries have already. Raises NoAnswerError, LoginError.

    A registry that does not show an image counts as one without it: quay.io answers so for a repository that the first
    push makes, and the right to push was checked before.
    """
    from hubimages.registry import HiddenError, NotThereError, Registries, labels

    found: dict[ImageRef, There] = {}
    with Registries() as registries:
        for reference, expected in wanted:
            try:
                registries.digest(reference)
            except (NotThereError, HiddenError):
                continue
            try:
                has = labels(registries, reference)
            except (NoAnswerError, LoginError):
                has = {}
            ours = has.get(IMAGE) == expected.get(IMAGE)
            differs = [
                f"{key.removeprefix(PREFIX)} {has[key]} instead of {expected.get(key, 'none')}"
                for key in (COMMIT, BASE, CHART)
                if ours and key in has and has[key] != expected.get(key)
            ]
            found[reference] = There(reference, ours, tuple(differs))
    return found
