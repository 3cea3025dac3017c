"""Parse `hubimages TASK ...` strictly, and format the overview and the help.

invoke's parser gives an unknown word, even a misspelt `--dry-rum`, to the next positional argument and runs the task.
Here a word that begins with `-` is an option of the task or an error, never a value. So a missing value does not
swallow the next option either. A path that begins with `-` is written `./-name`, as in other tools.
"""

import textwrap
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from invoke.parser import Argument, ParserContext

from hubimages.errors import BadInputError

HELP = ("--help", "-h")
LIST = ("--list", "-l")
VERSION = ("--version", "-V")

# Tasks that run another command in many repositories, and how that is written after their options.
COMMANDS = {"each": ("--", "TASK", "...")}

WIDTH = 100
# What stands for the value of an option in help, and the options; for any other it is the name of the option.
VALUES = {
    "FILE": "answers config hubs made markdown password-file replace-text repos save-answers values",
    "DIR": "binderhub cache charts join repo repositories",
    "PATH": "drop-path former-path html whole-former-path",  # --html is a directory where there are several pages
    "MANIFEST": "update",
    "URL": "hub-url origin",
    "ADDRESS": "made-from registry remote",
    "KEY=VALUE": "set",
    "ID=REASON": "accept",
    "ORG[/PATTERN]": "github",
    "OWNER/REPO": "pr-to",
    "IMAGE": "image-name instead-of",
    "IMAGE:TAG": "accept-jump",
    "PACKAGE": "with",
    "REQUIREMENT": "require",
    "REF": "changed-since",
    "SLUG": "choice profile",
    "TEXT": "because message",
    "TIME": "after older since",
    "SECONDS": "wait",
    "SIZE": "strip-blobs-bigger-than",
    "N": "jobs keep-newest matrix",
    "VERSION": "hub-version",
}
VALUE_NAMES = {option: value for value, options in VALUES.items() for option in options.split()}


class UsageError(BadInputError):
    """The command line is wrong; the message ends with the command that explains it."""


def help_wanted(tokens: Sequence[str], tasks: Mapping[str, ParserContext]) -> str | None:
    """Return the task whose help is wanted, "" for the overview, None if no help is wanted.

    `--help` counts anywhere before a `--`, because no value begins with `-`. Raises UsageError for an unknown task.
    """
    before = tokens[: tokens.index("--")] if "--" in tokens else tokens
    joined = next((token.removeprefix("--help=") for token in before if token.startswith("--help=")), "")
    if not joined and not any(token in HELP for token in before):
        return None
    words = [joined] if joined else [token for token in before if not token.startswith("-")]
    return task_named(words[0], tasks).name if words else ""


def task_named(name: str, tasks: Mapping[str, ParserContext]) -> ParserContext:
    """Return the task's arguments. Raises UsageError with the nearest name for an unknown task."""
    if name in tasks:
        return tasks[name]
    if name.startswith("-"):
        raise UsageError(f"no option {name} before the task{did_you_mean(name, [*HELP, *LIST, *VERSION])}; {see('')}")
    raise UsageError(f"no task {name!r}{did_you_mean(name, tasks)}; {see('')}")


def split_command(context: ParserContext, tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of a task that runs another command, and that command.

    The command begins after `--`, or with the first word that is neither an option of the task nor the value of one.
    """
    rest = list(tokens)
    own: list[str] = []
    while rest:
        token = rest.pop(0)
        if token == "--":
            break
        if not token.startswith("-"):
            return own, [token, *rest]
        own.append(token)
        flag, equals, _ = token.partition("=")
        takes_value = flag in context.flags and context.flags[flag].kind is not bool
        if takes_value and not equals and rest and not rest[0].startswith("-"):
            own.append(rest.pop(0))
    return own, rest


def fill(context: ParserContext, tokens: Sequence[str]) -> None:
    """Set the task's arguments from the words after its name.

    Raises UsageError for an unknown option, a value that is missing, empty, repeated or not allowed, a missing
    positional argument, and extra words (one task runs at a time).
    """
    words: list[str] = []
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        if token == "--":
            words += rest
            break
        if not token.startswith("-"):
            words.append(token)
            continue
        flag, equals, value = token.partition("=")
        argument = option_named(context, flag)
        if argument.kind is bool:
            if equals:
                raise usage(context, f"{flag} takes no value")
            argument.set_value(True, cast=False)
            continue
        if not equals:
            value = rest.pop(0) if rest and not rest[0].startswith("-") else ""
        if not value:
            raise usage(context, f"{flag} needs a value ({flag}={value_name(argument)})")
        if argument.kind is not list and argument.got_value:
            raise usage(context, f"{flag} is given twice")
        try:
            argument.value = value
        except ValueError as error:  # of a number
            raise usage(context, f"{flag}={value}: give a number") from error
    fill_positionals(context, words)


def fill_positionals(context: ParserContext, words: Sequence[str]) -> None:
    """Assign the words, in order, to the positional arguments without a value."""
    wanted = [argument for argument in context.positional_args if not argument.got_value]
    for argument, word in zip(wanted, words, strict=False):
        if not word:
            raise usage(context, f"{value_name(argument)} is empty")
        argument.value = word
    if missing := [value_name(argument) for argument in wanted[len(words) :] if argument.default is None]:
        raise usage(context, f"missing {', '.join(missing)}")
    if extra := list(words[len(wanted) :]):
        takes = " ".join(usage_name(argument) for argument in context.positional_args) or "no argument"
        raise usage(context, f"takes {takes}; {extra[0]!r} is extra")


def option_named(context: ParserContext, flag: str) -> Argument:
    """Return the option. Raises UsageError with the nearest name for an unknown option."""
    if flag in context.flags:
        argument: Argument = context.flags[flag]
        return argument
    raise usage(context, f"no option {flag}{did_you_mean(flag, [*context.flags, *HELP])}")


def usage(context: ParserContext, problem: str) -> UsageError:
    return UsageError(f"{context.name}: {problem}; {see(f'{context.name} ')}")


def see(task: str) -> str:
    return f"see: hubimages {task}--help" if task else "see: hubimages --list"


def did_you_mean(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """Return `, did you mean NAME?`, or "" if no name is close."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""


def value_name(argument: Argument) -> str:
    """Return the placeholder of the value in help: SOURCE, FILE, KEY=VALUE."""
    name = argument.names[0]
    known = {} if argument.positional else VALUE_NAMES
    return known.get(name, name.upper().replace("-", "_"))


def usage_name(argument: Argument) -> str:
    """Return a positional argument for the usage line, in brackets if it is optional."""
    return value_name(argument) if argument.default is None else f"[{value_name(argument)}]"


def overview(description: str, groups: Mapping[str, Mapping[str, str]]) -> str:
    """Return the list of tasks by job, one line each."""
    width = max(len(name) for tasks in groups.values() for name in tasks)
    lines = [description]
    for heading, tasks in groups.items():
        lines += ["", heading, *(f"  {name:<{width}}  {line}" for name, line in tasks.items())]
    lines += ["", "hubimages TASK --help   what a task does, its arguments and options"]
    return "\n".join(lines)


def task_help(context: ParserContext, description: str) -> str:
    """Return a task's help: usage, description, arguments and options in the order of the code."""
    arguments = [(value_name(argument), argument.help or "") for argument in context.positional_args]
    options = [
        (spelling(argument), argument.help or "") for argument in context.args.values() if not argument.positional
    ]
    parts = [f"usage: {usage_line(context)}", description]
    for heading, rows in (("arguments", arguments), ("options", options)):
        if rows:
            parts.append(f"{heading}\n{columns(rows)}")
    return "\n\n".join(parts)


def usage_line(context: ParserContext) -> str:
    """Return how the task is called: `hubimages TASK ARGUMENT [options]`."""
    words = ["hubimages", str(context.name), *(usage_name(argument) for argument in context.positional_args)]
    if any(not argument.positional for argument in context.args.values()):
        words.append("[options]")
    return " ".join([*words, *COMMANDS.get(str(context.name), ())])


def spelling(argument: Argument) -> str:
    """Return `--option=VALUE`, with ` ...` if it can be repeated."""
    flag = f"--{argument.names[0]}"
    if argument.kind is bool:
        return flag
    return f"{flag}={value_name(argument)}" + (" ..." if argument.kind is list else "")


def columns(rows: Sequence[tuple[str, str]]) -> str:
    """Return two columns: names, and texts wrapped to the width."""
    left = max(len(name) for name, _ in rows) + 4
    return "\n".join(
        textwrap.fill(
            text,
            width=WIDTH,
            initial_indent=f"  {name}".ljust(left),
            subsequent_indent=" " * left,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, text in rows
    )
