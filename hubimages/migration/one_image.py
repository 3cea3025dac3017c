"""What one process does for one image: extract it, or bring its repository up to date, and push it."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubimages import console, extract, scanning
from hubimages.errors import HubImagesError, RefusedError
from hubimages.migration import hosting, pushing
from hubimages.migration.entries import Entry
from hubimages.migration.made import Made, made_at, name_dest
from hubimages.migration.outcome import FAILED, Outcome
from hubimages.repository import staging

REMOVAL_OPTIONS = ("drop_paths", "replace_text", "strip_blobs_bigger_than")


@dataclass(frozen=True)
class Job:
    """One image, and what is to be done for it."""

    entry: Entry
    source: str
    dest: Path
    tip: str  # of the source
    push: bool = False
    create: bool = False
    dry_run: bool = False
    accepts: Mapping[str, str] = field(default_factory=dict)  # id of a finding, of any image, to the reason

    @property
    def remote(self) -> str:
        """The address to push to, "" for none."""
        return self.entry.remote if self.push else ""

    def request(self, dest: Path, origin: str | None) -> extract.Request:
        """Return what `extract-image` would be asked for."""
        entry = self.entry
        return extract.Request(
            self.source,
            entry.directory,
            dest,
            former_paths=entry.former_paths or (),
            as_found=True,
            follow=False if entry.former_paths == () else None,
            only_moved_files=entry.only_moved_files,
            template=entry.template,
            keep_messages=entry.keep_messages,
            removal=entry.removal,
            answers={"repo": entry.repository, **entry.answers},
            origin=origin,
            related=origin is not None,
            note={"source_tip": self.tip, "options": entry.options()},
        )

    def outcome(self, state: str, **more: Any) -> Outcome:
        """Return what became of the image."""
        entry = self.entry
        return Outcome(entry.directory, entry.repository, str(self.dest), state, **more)


def is_up_to_date(job: Job, made: Made | None) -> bool:
    """Return True if there is nothing to extract: made with these options from this commit of the source."""
    return made is not None and made.source_tip == job.tip and dict(made.options) == job.entry.options()


def do(job: Job, opened: extract.Opened | None) -> Outcome:
    """Do the job. `opened` is None where nothing is to be extracted.

    Raises the errors of `errors`; what was there before then still is, or what was extracted, complete.
    """
    made = made_at(job.dest)
    if job.dry_run:
        return planned(job, made, opened)
    is_there = not job.create or hosting.exists(job.entry)
    remote = job.remote if is_there else ""
    state = "unchanged"
    if made is not None and dict(made.options) != job.entry.options():
        if made.is_untouched():
            state = made_anew(job, opened)
        elif more_is_removed(job, made):
            state = with_removal(job, made, remote, opened)
        else:
            raise RefusedError(
                f"{job.dest} was made with other options, and has been changed or pushed since. Move it away to make "
                "it anew, or take the change in the manifest back"
            )
    elif made is None:
        state = made_first(job, remote, opened)
    else:
        base = ""
        if remote:
            base = followed(made, remote)
        if base or not is_up_to_date(job, made):
            state = updated(job, made, base, opened)
    now = made_at(job.dest)
    if now is None:  # the remote has everything
        clone = f"git clone {console.censor(remote)} {job.dest}"
        return job.outcome(state, remarks=(f"the remote has everything, and {job.dest} is not there: {clone}",))
    return published(job, now, state, is_there=is_there, is_new=state == "made" and bool(remote))


def published(job: Job, made: Made, state: str, *, is_there: bool, is_new: bool) -> Outcome:
    """Search what is to be pushed, create the remote and push; what fails here leaves what is known of the image."""
    known: dict[str, Any] = {"report": dict(made.report)}
    try:
        if job.push and not job.entry.template:
            refuse_workflows(made)
        if job.remote:
            scan = scanned(job, made)
            known["report"]["scan"] = scan.as_facts()
            refuse_findings(scan, made)
        if not is_there:
            known["created"] = hosting.create(job.entry)
        if job.remote:
            known["pushed_to"] = pushed_now(made, job.remote, is_new=is_new)
        if job.create:
            known["remarks"] = hosting.settle(job.entry)
    except HubImagesError as error:
        return job.outcome(FAILED, problem=str(error), exit_code=error.exit_code, **known)
    return job.outcome(state, **known)


def scanned(job: Job, made: Made) -> scanning.Report:
    """Search what the push would publish."""
    there = [f"^{pushing.THEIRS}"] if made.repo.succeeds("rev-parse", "--verify", "--quiet", pushing.THEIRS) else []
    report = scanning.scan(made.repo, ["refs/heads/main", *there])
    return report.with_old_commits(made.commit_map()).settled(job.accepts)


def refuse_findings(scan: scanning.Report, made: Made) -> None:
    """Raise RefusedError for findings that nobody accepted."""
    try:
        scanning.refuse_unsettled(scan)
    except RefusedError as error:
        raise RefusedError(f"{error}. {made.dest} is complete: run this again to push it") from error


def made_first(job: Job, remote: str, opened: extract.Opened | None) -> str:
    """Extract into a new repository, on top of what the remote has of an earlier extraction."""
    done = extract.extract(job.request(job.dest, remote or None), lambda _: True, opened)
    return "unchanged" if isinstance(done, extract.Nothing) else "made"


def made_anew(job: Job, opened: extract.Opened | None) -> str:
    """Extract with other options, and put the result in the place of the former one."""
    with beside(job.dest) as place:
        extract.extract(job.request(place / "new", None), lambda _: True, opened)
        name_dest(place / "new", job.dest)
        job.dest.rename(place / "former")
        (place / "new").rename(job.dest)
    return "made anew"


def followed(made: Made, address: str) -> str:
    """Take in what the remote's main has by now; return its address where only a merge can do that."""
    remote = pushing.look(made, address)
    if remote.relation == "ahead":
        made.check_can_move()
        made.move(remote.main)
    if remote.relation != "apart":
        return ""
    if made.main != made.head:
        raise RefusedError(
            f"{made.dest} and main of {console.censor(address)} both have commits that the other lacks. Merge them: "
            f"git -C {made.dest} pull --no-rebase origin main"
        )
    return address


def more_is_removed(job: Job, made: Made) -> bool:
    """Return True if the options differ only in what is removed from every image, which may be nothing of this one."""
    removal = job.entry.removal
    former = {key: value for key, value in made.options.items() if key not in REMOVAL_OPTIONS}
    wanted = {key: value for key, value in job.entry.options().items() if key not in REMOVAL_OPTIONS}
    return removal.everywhere and former == wanted


def with_removal(job: Job, made: Made, remote: str, opened: extract.Opened | None) -> str:
    """Bring a repository up to date that was changed or pushed, if nothing of its history is to be removed."""
    base = followed(made, remote) if remote else ""
    try:
        return updated(job, replace(made, options=job.entry.options()), base, opened)
    except RefusedError as error:
        raise RefusedError(
            f"{job.dest} was changed or pushed before this was to be removed from it. Delete it, and its remote, to "
            f"make it anew ({error})"
        ) from error


def updated(job: Job, made: Made, base: str, opened: extract.Opened | None) -> str:
    """Bring the new commits of the source into the repository, three ways; `base`: onto what this remote has."""
    made.check_can_move()
    with beside(job.dest) as place:
        done = extract.extract(job.request(place / "new", base or str(job.dest)), lambda _: True, opened)
        if isinstance(done, extract.Nothing):
            if base:
                made.move(pushing.look(made, base).main)
            made.note(job.tip)
            return "unchanged"
        made.take(place / "new")
    return "updated"


def pushed_now(made: Made, address: str, *, is_new: bool) -> str:
    """Push what the remote lacks; return its address, "" if it lacked nothing.

    `is_new`: the extraction has just looked at the remote.
    """
    pushing.set_origin(made.repo, address)
    if not is_new and (remote := pushing.look(made, address)).relation == "same":
        pushing.track(made.repo, remote.main)
        return ""
    try:
        pushing.push(made, address)
    except HubImagesError as error:
        raise type(error)(f"{error}. {made.dest} is complete: run this again to push it") from error
    return console.censor(address)


def refuse_workflows(made: Made) -> None:
    """Refuse to push workflows that had no effect before, where no commit of ours puts them aside."""
    listed = made.repo.text("ls-tree", "-r", "--name-only", "refs/heads/main", ".github/workflows/").split("\n")
    if names := [name for name in listed if name]:
        raise RefusedError(
            f"GitHub would run {', '.join(names)} from this push on. Take `template: false` out of the manifest, which "
            f"puts them aside, or push by hand: git -C {made.dest} push"
        )


def planned(job: Job, made: Made | None, opened: extract.Opened | None) -> Outcome:
    """Return what would be done; change nothing."""
    if is_up_to_date(job, made):
        return job.outcome("would be unchanged", report=made.report if made is not None else {})
    is_same = made is None or dict(made.options) == job.entry.options()
    if made is not None and not is_same and not made.is_untouched():
        is_same = more_is_removed(job, made)
        if not is_same:
            raise RefusedError(f"{job.dest} was made with other options, and has been changed or pushed since")
    state = "would be made" if made is None else "would be updated"
    origin = job.remote if job.remote and not job.create else None
    if made is not None:
        origin = str(job.dest) if is_same else None
        state = state if origin else "would be made anew"
    free = job.dest if made is None else job.dest.with_name(f".{job.dest.name}.new")
    plan = extract.plan_extraction(job.request(free, origin), opened)
    facts = json.loads(plan.as_json())
    facts["dest"] = str(job.dest)
    commands = [["git", "push", console.censor(job.remote), "main"]] if job.remote else []
    shown = replace(plan, dest=job.dest, commands=commands)
    return job.outcome(state, report=facts, plan=str(shown))


@contextlib.contextmanager
def beside(dest: Path) -> Iterator[Path]:
    """Yield an empty directory on the file system of DEST, which is removed at the end, also by a later run."""
    with staging.beside(dest.with_name(f".{dest.name}.new")) as stage:
        yield stage.path
