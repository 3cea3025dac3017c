"""No network, no right, no room, no program: each has its exit code, and nothing is left behind."""

import http.server
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError, StorageError
from tests.extract.taking import image, take
from tests.histories import Commit, make, states, subjects
from tests.serving import serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(request) -> Iterator[str]:
    """A server on this machine that answers every request in the same way."""
    code, header, body = request.param

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            if header:
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as address:
        yield f"http://{address}/org/repo"


def refusal(place: Path, source: str | Path, **more) -> HubImagesError:
    with pytest.raises(HubImagesError) as error:
        take(source, place / "d", **more)
    assert [path.name for path in place.iterdir() if path.name != "s"] == []
    return error.value


def test_no_network(tmp_path):
    error = refusal(tmp_path, "http://ada:secret@127.0.0.1:1/org/repo")
    assert type(error) is NoAnswerError
    assert str(error).startswith("no answer from http://***@127.0.0.1:1/org/repo, try again later: ")
    assert "secret" not in str(error)


@pytest.mark.parametrize(("server", "kind"), [
    ((401, ("WWW-Authenticate", 'Basic realm="x"'), b""), LoginError),
    ((403, None, b""), LoginError),
    ((404, None, b""), BadInputError),
    ((200, None, b"<html>a page</html>"), BadInputError),
    ((429, None, b""), NoAnswerError),
    ((500, None, b""), NoAnswerError),
    ((503, None, b""), NoAnswerError),
], indirect=["server"], ids=lambda value: value[0] if isinstance(value, tuple) else "")  # fmt: skip
def test_what_a_server_answers_has_its_error(server, kind, tmp_path):
    error = refusal(tmp_path, server)
    assert (type(error), server in str(error), "\n" in str(error)) == (kind, True, False)


def run_take(place: Path, *, env: dict[str, str] | None = None, **how) -> "subprocess.Popen[bytes]":
    script = (
        "import sys; from pathlib import Path; from hubimages.errors import HubImagesError\n"
        "from tests.extract.taking import take\n"
        "try: take(sys.argv[1], Path(sys.argv[2]))\n"
        "except HubImagesError as error: print(type(error).__name__, error); sys.exit(error.exit_code)\n"
    )
    argv = [sys.executable, "-c", script, str(place / "s"), str(place / "d")]
    return subprocess.Popen(
        argv, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
    )


def test_a_git_that_is_too_old(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo git version 2.30.1 && exit\nexec {shutil.which("git")} "$@"\n'
    )
    old.chmod(0o755)
    process = run_take(tmp_path, env={"PATH": f"{old.parent}:{os.environ['PATH']}"})
    said, _ = process.communicate()
    assert (process.returncode, said.decode()) == (
        69, "NotInstalledError this needs git 2.38 or newer, and found git version 2.30.1. Upgrade git\n",
    )  # fmt: skip
    assert not (tmp_path / "d").exists()


def test_no_git_at_all(tmp_path, monkeypatch):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert type(refusal(tmp_path, tmp_path / "s")) is NotInstalledError


def test_another_git_filter_repo_than_the_one_that_is_known(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    facts = tmp_path / "site" / "git_filter_repo-2.45.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: git-filter-repo\nVersion: 2.45.0\n")
    process = run_take(tmp_path, env={"PYTHONPATH": str(tmp_path / "site")})
    said, errors = process.communicate()
    assert (process.returncode, said.decode()) == (69, (
        "NotInstalledError git-filter-repo 2.47.0 is needed, not 2.45.0: "
        f"{sys.executable} -m pip install git-filter-repo==2.47.0\n"
    )), errors.decode()  # fmt: skip
    assert not (tmp_path / "d").exists()


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", disk], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_at_any_step(tmp_path, small_disk):
    noise = [os.urandom(30_000) for _ in range(8)]
    make(tmp_path / "s", [
        Commit(str(n), [str(n - 1)] if n else [], {**image("1"), **{f"images/hub/{i}": noise[i] for i in range(n + 1)}})
        for n in range(8)
    ])  # fmt: skip
    outcomes = []
    for size in [*range(8, 120, 12), *range(160, 800, 80)]:
        subprocess.run(["mount", "-o", f"remount,size={size}k", small_disk], check=True)
        try:
            take(tmp_path / "s", small_disk / "d")
            outcomes.append("done")
            break
        except StorageError as error:
            outcomes.append("full")
            assert str(error).startswith("the disk is full")
        assert list(small_disk.iterdir()) == [], size
    assert outcomes[0] == "full"
    assert outcomes[-1] == "done"
    assert len(states(small_disk / "d")) == 8


@pytest.mark.parametrize("moments", [(0.1,), pytest.param((0.0, 0.1, 0.2, 0.3, 0.4), marks=pytest.mark.deep)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ending_signals_leave_nothing_behind(tmp_path, number, moments):
    make(tmp_path / "s", [
        Commit(str(n), [str(n - 1)] if n else [], image(str(n))) for n in range(1500)
    ])  # fmt: skip
    for moment in moments:
        process = run_take(tmp_path, start_new_session=True)
        deadline = time.monotonic() + 20
        while not any(path.name.startswith(".d.hubimages-") for path in tmp_path.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(moment)
        process.send_signal(number)
        _, errors = process.communicate()
        if (tmp_path / "d").exists():  # it was faster
            assert len(subjects(tmp_path / "d")) == 1500
            shutil.rmtree(tmp_path / "d")
        else:
            assert process.returncode in {128 + number, -number}, errors.decode()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]
