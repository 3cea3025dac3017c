"""Look at many image repositories at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hubimages import signals
from hubimages.console import censor, step
from hubimages.errors import BadInputError, HubImagesError
from hubimages.fleet.address import Target
from hubimages.fleet.clone import Clone, fresh_clone
from hubimages.fleet.github import FleetGitHub
from hubimages.fleet.glance.facts import Facts, Overview, Used
from hubimages.fleet.glance.newest import newest_tag
from hubimages.fleet.membership import why_not
from hubimages.fleet.programs import Programs, StoppedError
from hubimages.fleet.progress import Line, do_all
from hubimages.image_ref import ImageRef
from hubimages.references import Inventory, some_references
from hubimages.registry import Registries, created
from hubimages.repository.proposals.github import Pace
from hubimages.repository.proposals.github import host as github_host
from hubimages.repository.pull_request import token, token_hosts
from hubimages.update import image_name, installed_version, read_record


@dataclass(frozen=True)
class Where:
    """Where to look: the cache of clones, deployment repositories, and the registries unless `offline`."""

    cache: Path
    deployments: tuple[Path, ...] = ()
    hubs: Path | None = None
    made_from: str = ""
    offline: bool = False
    jobs: int = 4


@dataclass(frozen=True)
class _Asked:
    """What is asked about every repository."""

    where: Where
    programs: Programs
    github: FleetGitHub
    registries: Registries
    used: Mapping[str, tuple[Used, ...]]


def look_at(repositories: Sequence[Target], where: Where, pace: Pace | None = None) -> Overview:
    """Return what is known about each repository, in their order. Nothing is changed.

    What one repository, its registry or GitHub does not answer is named there, and the others go on. Raises an error
    for a deployment repository that cannot be read.
    """
    used = hubs_by_image([some_references(each, where.hubs) for each in where.deployments])
    programs = Programs()
    with Registries() as registries, signals.raising():
        asked = _Asked(where, programs, FleetGitHub(github_host(), step, programs.wait, pace), registries, used)
        try:
            jobs = [lambda each=each: _facts(each, asked) for each in repositories]
            found = do_all(jobs, where.jobs, "look", _line)
        except BaseException:
            programs.stop()
            raise
    kept = tuple(each for each in found if each is not None)
    return Overview(kept, installed_version(), bool(where.deployments), datetime.now(UTC))


def hubs_by_image(inventories: Sequence[Inventory]) -> dict[str, tuple[Used, ...]]:
    """Return for each image the tags that hubs run, by its name without tag."""
    found: dict[str, dict[str, set[str]]] = {}
    for inventory in inventories:
        for each in inventory.references:
            if each.hubs and each.repository:
                found.setdefault(each.repository, {}).setdefault(each.version, set()).update(each.hubs)
    return {image: tuple(Used(tag, tuple(sorted(tags[tag]))) for tag in sorted(tags)) for image, tags in found.items()}


def _line(found: Facts | None) -> Line:
    if found is None:
        return Line("one repository", "not made from the template")
    if found.failed:
        return Line(found.repository, "not read", "; ".join(found.unknown))
    return Line(found.repository, "seen")


def _facts(target: Target, asked: _Asked) -> Facts | None:
    """Return the facts; None if the repository was not made from the template that is asked for."""
    facts = Facts(target.name, censor(target.address))
    try:
        with fresh_clone(asked.where.cache, target, asked.programs) as clone:
            if asked.where.made_from and why_not(clone, asked.where.made_from, asked.github):
                return None
            facts = _of_image(_of_record(facts, clone), clone, asked)
        return _of_github(facts, target, clone, asked)
    except StoppedError:
        raise
    except HubImagesError as error:
        return replace(facts, unknown=(*facts.unknown, _line_of(error)), exit_code=error.exit_code)


def _of_record(facts: Facts, clone: Clone) -> Facts:
    try:
        record = read_record(clone.repo)
    except BadInputError as error:
        return replace(facts, unknown=(_line_of(error).replace(str(clone.directory), facts.repository),))
    return replace(
        facts,
        template=record.template,
        template_version=record.template_version,
        image=image_name(clone.repo, record),
    )


def _of_image(facts: Facts, clone: Clone, asked: _Asked) -> Facts:
    if not facts.image:
        return facts
    try:
        image = ImageRef.parse(facts.image)
    except BadInputError as error:
        return replace(facts, unknown=(*facts.unknown, _line_of(error)))
    facts = replace(facts, used=asked.used.get(image.at().repository, ()))
    if asked.where.offline:
        return replace(facts, unknown=(*facts.unknown, "the registry, because of --offline"))

    def dates(tags: Sequence[str]) -> dict[str, datetime]:
        found = {tag: created(asked.registries, image.at(tag)) for tag in tags}
        return {tag: moment for tag, moment in found.items() if moment is not None}

    try:
        newest, why = newest_tag(asked.registries.tags(image), clone.repo, dates)
        facts = replace(facts, newest_tag=newest, unknown=(*facts.unknown, *([why] if why else [])))
        return replace(facts, made=created(asked.registries, image.at(newest))) if newest else facts
    except HubImagesError as error:
        return replace(facts, unknown=(*facts.unknown, _line_of(error)))


def _of_github(facts: Facts, target: Target, clone: Clone, asked: _Asked) -> Facts:
    web = target.web
    if web is None or web.host not in token_hosts():
        return facts
    if not token():
        return replace(facts, unknown=(*facts.unknown, "pull requests and builds: set GH_TOKEN"))
    try:
        opened = tuple(asked.github.open_pull_requests(web))
        return replace(facts, pull_requests=opened, failing=tuple(asked.github.failing(web, clone.base)))
    except StoppedError:
        raise
    except HubImagesError as error:
        return replace(facts, unknown=(*facts.unknown, _line_of(error)))


def _line_of(error: HubImagesError) -> str:
    return str(error).splitlines()[0]
