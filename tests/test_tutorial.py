"""The tutorial runs as a reader runs it, block by block, on a terminal, and prints what the page shows."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.terminal import screen

PAGE = Path(__file__).parent.parent / "docs/tutorial.md"
BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]+ -->\n)?```sh\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<printed>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
ROWS, COLUMNS = 50, 140


def on_a_terminal(commands: str, state: Path, folder: Path, programs: Path) -> str:
    """Run commands in the directory where the block before left off, with a terminal; return what it shows."""
    script = f'cd "$(cat {state})"\n{commands}pwd >{state}\n'
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "GIT_PAGER": "cat"}
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "color.ui", "GIT_CONFIG_VALUE_0": "false"}
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:  # the terminal's last user has ended
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0, shown.decode()
    seen = screen(shown)
    return f"{seen}\n" if seen else ""


def pattern(printed: str) -> str:
    """A regular expression for what a page shows.

    A line of `...` is any number of lines, `...` in a line any text in it, and a commit's ID any ID of its length.
    """
    lines = []
    for line in printed.splitlines():
        parts = re.split(r"(\.\.\.|\b0123456789ab\b|\b0123456\b)", line)
        text = {"...": r".*?", "0123456789ab": "[0-9a-f]{12}", "0123456": "[0-9a-f]{7}"}
        lines.append(
            r"(?:.*\n)*?" if line == "..." else "".join(text.get(part, re.escape(part)) for part in parts) + r"\n"
        )
    return "".join(lines)


@pytest.mark.parametrize(
    ("page", "shown", "same"),
    [
        ("...\nexit code 1", "a\nb\nexit code 1", True),
        ("exit code 1", "a\nexit code 1", False),
        ("0123456 Add", "89abcde Add", True),
        ("0123456 Add", "89abcdef Add", False),
        ("a ... b", "a x b c", False),
        ("a ... b", "a x\ny b", False),
        ("a\n...", "a", True),
    ],
)
def test_what_a_page_shows_is_compared_whole_but_for_ids_and_ellipses(page: str, shown: str, same: bool) -> None:
    assert bool(re.fullmatch(pattern(page), f"{shown}\n")) is same


def test_every_block_of_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    follow(tmp_path, Path(sys.executable).parent)


def follow(tmp_path: Path, programs: Path) -> None:
    """Run the tutorial's blocks in an empty folder with the `hubimages` of a folder of programs."""
    state = tmp_path / "state"
    folder = tmp_path / "tutorial"
    folder.mkdir()
    state.write_text(str(folder))
    blocks = list(BLOCK.finditer(PAGE.read_text()))
    assert len(blocks) == PAGE.read_text().count("```sh\n") == 13
    assert sum(bool(block["skip"]) for block in blocks) == 1
    for block in blocks:
        if block["skip"]:
            continue
        shown = on_a_terminal(block["commands"], state, folder, programs)
        page = block["printed"] or ""
        assert re.fullmatch(pattern(page), shown), f"{block['commands']}\nthe page: {page}\nit prints: {shown}"
