"""Find out whether an image's tag was built from its sources as they are.

chartpress makes the tag from the last commit that touched any path of the image, chartpress.yaml included, so that a
change of another image's entry gives it a new name and the same content. So the sources themselves are compared: as
they are, and as they were in the commit that the tag names.
"""

import enum
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubimages import console, yaml_text
from hubimages.errors import BadInputError, ProgramFailedError
from hubimages.hub_image.check.sources import differing_without, image_at, sources_in, sources_now
from hubimages.hub_image.layout import Image
from hubimages.hub_image.reading import work_tree_reader
from hubimages.repository.git import Repo

# 0.0.1-0.dev.git.16609.hb23fbd448   0.9.0-n116.h1c766a1   0.8-7b33351   7b33351
COMMIT_IN_TAG = re.compile(r"(?:.*[.-])?(?:(?<=[.-])h)?(?P<id>[0-9a-f]{6,40})")
# Options that change where the image or its sources are, not what is in it.
NOT_BUILT_FROM = ("valuesPath", "imageName", "contextPath", "dockerfilePath", "paths", "rebuildOnContextPathChanges")
SHOWN = 3  # files

Entry = tuple[str, str]  # names of chart and image


class State(enum.Enum):
    """The result of comparing a tag with the sources."""

    FRESH = "fresh"
    STALE = "stale"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Freshness:
    """The state, and the reason as a clause; empty if the tag is fresh."""

    state: State
    reason: str = ""


def freshness(repo: Repo, image: Image, tag: str, written_in: str = "") -> Freshness:
    """Return whether the image's sources in the work tree are those that the tag was built from.

    A file of a shared context that only another image names in its build arguments, its requirements for example, is no
    source of this one. `written_in` is the file that names the tag; default: the chart's values.yaml.
    """
    commit, whole = commit_of(repo, tag)
    if commit:
        changed = _changed(repo, image, commit)
        return changed or Freshness(State.FRESH)
    if not whole:
        return Freshness(
            State.CANNOT_TELL,
            "this is a shallow clone without the commit that the tag names. Run git fetch --unshallow "
            "(actions/checkout: fetch-depth: 0)",
        )
    written = commit_that_wrote(repo, written_in or image.values_file, tag)
    changed = _changed(repo, image, written) if written else None
    if changed and changed.state is State.STALE:
        return changed
    return Freshness(
        State.CANNOT_TELL,
        "the tag names no commit of this repository, as happens after a squash merge"
        + ("; the sources have not changed since the tag was written" if written and not changed else ""),
    )


def commit_of(repo: Repo, tag: str) -> tuple[str, bool]:
    """Return the commit that the tag names, empty if it is not here; and whether the clone has the whole history."""
    names = [f"refs/tags/{tag}^{{commit}}"]
    if found := COMMIT_IN_TAG.fullmatch(tag):
        names.append(f"{found['id']}^{{commit}}")
    here = [commit for commit, kind, _ in repo.batch_check(names) if kind == "commit"]
    return (here[0], True) if here else ("", repo.text("rev-parse", "--is-shallow-repository") == "false")


def commit_that_wrote(repo: Repo, file: str, tag: str) -> str:
    """Return the last commit that wrote the tag into the file, also before it was renamed; empty if there is none."""
    try:
        return repo.text("log", "-1", "--follow", "--format=%H", "-S", tag, "--", file)
    except ProgramFailedError:  # a clone without files' contents
        return ""


def _changed(repo: Repo, image: Image, commit: str) -> Freshness | None:
    """Return how the image's sources differ from those of the commit; None if they do not."""
    read = work_tree_reader(repo)
    former = image_at(repo, image, commit)
    if former is None:
        return Freshness(State.CANNOT_TELL, f"{image.name} was not yet in {image.config} when the tag was made")
    then = _entries(next(iter(repo.contents([f"{commit}:{former.config}"]))).decode(errors="replace"))
    now = _entries(read(image.config) or "")
    own = (image.chart, image.name)
    before, after = then.get(own, {}), now.get(own, {})
    if before != after:
        keys = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        return Freshness(State.STALE, f"{', '.join(keys)} of {image.name} in {image.config} changed since it was built")
    try:
        pair = sources_in(repo, former, commit), sources_now(repo, image, read)
    except ProgramFailedError:
        return Freshness(State.CANNOT_TELL, "git could not compare the sources with those it was built from")
    others = _named_by_others(image, [*then.items(), *now.items()]) | _named_by_others(former, then.items())
    files = differing_without(*pair, sorted(others))
    if not files:
        return None
    more = f" and {console.count(len(files) - SHOWN, 'more file')}" if files[SHOWN:] else ""
    return Freshness(State.STALE, f"{', '.join(files[:SHOWN])}{more} changed since it was built")


def _entries(text: str) -> dict[Entry, Mapping[str, Any]]:
    """Return the options of every image in the text of a chartpress.yaml that decide about its content."""
    try:
        config = yaml_text.compose(text).data()
    except BadInputError:
        return {}
    entries: dict[Entry, Mapping[str, Any]] = {}
    charts = config.get("charts") if isinstance(config, dict) else None
    for chart in charts if isinstance(charts, list) else ():
        images = chart.get("images") if isinstance(chart, dict) else None
        for name, options in images.items() if isinstance(images, dict) else ():
            given = options if isinstance(options, dict) else {}
            entries[str(chart.get("name")), name] = {key: given[key] for key in given if key not in NOT_BUILT_FROM}
    return entries


def _named_by_others(image: Image, entries: Iterable[tuple[Entry, Mapping[str, Any]]]) -> set[str]:
    """Return files of the image's context that other images name in their build arguments, and this one does not."""
    arguments = [options.get("buildArgs") for entry, options in entries if entry != (image.chart, image.name)]
    values = {str(value) for given in arguments if isinstance(given, dict) for value in given.values()}
    return {posixpath.normpath(f"{image.context}/{value}") for value in values - set(image.build_args.values())}
