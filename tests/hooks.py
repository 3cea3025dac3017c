"""Hooks of a git repository, and a program for them that strips spaces from the ends of lines."""

from pathlib import Path

# fix.py add FILE...: fix the files and stage them; fix.py refuse FILE...: fix them and fail, as pre-commit's hooks do.
FIX = """
import pathlib, subprocess, sys
fixed = []
for name in sys.argv[2:]:
    place = pathlib.Path(name)
    if place.exists():
        text = place.read_text()
        better = "".join(line.rstrip() + "\\n" for line in text.splitlines())
        if better != text:
            place.write_text(better)
            fixed.append(name)
if fixed:
    print("Fixing", *fixed)
    if sys.argv[1] == "add":
        subprocess.run(["git", "add", *fixed], check=True)
    else:
        sys.exit(1)
"""


def write_hook(root: Path, name: str, text: str) -> None:
    """Make a hook of a repository from the text of a shell script."""
    place = root / ".git/hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
