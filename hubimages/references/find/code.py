"""Find the images in programs: jupyterhub_config.py, Terraform, shell scripts, Makefiles, programs inside of YAML.

Nothing is run or parsed. One literal in one line is a reference, and can be edited; an image that is put together of
several parts is named with its line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hubimages.references.find import lines
from hubimages.references.find.image_keys import SPLIT_KEY, is_meant, is_variable, names_image, tag_keys
from hubimages.references.find.layouts.nodes import path_of
from hubimages.references.image_text import ImageText, is_placeholder, read_image, read_tag
from hubimages.references.reference import Form, NotRead, Path, Place, Reference

SUFFIXES = (".py", ".tf", ".tfvars", ".hcl", ".sh", ".bash", ".mk")
NAMES = ("Makefile", "makefile", "GNUmakefile", "justfile")
COMMENT = re.compile(r"[ \t]*(#|//|--[ \t]|\*)")

_KEY = r"(?P<key>[A-Za-z_][\w.-]*)"
_LITERAL = r"(?P<quote>[\"'])(?P<value>[^\"'\\\n]*)(?P=quote)"
# c.KubeSpawner.image = "…"   "image": "…"   image="…"   c.KubeSpawner["image"] = '…'; in the next line after `= (`
# image = Unicode("…")
_ASSIGNED = re.compile(
    # Only from the beginning of a word, since the same comes behind all of its ends.
    rf"(?<![\w.-])(?:[^\WA-Za-z_]|[.-])*+{_KEY[:-1]}+)[\"']?"
    r"\]?[ \t]*(?::[ \t]*\w+[ \t]*)?[:=]=?[ \t]*(?:(?:Unicode)?\([ \t]*(?:\r?\n[ \t]*)?)?"
    rf"(?P<prefix>[A-Za-z]{{0,2}}){_LITERAL}"
)
# String("image", default="…")   os.environ.get("X_IMAGE", "…"), also in two lines
_DEFAULT = re.compile(rf"[\"']{_KEY}[\"'][ \t]*,[ \t\r\n]*(?:\w+[ \t]*=[ \t]*)?(?P<prefix>[A-Za-z]{{0,2}}){_LITERAL}")
# --set singleuser.image.tag=1,hub.image.name=a/b
_SET = re.compile(r"--set(?:-string|-literal)?[ \t=]+[\"']?(?P<pairs>[^\s\"']+)")
_PAIR = re.compile(r"(?<![\w.\[\]-])(?P<key>[\w.\[\]-]++)=(?P<value>[^,\s\"']*)")
# IMAGE ?= a/b   export IMAGE_TAG=1
_VARIABLE = re.compile(
    r"[ \t]*(?:export[ \t]+|readonly[ \t]+|local[ \t]+|ENV[ \t]+)?(?P<key>[A-Za-z_]\w*)[ \t]*[:?+]?=[ \t]*"
    r"(?P<quote>[\"']?)(?P<value>[^\s\"'#]+)(?P=quote)[ \t]*(?:[;&#].*)?\r?"
)
# ${IMAGE:-a/b:1}
_SHELL_DEFAULT = re.compile(r"\$\{(?P<key>[A-Za-z_]\w*):?[-=](?P<value>[^}\s\"'$]+)\}")
# docker run a/b:1
_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl)[ \t]+(?:run|pull|create)\b[^\n|;&#]{0,2000}?[ \t]"
    r"(?P<image>[a-z0-9][\w.-]*/[\w./-]*\w:\w[\w.-]*)"
)
# set { name = "singleuser.image.tag" value = "1" } of Terraform, in one line or in several
_BLOCK = re.compile(
    r"name[ \t]*=[ \t]*\"(?P<key>[^\"\n]+)\"[ \t\n,;]*+(?:type[ \t]*+=[^\n]{0,200})?[ \t\n]*+"
    r"value[ \t]*=[ \t]*\"(?P<value>[^\"\n]*)\""
)
# default of variable "user_image" { … default = "…" }
_TF_VARIABLE = re.compile(r"variable[ \t]+\"(?P<key>\w+)\"[ \t]*\{[^{}]*?default[ \t]*=[ \t]*\"(?P<value>[^\"\n]*)\"")
_TERRAFORM_WORD = {_BLOCK: "value", _TF_VARIABLE: "variable"}
_KEY_WORDS = ("image", "tag", "_version")  # a part of every key that counts, in any case
_GOES_ON = (",", "(")
_ELSEWHERE = re.compile(r"(?:var|local|module|data)\.\w")  # values of Terraform
_PUT_TOGETHER = re.compile(r"[ \t]*(\+|%|\.format|\.replace|\.join)")


@dataclass
class Code:
    """What is found in one program."""

    references: list[Reference] = field(default_factory=list)
    placeholders: list[int] = field(default_factory=list)  # the line of each
    not_read: list[NotRead] = field(default_factory=list)


@dataclass(frozen=True)
class _Literal:
    """A key, and the place of the literal that it gets."""

    key: str
    place: Place
    path: Path = ()  # the values path, where Helm gets the literal under one

    @property
    def last(self) -> str:
        """The last part of a dotted key."""
        return self.key.rpartition(".")[2]

    @property
    def stem(self) -> str:
        """The key without its last part."""
        return self.key.rpartition(".")[0]


def is_program(file: str) -> bool:
    """Return True for the name of a file that is read as a program."""
    name = file.rpartition("/")[2]
    return name.endswith(SUFFIXES) or name in NAMES


def find(file: str, text: str) -> Code:
    """Return the references in the order of their lines, and what a person has to read."""
    code = Code()
    literals: dict[int, _Literal] = {}
    for matched in _matches(text):
        start, end = matched.span("value")
        line = text.count("\n", 0, start) + 1
        if COMMENT.match(text, text.rfind("\n", 0, start) + 1, start):
            continue
        if _is_put_together(matched, text):
            if names_image(matched["key"].rpartition(".")[2]):
                code.not_read.append(NotRead(file, line, f"image put together in code (`{matched['key']}`)"))
            continue
        place = Place(file, line, start, end, matched["value"], (0, end - start))
        path = path_of(matched["key"]) if matched.re in (_PAIR, _BLOCK) else ()
        literals.setdefault(start, _Literal(matched["key"].replace("\\", ""), place, path))
    _sort_out(code, list(literals.values()))
    code.not_read += _in_commands(file, text)
    known = {place.start for each in code.references for place in (each.tag_place, each.name_place) if place}
    by_line, placeholders = lines.find(file, text)  # YAML in a heredoc, name and tag in lines next to each other
    code.references += [
        each for each in by_line
        if each.tag_place and each.tag_place.start not in known and not each.name.startswith("library/")
    ]  # fmt: skip
    code.placeholders = sorted({*code.placeholders, *placeholders})
    code.references.sort(key=lambda each: (each.line, each.tag_place.start if each.tag_place else 0))
    return code


def _in_commands(file: str, text: str) -> Iterator[NotRead]:
    """Yield the images that commands name; which of their arguments is the image only they know."""
    for matched in _COMMAND.finditer(text):
        line_start = text.rfind("\n", 0, matched.start()) + 1
        if not COMMENT.match(text, line_start, matched.start()):
            line = text.count("\n", 0, matched.start("image")) + 1
            yield NotRead(file, line, f"image that a command names ({matched['image']})")


def _matches(text: str) -> Iterator["re.Match[str]"]:
    """Yield what assigns something to a key of an image or a tag, kind by kind."""
    spans = _spans(text)
    for pattern in (_DEFAULT, _BLOCK, _TF_VARIABLE, _ASSIGNED):
        if pattern is _BLOCK or pattern is _TF_VARIABLE:  # may have several lines
            yield from pattern.finditer(text) if _TERRAFORM_WORD[pattern] in text else ()
        else:
            for start, end in spans:
                yield from pattern.finditer(text, start, end)
    for start, end in spans:
        if "=" in text[start:end] and (matched := _VARIABLE.fullmatch(text, start, end)):
            yield matched
    for start, end in spans if "${" in text else ():
        yield from _SHELL_DEFAULT.finditer(text, start, end)
    for start, end in spans if "--set" in text else ():
        for matched in _SET.finditer(text, start, end):
            yield from _PAIR.finditer(text, *matched.span("pairs"))


def _spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of the lines that hold the key of an image or of a tag, with a line that goes on."""
    spans, position = [], 0
    for line in text.split("\n"):
        end = position + len(line)
        if any(word in line for word in _KEY_WORDS) or any(word in line.lower() for word in _KEY_WORDS):
            below = text.find("\n", end + 1) if line.rstrip().endswith(_GOES_ON) else -1
            spans.append((position, end if below < 0 else below))
        position = end + 1
    return spans


def _is_put_together(matched: "re.Match[str]", text: str) -> bool:
    """Return True for an f-string with names in it, and for a literal that is only a part of the value."""
    prefix = matched.groupdict().get("prefix") or ""
    if "f" in prefix.lower() and "{" in matched["value"]:
        return True
    return "quote" in matched.groupdict() and _PUT_TOGETHER.match(text, matched.end()) is not None


def _sort_out(code: Code, literals: list[_Literal]) -> None:
    """Add a reference for each image, and for each name with its tag."""
    tags = {each.key.lower().replace("-", "_"): each for each in literals if _is_tag_key(each)}
    used: set[int] = set()
    for each in literals:
        if each.place.start in used:
            continue
        value = each.place.value
        named = names_image(each.last) or is_variable(each.last) or _is_name_key(each) or _is_split_key(each)
        if not named:
            continue
        if is_placeholder(value) or _ELSEWHERE.match(value):
            code.placeholders.append(each.place.line)
            continue
        read = read_image(value)
        if read is None:
            continue
        tag = _tag_of(each, tags) if read.lead and not read.image.digest else None
        if tag is not None and (tagged := read_tag(tag.place.value)) is not None:
            used.update((each.place.start, tag.place.start))
            image = read.image
            code.references.append(
                Reference(
                    Form.PAIR, tag.place.file, tag.place.line, tag.path, image.host, image.name, *tagged,
                    tag.place, each.place, parsed=False,
                )
            )  # fmt: skip
        elif _is_meant(each, read) and not _is_word(each, value):
            code.references.append(replace(lines.string(Form.CODE, each.place, read), path=each.path))
    for each in tags.values():
        tagged = read_tag(each.place.value)
        if each.place.start not in used and tagged is not None and "." in each.key and _stands_for_image(each.stem):
            code.references.append(
                Reference(
                    Form.TAG_ONLY, each.place.file, each.place.line, each.path, "", "", *tagged, each.place,
                    parsed=False,
                )
            )  # fmt: skip


def _is_meant(each: _Literal, read: ImageText) -> bool:
    """Return True if a literal under its key is an image."""
    return is_meant("image" if _is_name_key(each) or _is_split_key(each) else each.last, read, each.place.value)


def _is_word(each: _Literal, value: str) -> bool:
    """Return True for a bare word under a key that is no image's in a program: `image = "sky"`, `kind: "image"`."""
    return "/" not in value and ":" not in value and not each.key.endswith("Spawner.image")


def _is_tag_key(each: _Literal) -> bool:
    return each.last.lower().endswith("tag") or is_variable(each.key) or each.key.endswith(("_TAG", "_VERSION"))


def _is_name_key(each: _Literal) -> bool:
    """Return True for `singleuser.image.name` and its like."""
    return each.last in ("name", "repository") and _stands_for_image(each.stem)


def _is_split_key(each: _Literal) -> bool:
    """Return True for `worker_image_repository` and its like."""
    return SPLIT_KEY.fullmatch(each.last) is not None


def _stands_for_image(stem: str) -> bool:
    return names_image(stem.rpartition(".")[2])


def _tag_of(name: _Literal, tags: dict[str, _Literal]) -> _Literal | None:
    """Return the tag of a name: `image.tag` of `image.name`, `X_TAG` or `X_IMAGE_TAG` of `X_IMAGE`."""
    if _is_name_key(name):
        return tags.get(f"{name.stem}.tag".lower().replace("-", "_"))
    return next((tags[key] for key in tag_keys(name.key) if key in tags), None)
