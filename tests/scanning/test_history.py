"""A whole history is searched, once, and findings name places and never secrets."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("detect_secrets")

from hubimages import scanning
from hubimages.errors import BadInputError, NotInstalledError, RefusedError
from hubimages.repository.git import Repo
from hubimages.scanning import Baseline, Report
from tests.histories import Commit, git, make
from tests.scanning.specimens import OWN, private_key, word

TOKEN = OWN["hugging-face-token"][1]
OTHER = f"secretToken: {word(64, '0123456789abcdef', seed=2)}"
ROSTER = OWN["people"][1]


def scanned(repo: Path, *refs: str, **more: object) -> Report:
    return scanning.scan(Repo(repo), refs or ("refs/heads/main",), **more)  # type: ignore[arg-type]


def blob(text: str) -> str:
    return git("hash-object", "--stdin", stdin=text.encode())


@pytest.fixture
def history(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    repo = tmp_path / "repo.git"
    ids = make(
        repo,
        [
            Commit("first", [], {"Dockerfile": "FROM hub\n", ".env": f"A=1\n{TOKEN}\n"}),
            Commit("gone", ["first"], {"Dockerfile": "FROM hub\n"}),
            Commit("talk", ["gone"], {"Dockerfile": "FROM hub\n"}, message=f"Try it\n\nwith {TOKEN}\n"),
            Commit("side", ["gone"], {"Dockerfile": "FROM hub\n", "roster.csv": ROSTER}),
            Commit("merge", ["talk", "side"], {"Dockerfile": "FROM hub\n", "roster.csv": ROSTER, "v.yaml": OTHER}),
        ],
    )
    return repo, ids


def test_what_is_gone_from_the_last_tree_what_a_message_has_and_what_only_a_merge_has_are_found(
    history: tuple[Path, dict[str, str]],
) -> None:
    repo, ids = history
    report = scanned(repo)
    found = {(one.kind, one.commit, one.path, one.line, one.others, one.is_at_tip) for one in report.findings}
    assert found == {
        ("hugging-face-token", ids["first"], ".env", 2, (f"message of {ids['talk'][:12]}",), False),
        ("people", ids["side"], "roster.csv", 2, (), True),
        ("assigned-secret", ids["merge"], "v.yaml", 1, (), True),
    }
    assert (report.commits, report.blobs, report.messages) == (5, 4, 5)


def test_every_blob_of_a_history_with_renames_merges_and_odd_names_is_listed(tmp_path: Path) -> None:
    from hubimages.scanning.blobs import contents

    repo = tmp_path / "repo.git"
    odd = ":100644 100644 0000 1111 A"
    make(
        repo,
        [
            Commit("a", [], {"a\n\x01b": "1", odd: "2", "0" * 40: "3"}),
            Commit("b", ["a"], {"moved": "1", odd: "4"}),
            Commit("c", ["a"], {"a\n\x01b": "5", "\x1b[31m<b>": "6"}, message="\x01\x03\0"[:2]),
            Commit("d", ["b", "c"], {"moved": "7", odd: "4", "\udcff": "6", "sub": "1" * 40}, modes={"sub": "160000"}),
        ],
    )
    there = contents(Repo(repo), ["refs/heads/main"])
    listed = git("-C", repo, "rev-list", "--objects", "--no-object-names", "main")
    kinds = git("-C", repo, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=listed.encode() + b"\n")
    assert set(there.blobs) == {row.split()[0] for row in kinds.splitlines() if row.endswith("blob")}
    assert len(there.messages) == 4


def test_the_same_secret_in_many_versions_is_one_finding_and_its_id_stays(tmp_path: Path) -> None:
    repo = tmp_path / "repo.git"
    commits = [Commit(str(n), [str(n - 1)] if n else [], {"v.yaml": "# head\n" * n + OTHER + "\n"}) for n in range(20)]
    make(repo, commits)
    (one,) = scanned(repo).findings
    assert one.id == f"assigned-secret:{blob(OTHER + chr(10))}:1"
    assert one.others == tuple(f"v.yaml:{n}" for n in range(2, 21))
    more = [*commits, Commit("20", ["19"], {"v.yaml": "# head\n" * 20 + OTHER + "\n"})]
    make(tmp_path / "later.git", more)
    with Baseline(tmp_path / "another.sqlite") as baseline:
        assert [each.id for each in scanned(tmp_path / "later.git", baseline=baseline).findings] == [one.id]


def test_two_private_keys_are_two_findings_although_they_begin_alike(tmp_path: Path) -> None:
    make(tmp_path / "r", [Commit("a", [], {"one": private_key(seed=1), "two": private_key(seed=2)})])
    assert len(scanned(tmp_path / "r").findings) == 2


def test_large_files_are_findings_and_are_not_read(tmp_path: Path) -> None:
    make(tmp_path / "r", [Commit("a", [], {"big.txt": TOKEN + " " * 5000, "small.txt": "x"})])
    (one,) = scanned(tmp_path / "r", largest=4096).findings
    assert (one.kind, one.path, one.line) == ("large-file", "big.txt", 1)


SOPS = "password: ENC[AES256_GCM,data:aa,type:str]\nuser: ENC[AES256_GCM,data:bb,type:str]\nsops:\n  mac: ENC[]\n"


@pytest.mark.parametrize("encrypted", [SOPS, b"\0GITCRYPT\0\1\2\3", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"])
def test_a_plaintext_version_of_an_encrypted_file_is_found_and_the_encrypted_one_is_not(
    tmp_path: Path, encrypted: str | bytes
) -> None:
    plain = "user: ada\n"
    make(
        tmp_path / "r",
        [
            Commit("plain", [], {"secrets/prod.yaml": plain, "config/prod.yaml": "hub: 1\n"}),
            Commit("encrypted", ["plain"], {"secrets/prod.yaml": encrypted, "config/prod.yaml": "hub: 1\n"}),
        ],
    )
    assert [one.id for one in scanned(tmp_path / "r").findings] == [f"decrypted-file:{blob(plain)}:1"]


def test_plain_values_under_the_metadata_of_sops_and_under_its_names_are_found(tmp_path: Path) -> None:
    files = {
        "a.yaml": "user: ada\nsops:\n  version: 3\n",
        "enc-hub.secret.values.yaml": "user: ada\n",
        "b.yaml": "u: a\n",
    }
    make(tmp_path / "r", [Commit("a", [], files)])
    assert [(one.kind, one.path) for one in scanned(tmp_path / "r").findings] == [
        ("decrypted-file", "a.yaml"),
        ("decrypted-file", "enc-hub.secret.values.yaml"),
    ]


def test_no_output_and_no_file_has_a_secret(history: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    place = tmp_path / "cache" / "scan.sqlite"
    with Baseline(place) as baseline:
        report = scanned(history[0], baseline=baseline)
    with pytest.raises(RefusedError) as refused:
        scanning.refuse_unsettled(report)
    shown = "\n".join([*report.lines(), report.as_json(), str(refused.value), repr(report)]).encode()
    for text in (shown, place.read_bytes()):
        for secret in (TOKEN, OTHER.split()[1], "student3@berkeley.edu"):
            assert secret.encode() not in text
    assert b"revoke it first: SOURCE still has it" in shown
    assert json.loads(report.as_json())["findings"][0]["first"] == "revoke it first: SOURCE still has it"


def test_a_blob_is_examined_once_whichever_histories_have_it(
    history: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    place = tmp_path / "cache" / "scan.sqlite"
    with Baseline(place) as baseline:
        first = scanned(history[0], baseline=baseline)
    other = tmp_path / "other.git"
    make(other, [Commit("new", [], {".env": f"A=1\n{TOKEN}\n", "x": "new\n"})])
    with Baseline(place) as baseline:
        again, second = scanned(history[0], baseline=baseline), scanned(other, baseline=baseline)
    assert (first.examined, again.examined, second.examined) == (9, 0, 2)
    assert again.findings == first.findings
    assert [one.kind for one in second.findings] == ["hugging-face-token"]


def test_the_baseline_is_for_its_user_alone_and_has_no_blob_ids(
    history: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    place = tmp_path / "cache" / "hubimages" / "scan.sqlite"
    with Baseline(place) as baseline:
        report = scanned(history[0], baseline=baseline)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert not [one for one in report.findings if one.blob.encode() in place.read_bytes()]
    place.chmod(0o644)
    Baseline(place).__exit__()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_damaged_baseline_is_made_anew_and_one_that_cannot_be_used_is_named(
    history: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    place = tmp_path / "scan.sqlite"
    place.write_bytes(b"no database at all\n" * 100)
    with Baseline(place) as baseline:
        assert len(scanned(history[0], baseline=baseline).findings) == 3
    with Baseline(place) as baseline:
        assert scanned(history[0], baseline=baseline).examined == 0
    link = tmp_path / "link.sqlite"
    link.symlink_to(place)
    with Baseline(link) as baseline:
        report = scanned(history[0], baseline=baseline)
    assert report.examined == 9
    assert report.note.startswith(f"nothing is kept for the next scan: {link}")


def test_without_a_scanner_nothing_is_scanned_and_the_line_that_installs_one_is_told(
    history: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    program = (
        "import sys; sys.modules['detect_secrets'] = None\n"
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'detect_secrets' else real(name, *rest)\n"
        "from hubimages import scanning\n"
        "try: scanning.find_scanners()\n"
        "except Exception as error: print(type(error).__name__, error.exit_code, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": "/nowhere"},
        check=True,
    )
    assert done.stdout.startswith(f"{NotInstalledError.__name__} 69 ")
    assert done.stdout.strip().endswith("-m pip install 'hubimages[scan]'")


def test_accepting_settles_one_finding_with_a_reason(history: tuple[Path, dict[str, str]]) -> None:
    report = scanned(history[0])
    first, *rest = report.findings
    settled = scanning.settle(report, scanning.read_accepts([f"{first.id}=a key for tests"]))
    assert settled.unsettled == tuple(rest)
    assert "  accepted: a key for tests" in settled.lines()
    with pytest.raises(RefusedError) as refused:
        scanning.refuse_unsettled(settled)
    assert first.id not in str(refused.value)
    assert all(one.id in str(refused.value) for one in rest)
    every = scanning.settle(report, {one.id: "seen" for one in report.findings})
    scanning.refuse_unsettled(every)


@pytest.mark.parametrize(
    "given",
    ["*=all", "private-key:*=x", f"private-key:{'0' * 40}:1", f"private-key:{'0' * 40}:1=", f"k:{'0' * 40}:1= ."],
)
def test_a_wildcard_and_a_missing_reason_are_refused(given: str) -> None:
    with pytest.raises(BadInputError):
        scanning.read_accepts([given])


def test_an_id_that_was_not_found_is_refused(history: tuple[Path, dict[str, str]]) -> None:
    with pytest.raises(BadInputError, match="the scan has no such finding"):
        scanning.settle(scanned(history[0]), {f"private-key:{'0' * 40}:1": "x"})


def test_a_repository_with_modules_of_our_names_is_not_imported(tmp_path: Path) -> None:
    make(tmp_path / "r", [Commit("a", [], {"x": TOKEN})])
    for name in ("json.py", "base64.py", "hubimages.py"):
        (tmp_path / "r" / name).write_text("raise SystemExit('taken over')\n")
    assert len(scanned(tmp_path / "r").findings) == 1


def test_a_blob_that_takes_too_long_or_is_missing_is_a_finding(tmp_path: Path) -> None:
    make(tmp_path / "r", [Commit("a", [], {"x": "text that is not there\n", "y": TOKEN})])
    name = blob("text that is not there\n")
    for pack in (tmp_path / "r" / "objects" / "pack").glob("*.pack"):
        content = pack.read_bytes()
        pack.with_suffix(".idx").unlink()
        pack.unlink()
        git("-C", tmp_path / "r", "unpack-objects", "-q", stdin=content)
    (tmp_path / "r" / "objects" / name[:2] / name[2:]).unlink(missing_ok=True)
    assert {one.kind for one in scanned(tmp_path / "r").findings} == {"not-scanned", "hugging-face-token"}
