"""Shells complete tasks, options, hubs, images, choices and paths: asked through the shells themselves."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from hubimages.cli.completion import SHELLS, answer, split
from hubimages.cli.program import contexts
from tests import command
from tests.needs import Need
from tests.references.pointing import COMMON, FILES, make_deployment

ZSH = Need("zsh", "zsh", "apt-get install zsh")
FISH = Need("fish", "fish", "apt-get install fish")
BASH_ASKS = """
eval "$(hubimages completion bash)"
COMP_LINE=$1; COMP_POINT=${#COMP_LINE}
_hubimages 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
# What compadd would add, from inside of the widget's function: an interactive zsh needs a terminal.
ZSH_ASKS = """
compdef() { :; }
eval "$(hubimages completion zsh)"
compadd() { shift 3; [ "$#" = 0 ] || print -l -- "$@"; }
words=("${(@z)1}"); [[ $1 == *' ' ]] && words+=('')
CURRENT=$#words
_hubimages
"""
FISH_ASKS = 'hubimages completion fish | source; complete -C "$argv[1]"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_deployment(tmp_path / "deployment", FILES)
    (root / "a folder").mkdir()
    (root / ".hidden").mkdir()
    return root


def ask(shell: str, line: str, directory: Path) -> list[str]:
    """The candidates that a real shell gets for a line, sorted."""
    argv = {
        "bash": ["bash", "--norc", "-c", BASH_ASKS, "bash", line],
        "zsh": [*([ZSH.program("zsh")] if shell == "zsh" else []), "-f", "-c", ZSH_ASKS, "zsh", line],
        "fish": [*([FISH.program("fish")] if shell == "fish" else []), "--no-config", "-c", FISH_ASKS, line],
    }[shell]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    done = subprocess.run(argv, cwd=directory, env=env, capture_output=True, text=True, check=True)
    return sorted(line.partition("\t")[0] for line in done.stdout.splitlines() if line)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_completes_tasks_options_and_values(shell: str, root: Path) -> None:
    cut = shell == "bash"  # which itself keeps what is before the last `=` or `:`
    assert ask(shell, "hubimages point", root) == ["point-hubs"]
    assert ask(shell, "hubimages check-", root) == [
        "check-environment", "check-hub-image", "check-imagebuilding-hub", "check-images", "check-registry",
    ]  # fmt: skip
    assert ask(shell, "hubimages images --h", root) == ["--html=", "--hubs="]
    hubs = ["uni/prod", "uni/staging"]
    assert ask(shell, "hubimages point-hubs x:1 --hub=uni", root) == (hubs if cut else [f"--hub={hub}" for hub in hubs])
    assert ask(shell, "hubimages point-hubs quay.io/group/image-", root) == ["quay.io/group/image-long"]
    assert ask(shell, "hubimages completion ", root) == ["bash", "fish", "zsh"]
    assert ask(shell, "hubimages help j", root) == ["json"]
    path = ask(shell, "hubimages images --html=a", root)
    assert path == (["a\\ folder/"] if cut else ["--html=a folder/"])  # zsh and fish quote by themselves
    assert not cut or ask(shell, "hubimages images --html='a", root) == ["a folder/"]


PROMPTS = {"bash": "PS1='ready> '", "zsh": "PS1='ready> '", "fish": "function fish_prompt; echo 'ready> '; end"}


@pytest.mark.parametrize("shell", SHELLS)
def test_with_the_one_documented_line_a_shell_completes_what_a_person_types(shell: str, root: Path, home: Path) -> None:
    program = {"bash": "bash", "zsh": ZSH.program("zsh"), "fish": FISH.program("fish")}[shell]
    text = " ".join(command.hubimages("completion", "--help").stdout.split())
    found = re.search(rf"(?i)for {shell}, (?:add )?`([^`]+)` to ~/([\w./]+\w)", text)
    assert found is not None, text
    line, file = found.groups()
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(f"{PROMPTS[shell]}\n{line}\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "TERM": "xterm"}
    keys = {"ready> ": "hubimages roll\t", "roll-back-image ": "--hub=uni/p\t"}
    assert type_into([program, "-i"], keys, "--hub=uni/prod", root, env)


def type_into(argv: list[str], keys: dict[str, str], wanted: str, directory: Path, env: dict[str, str]) -> bool:
    """Whether a program on a terminal shows a text after keys were typed, each when the text before it was shown."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))

    def control() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    # Nothing else gives it the terminal on which a shell edits lines.
    process = subprocess.Popen(argv, cwd=directory, env=env, **streams, preexec_fn=control)  # noqa: PLW1509
    os.close(theirs)
    shown, left = "", [*keys.items(), (wanted, "")]
    try:
        while left and (data := os.read(ours, 65536)):
            shown += re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\x1b[(=>]B?|.\x08|[\r\x07]", "", data.decode(errors="replace"))
            _, found, after = shown.partition(left[0][0])
            if found:
                os.write(ours, left.pop(0)[1].encode())
                shown = after
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return not left


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("hubimages --ver", ["--version"]),
        ("hubimages point-hubs x:1 --hub uni/p", ["uni/prod"]),
        ("hubimages point-hubs x:1 --choice=s", ["--choice=same"]),
        ("hubimages point-hubs x:1 --file=config/clusters/uni/c", [f"--file={COMMON}"]),
        ("hubimages point-hubs x:1 --all --al", ["--also-automated"]),
        ("hubimages point-hubs x:1 --because=", []),
        ("hubimages point-hubs x:1 --all=", []),
        ("hubimages point-hubs x:1 more", []),
        ("hubimages images --html=con", ["--html=config/"]),
        ("hubimages images --html=", ["--html=a folder/", "--html=config/"]),
        ("hubimages images --html=.", ["--html=.git/", "--html=.hidden/"]),
        ("hubimages images --repo=nowhere --hub", ["--hubs="]),
        ("hubimages point-hubs --repo=nowhere --hub=", []),
        ("hubimages no-such-task --", []),
        ("hubimages point-hubs 'x --hub=uni/p", ["--hub=uni/prod"]),
    ],
)
def test_what_a_line_completes_to(line: str, found: list[str], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert answer(["words", *split(line)], contexts(), ["--version"]).splitlines() == found


def test_another_shell_is_refused_with_those_there_are(root: Path) -> None:
    argv = [sys.executable, "-m", "hubimages", "completion", "tcsh"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: no completion for `tcsh`. The shells are bash, zsh, fish\n")
