"""Check whether the images that users run go with the JupyterHub of their hubs, and have what the hubs ask for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages.console import count
from hubimages.contents import Facts
from hubimages.findings import WARNING, Finding
from hubimages.hub_image.hubs import some
from hubimages.hub_image.jupyterhub.default_urls import DefaultUrls, needed
from hubimages.hub_image.jupyterhub.hubs import (
    JupyterHubs,
    RunsJupyterHub,
    Versions,
    charts_of_hubs,
    hub_image_of_each,
    jupyterhubs,
)
from hubimages.hub_image.jupyterhub.lookup import Asker, Known, look_up
from hubimages.hub_image.jupyterhub.rule import LOG_MESSAGES, verdict, verdict_on_lab
from hubimages.image_ref import ImageRef
from hubimages.references import Inventory, Reference, is_user_image
from hubimages.repository import changes
from hubimages.repository.git import Repo

MISMATCH, MISSING, PAGE = "jupyterhub-mismatch", "jupyterhub-missing", "default-url-missing"
OLD_LAB = "jupyterlab-old"
# Keys of Zero to JupyterHub and KubeSpawner for containers beside that of the server.
BESIDE = {
    "cloudMetadata", "extraContainers", "extraImages", "extra_containers", "initContainers", "init_containers",
    "networkTools", "prePuller",
}  # fmt: skip
ASK = "hubimages check-images --contents reads them"


@dataclass(frozen=True)
class Checked:
    """What was found, and what could not be checked."""

    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()
    no_answer: bool = False

    def lines(self) -> list[str]:
        """Return both, each on one line."""
        return [*map(str, self.findings), *(f"not checked: {each}" for each in self.not_checked)]


def check_jupyterhubs(
    directory: Path, inventory: Inventory, asker: Asker, about: Collection[Reference] | None = None
) -> Checked:
    """Return what does not go together among the hubs and the images of a repository, or those it is `about`."""
    return check(
        changes.deployment_repository(directory),
        inventory,
        of_users(inventory.references if about is None else about),
        asker,
    )


def check(
    repo: Repo, inventory: Inventory, references: Sequence[Reference], asker: Asker, *, whole: bool = True
) -> Checked:
    """Return what does not go together among hubs and these references, which need not be those of the inventory.

    Without `whole`, charts are read only if something is known about an image.
    """
    if not references:
        return Checked()
    hub_images = hub_image_of_each(repo, inventory)
    reached = {hub for each in references for hub in each.hubs}
    images = {each.image for each in references if each.image}
    known = look_up(asker, sorted(images, key=str), {hub_images[hub] for hub in reached & hub_images.keys()})
    if not (whole or images & known.facts.keys()):
        return Checked((), tuple(not_known(references, JupyterHubs({}, {}), known)), known.no_answer)
    charts = charts_of_hubs(repo, inventory)
    hubs = jupyterhubs(repo, inventory, Versions(charts, hub_images, known.facts), online=asker.online)
    found = [
        *mismatches(references, hubs, known.facts),
        *lacking(references, known.facts, DefaultUrls.of_repository(repo, charts)),
    ]
    return Checked(tuple(found), tuple(not_known(references, hubs, known)), known.no_answer or hubs.no_answer)


def of_users(references: Iterable[Reference]) -> list[Reference]:
    """Return the references of images of users' servers, with a tag or a digest."""
    return [
        each
        for each in references
        if each.hubs and each.image and not each.invalid and (each.tag or each.digest) and is_user_image(each)
        and not BESIDE & {str(step) for step in each.path}
    ]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """An image at the place that names it, and the hubs that run it with one JupyterHub."""

    reference: Reference
    image: ImageRef
    hubs: tuple[str, ...]
    runs: RunsJupyterHub

    @property
    def who(self) -> str:
        """Return `leap/prod runs`, or `a, b run`."""
        return f"{some(self.hubs)} run{'' if len(self.hubs) > 1 else 's'}"


def pairs(references: Iterable[Reference], known: JupyterHubs) -> Iterator[Pair]:
    """Yield each place with each JupyterHub of its hubs."""
    for reference in references:
        groups: dict[RunsJupyterHub, list[str]] = {}
        for hub in reference.hubs:
            if hub in known.of:
                groups.setdefault(known.of[hub], []).append(hub)
        if reference.image is not None:
            for runs, hubs in groups.items():
                yield Pair(reference, reference.image, tuple(hubs), runs)


def jupyterhub_in(facts: Mapping[ImageRef, Facts], image: ImageRef) -> str:
    """Return the version of JupyterHub in an image; empty if it has none, or its contents are not known."""
    return facts[image].versions().get("JupyterHub", "") if image in facts else ""


def mismatches(references: Iterable[Reference], known: JupyterHubs, facts: Mapping[ImageRef, Facts]) -> list[Finding]:
    """Return a finding for each place and JupyterHub that do not go together, also because of JupyterLab."""
    found = ((mismatch(pair, facts), old_lab(pair, facts)) for pair in pairs(references, known))
    return [finding for both in found for finding in both if finding is not None]


def mismatch(pair: Pair, facts: Mapping[ImageRef, Facts]) -> Finding | None:
    """Return what is wrong with a pair; None if nothing is known to be."""
    inside = jupyterhub_in(facts, pair.image)
    wrong = verdict(pair.runs.version, inside) if inside else None
    if wrong is None:
        return None
    return Finding(
        MISMATCH,
        f"{pair.image} has JupyterHub {inside}, and {pair.who} {pair.runs.version} ({pair.runs.because}): {wrong}",
        f"install jupyterhub {pair.runs.version.partition('.')[0]}.* in the image",
        pair.reference.file,
        pair.reference.line,
        wrong.grade,
    )


def old_lab(pair: Pair, facts: Mapping[ImageRef, Facts]) -> Finding | None:
    """Return what is wrong with the JupyterLab of an image; None if nothing is known to be."""
    lab = facts[pair.image].version_of("jupyterlab") if pair.image in facts else ""
    wrong = verdict_on_lab(pair.runs.version, lab) if lab else None
    if wrong is None:
        return None
    return Finding(
        OLD_LAB,
        f"{pair.image} has JupyterLab {lab}, and {pair.who} JupyterHub {pair.runs.version}: {wrong}",
        "install jupyterlab 3.1.16 or newer in the image",
        pair.reference.file,
        pair.reference.line,
        wrong.grade,
    )


def lacking(references: Iterable[Reference], facts: Mapping[ImageRef, Facts], urls: DefaultUrls) -> list[Finding]:
    """Return a finding for each image without JupyterHub, or without what serves the default URL of its hubs."""
    found = []
    for reference in references:
        inside = facts.get(reference.image) if reference.image else None
        if inside is None:
            continue
        place = (reference.file, reference.line, WARNING)
        if "JupyterHub" not in inside.versions():
            message = f"{reference.image} has no Python package jupyterhub, which every server needs ({LOG_MESSAGES})"
            found.append(Finding(MISSING, message, "install jupyterhub in the image", *place))
        for url, hubs in urls.of(reference).items():
            packages = needed(url)
            if packages and not inside.version_of(*packages):
                message = f"{reference.image} has no {' or '.join(packages)}, and servers of {some(hubs)} open at {url}"
                found.append(Finding(PAGE, message, f"install {packages[0]} in the image, or change the URL", *place))
    return found


def not_known(references: Sequence[Reference], hubs: JupyterHubs, known: Known) -> Iterator[str]:
    """Yield what could not be checked: hubs whose JupyterHub is not known, images whose contents are not."""
    reached = {hub for each in references for hub in each.hubs}
    reasons: dict[str, list[str]] = {}
    for hub, reason in hubs.unknown.items():
        if hub in reached:
            reasons.setdefault(reason, []).append(hub)
    for reason, names in reasons.items():
        yield f"the JupyterHub of {some(names)}: {reason}"
    left = sorted({str(each.image) for each in references if each.image and each.image not in known.facts})
    for image, why in known.why_not.items():
        if str(image) in left:
            left.remove(str(image))
            yield f"JupyterHub in {image}: {why}"
    if left:
        yield f"JupyterHub in {count(len(left), 'image')} ({some(left)}): {ASK}"
