"""Shared by all tasks: map errors to exit codes and reject misread options."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from invoke import Context, Exit

from hubimages import console, signals
from hubimages.display import DISPLAY
from hubimages.errors import INTERRUPTED, BadInputError, HubImagesError
from hubimages.run import os_failure

MORE_EACH_TIME = "roll-back-image"  # goes one step further each time that it runs
# Options that name a file or directory which is read.
FILES = ("answers", "binderhub", "charts", "hubs", "made", "password_file", "repositories", "repos", "values")


@contextmanager
def errors_as_exit() -> Iterator[None]:
    """Raise invoke's Exit with message and exit code for every error that a user can meet."""
    try:
        yield
    except HubImagesError as error:
        raise failed(error) from error
    except KeyboardInterrupt as stopped:
        raise Exit("interrupted", code=INTERRUPTED) from stopped
    except signals.Ended as stopped:
        raise Exit(str(stopped), code=stopped.exit_code) from stopped
    except OSError as error:
        known = os_failure(error)
        if isinstance(known, HubImagesError):
            raise failed(known) from error
        raise


def failed(error: HubImagesError) -> Exit:
    """Return the Exit for an error; the text of others in it cannot act on the terminal, under plain invoke either."""
    return Exit(console.visible(f"error: {error}"), code=error.exit_code)


def operator_errors(body: Callable[..., None]) -> Callable[..., None]:
    """Return the task with errors mapped to one message and an exit code.

    It also rejects values that plain invoke misreads: its parser gives a misspelt option to the next positional
    argument.
    """
    signature = inspect.signature(body)
    task = body.__name__.replace("_", "-")
    positional = {name for name, given in signature.parameters.items() if given.default is inspect.Parameter.empty}

    @functools.wraps(body)
    def guarded(context: Context, /, *args: Any, **kwargs: Any) -> None:
        with errors_as_exit(), signals.raising(), DISPLAY.showing(task):
            given = signature.bind(context, *args, **kwargs)
            refuse_options_as_values(given.arguments, positional)
            given.apply_defaults()
            if not clean_up(task, given.arguments):
                try:
                    body(context, *args, **kwargs)
                except BadInputError as error:
                    if hints := [*elsewhere(given.arguments)]:
                        raise BadInputError("\n".join([str(error), *hints])) from error
                    raise

    return guarded


def command() -> tuple[str, ...]:
    """Return what a person ran, without the program."""
    return tuple(sys.argv[1:])


def elsewhere(given: Mapping[str, object]) -> Iterator[str]:
    """Yield a hint for each file that is not in the working directory, but in the repository, or at its top.

    `--file` and `--config` are found in both.
    """
    named = [Path(each) for each in texts(given.get("repo", given.get("path")))]
    places = named + [top for each in named for top in each.resolve().parents if (top / ".git").exists()]
    for name in FILES:
        for text in texts(given.get(name)):
            with suppress(OSError):  # it cannot be a path
                there = next((found for place in places if (found := Path(place, text)).exists()), None)
                if there is not None and not Path(text).exists():
                    yield f"--{name.replace('_', '-')} starts in the working directory. There is {there}"


def texts(value: object) -> list[str]:
    """Return the texts of an argument that is one, or several."""
    return [each for each in (value if isinstance(value, list) else [value]) if each and isinstance(each, str)]


def clean_up(task: str, given: Mapping[str, object]) -> bool:
    """Put in order what killed runs have left where a task is about to write; nothing for a dry run or a check.

    Return True if that was all that the task is to do.
    """
    if given.get("dry_run", True) or given.get("check") or not given.get("fix", True):
        return False
    done = False
    place, dest = given.get("repo", given.get("path")), given.get("dest")
    if isinstance(place, str):
        from hubimages.repository import unfinished

        all_of = command() if task == MORE_EACH_TIME else None
        commit = unfinished.put_back(Path(place).absolute(), all_of)
        if commit and not given.get("open_pr"):
            console.step(
                f"note: an earlier run was killed after it committed {commit}. For one step more, run this again"
            )
            return True
        if given.get("open_pr"):
            named = given.get("branch")
            branch = named if isinstance(named, str) else None
            done = unfinished.open_pull_request(Path(place).absolute(), task, branch, command())
    if isinstance(dest, str):
        from hubimages.repository import staging

        staging.remove_left(Path(dest))
    return done


def refuse_options_as_values(given: Mapping[str, object], positional: Iterable[str]) -> None:
    """Raise BadInputError for a value that begins with `-` and for an empty positional argument."""
    for name, value in given.items():
        shown = name.upper() if name in positional else "--" + name.strip("_").replace("_", "-")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.startswith("-"):
                raise BadInputError(
                    f"{text!r} was read as the value of {shown}. If it is an option, it does not exist or is in the "
                    f"wrong place; if it is a path, write ./{text}"
                )
        if name in positional and value == "":
            raise BadInputError(f"{shown} is empty")
