"""Check that a tag is the version of the package, and that the changelog and CITATION.cff say the same.

    python .ci/check_release.py v1.2.0

Prints the changelog's section, which is the text of the release. Exits with 1 and one line for each thing that differs.
"""

import json
import re
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent


def problems(tag: str, checkout: Path) -> list[str]:
    """Return one line for each place that does not have the tag's version."""
    version = tag.removeprefix("v")
    package = written(checkout / "hubimages/__init__.py", r'^__version__ = "(.+)"$')
    template = json.loads((checkout / "cookiecutter.json").read_text(encoding="utf-8"))["__version"]
    cited = written(checkout / "CITATION.cff", r"^version: (\S+)$")
    found = {"hubimages/__init__.py": package, "cookiecutter.json": template, "CITATION.cff": cited}
    lines = [f"{name} has version {have}, and the tag is {tag}" for name, have in found.items() if have != version]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        lines.append(f"{tag} is no version such as v1.2.0")
    if not section(version, checkout):
        lines.append(f"CHANGELOG.md has no section [{version}] with text and a date")
    return lines


def written(file: Path, pattern: str) -> str:
    """Return the version that a file has, "none" if it has no such line."""
    found = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "none"


def section(version: str, checkout: Path) -> str:
    """Return the changelog's text for a version, without its heading; empty if there is none."""
    text = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}\n(.*?)(?=^## |^\[[^\]]+\]: |\Z)"
    found = re.search(heading, text, re.DOTALL | re.MULTILINE)
    return found[1].strip() if found else ""


def main() -> int:
    """Check the tag that is the only argument."""
    (tag,) = sys.argv[1:]
    lines = problems(tag, CHECKOUT)
    for line in lines:
        print(line, file=sys.stderr)
    if not lines:
        print(section(tag.removeprefix("v"), CHECKOUT))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
