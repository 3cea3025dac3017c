"""Read a template as YAML: what the template language puts in is blanked out, character by character."""

import re

from hubimages.references.find.embedded import Inside

BLANK = "\ue000"  # a character for private use, which YAML takes and no image has
HELMFILE = re.compile(r"(.*/)?(helmfile[\w.-]*\.ya?ml|helmfile\.d/[^/]+\.ya?ml)(\.gotmpl)?")
EXPRESSION = re.compile(r"\{\{.{0,1000}?\}\}", re.DOTALL)


def is_template(file: str) -> bool:
    """Return True for a template whose text without the template language is YAML with the same keys."""
    return file.endswith(".gotmpl") or HELMFILE.fullmatch(file) is not None


def blanked(text: str) -> Inside:
    """Return the text without template language; every character stays at its place."""

    def blank(matched: "re.Match[str]") -> str:
        start, end = matched.span()
        before = text[text.rfind("\n", 0, start) + 1 : start]
        after = text[end : _line_end(text, end)]
        if before.strip() or after.strip():
            return "".join("\n" if char == "\n" else BLANK for char in matched[0])
        return "#" + "".join("\n#" if char == "\n" else " " for char in matched[0][1:]).replace("\n# ", "\n#")

    end = text.rfind("}}") + 2  # behind it, each of many `{{` would be followed to the end of the text
    masked = EXPRESSION.sub(blank, text[:end]) + text[end:]
    if len(masked) != len(text):  # a control structure over several lines
        masked = EXPRESSION.sub(lambda matched: re.sub(r"[^\n]", " ", matched[0]), text[:end]) + text[end:]
    offsets = [0, *(matched.end() for matched in re.finditer("\n", masked))]
    return Inside(masked, tuple(offsets), tuple(offsets), tuple(range(1, len(offsets) + 1)))


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
