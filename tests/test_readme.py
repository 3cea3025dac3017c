"""The README's first screen is a promise: two blocks that work on a machine with Python and git, copied as they are."""

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_first_two_shell_blocks_are_the_demo_and_the_tests() -> None:
    text = README.read_text()
    blocks = re.findall(r"^```(?:sh|bash|console|shell)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks[:2] == [
        "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s demo\n",
        "python3 -m venv .venv && .venv/bin/pip install nox && .venv/bin/nox -s tests\n",
    ]
    first_screen = "".join(text.splitlines(keepends=True)[:24])
    assert all(block in first_screen for block in blocks[:2])
