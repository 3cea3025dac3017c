"""Fuzz every parser with atheris for some time: `nox -s fuzz -- SECONDS [--corpus FOLDER] [PARSER ...]`.

Atheris looks which lines an input reaches, and changes those that reach new ones. The seconds are of the processor, and
shared by the parsers. Files of FOLDER, for example a clone of a deployment repository, are more to begin from. What fails is written into
`fuzz-found/`, and the session ends with 1.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.parsers import Parser

FOUND = Path("fuzz-found")
LARGEST = 64 * 1024  # bytes of an input
MEMORY = 2048  # MB
HANG = 120  # seconds for one input, by the clock; atheris makes everything slower, and the machine may be busy


def main() -> int:
    """Fuzz the parsers, one after the other, and return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("seconds", type=int)
    options.add_argument("parsers", nargs="*")
    options.add_argument("--corpus", type=Path)
    given = options.parse_args()
    import atheris

    with atheris.instrument_imports(include=["hubimages"]):  # takes a while; each parser gets a fork
        from tests.fuzz.parsers import PARSERS

    FOUND.mkdir(exist_ok=True)
    names = [each.name for each in PARSERS if not given.parsers or each.name in given.parsers]
    if not names:
        options.error(f"no such parser; there are {', '.join(each.name for each in PARSERS)}")
    if given.seconds < len(names):
        options.error(f"{given.seconds} seconds are too few for {len(names)} parsers: give each at least one")
    failed = []
    for name in names:
        status, said = forked(
            next(each for each in PARSERS if each.name == name), given.seconds // len(names), given.corpus
        )
        ran = re.findall(r"^fuzzed: (.*)$", said, re.MULTILINE)
        wrong = bool(status) or not ran or ran[-1].startswith("0 ")
        print(f"{name}: {ran[-1] if ran else 'unknown number of inputs'}{', FAILED' if wrong else ''}", flush=True)
        if wrong:
            failed.append(name)
            print("\n".join(said.splitlines()[-40:]))
    print(
        f"{len(names)} parsers, {len(failed)} failed; inputs that fail are in {FOUND}/"
        if failed
        else f"{len(names)} parsers, none failed"
    )
    return 1 if failed else 0


def forked(parser: "Parser", seconds: int, folder: Path | None) -> tuple[int, str]:
    """Fuzz one parser in a process of its own, which atheris ends, and return its status and what it printed."""
    import atheris

    with tempfile.TemporaryDirectory(prefix="fuzz-") as corpus, tempfile.TemporaryFile() as output:
        for content in (*parser.seeds, *(of_folder(folder) if folder else ())):
            Path(corpus, hashlib.sha256(content).hexdigest()).write_bytes(content)
        settings = [
            f"-timeout={HANG}",
            f"-rss_limit_mb={MEMORY}",
            f"-max_len={LARGEST}",
        ]
        settings += [
            f"-artifact_prefix={FOUND}/{re.sub(r'[^a-zA-Z]+', '-', parser.name)}-",
            corpus,
        ]
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            inputs = 0

            def once(data: bytes) -> None:
                nonlocal inputs
                used = time.process_time()
                if used >= seconds:
                    os.write(1, f"\nfuzzed: {inputs:,} inputs in {used:.0f} s\n".encode())
                    os._exit(0)
                inputs += 1
                parser(bytes(data))

            atheris.Setup([parser.name, *settings], once)
            atheris.Fuzz()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return status, output.read().decode(errors="replace")


def of_folder(folder: Path) -> list[bytes]:
    """Return the files of a folder that are not too large, at most 500."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and ".git" not in each.parts)
    return [each.read_bytes() for each in files if each.stat().st_size <= LARGEST][:500]


if __name__ == "__main__":
    sys.exit(main())
