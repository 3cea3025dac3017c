"""Extract all images of a manifest in one pass over the source, two at a time."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages import console, extract, scanning, template
from hubimages.errors import BadInputError, HubImagesError, RefusedError
from hubimages.migration import hosting, one_image, workers
from hubimages.migration.entries import Entry, Manifest
from hubimages.migration.made import Made, made_at
from hubimages.migration.one_image import Job
from hubimages.migration.outcome import FAILED, Outcome, Run
from hubimages.repository import git, staging
from hubimages.run import with_reason

AT_ONCE = 2  # extractions; each is a process of Python and one or two of git


@dataclass(frozen=True)
class Options:
    """What `extract-images` is asked to do."""

    push: bool = False
    create: bool = False
    accepts: Mapping[str, str] = field(default_factory=dict)  # id of a finding of the scan to the reason
    dry_run: bool = False
    only_compares: bool = False  # a dry run whose plans nobody sees
    at_once: int = AT_ONCE


def extract_images(manifest: Manifest, dest: Path, options: Options) -> Run:
    """Extract every image of the manifest that is not skipped into DEST/REPOSITORY, or bring it up to date.

    What fails for one image is in its outcome, and does not stop the others. Raises BadInputError for mistakes in the
    manifest, and what opening the source raises: nothing is made then.
    """
    extract.check_programs()
    if options.push and not options.dry_run:
        scanning.find_scanners()
    wanted = manifest.wanted
    by = check(manifest, wanted, options)
    dest = dest.resolve()
    extract.refuse_inside(dest, manifest.source)
    with staging.beside(dest / ".source") as stage:
        tip_place, source_place = stage.path / "tip", stage.path / "source"
        for place in (tip_place, source_place):
            place.mkdir()
        tip = extract.tip_of(manifest.source, manifest.ref, tip_place)
        made: dict[str, Made | HubImagesError | None] = {one.repository: _made(dest / one.repository) for one in wanted}
        jobs = [job(manifest, one, dest, tip.commit, options) for one in wanted]
        current = [each for each in jobs if is_current(each, made[each.entry.repository])]
        opened: extract.Opened | None = None
        with contextlib.ExitStack() as stack:
            number = min(options.at_once, len(jobs)) or 1
            renderers = None
            if len(current) < len(jobs):
                if any(one.template for one in wanted):
                    renderers = stack.enter_context(template.rendering_server(number))
                    template.find_origin(template.template_directory())  # once, and not in each process
                directories = [
                    path for one in wanted for path in (one.directory, *(one.former_paths or ())) if path != "."
                ]
                opened = extract.open_shared(manifest.source, manifest.ref, directories, source_place, tip)
                refuse_unknown(manifest, wanted, opened)
                opened = opened.with_empty(stage.path / "empty")
                if by is not None:
                    opened = replace(opened, by=by)
                if tip.commit != opened.source.commit:  # the source moved on meanwhile, or only a clone could tell
                    jobs = [job(manifest, one, dest, opened.source.commit, options) for one in wanted]
            at_work = working(opened, renderers, stage.path)
            outcomes = all_of(jobs, at_work, number, "compared" if options.only_compares else "")
        ref, commit = (
            (opened.source.ref, opened.source.commit) if opened else (manifest.ref or "the source", tip.commit)
        )
    skipped = [one.directory for one in manifest.entries if one.skip]
    return Run(console.censor(manifest.source), ref, commit, outcomes, skipped, options.dry_run)


def check(manifest: Manifest, wanted: list[Entry], options: Options) -> git.Signature | None:
    """Raise an error for what cannot go well, before anything is read; return who commits, if anybody does."""
    if not wanted:
        raise BadInputError(f"{manifest.name} skips every image. Take `skip` away from those that are to move")
    if options.push and (without := [one for one in wanted if not one.remote]):
        raise BadInputError(
            f"{manifest.place(without[0].line)}: {without[0].directory} has no `remote` to push to. Add "
            "--remote=https://github.com/OWNER/{repository}.git, or `remote` to `defaults`"
        )
    if options.create:
        if not options.push:
            raise BadInputError("--create makes repositories to push to. Add --push")
        if not options.dry_run:
            hosting.check_can_create(wanted)
    if any(one.template for one in wanted) and not options.dry_run:
        return git.signature(Path("/"))
    return None


def job(manifest: Manifest, entry: Entry, dest: Path, tip: str, options: Options) -> Job:
    """Return the job of one image."""
    place = dest / entry.repository
    return Job(entry, manifest.source, place, tip, options.push, options.create, options.dry_run, options.accepts)


def _made(dest: Path) -> Made | HubImagesError | None:
    try:
        return made_at(dest)
    except RefusedError as error:
        return error  # the image's own failure, when its turn comes


def is_current(each: Job, made: Made | HubImagesError | None) -> bool:
    """Return True if nothing is to be extracted for an image."""
    return isinstance(made, HubImagesError) or one_image.is_up_to_date(each, made)


def refuse_unknown(manifest: Manifest, wanted: list[Entry], opened: extract.Opened) -> None:
    """Raise BadInputError with a line for every directory that the source never had."""
    lines = []
    for one in wanted:
        try:
            error = opened.missing(one.directory)
        except HubImagesError as found:
            error = BadInputError(str(found))
        if error is not None:
            lines.append(f"{manifest.place(one.line)}: {error}")
    if lines:
        raise BadInputError("\n".join(lines))


def working(
    opened: extract.Opened | None, renderers: "list[socket.socket] | None", stage: Path
) -> Callable[[int], contextlib.AbstractContextManager[Callable[[Job], Outcome]]]:
    """Return what makes the function that does a job, in the process with a number."""

    @contextlib.contextmanager
    def at_work(number: int) -> Iterator[Callable[[Job], Outcome]]:
        if number:  # a fork; the first process may start another one
            for other, renderer in enumerate(renderers or ()):
                if other != number:
                    renderer.close()
        if opened is None:
            yield lambda each: one_image.do(each, None)
            return
        place = stage / f"process-{os.getpid()}"
        place.mkdir()
        with opened.at(place, renderers[number] if renderers is not None else None) as own:
            yield lambda each: _done(each, own, place)

    return at_work


def _done(each: Job, own: extract.Opened, place: Path) -> Outcome:
    """Do a job. Raises StorageError for a program that failed because the disk is full."""
    try:
        return one_image.do(each, own)
    except (HubImagesError, OSError) as error:
        raise with_reason(error, place) from error


def all_of(
    jobs: list[Job],
    at_work: Callable[[int], contextlib.AbstractContextManager[Callable[[Job], Outcome]]],
    number: int,
    word: str = "",
) -> list[Outcome]:
    """Do all jobs, with a bar on a terminal and a line for each elsewhere; return their outcomes in the same order.

    `word`: what the lines say instead of the state.
    """
    found: dict[int, Outcome] = {}
    with console.progress("images", len(jobs)) as advance:
        for place, done in workers.each(jobs, at_work, number):
            found[place] = (
                done
                if isinstance(done, Outcome)
                else jobs[place].outcome(FAILED, problem=str(done), exit_code=done.exit_code)
            )
            advance(line_of(found[place], word))
    return [found[place] for place in sorted(found)]


def line_of(one: Outcome, word: str) -> str:
    """Return a line of progress."""
    if one.state == FAILED:
        return f"failed: {one.repository}: {one.problem.splitlines()[0]}"
    return f"{word or one.state}: {one.repository}"
