"""What people look up that is not about one task: `hubimages help TOPIC`."""

import inspect
import textwrap
from importlib import resources

from hubimages import errors
from hubimages.errors import BadInputError
from hubimages.signals import ENDING, Ended

EXIT_CODES = "exit-codes"
TOPICS = ("commits", "environment", EXIT_CODES, "hubs", "json", "logins")


def overview() -> str:
    """Return the topics, one a line."""
    lines = [f"  {topic:<12} {text(topic).splitlines()[0]}" for topic in TOPICS]
    return "\n".join(["hubimages help TOPIC", "", *lines, "", "hubimages TASK --help is about one task."])


def text(topic: str) -> str:
    """Return what there is to know about a topic: its name, an empty line, plain text of up to 100 columns.

    Raises BadInputError if there is no such topic.
    """
    if topic not in TOPICS:
        raise BadInputError(f"no topic {topic}; there are {', '.join(TOPICS)}. About a task: hubimages TASK --help")
    if topic == EXIT_CODES:
        return _exit_codes()
    return resources.files(__package__).joinpath(f"{topic}.txt").read_text(encoding="utf-8").rstrip("\n")


def meanings() -> list[tuple[int, str]]:
    """Return every exit code with its meaning, as the docstring of its error says it."""
    kinds = [kind for kind in errors.HubImagesError.__subclasses__() if kind.__module__ == errors.__name__]
    known = [(kind.exit_code, " ".join((inspect.getdoc(kind) or "").split())) for kind in kinds]
    ours = [
        (0, "Done, or nothing to do."),
        (1, "A check found an error, there is something newer, or a merge has conflicts."),
    ]
    ended = [(Ended(number).exit_code, f"Ended by {number.name}.") for number in ENDING]
    return sorted([*ours, *known, *ended, (errors.INTERRUPTED, "Interrupted.")])


def _exit_codes() -> str:
    lines = ["Exit codes", ""]
    for code, meaning in meanings():
        lines += textwrap.wrap(meaning, 100, initial_indent=f"  {code:>3}  ", subsequent_indent=" " * 7)
    return "\n".join(lines)
