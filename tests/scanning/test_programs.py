"""gitleaks and trufflehog on PATH are asked, too, and what they say of a secret goes no further.

gitleaks is the real one, where it is installed. No package registry has trufflehog 3: a program stands in for it that
prints the JSON which its documentation shows.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from hubimages import scanning
from hubimages.errors import ProgramFailedError
from hubimages.repository.git import Repo
from hubimages.scanning import Baseline, Scanners
from hubimages.scanning.programs import GITLEAKS, TRUFFLEHOG, Program
from tests import needs
from tests.histories import Commit, make
from tests.scanning.specimens import word

SLACK = "xoxb-" + "-".join([word(12, "0123456789"), word(12, "0123456789"), word(24)])
FILES = {"notes.txt": "nothing\n", "bot/settings.py": f"# our bot\nSLACK = '{SLACK}'\n"}


@pytest.fixture
def history(tmp_path: Path) -> Repo:
    """A secret in a file that is gone by the end, and one in a message."""
    make(
        tmp_path / "it.git",
        [Commit("first", [], FILES), Commit("second", ["first"], {"notes.txt": "x\n"}, f"Stop the bot\n\n{SLACK}")],
    )
    return Repo(tmp_path / "it.git")


def scan(repo: Repo, program: Program, folder: Path) -> scanning.Report:
    with Baseline(folder / "scan.sqlite") as baseline:
        return scanning.scan(repo, ["main"], scanners=Scanners(programs=(program,)), baseline=baseline)


def test_gitleaks_finds_what_is_gone_and_what_a_message_has(history: Repo, tmp_path: Path) -> None:
    needs.GITLEAKS.program("gitleaks")
    report = scan(history, GITLEAKS, tmp_path)
    assert report.scanners == ("gitleaks",)
    places = {(one.kind, one.path, one.line, one.is_at_tip) for one in report.findings}
    assert {("slack-bot-token", "bot/settings.py", 2, False), ("slack-bot-token", "", 3, False)} <= places
    assert SLACK not in "\n".join(line for one in report.findings for line in one.lines())
    assert SLACK.encode() not in (tmp_path / "scan.sqlite").read_bytes()
    again = scan(history, GITLEAKS, tmp_path)
    assert again.findings == report.findings
    assert again.examined == 0


TRUFFLEHOG_CODE = """\
import json, os, pathlib, sys
words = sys.argv[1:]
assert words[0] == "filesystem" and "--json" in words and "--no-verification" in words, words
print(json.dumps({"level": "info-0", "msg": "running source", "logger": "trufflehog"}))
for path in sorted(pathlib.Path(words[-1]).rglob("*")):
    for number, line in enumerate(path.read_text().splitlines() if path.is_file() else [], 1):
        if "xoxb-" in line:
            print(json.dumps({
                "SourceMetadata": {"Data": {"Filesystem": {"file": str(path), "line": number}}},
                "SourceID": 1, "SourceType": 15, "SourceName": "trufflehog - filesystem", "DetectorType": 92,
                "DetectorName": "Slack", "DecoderName": "PLAIN", "Verified": False, "Raw": line, "RawV2": "",
                "Redacted": "", "ExtraData": None, "StructuredData": None,
            }))
sys.exit(int(os.environ.get("STOP_WITH", "0")))
"""


@pytest.fixture
def trufflehog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "trufflehog"
    program.write_text(f"#!{sys.executable}\n{TRUFFLEHOG_CODE}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("trufflehog")
def test_what_trufflehog_documents_is_read(history: Repo, tmp_path: Path) -> None:
    report = scan(history, TRUFFLEHOG, tmp_path)
    places = [(one.kind, one.path, one.line) for one in report.findings]
    assert sorted(places) == [("slack", "", 3), ("slack", "bot/settings.py", 2)]
    assert SLACK not in json.dumps(report.as_facts())


@pytest.mark.usefixtures("trufflehog")
def test_both_are_found_on_path_without_being_named() -> None:
    assert "trufflehog" in scanning.find_scanners().names


@pytest.mark.usefixtures("trufflehog")
def test_a_program_that_fails_stops_the_scan_and_its_words_are_not_shown(
    history: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOP_WITH", "1")
    with pytest.raises(ProgramFailedError, match=r"trufflehog failed \(exit code 1\)") as told:
        scan(history, TRUFFLEHOG, tmp_path)
    assert SLACK not in str(told.value)
