"""Texts of people who mean harm, and what a page, a terminal and GitHub must not make of them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm

from hubimages import console

# Each has a word of its own in it, `evil`, so that a page that shows none of them is noticed.
TEXTS = (
    "<img src=x onerror=evil(1)>", "<script>evil(2)</script>", "\"><svg onload='evil(3)'>", "@evil-octocat",
    "evil #1 GH-2",
    "org/evil#3", "[evil](javascript:alert(4))", "![evil](/etc/passwd)", "evil|cell|more", "`evil`", "```evil",
    "\x1b[31mevil\x1b]0;title\x07", "evil\u202egnp.exe", "evil\u200b\u2066", "evil\n\n# Heading @evil-octocat",
    "evil\r\n- [x] done", "</td></tr></table>evil", "<!-- evil", "-->evil", "&lt;evil&gt;", "https://evil.example.org/x",
    "<a href=//evil.example.org>evil</a>", "${{ evil }}", "evil\\", "{{ 7*7 }}evil", "evil@example.org", "\x9b31mevil",
)  # fmt: skip
# As names of files and folders have them.
NAMES = tuple(text.replace("/", "∕") for text in TEXTS if "\0" not in text)
SCHEMES = re.compile(r"(https?://|#|mailto:|[\w./-]+$)")
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


@dataclass
class Parsed(HTMLParser):
    """What a browser makes of HTML: its tags with their attributes, and the text outside of code."""

    tags: set[tuple[str, str]] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)
    plain: str = ""  # the text that is not in code
    text: str = ""
    rows: list[list[int]] = field(default_factory=list)  # of each table, the cells of each row

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.links, self.scripts, self.rows, self._open = set(), set(), [], [], []
        self.plain = self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")}
        if tag == "table":
            self.rows.append([])
        if tag == "tr" and self.rows:
            self.rows[-1].append(0)
        if tag in ("td", "th") and self.rows and self.rows[-1]:
            self.rows[-1][-1] += 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.scripts.append(data)
        elif "style" not in self._open:
            self.text += data
            self.plain += "" if {"code", "pre"} & {*self._open} else data


def page_problems(page: str, harmless: str) -> list[str]:
    """Return what is wrong with a page of hostile texts, beside the same page of harmless ones."""
    found, known = Parsed(page), Parsed(harmless)
    problems = [f"unknown in the page: {tag} {name}" for tag, name in sorted(found.tags - known.tags)]
    problems += [f"a script: {each[:80]}" for each in found.scripts if each not in known.scripts]
    problems += [
        f"a link: {each}" for each in sorted(found.links) if not SCHEMES.match(each) or "evil" in each.split("/")[2:3]
    ]
    problems += [f"unseen characters: {each.group()!r}" for each in console.UNSEEN.finditer(found.text)][:3]
    return problems + ([] if "evil" in found.text else ["the page shows none of the texts"])


def terminal_problems(*outputs: str) -> list[str]:
    """Return the characters of an output that a terminal acts on."""
    return [repr(found.group()) for output in outputs for found in console.UNSEEN.finditer(output)]


# What GitHub makes of a body outside of code: https://docs.github.com/get-started/writing-on-github
PINGS = re.compile(r"(?<![\w`/])@[A-Za-z0-9][\w-]*|(?<![\w&])#\d+|\bGH-\d+|\b[\w.-]+/[\w.-]+#\d+")
CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+https://github\.com/\S+", re.IGNORECASE)


def body_problems(body: str) -> list[str]:
    """Return what is wrong with the text of a pull request in which others wrote something."""
    html = cmarkgfm.github_flavored_markdown_to_html(body)
    found = Parsed(html)
    problems = [f"mentions {each}" for each in PINGS.findall(found.plain)]
    problems += [f"closes: {each}" for each in CLOSES.findall(found.plain)]
    problems += [f"a link: {each}" for each in sorted(found.links) if not each.startswith("https://github.com/")]
    bad = {"img", "script", "svg", "input"}
    problems += [f"a tag: {tag}" for tag, _ in sorted(found.tags) if tag in bad]
    problems += [f"HTML: {each}" for each in re.findall(r"<(?:img|script|svg|!--)[^>]*", html)]
    problems += [f"a table with rows of {sorted(set(rows))} cells" for rows in found.rows if len(set(rows)) > 1]
    problems += [f"a heading: {each}" for each in re.findall(r"<h\d>(.*?)</h\d>", html) if "evil" in each.lower()]
    return problems + [f"unseen: {each.group()!r}" for each in console.UNSEEN.finditer(body)][:3]
