"""A report on vulnerabilities needs a database to pass, and a private repository is attested only if asked twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hubimages import template
from hubimages.errors import BadInputError
from hubimages.template.origin import Origin
from tests.template.published import PUBLISHED

REPORT = """

@nox.session(venv_backend="none")
def report_only(session: nox.Session) -> None:
    vulnerabilities.report(session, "quay.io/our/image:1", Path("sbom.cdx.json"))
"""
BUILT = "2026-05-01T00:00:00Z"
STATUS = {"status": {"schemaVersion": "v6.1.0", "built": BUILT, "valid": True}}


def match(severity: str, name: str, known_as: str, *fixed: str) -> dict[str, Any]:
    found = {"id": known_as, "severity": severity, "fix": {"versions": list(fixed)}}
    return {"vulnerability": found, "artifact": {"name": name, "version": "1.0"}}


def said(database: object, *matches: object) -> str:
    return json.dumps({"matches": matches, "descriptor": {"name": "grype", "version": "0.117.0", "db": database}})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "made"
    answers = {"image": "our/image", "scan": "yes", "attest": "yes", "registry": "ghcr.io"}
    template.plan_new_repository(path, answers, made_from=PUBLISHED).apply()
    with (path / "noxfile.py").open("a") as noxfile:
        noxfile.write(REPORT)
    return path


def nox(made: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "nox", "-s", *words], cwd=made, env={**os.environ, **env}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def scan(
    made: Path, tmp_path: Path, stdout: str, stderr: str = "", code: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run the report with a program in Grype's place that says this, and keeps its arguments and settings."""
    (tmp_path / "stdout").write_text(stdout)
    (tmp_path / "stderr").write_text(stderr)
    program = tmp_path / "grype"
    program.write_text(
        f'#!/bin/sh\necho "$@" >{tmp_path}/arguments\nenv | grep GRYPE_ | sort >{tmp_path}/settings\n'
        f"cat {tmp_path}/stdout\ncat {tmp_path}/stderr >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    return nox(made, "report_only", GRYPE=str(program), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))


def test_what_is_found_is_reported_by_severity_and_fails_nothing(made: Path, tmp_path: Path) -> None:
    found = [
        match("Low", "zlib", "CVE-2026-3"),
        match("Critical", "numpy", "GHSA-x", "1.2.4", "1.3.0"),
        match("Critical", "numpy", "GHSA-x", "1.2.4", "1.3.0"),
        match("Made up", "a`b", "CVE-2026-1"),
    ]
    done = scan(made, tmp_path, said(STATUS, *found))
    assert done.returncode == 0, done.stdout
    numbers = f"1 critical, 1 low, 1 unknown (database of {BUILT})"
    assert f"known vulnerabilities of quay.io/our/image:1: {numbers}" in done.stdout
    assert (tmp_path / "summary").read_text() == (
        f"### Known vulnerabilities\n\n{numbers}\n\n<details><summary>The list</summary>\n\n```\n"
        "Critical    numpy 1.0  GHSA-x  fixed in 1.2.4, 1.3.0\nLow         zlib 1.0  CVE-2026-3\n"
        "Unknown     a'b 1.0  CVE-2026-1\n```\n\n</details>\n\n"
    )
    assert (tmp_path / "arguments").read_text() == "sbom:sbom.cdx.json --output json\n"
    assert (tmp_path / "settings").read_text().splitlines() == [
        "GRYPE_CHECK_FOR_APP_UPDATE=false",
        "GRYPE_DB_REQUIRE_UPDATE_CHECK=true",
        "GRYPE_DB_VALIDATE_AGE=true",
    ]


def test_none_known_is_said_with_the_databases_date(made: Path, tmp_path: Path) -> None:
    done = scan(made, tmp_path, said({"built": BUILT, "schemaVersion": 5}))
    assert done.returncode == 0, done.stdout
    assert f"none known (database of {BUILT})" in (tmp_path / "summary").read_text()


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "why"),
    [
        ("", "1 error occurred:\nfailed to load vulnerability db: no such host", 1, "(exit code 1): failed to load"),
        (said({}), "", 0, "had no database that can be used. it said nothing"),
        (said({"status": {"built": BUILT, "valid": False, "error": "too old"}}), "", 0, "can be used. too old"),
        pytest.param(
            said({"status": {"valid": True}}), "", 0, "had no database that can be used", marks=pytest.mark.deep
        ),
        pytest.param(said(None), "", 0, "cannot be read", marks=pytest.mark.deep),
        ("no JSON", "", 0, "what the scanner said cannot be read"),
        pytest.param("", "", 0, "what the scanner said cannot be read", marks=pytest.mark.deep),
    ],
)
def test_without_a_database_the_step_fails(
    stdout: str, stderr: str, code: int, why: str, made: Path, tmp_path: Path
) -> None:
    done = scan(made, tmp_path, stdout, stderr, code)
    assert done.returncode == 1
    assert "no report on quay.io/our/image:1: " in done.stdout
    assert why in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "summary").exists()


def test_without_the_scanner_the_step_fails(made: Path, tmp_path: Path) -> None:
    done = nox(made, "report_only", GRYPE=str(tmp_path / "nowhere"))
    assert (done.returncode, "Grype is not installed: https://" in done.stdout) == (1, True)


def test_a_scan_is_refused_where_the_repository_could_not_install_hubimages() -> None:
    with pytest.raises(
        BadInputError, match=r"scan: the scanner needs hubimages, .* it was copied\. Push this copy first"
    ):
        template.render_files({"scan": "yes"}, Origin(problem="it was copied"))
    index = {"scan": "yes", "hubimages_index": "https://pypi.org/simple"}
    assert "nox -s scan" in workflow(index, Origin(problem="it was copied"))


def workflow(answers: dict[str, str], origin: Origin = PUBLISHED) -> str:
    return template.render_files(answers, origin).files[".github/workflows/build.yaml"].data.decode()


def test_a_private_repository_is_attested_only_if_that_is_said_twice(made: Path, tmp_path: Path) -> None:
    refused = nox(made, "settings", PRIVATE="true")
    assert refused.returncode == 1
    assert "this repository is private, and an attestation tells its name" in refused.stdout
    assert nox(made, "settings", PRIVATE="false").returncode == 0
    twice = tmp_path / "twice"
    answers = {"image": "our/image", "attest": "also-private", "registry": "ghcr.io"}
    template.plan_new_repository(twice, answers, made_from=PUBLISHED).apply()
    assert nox(twice, "settings", PRIVATE="true").returncode == 0


def test_neither_is_there_unless_it_is_chosen() -> None:
    text = workflow({})
    assert [word for word in ("attest", "grype", "id-token", "PRIVATE") if word in text] == []
    chosen = workflow({"attest": "yes"})
    assert "id-token: write # to have GitHub sign the attestation\n      attestations: write" in chosen
