"""Find the image directories of a deployment repository, present and past, and what is known about each."""

import contextlib
import json
import os
import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.filesize import decimal

from hubimages import console, disk, extract, hub_image, references
from hubimages.errors import BadInputError, RefusedError
from hubimages.migration.builders import Builder, Reader, builders
from hubimages.migration.names import repository_names
from hubimages.repository import staging

MOST_SHOWN = 5  # hubs or builders in a comment


@dataclass(frozen=True)
class FoundImage:
    """An image directory with everything that helps to decide about it."""

    history: extract.ImageHistory
    repository: str  # a name for its repository
    builders: tuple[Builder, ...]
    hubs: tuple[str, ...]  # that run an image built from it
    from_hub: bool  # its Dockerfile builds from Zero to JupyterHub's hub image

    @property
    def is_hub_image(self) -> bool:
        """Return True for the hub image, which stays with its chart."""
        return self.from_hub or any(one.is_hub for one in self.builders)

    @property
    def skip(self) -> bool:
        """Return True if the manifest leaves it out until a person says otherwise."""
        return self.is_hub_image or bool(self.history.gone)

    def facts(self) -> list[str]:
        """Return what is known about the image, a line each."""
        one = self.history
        former = f", {one.brought_in} of them from former paths" if one.brought_in else ""
        days = f"{one.first} to {one.last}" if one.first != one.last else one.first
        files = f"{console.count(one.files, 'file')}, {decimal(one.size)}: {', '.join(one.told_by)}"
        commits = f"{console.count(one.commits, 'commit')}{former}, {console.count(one.authors, 'author')}, {days}"
        lines = [f"{commits}; {files}"]
        if self.is_hub_image:
            lines.append("a hub image: it stays with its chart. bump-hub-image looks after it")
        names = sorted({each.image for each in self.builders if each.image})
        builds = [str(each) for each in self.builders if each.builds]
        if builds:
            lines.append(f"built by {short(builds)}" + (f" as {', '.join(names)}" if names else ""))
        elif self.builders:
            lines.append(f"named in {short([str(each) for each in self.builders])}")
        elif not one.gone:
            lines.append("no file of the repository builds it")
        if self.hubs:
            lines.append(f"run by {short(self.hubs)}")
        if one.gone:
            lines.append(f"no longer there since {one.gone}")
        if one.question:
            lines.append(f"to decide: {one.question}")
        return lines


@dataclass(frozen=True)
class Found:
    """The image directories of a repository."""

    source: str
    ref: str
    commit: str
    images: tuple[FoundImage, ...]
    left_out: Mapping[str, str]  # directory: why it is no image
    not_read: tuple[str, ...]

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        facts: dict[str, Any] = {
            "version": 1,
            "source": self.source,
            "ref": self.ref,
            "commit": self.commit,
            "images": [
                {
                    **asdict(one.history),
                    "repository": one.repository,
                    "builders": [asdict(each) for each in one.builders],
                    "hubs": list(one.hubs),
                    "skip": one.skip,
                }
                for one in self.images
            ],
            "left_out": [{"directory": path or ".", "reason": why} for path, why in sorted(self.left_out.items())],
            "not_read": list(self.not_read),
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)

    def summary(self) -> str:
        """Return how many were found, and every directory that was left out with its reason."""
        gone = sum(bool(one.history.gone) for one in self.images)
        lines = [f"{len(self.images)} images in the history of {self.ref} at {self.commit[:12]}, {gone} of them gone"]
        lines += [f"left out: {path or '.'}: {why}" for path, why in sorted(self.left_out.items())]
        lines += [f"not read: {line}" for line in self.not_read]
        return "\n".join(lines)


def find_images(source: str, ref: str | None) -> Found:
    """Return the image directories that a repository has, or had. Nothing is written to it.

    Raises BadInputError where there is no such repository or ref, RefusedError for a shallow clone, NoAnswerError and
    LoginError for what a remote answers.
    """
    with contextlib.ExitStack() as stack:
        stage = stack.enter_context(staging.beside(disk.folder() / f"hubimages-find-{os.getuid()}"))
        survey, opened = stack.enter_context(extract.survey_images(source, ref, stage.path))
        read = reader(opened, survey.files)
        found, unread = builders(sorted(survey.files), read, [one.directory for one in survey.images])
        hubs, unknown = hubs_by_image(opened, ref)
        by_directory: dict[str, list[Builder]] = defaultdict(list)
        for one in found:
            by_directory[one.directory].append(one)
        of_hubs = {posixpath.dirname(one.file) for one in hub_image.hub_dockerfiles(sorted(survey.files), read)}
        names = repository_names([one.directory for one in survey.images])
        images = tuple(
            FoundImage(
                history=one,
                repository=names[one.directory],
                builders=tuple(by_directory[one.directory]),
                hubs=tuple(sorted({hub for each in by_directory[one.directory] for hub in hubs.get(each.image, ())})),
                from_hub=one.directory in of_hubs,
            )
            for one in survey.images
        )
        return Found(survey.source, survey.ref, survey.commit, images, survey.left_out, (*unread, *unknown))


def reader(source: extract.Source, files: Mapping[str, str]) -> Reader:
    """Return what reads a file at the source's commit."""

    def read(path: str) -> str | None:
        if path not in files:
            return None
        source.load_blobs([files[path]])
        (content,) = source.scratch.contents([files[path]])
        return content.decode("utf-8", "surrogateescape")

    return read


def hubs_by_image(source: extract.Source, ref: str | None) -> tuple[dict[str, set[str]], list[str]]:
    """Return the hubs that run each image, host and name, and why this is unknown."""
    place = source.place.work_tree if source.place is not None else None
    if place is None:
        return {}, ["the hubs that run the images: SOURCE has no work tree. Give a clone"]
    if ref is not None:
        return {}, ["the hubs that run the images: they are read from the work tree, without --ref"]
    try:
        inventory = references.find_references(place)
    except (BadInputError, RefusedError) as error:
        return {}, [f"the hubs that run the images: {error}"]
    hubs: dict[str, set[str]] = defaultdict(set)
    for one in inventory.references:
        if one.name:  # not a tag whose name the chart has
            hubs[f"{one.host}/{one.name}" if one.host else one.name].update(one.hubs)
    return hubs, []


def short(texts: Sequence[str]) -> str:
    """Return the first few of a list, and the number of the others."""
    more = f" and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
    return ", ".join(texts[:MOST_SHOWN]) + more
