"""What every task shares: errors end it with a message and an exit code, misread options are refused."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from invoke import Context, Exit

from hubimages.errors import INTERRUPTED, BadInputError, HubImagesError
from hubimages.run import os_failure


@contextmanager
def errors_as_exit() -> Iterator[None]:
    """Turn every error that a user can meet into invoke's Exit with its message and exit code; a bug stays a bug."""
    try:
        yield
    except HubImagesError as error:
        raise Exit(f"error: {error}", code=error.exit_code) from error
    except KeyboardInterrupt as stopped:
        raise Exit("interrupted", code=INTERRUPTED) from stopped
    except OSError as error:
        known = os_failure(error)
        if isinstance(known, HubImagesError):
            raise Exit(f"error: {known}", code=known.exit_code) from error
        raise


def operator_errors(body: Callable[..., None]) -> Callable[..., None]:
    """The task, ending with one message and an exit code for every error that a user can meet.

    It also refuses values that plain invoke took wrongly, since its parser hands a misspelt option to the next
    positional argument.
    """
    signature = inspect.signature(body)
    positional = {name for name, given in signature.parameters.items() if given.default is inspect.Parameter.empty}

    @functools.wraps(body)
    def guarded(context: Context, /, *args: Any, **kwargs: Any) -> None:
        with errors_as_exit():
            refuse_options_as_values(signature.bind(context, *args, **kwargs).arguments, positional)
            body(context, *args, **kwargs)

    return guarded


def refuse_options_as_values(given: Mapping[str, object], positional: Iterable[str]) -> None:
    """Raise BadInputError for a value that begins with `-`, and for a positional argument that is empty."""
    for name, value in given.items():
        shown = name.upper() if name in positional else "--" + name.strip("_").replace("_", "-")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.startswith("-"):
                raise BadInputError(
                    f"{text!r} was read as the value of {shown}: if it is an option, there is no such one here "
                    f"or its place is wrong; if it is a path, write ./{text}"
                )
        if name in positional and value == "":
            raise BadInputError(f"{shown} is empty")
