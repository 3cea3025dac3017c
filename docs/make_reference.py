"""Write docs/reference.md from the code, so that it cannot say anything else than the code does.

`nox -s docs` runs it; tests/test_reference.py fails where the page that is committed differs.
"""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

from hubimages.cli import command_line
from hubimages.cli.program import contexts
from hubimages.cli.tasks import GROUPS, namespace
from hubimages.cli.topics import meanings

CHECKOUT = Path(__file__).parent.parent
PAGE = Path(__file__).with_name("reference.md")


def page() -> str:
    """The whole page."""
    return "\n".join([*head(), *tasks(), *exit_codes(), *template_keys(), ""])


def head() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "<!-- Written by docs/make_reference.py from the code: change it there, then run `nox -s docs`. -->"
    yield ""
    yield "`hubimages TASK` runs one task, anywhere; `invoke TASK` the same one in a checkout. An option is written"
    yield "`--option=VALUE` or `--option VALUE`; names are written in full, and the only short ones are `-h`, `-l` and"
    yield "`-V`. What is not known is refused. No value begins with `-`: write a path `./-name`."
    yield ""
    yield "The result goes to stdout, progress and errors go to stderr."


def tasks() -> Iterator[str]:
    """Every task with its arguments and options."""
    for heading, group in GROUPS.items():
        yield from ("", f"## {heading}")
        for task in group:
            context = contexts()[namespace.transform(task.name)]
            yield from ("", f"### {context.name}", "", "```", command_line.usage_line(context))
            yield from ("```", "", inspect.getdoc(task) or "", "", "| argument | |", "|---|---|")
            for argument in context.args.values():
                positional = argument.positional
                name = command_line.value_name(argument) if positional else command_line.spelling(argument)
                yield f"| `{name}` | {cell(argument.help or '')} |"


def exit_codes() -> Iterator[str]:
    """Every exit code, with what the docstring of its error says."""
    yield from ("", "## Exit codes", "", "| code | meaning |", "|---|---|")
    for code, meaning in meanings():
        yield f"| {code} | {cell(meaning)} |"


def template_keys() -> Iterator[str]:
    """Every question of the template, with its choices or default."""
    questions = json.loads((CHECKOUT / "cookiecutter.json").read_text())
    prompts = questions["__prompts__"]
    yield from ("", "## Questions of the template", "")
    yield "Answer them with `--set KEY=VALUE` or in the file of `--answers`; the first choice is the default."
    yield from ("", "| key | question | choices or default |", "|---|---|---|")
    for key, default in questions.items():
        if key.startswith("_"):
            continue
        asked = prompts.get(key, key)
        asked = asked.get("__prompt__", key) if isinstance(asked, dict) else asked
        yield f"| `{key}` | {cell(asked)} | {choices(default)} |"


def choices(default: object) -> str:
    if isinstance(default, list):
        return ", ".join(f"`{choice}`" for choice in default)
    if re.search("<<|<%", str(default)):
        return "made from the other answers"
    return f"`{default}`"


def cell(text: str) -> str:
    """The text as it can stand in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
