"""Run `extract-image`: read, decide, rewrite, combine, check, move into place, push."""

import contextlib
import functools
import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages import console, disk, scanning
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, RefusedError
from hubimages.extract import companions, destination, hazards, ordinary
from hubimages.extract.companions import Companions
from hubimages.extract.destination import Base, Ground
from hubimages.extract.history import image_directory
from hubimages.extract.history.commits import trees_at
from hubimages.extract.history.reading import Part, Question, Reading, decide_extraction
from hubimages.extract.messages.rewording import Rewording, reword
from hubimages.extract.messages.translator import highest_number
from hubimages.extract.on_top import Extracted, Placement, put_on_top
from hubimages.extract.opened import Opened
from hubimages.extract.removal.checking import Removed, check_removed
from hubimages.extract.removal.filtering import filtered
from hubimages.extract.report import ExtractionPlan, Nothing, PathSpan, Result
from hubimages.extract.request import Request
from hubimages.extract.rewrite import Rewrite, check_version
from hubimages.extract.sources import work_tree
from hubimages.extract.sources.open import open_source, refuse_inside
from hubimages.extract.sources.source import Source
from hubimages.extract.starter import starter_of
from hubimages.extract.verify import Evidence, verify
from hubimages.repository import git, staging
from hubimages.repository.git import Repo
from hubimages.repository.objects import StandingRepo
from hubimages.repository.staging import Stage
from hubimages.signals import Threads

NOTE = "migration.json"  # beside the report, in DEST's git directory


@dataclass(frozen=True)
class Rewritten:
    """The extracted history in the scratch repository."""

    source: Source
    reading: Reading
    rewording: Rewording
    new_ids: Mapping[str, str]
    basing: "Future[Ground]"
    filtered: Mapping[str, str] | None = None  # new id to the id after a removal
    removed: Removed | None = None

    @property
    def extracted_tip(self) -> str:
        """The extracted history's last commit, before a removal."""
        return self.new_ids[self.reading.history.ids[self.reading.tip]]

    @property
    def ids(self) -> Mapping[str, str]:
        """The final id of every kept commit by its id in the source."""
        if self.filtered is None:
            return self.new_ids
        return {old: self.filtered[new] for old, new in self.new_ids.items()}

    @property
    def tip(self) -> str:
        """The last commit of what is published."""
        return self.extracted_tip if self.filtered is None else self.filtered[self.extracted_tip]

    @property
    def tree(self) -> str:
        """The image's tree as it is published."""
        if self.filtered is None:
            return self.reading.source_tree
        return self.source.scratch.text("rev-parse", f"{self.tip}^{{tree}}")


@dataclass(frozen=True)
class Room:
    """Where an extraction works: a folder, threads, and a process that renders the template."""

    stage: Stage
    ends: contextlib.ExitStack  # of what stays until the threads have ended
    threads: Threads
    renderer: "subprocess.Popen[bytes] | socket.socket | None"  # None: not started yet, or not wanted
    by: git.Signature | None  # who commits; None: to be asked for when it is needed


@contextlib.contextmanager
def _room(request: Request, dest: Path, opened: Opened | None, by: git.Signature | None = None) -> Iterator[Room]:
    """Start what has a long way to go before anything else, and end it with the block.

    An origin may have a main, which needs no rendering: there the process starts once that is known.
    """
    from hubimages import template

    is_wanted = request.template and request.origin is None and opened is None
    with (
        template.renderer() if is_wanted else contextlib.nullcontext() as renderer,
        staging.beside(dest) as stage,
        contextlib.ExitStack() as ends,
        Threads() as threads,
    ):
        if opened is not None:
            yield Room(stage, ends, threads, opened.renderer, opened.by)
        else:
            yield Room(stage, ends, threads, renderer, by)


def rewrite_history(request: Request, room: Room, ask: Question, opened: Opened | None) -> Rewritten:
    """Read the source, and write the kept commits into the scratch repository; render the template meanwhile."""
    source = opened.source if opened is not None else _open(request, room)
    numbering = None
    if opened is None and not request.keep_messages:
        numbering = room.threads.submit(highest_number, source.scratch, source.commit)
    basing = _start_base(request, source, room)
    console.step(f"reading the history of {request.image_dir} at {source.ref}")
    known = opened.known if opened is not None else None
    reading = decide_extraction(source, request.image_dir, request.wanted, ask, known)
    if basing is None:
        basing = _submit_base(request, source, reading.source_tree, room)
    console.step(f"rewriting {console.count(len(reading.kept.parents), 'commit')}")
    rewording = reword(
        source,
        reading,
        request.origin,
        numbering.result() if numbering else opened.highest if opened is not None else None,
        keep=request.keep_messages,
        keep_closing_words=request.keep_closing_words,
    )
    trees = {reading.history.ids[commit]: reading.trees[commit] for commit in reading.kept.parents}
    plan = Rewrite(rewording.order(reading), trees, reading.parents)
    new_ids = write_commits(source.scratch, plan, reading, rewording, room.stage.path)
    return Rewritten(source, reading, rewording, new_ids, basing)


def _open(request: Request, room: Room) -> Source:
    """Open the source, whose objects one process reads until the room is left."""
    source = open_source(request.source, request.ref, room.stage.path)
    scratch = room.ends.enter_context(contextlib.closing(StandingRepo.of(source.scratch)))
    return replace(source, scratch=scratch)


def write_commits(
    scratch: Repo, plan: Rewrite, reading: Reading, rewording: Rewording, place: Path
) -> Mapping[str, str]:
    """Write the kept commits and the trees that they need into the scratch repository; return old id to new id."""
    if written := ordinary.rewritten(plan, rewording):
        new_ids, commits = written
        scratch.store([*reading.forest.objects(), *commits])
        return new_ids
    reading.forest.write(scratch)
    is_kept = rewording.translator is None
    from hubimages.extract.filter_repo import rewrite

    return rewrite(scratch, scratch, plan, None if is_kept else rewording, place, reencode=is_kept)


def _start_base(request: Request, source: Source, room: Room) -> "Future[Ground] | None":
    """Start on the repository's side before the history is read, where the image is seen at once."""
    try:
        path = image_directory.normalise(request.image_dir)
    except HubImagesError:
        return None  # `read` raises it
    (tree,) = trees_at(source.scratch, [source.commit], path)
    if not tree or image_directory.is_leftover(source.scratch, tree):
        return None
    return _submit_base(request, source, tree, room)


def _submit_base(request: Request, source: Source, tree: str, room: Room) -> "Future[Ground]":
    """Start to find or render the repository's side.

    A licence of the template would claim other people's work: none is written, unless a person asks for one.
    """
    from hubimages import template

    starter = starter_of(source, tree) if request.template and "starter" not in request.answers else {}
    answers = {"license": "none", **starter, **request.answers}
    make = functools.partial(
        template.render_files,
        {"repo": request.dest.name, **answers},
        started=room.renderer,
    )
    return room.threads.submit(
        destination.ground,
        request.origin,
        make if request.template else None,
        source.scratch,
        room.stage.path,
        room.by,
        related=request.related,
    )


def plan_extraction(request: Request, opened: Opened | None = None) -> ExtractionPlan:
    """Return what `extract` would do; change nothing. The plan names what a remote did not answer.

    The history is rewritten in a folder for temporary files, so that the plan can count.
    """
    if opened is None:
        check_programs()
    if request.is_scanned:
        scanning.find_scanners()
    dest = staging.free_destination(request.dest)
    refuse_inside(dest, request.source)
    request = request.with_absolute_origin()
    if opened is None:
        _check_answers(request)
    not_checked: list[str] = []
    work: Rewritten | None = None
    top: Placement | None = None
    scan: scanning.Report | None = None
    base: Base | None = None
    warnings: list[str] = []
    with _room(request, _place_for_plans(), opened) as room:
        try:
            work = rewrite_history(replace(request, dest=dest), room, lambda _: True, opened)
        except (NoAnswerError, LoginError) as error:
            not_checked.append(f"everything about the source: {error}")
        if work is not None:
            if work.source.remote is None:
                work = _without_unwanted(request, work)
            beside = _companions(request, work) if work.source.remote is None else None
            try:
                ground = work.basing.result()
                base = ground.base
                warnings += _other_branches(request, ground)
                if beside is not None and ground.base is not None:
                    top = _put_on_top(request, work, ground.base, beside, room.by)
            except (NoAnswerError, LoginError) as error:
                not_checked.append(f"whether {console.censor(request.origin or '')} has a main branch: {error}")
            if beside is None:
                not_checked.append("the image's files: a dry run does not fetch them")
            elif request.is_scanned and not (top and top.nothing_new):
                scan = _scan(request, work, work.source.scratch, top.head if top else work.tip, base)
            if beside is not None:
                warnings += _warnings(request, work, beside)
                _refuse_push(request, beside)
        return ExtractionPlan(
            dest=dest,
            source=work.source if work else None,
            reading=work.reading if work else None,
            decisions=top.combined.decisions if top else [],
            commands=destination.commands(dest, request.origin, push=request.push),
            warnings=warnings,
            not_checked=not_checked,
            messages=work.rewording.translator if work else None,
            brings=top.brings if top else [],
            nothing_new=top.nothing_new if top else "",
            scan=scan,
            removed=work.removed if work else None,
        )


def _place_for_plans() -> Path:
    """Return a place for temporary files where the next run removes what a killed one left."""
    return disk.folder() / f"hubimages-plan-{os.getuid()}"


def check_programs() -> None:
    """Raise NotInstalledError unless git and git-filter-repo have versions that this works with."""
    git.check_version()
    check_version()


def extract(request: Request, ask: Question, opened: Opened | None = None) -> Result | Nothing:
    """Make DEST: the image directory with its history, on top of a repository made from the template.

    DEST does not exist until everything is checked. Raises the errors of `errors`, and leaves nothing behind; only a
    failed push leaves DEST, complete. `opened` is the source that has been opened for many extractions; then the
    caller has checked programs, answers, and who commits.
    """
    if opened is None:
        check_programs()
    if request.is_scanned:
        scanning.find_scanners()
    refuse_inside(staging.free_destination(request.dest), request.source)
    request = request.with_absolute_origin()
    by = None
    if opened is None:
        _check_answers(request)
        if request.template:
            by = git.signature(Path("/"))  # outside of any repository: the current one's settings are not DEST's
    with _room(request, request.dest, opened, by) as room:
        stage = room.stage
        work = rewrite_history(replace(request, dest=stage.dest), room, ask, opened)
        source, reading = work.source, work.reading
        if source.remote is not None:
            builds = hazards.chartpress_files(source.scratch, reading.source_commit)
            others = [blob for _, blob in builds]
            others += companions.wanted_blobs(source.scratch, reading.source_commit)
            source.load_history(work.tip, others)
        work = _without_unwanted(request, work)
        beside = _companions(request, work)
        _refuse_push(request, beside)
        warning = room.threads.submit(_warnings, request, work, beside)
        ground = work.basing.result()
        base = ground.base
        warnings = _other_branches(request, ground)
        top = _put_on_top(request, work, base, beside, room.by)
        if top.nothing_new:
            return Nothing(stage.dest, top.nothing_new, source, reading)
        empty = opened.empty if opened is not None else None
        made = destination.write(source.scratch, top.head, stage.path / "result", request.origin, base, empty)
        console.step("checking the result against the source")
        with contextlib.closing(StandingRepo.of(made)) as result_repo:
            evidence = verify(
                source.scratch, result_repo, work.new_ids, reading.parents, _parts(reading), work.rewording,
                work.extracted_tip, reading.source_tree, work.filtered,
            )  # fmt: skip
        scan = _scan(request, work, made, top.head, base) if request.is_scanned else None
        if request.push and scan is not None:
            scanning.refuse_unsettled(scan)
        warnings += warning.result()
        warnings += hazards.large_files(made, evidence.blobs, [top.head])
        warnings += _lost(work, evidence)
        result = Result(
            dest=stage.dest,
            source=source,
            reading=reading,
            decisions=top.combined.decisions,
            evidence=evidence,
            warnings=warnings,
            messages=work.rewording.translator,
            brings=top.brings,
            head=top.head,
            pushed_to=None,
            next_steps=destination.next_steps(
                stage.dest,
                request.origin,
                base,
                None if reading.has_gone else reading.path,
                readme=top.combined.readme,
                pushed=request.push,
            ),
            scan=scan,
            removed=work.removed,
            paths=_paths(work, evidence),
            source_bytes=source.place.packed_bytes() if source.place is not None else None,
        )
        _record(made.git_dir / "hubimages", work.ids, result, request.note)
        stage.publish(stage.path / "result")
    if request.push and request.origin is not None:
        return _push(result, request.origin)
    return result


def _without_unwanted(request: Request, work: Rewritten) -> Rewritten:
    """Remove from the extracted history what the request names, and check that nothing else of it changed."""
    if not request.removal:
        return work
    console.step("removing what is not to be published with git-filter-repo")
    scratch = work.source.scratch
    found = filtered(scratch, work.extracted_tip, request.removal)
    return replace(work, filtered=found, removed=check_removed(scratch, found, request.removal))


def _scan(request: Request, work: Rewritten, repository: Repo, head: str, base: Base | None) -> scanning.Report:
    """Search what a push of `head` would publish; what origin has already is not searched."""
    console.step("searching every file version and message for secrets")
    there = [f"^{base.commit}"] if base is not None and base.is_origins else []
    report = scanning.scan(repository, [head, *there]).with_old_commits(work.ids)
    return scanning.settle(report, request.accepts)


def _check_answers(request: Request) -> None:
    """Refuse answers, and a name of DEST that no repository can have, before any history is read.

    With an origin that has a main, DEST's name does not count. The template's own hook refuses the rest: what it makes
    of DEST's name.
    """
    from hubimages import template

    if not request.template:
        return
    default = {"repo": request.dest.name} if request.origin is None else {}
    try:
        template.check_answers({"repo": request.answers.get("repo", request.dest.name)})
    except BadInputError:
        if request.origin is None or "main" not in destination.branches_of(request.origin):
            raise
    if request.answers:
        template.check_all_answers({**default, **request.answers})  # imports cookiecutter, to complete them


def _companions(request: Request, work: Rewritten) -> Companions:
    return companions.find(work.source, work.reading, work.tree, keep_workflows=request.keep_workflows)


def _put_on_top(
    request: Request, work: Rewritten, base: Base | None, beside: Companions, by: git.Signature | None
) -> Placement:
    """Put the history on top of what there is. Raises RefusedError where that has what was to be removed."""
    if base is not None and base.is_origins and work.filtered is not None:
        there = set(work.source.scratch.text("rev-list", base.commit).split())
        published = [old for old, new in work.filtered.items() if old != new and old in there]
        if published:
            raise RefusedError(
                f"{base.name} already has {console.count(len(published), 'commit')} from which something was to be "
                "removed. A push never takes anything back: delete that repository, and make it anew"
            )
    extracted = Extracted(work.reading, work.tip, work.tree)
    return put_on_top(work.source, extracted, base, beside, by, related=request.related)


def _refuse_push(request: Request, beside: Companions) -> None:
    """Refuse to push workflows that had no effect before, where no commit of ours puts them aside."""
    if request.push and not request.template and beside.workflows and not request.keep_workflows:
        raise RefusedError(
            f"GitHub would run {', '.join(beside.workflows)} from this push on. Push them with --keep-workflows, or "
            "extract with the template, which puts them aside"
        )


def _other_branches(request: Request, ground: Ground) -> list[str]:
    """Return a warning about an origin with branches and no main. Raises RefusedError when it is to be pushed to."""
    if not ground.others:
        return []
    names = ", ".join(ground.others)
    if request.push:
        raise RefusedError(
            f"{ground.name} has {names} and no main: the push would put an unrelated main beside it. Rename the branch "
            "to main on the host to build on it, or name an empty repository"
        )
    return [f"{ground.name} has {names} and no main: a push puts an unrelated main beside it"]


def _warnings(request: Request, work: Rewritten, beside: Companions) -> list[str]:
    """Return what a person should know about the source and the image before they go on."""
    source, reading = work.source, work.reading
    remarks = work_tree.remarks(source, reading.path, is_head=request.ref is None)
    found = [*remarks, *hazards.find(source.scratch, reading.source_commit, reading.path, reading.source_tree)]
    if not request.template:
        found += beside.unsaid()
    found += companions.hidden(source, reading)
    if work.rewording.cut:
        number = console.count(work.rewording.cut, "message")
        found.append(f"{number} had a NUL byte: git reads no further, and the rest is lost")
    return found


def _paths(work: Rewritten, evidence: Evidence) -> list[PathSpan]:
    """Return the paths that the image had, each with the days of its first and last commit."""
    days: dict[str, list[str]] = {}
    ids = work.ids
    for old, parts in _parts(work.reading).items():
        days.setdefault(parts[0].path or ".", []).append(evidence.days[ids[old]])
    spans = [PathSpan(path, len(found), min(found), max(found)) for path, found in days.items()]
    return sorted(spans, key=lambda span: (span.last, span.first))


def _parts(reading: Reading) -> dict[str, list[Part]]:
    return {reading.history.ids[commit]: reading.parts[commit] for commit in reading.kept.parents}


def _lost(work: Rewritten, evidence: Evidence) -> list[str]:
    """Return warnings about what new commit ids lose."""
    lost = []
    if work.removed is not None and work.removed.named:
        number = console.count(work.removed.named, "message")
        lost.append(f"{number} name a later commit by the id that it had before the removal")
    if evidence.signed:
        number = console.count(evidence.signed, "commit")
        lost.append(f"{number} lost the signature, which is valid only for the old commit id")
    source = work.source
    if source.tags:
        lost.append(f"{console.count(source.tags, 'tag')} of SOURCE stay behind: tags describe the whole repository")
    if evidence.nameless:
        lost.append(f"{console.count(evidence.nameless, 'commit')} have an author without name and address")
    if evidence.normalised:
        number = console.count(evidence.normalised, "commit")
        lost.append(f"{number} had a malformed author or committer line, which is repaired")
    return lost


def _record(directory: Path, new_ids: Mapping[str, str], result: Result, note: Mapping[str, object]) -> None:
    """Write the map of commits, the report and the caller's note into the git directory."""
    directory.mkdir()
    rows = "".join(f"{old} {new}\n" for old, new in new_ids.items())
    (directory / "commit-map").write_text(rows, encoding="ascii")
    # A byte in a file's name that is no UTF-8 is a lone surrogate in Python, and escaped so in JSON, too.
    (directory / "extraction.json").write_text(result.as_json() + "\n", encoding="utf-8", errors="backslashreplace")
    if note:
        (directory / NOTE).write_text(json.dumps({**note, "head": result.head}) + "\n", encoding="utf-8")


def _push(result: Result, origin: str) -> Result:
    """Push the finished DEST; a failed push leaves it."""
    try:
        destination.push(result.dest, origin)
    except HubImagesError as error:
        raise type(error)(
            f"{error}\n{result.dest} is complete. Once this is fixed: git -C {result.dest} push -u origin main"
        ) from error
    return replace(result, pushed_to=console.censor(origin))
