"""Which command `each` runs: whether the task works in one repository, and how it gets the directory."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

from invoke.parser import ParserContext

from hubimages.cli import command_line
from hubimages.errors import BadInputError
from hubimages.fleet import Command, given

# `each` gives the directory and delivers the changes itself; a task that asks has nobody to answer.
OURS = {
    "--repo": "each gives it",
    "--branch": "write it before the task",
    "--commit": "write it before the task",
    "--open-pr": "write it before the task",
    "--pr-to": "each opens pull requests in the repositories themselves",
}
PLACE = "a-repository"


def command_of(words: Sequence[str], *, program: bool) -> Command:
    """Return the command for every repository.

    Raises UsageError for a command line that the task would refuse, and BadInputError for a task that works in no
    repository that is there, or that would push by itself.
    """
    from hubimages.cli.program import contexts

    if not words:
        what = "PROGRAM" if program else "TASK"
        raise BadInputError(f"each: missing {what}. Write it after the options: hubimages each [options] -- {what} ...")
    if program:
        return Command(tuple(words), "")
    if words[0] not in contexts() and not words[0].startswith("-"):
        near = command_line.did_you_mean(words[0], contexts())
        raise BadInputError(f"each: no task {words[0]!r}{near}; a program of yours runs with --run")
    context = deepcopy(command_line.task_named(words[0], contexts()))
    flags = [word.partition("=")[0] for word in words[1:] if word.startswith("--")]
    if forbidden := next((flag for flag in flags if flag in OURS), ""):
        raise BadInputError(f"each: leave out {forbidden} of {words[0]}: {OURS[forbidden]}")
    place = _place(context)
    if not place:
        raise BadInputError(f"each: {words[0]} does not work in one repository that is there, so each cannot run it")
    if "--no-push" in context.flags and not {"--no-push", "--dry-run"} & set(flags):
        raise BadInputError(f"each: {words[0]} pushes an image wherever it runs. Add --no-push after the task")
    command_line.fill(context, given(words[1:], place, PLACE))
    return Command(tuple(words), place)


def refuse_command(command: str, alone: Mapping[str, bool]) -> None:
    """Raise BadInputError if options that run nothing come with a command, or with each other."""
    given_ones = [flag for flag, there in alone.items() if there]
    if len(given_ones) > 1:
        raise BadInputError(f"each: {given_ones[0]} and {given_ones[1]} contradict each other: leave one out")
    if command:
        raise BadInputError(f"each: {given_ones[0]} runs nothing. Leave out {command}")


def _place(context: ParserContext) -> str:
    """How the task gets the directory: `path`, `repo`, or "" if it takes none."""
    names = [argument.names[0] for argument in context.positional_args]
    if names[:1] == ["path"]:
        return "path"
    return "repo" if "--repo" in context.flags else ""
