"""Run a command in many repositories at once, and commit, push and propose what it changes."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from hubimages import console, disk, markdown, signals
from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError, StorageError
from hubimages.fleet.address import Target
from hubimages.fleet.change import Change, change_of, committed, conflicts, dirty_files
from hubimages.fleet.clone import Clone, fresh_clone, talk
from hubimages.fleet.github import FleetGitHub
from hubimages.fleet.membership import why_not
from hubimages.fleet.outcome import CHANGED, COMMITTED, FAILED, SKIPPED, UNCHANGED, Outcome
from hubimages.fleet.programs import Programs, StoppedError
from hubimages.fleet.progress import Line, do_all
from hubimages.fleet.report import Report
from hubimages.fleet.request import Request, check_answerable, check_request
from hubimages.repository.proposals.github import Pace
from hubimages.repository.proposals.github import host as github_host
from hubimages.repository.proposals.proposing import Means, Proposal, open_pull_request, push_only
from hubimages.run import disk_failure, os_failure

BODY_LIMIT, COMMIT_LIMIT = 45_000, 15_000  # characters of output and of a message; GitHub takes 65,536 together


@dataclass(frozen=True)
class Tools:
    """What works for all repositories: programs, and GitHub's API."""

    programs: Programs
    github: FleetGitHub


@dataclass(frozen=True)
class Prepared:
    """A repository after the command ran: the row so far, and what is to be pushed (None if nothing is)."""

    row: Outcome
    proposal: Proposal | None = None


def run_each(repositories: Sequence[Target], request: Request, pace: Pace | None = None) -> Report:
    """Run the command in a kept clone of each repository; return what came of each, in their order.

    A failure in one does not stop the others. Nothing is pushed before the command has run everywhere and a person has
    said yes to the number of repositories. Raises an error only for what fails everywhere.
    """
    check_request(request)
    check_answerable(request, len(repositories), console.is_interactive())
    programs = Programs()
    with contextlib.ExitStack() as clones, signals.raising():
        tools = Tools(programs, FleetGitHub(github_host(), console.step, programs.wait, pace))
        try:
            prepare = [lambda each=each: _prepared(each, request, tools, clones) for each in repositories]
            prepared = do_all(prepare, request.at_once, request.command.name, lambda done: _line(done.row))
            rows = [each.row for each in prepared]
            pushing = [number for number, each in enumerate(prepared) if each.proposal is not None]
            if pushing and _may_push(request, len(pushing)):
                deliver = [lambda number=number: _delivered(prepared[number], request, tools) for number in pushing]
                done = do_all(deliver, request.at_once, "push", _line)
                for number, row in zip(pushing, done, strict=True):
                    rows[number] = row
        except BaseException:
            programs.stop()
            raise
    return Report(str(request.command), tuple(rows))


def _line(row: Outcome) -> Line:
    return Line(row.repository, row.state, row.detail if row.failed else "")


def _may_push(request: Request, number: int) -> bool:
    many = "1 repository" if number == 1 else f"{number} repositories"
    what = " and open pull requests" if request.wanted.open_pr else ""
    return console.confirm(f"Push to {many}{what}?", yes=request.yes, flags="--yes")


def _prepared(target: Target, request: Request, tools: Tools, clones: contextlib.ExitStack) -> Prepared:
    """Run the command in a fresh clone and commit what it changed. A failure is a row, too."""
    row = Outcome(target.name, console.censor(target.address), FAILED)
    with _failing_row(row) as failed:
        clone = clones.enter_context(fresh_clone(request.cache, target, tools.programs))
        row = replace(row, directory=str(clone.directory))
        if request.made_from and (reason := why_not(clone, request.made_from, tools.github)):
            return Prepared(replace(row, state=SKIPPED, detail=reason))
        return _after_command(clone, row, request, tools)
    return Prepared(replace(failed[0], directory=row.directory))


def _after_command(clone: Clone, row: Outcome, request: Request, tools: Tools) -> Prepared:
    command, before = request.command, dirty_files(clone)
    done = tools.programs.run(*command.argv(clone.directory), cwd=command.directory(clone.directory))
    output = console.censor(console.without_colours(done.stdout.decode(errors="replace")))
    errors = console.censor(console.without_colours(done.stderr.decode(errors="replace")))
    row = replace(row, output=output)
    log = clone.directory.with_name(clone.directory.name + ".log")
    if done.returncode:
        disk.write_whole(log, (output + errors).encode("utf-8", "replace"))
        left = conflicts(clone)
        reason = f"conflicts in {', '.join(left)}" if left else _reason(output, errors)
        detail = f"{command.name} exits with {done.returncode}: {_named(reason, clone)}"
        # A program of ours says what kind of failure it is; of another one it is only known that it failed.
        other = StorageError if disk_failure(output + errors) else ProgramFailedError
        code = done.returncode if command.is_task and done.returncode > 0 else other.exit_code
        return Prepared(replace(row, detail=detail, exit_code=code, log=str(log)))
    log.unlink(missing_ok=True)
    change = change_of(clone, before)
    if change is None:
        return Prepared(replace(row, state=UNCHANGED, detail=_named(_last_line(output), clone)))
    return _with_change(clone, replace(row, files=change.files, diff=change.diff), change, request, tools)


def _with_change(clone: Clone, row: Outcome, change: Change, request: Request, tools: Tools) -> Prepared:
    wanted = request.wanted
    branch = request.branch or change.branch or request.branch_name
    detail = console.count(len(change.files), "file")
    if branch == clone.base:
        raise RefusedError(f"{branch} is the default branch, and changes go to a branch of their own. Name another one")
    if not wanted.commits:
        if wanted.dry_run and (wanted.push or wanted.open_pr):
            detail += f"; would be pushed as {branch}" + (" and proposed" if wanted.open_pr else "")
        return Prepared(replace(row, state=CHANGED, detail=detail, branch=branch if wanted.dry_run else ""))
    commit = committed(clone, change, branch, request.commit_message, tools.programs)
    row = replace(row, state=COMMITTED, branch=branch, commit=commit)
    row = replace(row, detail=f"{detail}, {commit[:12]} on {branch} in {clone.directory}")
    if not wanted.pushes:
        return Prepared(row)
    title, _, text = clone.repo.text("show", "-s", "--format=%B", commit).partition("\n")
    own = markdown.paragraphs(text.strip(), COMMIT_LIMIT) if change.commit else text.strip()  # or it is the person's
    body = pull_request_text(own, request, row.output)
    address, web = clone.target.address, clone.target.web
    return Prepared(row, Proposal(clone.repo, address, web, clone.base, clone.commit, branch, commit, title, body))


def _delivered(prepared: Prepared, request: Request, tools: Tools) -> Outcome:
    assert prepared.proposal is not None
    row = prepared.row
    with _failing_row(row) as failed:
        means = Means(partial(talk, tools.programs), tools.programs.wait, tools.github)
        done = (open_pull_request if request.wanted.open_pr else push_only)(prepared.proposal, means)
        return replace(row, state=done.state, detail=done.detail, pull_request=done.pull_request)
    return failed[0]


@contextlib.contextmanager
def _failing_row(row: Outcome) -> Iterator[list[Outcome]]:
    """Give a list; a failure within the block ends the block and puts the row about it there."""
    failed: list[Outcome] = []
    try:
        yield failed
    except StoppedError:
        raise
    except HubImagesError as error:
        failed.append(replace(row, state=FAILED, detail=_one_line(str(error)), exit_code=error.exit_code))
    except OSError as error:
        known = os_failure(error)
        if not isinstance(known, HubImagesError):
            raise
        failed.append(replace(row, state=FAILED, detail=_one_line(str(known)), exit_code=known.exit_code))


def pull_request_text(text: str, request: Request, output: str) -> str:
    """Return the text of a pull request: the commit's, the command, and what it printed, so that nothing is markup."""
    parts = [text] if text else []
    parts.append(f"Made by `hubimages each` with `{request.command}`.")
    if output.strip():
        parts.append(f"It printed:\n\n{markdown.block(output.strip().splitlines(), BODY_LIMIT)}")
    return "\n\n".join(parts)


def _last_line(*texts: str) -> str:
    """Return the last line of the first text that has one, without `error: `."""
    for text in texts:
        if lines := [line.strip() for line in text.splitlines() if line.strip()]:
            return lines[-1].removeprefix("error: ")
    return ""


def _reason(output: str, errors: str) -> str:
    """Return the line that says why a command failed: its error, or else what a check found, or else its last line."""
    told = [line for line in errors.splitlines() if line.startswith("error: ")]
    found = [line for line in output.splitlines() if ": warning: " not in line]
    return _last_line("\n".join(told), "\n".join(found), errors, output)


def _one_line(message: str) -> str:
    lines = message.splitlines()
    return f"{lines[0]} {lines[-1].strip()}" if len(lines) > 1 else message


def _named(text: str, clone: Clone) -> str:
    """Return the text with the repository's name for the directory of its clone."""
    return text.replace(str(clone.directory), clone.target.name)
