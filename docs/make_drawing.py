"""Write the drawing in docs/design.md from the imports of the code.

`nox -s docs` runs it; tests/test_reference.py fails where the drawing differs from the code.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "hubimages"
PAGE = Path(__file__).with_name("design.md")
BEGIN, END = "<!-- drawing: written by docs/make_drawing.py -->\n", "<!-- end of the drawing -->\n"


def part(module: str) -> str:
    """The folder or module directly below the package that a dotted name belongs to; empty for the package itself."""
    first = module.split(".")[1] if "." in module else ""
    return first if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file() else ""


def imported(file: Path) -> Iterator[str]:
    """The parts of the package that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (part(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (part(f"{node.module}.{alias.name}") for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """For each folder of the package, the folders that it imports; the single modules at the bottom count as one."""
    folders = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()}
    found: dict[str, set[str]] = {name: set() for name in folders}
    for name in folders:
        for file in (PACKAGE / name).rglob("*.py"):
            found[name].update((set(imported(file)) & folders) - {name})
    return found


def needed(found: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The arrows without those that another way already shows."""

    def below(name: str) -> set[str]:
        return found[name].union(*(below(each) for each in found[name]))

    for name in sorted(found):
        for other in sorted(found[name]):
            if not any(other in below(between) for between in found[name] - {other}):
                yield name, other


def drawing() -> str:
    """The drawing as a Mermaid graph, which GitHub and the pages show."""
    lines = ["```mermaid", "graph TD", *(f"  {name} --> {other}" for name, other in needed(arrows())), "```", ""]
    return "\n".join(lines)


def with_drawing(page: str) -> str:
    """The page with its drawing replaced."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{drawing()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_drawing(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
