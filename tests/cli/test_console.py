"""What is shown reaches the person, whatever characters are in it."""

import io
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from hubimages import console
from tests.sample import some
from tests.terminal import on_a_terminal


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
    assert done.stderr.endswith("RefusedError: Follow? There is no terminal to ask on; answer with --yes\n")


WAITING = """
import sys, time
from pathlib import Path
from hubimages.console import Waiting
from hubimages.run import watch
with Waiting("builder") as waiting:
    waiting.activity.begun -= float(sys.argv[1])
    script = "echo https://me:secret@host/; echo first; sleep 1.5; echo last >&2; exit 3"
    done = watch("sh", "-c", script, cwd=Path("/"), said=waiting)
print(done.returncode, done.stdout)
"""
SAID = "3 b'https://me:secret@host/\\nfirst\\nlast\\n'\n"


def test_on_a_terminal_one_line_shows_that_a_program_is_at_work_and_goes_at_the_end(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    program = WAITING.replace("sleep 1.5", f"until [ -e {shown} ]; do sleep 0.1; done")
    feeding = f"lambda: (sys.stdin.readline(), Path({str(shown)!r}).touch())"
    program = f"import sys, threading\nfrom pathlib import Path\nthreading.Thread(target={feeding}).start()\n{program}"
    argv = [sys.executable, "-c", program, "65"]
    seen = on_a_terminal(argv, until=lambda written: re.search(rb"builder \d:\d\d first", written) is not None)
    assert (seen.screen, seen.stdout.decode()) == ("", SAID)
    assert re.search(rb"builder [1-9]:\d\d first", seen.terminal)


def test_without_a_terminal_a_line_a_minute_shows_that_a_program_is_at_work() -> None:
    for seconds, shown in (("0", ""), ("65", "builder has run for 1 minute: first\n")):
        done = subprocess.run([sys.executable, "-c", WAITING, seconds], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == (SAID, shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Eve\x1b[2J\x1b]0;pwned\x07", r"Eve\x1b[2J\x1b]0;pwned\x07"),
        ("a\rb\bc\x0bd\x0ce\x00", r"a\x0db\x08c\x0bd\x0ce\x00"),
        ("\x7f\x9b2J\x85", r"\u007f\u009b2J\u0085"),
        ("quay.io/org/\u202egnp.exe\u2066\u200f:1", r"quay.io/org/\u202egnp.exe\u2066\u200f:1"),
        ("quay.io/org\u200b/im\u2060ag\ufeffe\xad:1", r"quay.io/org\u200b/im\u2060ag\ufeffe\u00ad:1"),
        ("tag\U000e0041", r"tag\udb40\udc41"),
        ("line\u2028and\u2029more", r"line\u2028and\u2029more"),
        ("niño 日本 🦆\tcolumn\nline\r\n", "niño 日本 🦆\tcolumn\nline\r\n"),
    ],
)
def test_characters_that_act_on_a_terminal_or_cannot_be_seen_are_escaped(text: str, shown: str) -> None:
    assert console.visible(text) == shown
    assert console.visible(shown) == shown


def test_json_that_is_printed_stays_the_same_json() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000), *range(0xE0000, 0xE0100)]))
    written = console.visible(json.dumps({"name": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"name": text}
    acting = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN", "B")
    assert [each for each in written if each != "\n" and unicodedata.bidirectional(each) in acting] == []
    assert [each for each in written if each != "\n" and unicodedata.category(each) == "Cc"] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[0m\x1b[91mE: no package\x1b[0m", "E: no package"),
        ("\x1b[38;2;1;2;3mred\x1b[K\x1b[?25l", "red"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b(Bplain\x1b=\x9b1m", "plain"),
        ("10%\r50%\rdone\nnext\r\n", "done\nnext\n"),
        ("[0m is text", "[0m is text"),
    ],
)
def test_of_a_programs_last_lines_whole_sequences_are_taken_out(said: str, shown: str) -> None:
    assert console.without_colours(said) == shown


@pytest.mark.parametrize("closed", some(["0", "1", "2", "1 2", "0 1 2"], 1, 2, 4))
def test_closed_streams_do_not_stop_a_task_and_no_program_writes_into_our_files(closed: str, tmp_path: Path) -> None:
    redirections = " ".join(f"{number}>&-" for number in closed.split())
    run = f'exec "$@" {redirections}'
    argv = ["sh", "-c", run, "sh", sys.executable, "-m", "hubimages", "new-image-repo", str(tmp_path / "dest"), "--yes"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path / "dest", capture_output=True, check=True)
    assert status.stdout == b""
