"""Complete tasks, options, hubs, images and paths in bash, zsh and fish.

The shells ask `hubimages --complete SHELL ...`, which prints one candidate a line, each the whole word. Hubs, images
and choices are those of the deployment repository that `--repo` names, or of the one that holds the working directory.
"""

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from invoke.parser import Argument, ParserContext

from hubimages import disk
from hubimages.cli.topics import TOPICS
from hubimages.errors import BadInputError, HubImagesError

SHELLS = ("bash", "zsh", "fish")
HUBS, IMAGES, FILES, CHOICES = (
    {"hub", "from", "to"},
    {"image", "pattern", "instead-of", "accept-jump"},
    {"file"},
    {"choice"},
)
# No path and nothing else that can be listed.
FREE = {"because", "message", "branch", "ref", "since", "after", "older", "keep-newest", "set", "tag", "with"}
SPECIAL = re.compile(r"[\s'\"\\$&;()<>|*?!`#\[\]{}]")  # what a shell would not take as a part of a word
BREAKS = re.compile(r".*[=:]")  # bash completes only what follows the last of them

BASH = """\
_hubimages() {
  local IFS=$'\\n'
  COMPREPLY=($(hubimages --complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
  return 0
}
complete -F _hubimages hubimages
"""
ZSH = """\
_hubimages() {
  local -a found
  found=("${(@f)$(hubimages --complete zsh "${(@)words[1,CURRENT]}" 2>/dev/null)}")
  compadd -S ' ' -- ${found:#*[=/]}
  compadd -S '' -- ${(M)found:#*[=/]}
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _hubimages hubimages
"""
FISH = """\
complete -c hubimages -f -a '(hubimages --complete fish (commandline -opc) (commandline -ct) 2>/dev/null)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def script(shell: str) -> str:
    """Return what a shell reads to complete the command. Raises BadInputError for another shell."""
    if shell not in SCRIPTS:
        raise BadInputError(f"no completion for `{shell}`. The shells are {', '.join(SHELLS)}")
    return SCRIPTS[shell]


def answer(arguments: Sequence[str], tasks: Mapping[str, ParserContext], options: Sequence[str]) -> str:
    """Return the candidates for the last word, one a line. `arguments`: the shell, and the words (of bash one line)."""
    shell, *words = arguments or [""]
    if shell == "bash":
        words = split(words[0] if words else "")
    current = words[-1] if words else ""
    found = sorted(set(candidates(words[1:-1], current, tasks, options)))
    if shell == "bash" and (matched := BREAKS.match(current)):
        found = [each[matched.end() :] for each in found]
    if shell == "bash" and has_whole_quotes(*arguments[1:2]):  # which puts in what we print as it is
        found = [SPECIAL.sub(r"\\\g<0>", each) for each in found]
    return "\n".join(found)


def split(line: str) -> list[str]:
    """Return the words of a line that ends where the cursor is; the last is empty after a blank."""
    try:
        words = shlex.split(line)
    except ValueError:  # an open quote
        words = line.replace('"', "").replace("'", "").split()
    return [*words, ""] if not line or line[-1].isspace() else words


def has_whole_quotes(line: str = "") -> bool:
    """Return True if no quote is open at the end of the line."""
    try:
        shlex.split(line)
    except ValueError:
        return False
    return True


def candidates(
    before: Sequence[str], current: str, tasks: Mapping[str, ParserContext], options: Sequence[str]
) -> Iterator[str]:
    """Yield the whole words that begin with the current one, after the words before it."""
    if not before:
        yield from (
            each for each in (*tasks, *(options if current.startswith("-") else ())) if each.startswith(current)
        )
        return
    context = tasks.get(before[0])
    if context is None:
        return
    flag, equals, value = current.partition("=")
    if current.startswith("-"):
        argument = context.flags.get(flag) if equals else None
        if argument is not None:
            yield from (f"{flag}={each}" for each in values(argument, value, before))
        elif not equals:
            given = {word.partition("=")[0] for word in before}
            flags = (one for one in context.args.values() if not one.positional)
            yield from (
                shown
                for one in flags
                if (name := f"--{one.names[0]}") not in given or one.kind is list
                if (shown := name if one.kind is bool else f"{name}=").startswith(current)
            )
        return
    last = context.flags.get(before[-1]) if len(before) > 1 else None
    if last is not None and last.kind is not bool:
        yield from values(last, current, before)
        return
    number = len([word for word in before[1:] if not word.startswith("-")])
    if number < len(context.positional_args):
        yield from values(context.positional_args[number], current, before)


def values(argument: Argument, begun: str, before: Sequence[str]) -> Iterator[str]:
    """Yield the values of an argument that begin so."""
    name = argument.names[0]
    if argument.kind is bool or name in FREE:
        return
    if name in HUBS | IMAGES | FILES | CHOICES:
        found: Iterable[str] = known(name, before)
    elif name == "shell":
        found = SHELLS
    elif name == "topic":
        found = TOPICS
    else:
        found = paths(begun)
    yield from (each for each in found if each.startswith(begun))


def known(name: str, before: Sequence[str]) -> Iterable[str]:
    """Return the hubs, images, files or choices of the deployment repository; nothing if it cannot be read."""
    from hubimages import references

    given = [word.removeprefix("--repo=") for word in before if word.startswith("--repo=")]
    given += [after for word, after in pairwise(before) if word == "--repo"]
    try:
        inventory = references.find_references(disk.written(given[-1]) if given else Path())
    except (HubImagesError, OSError):
        return ()
    if name in HUBS:
        return inventory.hubs
    if name in FILES:
        return {each.file for each in inventory.references}
    if name in CHOICES:
        return {choice for each in inventory.references for choice in (each.profile, each.choice) if choice}
    return {each.repository for each in inventory.references if each.repository}


def paths(begun: str) -> Iterator[str]:
    """Yield the files and directories, these with a slash at the end; hidden ones only after a dot."""
    folder, slash, name = begun.rpartition("/")
    try:
        entries = sorted(os.scandir(disk.written(folder + slash or ".")), key=lambda each: each.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") and not name.startswith("."):
            continue
        yield f"{folder}{slash}{entry.name}" + ("/" if entry.is_dir() else "")
