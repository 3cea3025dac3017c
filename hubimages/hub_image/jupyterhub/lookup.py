"""Find out what is in images, with as much effort as was asked for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from hubimages.contents import Facts, gather, gather_asking, remembered
from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries


class Effort(Enum):
    """What may be asked."""

    NOTHING = auto()  # no server: only what is remembered
    SBOMS = auto()  # registries for SBOMs, Helm repositories for charts
    LAYERS = auto()  # the layers of images without an SBOM, too


@dataclass(frozen=True)
class Asker:
    """How much effort to make. `say` gets one line for each thing to know; `agree` the question before a transfer."""

    effort: Effort
    say: Callable[[str], None]
    agree: Callable[[str], bool] = lambda question: False

    @property
    def online(self) -> bool:
        """Return True if servers may be asked."""
        return self.effort is not Effort.NOTHING


@dataclass(frozen=True)
class Known:
    """What is in images, and why that is not known of others."""

    facts: Mapping[ImageRef, Facts]
    why_not: Mapping[ImageRef, HubImagesError]

    @property
    def no_answer(self) -> bool:
        """Return True if a server gave no answer."""
        return any(isinstance(each, NoAnswerError) for each in self.why_not.values())


def look_up(asker: Asker, images: Iterable[ImageRef], hub_images: Iterable[ImageRef] = ()) -> Known:
    """Return what is in images, and in hub images that are remembered or have an SBOM.

    Raises RefusedError if somebody is asked and does not agree.
    """
    here = [*images]
    hubs = [each for each in hub_images if each not in here]
    if not asker.online:
        return Known(remembered([*here, *hubs]), {})
    with Registries() as registries:
        if asker.effort is Effort.LAYERS:
            found = gather_asking(registries, here, say=asker.say, agree=asker.agree)
        else:
            found = gather(registries, here, say=asker.say, most=0)
        of_hubs = gather(registries, hubs, say=lambda line: None, most=0)
    every = {**of_hubs, **found}
    facts = {image: each for image, each in every.items() if isinstance(each, Facts)}
    return Known(facts, {image: each for image, each in found.items() if isinstance(each, HubImagesError)})
