"""YAML as people write it, with everything that the language has, made at random: text, not dumped data."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

WORDS = (
    "quay.io/org/image",
    "main",
    "a b",
    "é",
    "😀",
    "x:y",
    "a#b",
    "it's",
    "v1",
    "-a",
    "0.1-a",
    "ab/cd:1.2@sha256",
    "~a",
)
NOT_TEXT = ("1", "1.10", "on", "5115e56", "0x1F", "null", "~", "true", "1_000", "0o17", "2024-01-31", "12:30", "-1.5")
TAGS = (
    "04c37e4fd0cd",
    "5115e56",
    "178819e05792",
    "2026.01.31",
    "1.10",
    "latest",
    "1e3",
    "y",
    "0123456",
    "a1b2c3d",
    "12",
    "",
)
DOUBLE = (
    "a",
    "\\n",
    '\\"',
    "\\\\",
    "\\x41",
    "\\u263a",
    "\\U0001f600",
    "😀",
    "\u2028 ",
    " # ",
    ": ",
    "'",
    "\\t",
    "\\0",
    "\\e",
)
SINGLE = ("a", "''", " # ", ": ", '"', "\\n", "😀", "{{ x }}", "\u2028 ", "%", "@")
COMMENTS = ("", "", "", " # no: comment", "  # 'x", " #")
KEYS = ("image", "tag", "name", "a", "b", "'on'", '"1.10"', "123", "é", "'a: b'", '"x\\ty"', "singleuser", "env")


def documents(*, plain: bool = False) -> st.SearchStrategy[str]:
    """Texts of one or two documents; `plain` ones have neither aliases nor keys that stand twice."""
    return st.integers(0, 2**62).map(lambda seed: Writer(Random(seed), plain).text())


@dataclass
class Writer:
    """Writes one text."""

    random: Random
    plain: bool
    anchors: dict[str, str] = field(default_factory=dict)  # name to kind, of what is complete
    count: int = 0  # of anchors
    complex: int = 0  # keys that are written with a question mark

    def text(self) -> str:
        """A whole text."""
        random = self.random
        parts = []
        for number in range(random.choice((1, 1, 1, 2))):
            self.anchors = {}
            lines = self.mapping(0, 3)
            start = random.choice(("", "---\n", "--- # c\n", "# c\n", "\n", "# c\n---\n"))
            if number:
                start = random.choice(("---\n", "...\n---\n", "--- # c\n"))
            parts.append(start + "\n".join(lines) + "\n")
        text = "".join(parts) + random.choice(("", "", "...\n", "# the end\n", "\n\n"))
        if random.random() < 0.2:
            text = text.removesuffix("\n")
        ends = random.choice(("\n", "\n", "\r\n", "\r"))
        return random.choice(("", "", "\ufeff")) + text.replace("\n", ends)

    def mapping(self, indent: int, depth: int) -> list[str]:
        """The lines of a block mapping."""
        keys = list(KEYS)
        self.random.shuffle(keys)
        keys = keys[: self.random.randint(1, 4)]
        if not self.plain and self.random.random() < 0.2:
            keys.append(self.random.choice(keys))
        lines = []
        known = [name for name, kind in self.anchors.items() if kind == "mapping"]
        for key in keys:
            lines += self.between(indent)
            lines += self.entry(" " * indent + key + ":", indent, depth, in_mapping=True)
            if self.random.random() < 0.1:
                self.complex += 1
                lines += [
                    *self.between(indent),
                    " " * indent + f"? k{self.complex}",
                    " " * indent + f": {self.flow(1)}",
                ]
        known = [name for name in known if self.anchors.get(name) == "mapping"]
        if known and self.random.random() < 0.7 and not self.plain:
            names = self.random.sample(known, min(2, len(known)))
            merged = (
                f"*{names[0]}" if self.random.random() < 0.5 else "[" + ", ".join(f"*{name}" for name in names) + "]"
            )
            place = self.random.choice((0, len(lines)))
            lines[place:place] = [" " * indent + f"<<: {merged}"]
        return lines

    def sequence(self, indent: int, depth: int) -> list[str]:
        """The lines of a block sequence."""
        lines = []
        for _ in range(self.random.randint(1, 3)):
            lines += self.between(indent)
            dash = " " * indent + self.random.choice(("-", "-", "-  "))
            if depth and self.random.random() < 0.4:
                below = self.mapping(len(dash) + 1, depth - 1)
                first = below[0].strip()
                beside = first and not first.startswith("#")
                lines += [f"{dash} {first}", *below[1:]] if beside else [dash, *below]
                continue
            lines += self.entry(dash, indent, depth, in_mapping=False)
        return lines

    def entry(self, head: str, indent: int, depth: int, *, in_mapping: bool) -> list[str]:
        """`key:` or `-` with what belongs to it."""
        random = self.random
        kind = random.choice(("scalar", "scalar", "scalar", "block", "flow", "mapping", "sequence", "alias", "long"))
        deeper = indent + random.choice((2, 2, 4))
        properties, anchor = self.properties(kind)
        self.anchors.pop(anchor or "", None)  # set again: no alias for it until it is complete
        comment = random.choice(COMMENTS)
        if kind == "alias" and self.anchors and not self.plain:
            return [f"{head} *{random.choice(list(self.anchors))}{comment}"]
        if kind in ("mapping", "sequence") and depth:
            if kind == "mapping":
                below = self.mapping(deeper, depth - 1)
            else:
                below = self.sequence(random.choice((indent, deeper)) if in_mapping else deeper, depth - 1)
            self.keep(anchor, kind)
            return [f"{head}{properties}{comment}", *below]
        if kind == "block":
            self.keep(anchor, "scalar")
            return [f"{head}{properties} {self.block_head(deeper - indent)}", *self.block_body(deeper)]
        if kind == "long":
            self.keep(anchor, "scalar")
            margin = " " * deeper
            lines = random.choice(
                (
                    ["first line", f"{margin}second"],
                    ['"first \\', f'{margin}  \\ second"'],
                    ["'first", "", f"{margin}x'"],
                )
            )
            return [f"{head}{properties} {lines[0]}", *lines[1:]]
        value = self.flow(2) if kind == "flow" else self.scalar()
        self.keep(anchor, "mapping" if value.startswith("{") else "scalar")
        if value and random.random() < 0.15:
            return [f"{head}{properties}{comment}", " " * deeper + value]
        return [f"{head}{properties}{' ' if value else ''}{value}{comment}"]

    def properties(self, kind: str) -> tuple[str, str | None]:
        """An anchor and a tag, in any order."""
        anchor = tag = ""
        if self.random.random() < 0.25 and not (self.plain and kind == "alias"):
            self.count += self.random.choice((0, 1))  # an anchor may be set twice
            anchor = f" &a{self.count}"
        if self.random.random() < 0.1 and kind in ("scalar", "block", "long"):
            tag = self.random.choice((" !!str", " !custom", " !<tag:yaml.org,2002:str>"))
        return (anchor + tag if self.random.random() < 0.5 else tag + anchor), anchor[2:] or None

    def keep(self, anchor: str | None, kind: str) -> None:
        """An anchor is there for aliases from here on."""
        if anchor:
            self.anchors[anchor] = kind

    def scalar(self, *, flow: bool = False) -> str:
        """A scalar in one line."""
        random = self.random
        style = random.choice(("plain", "other", "single", "double", "empty"))
        if style == "single":
            return "'" + "".join(random.choices(SINGLE, k=random.randint(0, 4))).strip("\u2028 ") + "'"
        if style == "double":
            return '"' + "".join(random.choices(DOUBLE, k=random.randint(0, 4))).strip("\u2028 ") + '"'
        if style == "empty" and not flow:
            return ""
        return random.choice(NOT_TEXT if style == "other" else WORDS)

    def flow(self, depth: int) -> str:
        """A mapping or sequence in one line."""
        kinds = ["scalar", "scalar", "{", "["] if depth else ["scalar"]
        items = []
        kind = self.random.choice(("{", "["))
        for _ in range(self.random.randint(0, 3)):
            item = self.scalar(flow=True) if self.random.choice(kinds) == "scalar" else self.flow(depth - 1)
            items.append(f"k{len(items)}: {item}" if kind == "{" else item)
        if kind == "{":
            return "{" + ", ".join(items) + "}"
        return "[" + ", ".join(items) + self.random.choice(("", "," if items else "")) + "]"

    def block_head(self, deeper: int) -> str:
        """The first line of a block scalar."""
        indicator = self.random.choice(("", "", "", str(deeper)))
        return (
            self.random.choice("|>") + indicator + self.random.choice(("", "-", "+")) + self.random.choice(("", " # c"))
        )

    def block_body(self, indent: int) -> list[str]:
        """The lines of a block scalar."""
        lines = self.random.choices(("one", "two: # x", "", "  more", "😀", "{{ x }}"), k=self.random.randint(0, 3))
        lines = ["first", *lines] if lines else []
        return [" " * indent + line if line else "" for line in lines]

    def between(self, indent: int) -> list[str]:
        """Comments and blank lines between the entries."""
        return self.random.choice(([], [], [], [""], [" " * indent + "# a: comment"], ["# another", ""]))
