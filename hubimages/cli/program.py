"""The `hubimages` command: runs the tasks of `hubimages.cli.tasks` outside of a checkout.

This is invoke's Program with another parser (see `command_line`) and without invoke's configuration: an `invoke.yaml`
in the directory or in HOME belongs to other projects.
"""

import inspect
import shlex
import sys
from copy import deepcopy
from functools import cache
from typing import Any

from invoke import Config, Exit, Program
from invoke.parser import ParserContext, ParseResult

from hubimages import __doc__ as DESCRIPTION
from hubimages import __version__, console
from hubimages.cli import command_line
from hubimages.cli.task import errors_as_exit
from hubimages.cli.tasks import GROUPS, namespace


class Settings(Config):
    """invoke's defaults. Reads no file (because of `lazy`) and no environment variable."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "lazy": True})

    def load_shell_env(self) -> None:
        """Do nothing: `INVOKE_...` is for other tasks, and a bad value would stop ours."""


class HubImages(Program):
    """Runs one task. A command line that is not understood is refused with exit code 2 before anything runs."""

    def __init__(self) -> None:
        super().__init__(
            name="hubimages", binary="hubimages", version=__version__, namespace=namespace, config_class=Settings
        )

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:
        """Run the command line and exit. An error prints one message and sets the exit code (see `errors`)."""
        self.normalize_argv(argv)
        try:
            with errors_as_exit():
                self.create_config()
                self.core = ParseResult()
                self.read_and_execute(self.argv[1:])
        except Exit as end:
            if end.message:
                console.step(end.message)
            sys.exit(end.code)

    def read_and_execute(self, tokens: list[str]) -> None:
        """Print help or run the task. Raises UsageError and what the task raises."""
        wanted = None if tokens[:1] == ["--complete"] else command_line.help_wanted(tokens, contexts())
        if wanted:
            console.result(command_line.task_help(contexts()[wanted], inspect.getdoc(namespace[wanted]) or ""))
        elif wanted == "" or not tokens or tokens[0] in command_line.LIST:
            self.refuse_more(tokens if wanted is None else [])
            console.result(command_line.overview(overview_title(), group_lines()))
        elif tokens[0] == "--complete":
            from hubimages.cli import completion

            options = (*command_line.HELP, *command_line.LIST, *command_line.VERSION)
            console.result(completion.answer(tokens[1:], contexts(), [each for each in options if each[:2] == "--"]))
        elif tokens[0] in command_line.VERSION:
            self.refuse_more(tokens)
            console.result(f"hubimages {__version__}")
        else:
            context = deepcopy(command_line.task_named(tokens[0], contexts()))
            words = tokens[1:]
            if context.name in command_line.COMMANDS:
                words, command = command_line.split_command(context, words)
                self.core.remainder = shlex.join(command)
            command_line.fill(context, words)
            self.executor_class(namespace, self.config, self.core).execute(context)

    def refuse_more(self, tokens: list[str]) -> None:
        """Raise UsageError if something follows an option that takes nothing else."""
        if tokens[1:]:
            see = command_line.see("")
            raise command_line.UsageError(f"{tokens[0]} takes no other words, got {tokens[1]!r}; {see}")


@cache
def contexts() -> dict[str, ParserContext]:
    """Return the arguments of every task by name; cached, because invoke hands out the help texts only once."""
    return {str(context.name): context for context in namespace.to_contexts()}


def overview_title() -> str:
    return f"{(DESCRIPTION or '').strip().rstrip('.')} ({__version__})"


def group_lines() -> dict[str, dict[str, str]]:
    """Return for each job the tasks with the first line of their docstring."""
    return {
        heading: {
            namespace.transform(task.name): (inspect.getdoc(task) or "").splitlines()[0].rstrip(".") for task in tasks
        }
        for heading, tasks in GROUPS.items()
    }


def main() -> None:
    """Run the command line and exit; see `hubimages.__main__`, which imports this module where Ctrl-C is handled."""
    HubImages().run()
