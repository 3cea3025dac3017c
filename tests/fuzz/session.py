"""Fuzz every parser with atheris for some time: `nox -s fuzz -- SECONDS [--corpus FOLDER] [PARSER ...]`.

Atheris looks which lines an input reaches, and changes those that reach new ones. The seconds are shared by the parsers.
Files of FOLDER, for example a clone of a deployment repository, are more to begin from. What fails is written into
`fuzz-found/`, and the session ends with 1.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOUND = Path("fuzz-found")
LARGEST = 64 * 1024  # bytes of an input
MEMORY = 2048  # MB
HANG = 30  # seconds for one input; atheris makes everything slower


def main() -> int:
    """Fuzz the parsers, one after the other, and return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("seconds", type=int)
    options.add_argument("parsers", nargs="*")
    options.add_argument("--corpus", type=Path)
    options.add_argument("--one", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        return one(given.one, given.seconds, given.corpus)
    from tests.fuzz.parsers import PARSERS

    names = [each.name for each in PARSERS if not given.parsers or each.name in given.parsers]
    if not names:
        options.error(f"no such parser; there are {', '.join(each.name for each in PARSERS)}")
    failed = []
    for name in names:
        more = ["--corpus", str(given.corpus)] if given.corpus else []
        argv = [
            sys.executable,
            "-m",
            "tests.fuzz.session",
            str(max(1, given.seconds // len(names))),
            "--one",
            name,
            *more,
        ]
        done = subprocess.run(argv, capture_output=True, check=False)
        said = (done.stdout + done.stderr).decode(errors="replace")
        runs = re.search(r"number_of_executed_units: *(\d+)", said)
        print(f"{name}: {runs[1] if runs else 'unknown number of'} inputs{'' if not done.returncode else ', FAILED'}")
        if done.returncode:
            failed.append(name)
            print("\n".join(said.splitlines()[-40:]))
    print(
        f"{len(names)} parsers, {len(failed)} failed; inputs that fail are in {FOUND}/"
        if failed
        else f"{len(names)} parsers, none failed"
    )
    return 1 if failed else 0


def one(name: str, seconds: int, folder: Path | None) -> int:
    """Fuzz one parser; atheris ends the program."""
    import atheris

    with atheris.instrument_imports(include=["hubimages"]):
        from tests.fuzz.parsers import PARSERS
    parser = next(each for each in PARSERS if each.name == name)
    FOUND.mkdir(exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for content in (*parser.seeds, *(of_folder(folder) if folder else ())):
        (corpus / hashlib.sha256(content).hexdigest()).write_bytes(content)

    def test(data: bytes) -> None:
        parser(bytes(data))

    settings = [f"-max_total_time={seconds}", f"-timeout={HANG}", f"-rss_limit_mb={MEMORY}", f"-max_len={LARGEST}"]
    settings += [f"-artifact_prefix={FOUND}/{re.sub(r'[^a-zA-Z]+', '-', name)}-", "-print_final_stats=1", str(corpus)]
    atheris.Setup([name, *settings], test)
    atheris.Fuzz()
    return 0


def of_folder(folder: Path) -> list[bytes]:
    """Return the files of a folder that are not too large, at most 500."""
    files = sorted(each for each in folder.rglob("*") if each.is_file() and ".git" not in each.parts)
    return [each.read_bytes() for each in files if each.stat().st_size <= LARGEST][:500]


if __name__ == "__main__":
    sys.exit(main())
