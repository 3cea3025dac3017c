"""Markdown for GitHub of texts that others wrote: they go into code, where nobody is mentioned and no HTML is shown."""

import re
from collections.abc import Iterable, Sequence

from hubimages.console import censor, count, visible

# A name that is no markup, mentions nobody and names no issue (GH-1), in Markdown and in the message of a commit.
PLAIN = re.compile(r"(?!GH-)\w(?:[\w.,:+=~/ ()-](?!GH-))*", re.IGNORECASE)
# What GitHub links or takes for HTML, in a sentence of ours.
ACTS = re.compile(r"@\w|#\d|\bGH-\d|<[\w!/]|\]\(", re.IGNORECASE)
# And what begins a block, shows an image or HTML, links elsewhere, or closes an issue by its address.
FORMS = re.compile(
    r"^[ \t]*(?:`{3}|~{3}|#|>|[=-]+[ \t]*$|[-*+] \[)|!\[|&#?\w+;|\]:|\||www\.|://(?!github\.com/)|\w@\w|\$\{\{"
    r"|\b(?:close|fix|resolve)[sd]?(?:es|ed)?:?\s+https?:",
    re.IGNORECASE | re.MULTILINE,
)
LONGEST_SUBJECT = 72  # characters of a commit's, which git's tools and GitHub show in a line
LONGEST_TITLE, LONGEST_BODY = 256, 65_536  # characters that GitHub takes for a pull request


def code(text: str) -> str:
    """Return a text as inline code, in one line."""
    return f"`{one_line(text).replace('`', chr(39)) or ' '}`"


def name(text: str) -> str:
    """Return a name that others gave as it is if it is plain, and otherwise as code."""
    return text if PLAIN.fullmatch(text) and "__" not in text and "://" not in text else code(text)


def sentence(text: str) -> str:
    """Return a sentence with names of others in it as it is, or as code if one of them would act."""
    return text if _is_plain(text) and one_line(text) == text else code(text)


def paragraphs(text: str, most: int) -> str:
    """Return a text of several lines as it is, or as a block of code if something in it would act or is unseen."""
    return text if _is_plain(text) and len(text) <= most else block(text.splitlines(), most)


def _is_plain(text: str) -> bool:
    """Return True if nothing in a text acts, or begins a block, and all of it is seen."""
    acts = ACTS.search(text) or FORMS.search(text)
    return not acts and visible(text) == text and text.count("`") % 2 == 0


def title(text: str) -> str:
    """Return a text as a title, which GitHub shows without markup."""
    return one_line(text)[:LONGEST_TITLE]


def message(form: str, *lists: Sequence[str]) -> str:
    """Return the message of a commit with lists of names in its subject.

    A subject that would be too long has as many names of each list as fit, and how many more there are. The body then
    has all of them.
    """

    def subject(most: int) -> str:
        rest = [[f"{len(each) - most} more"] if len(each) > most else [] for each in lists]
        return form.format(*(", ".join([*each[:most], *left]) for each, left in zip(lists, rest, strict=True)))

    longest = max(map(len, lists))
    whole = subject(longest)
    fits = (each for each in range(longest, 1, -1) if len(subject(each)) <= LONGEST_SUBJECT)
    short = subject(next(fits, 1))
    return whole if short == whole else f"{short}\n\n{whole}"


def fitting(body: str) -> str:
    """Return a text in as many whole lines as GitHub takes, since code is open in half a line, and without logins."""
    body = censor(body)
    if len(body) <= LONGEST_BODY:
        return body
    return body[: LONGEST_BODY + 1].rpartition("\n")[0]


def cell(text: str) -> str:
    """Return a name for a cell of a table, whose columns are split even in code."""
    return name(text).replace("|", "\\|")


def block(lines: Sequence[str], most: int, command: str = "") -> str:
    """Return lines as a block of code of about `most` characters at most.

    Whole lines are left out at the end; how many is said after it, with the command that shows them all.
    """
    kept: list[str] = []
    room = most
    for line in lines:
        text = visible(re.sub(r"\s+", _spaces, line.rstrip()))
        room -= len(text) + 1
        if room < 0:
            break
        kept.append(text)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", "\n".join(kept)) or [""]))
    missing = len(lines) - len(kept)
    more = f" All of them: {code(command)}" if command else ""
    said = [f"{count(missing, 'more line')} not shown.{more}"] if missing else []
    return "\n\n".join([*(["\n".join([fence, *kept, fence])] if kept else []), *said])


def _spaces(found: re.Match[str]) -> str:
    return " " if {"\r", "\n"} & {*found[0]} else found[0]


def joined(parts: Iterable[str], most: int, noun: str) -> str:
    """Return as many whole parts as have `most` characters together, and how many more there are (`2 more images`)."""
    kept: list[str] = []
    left = size = 0
    for part in parts:
        if left or size + len(part) + 2 > most - 100:
            left += 1
        else:
            kept.append(part)
            size += len(part) + 2
    return "\n\n".join([*kept, *([f"{count(left, f'more {noun}')} not shown."] if left else [])])


def one_line(text: str) -> str:
    """Return a text in one line, with characters that nobody sees as escapes."""
    return visible(" ".join(text.split()))
