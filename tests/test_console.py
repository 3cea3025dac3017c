"""What is shown reaches the person, whatever characters are in it."""

import io
import subprocess
import sys

import pytest

from hubimages import console


@pytest.mark.parametrize(
    ("encoding", "errors", "shown"),
    [
        ("utf-8", "strict", "niño \\udcff\n".encode()),
        ("utf-8", "surrogateescape", "niño ".encode() + b"\xff\n"),  # the very bytes of the file's name
        ("ascii", "strict", b"ni\\xf1o \\udcff\n"),
    ],
)
def test_a_name_that_the_terminal_cannot_show_is_escaped(encoding: str, errors: str, shown: bytes) -> None:
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding=encoding, errors=errors)
    console.write(terminal, "niño \udcff")
    assert written.getvalue() == shown


def test_a_question_without_a_terminal_is_refused_with_the_flags_that_answer_it() -> None:
    code = "from hubimages import console; console.confirm('Follow?', yes=False, flags='--yes')"
    done = subprocess.run([sys.executable, "-c", code], input="y\n", capture_output=True, text=True, check=False)
    assert done.stderr.endswith("RefusedError: Follow? There is no terminal to ask: answer with --yes\n")
