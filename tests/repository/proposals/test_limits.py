"""A server that limits the rate of pushes is waited for: git over HTTP, served by git's own http-backend."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hubimages.errors import NoAnswerError
from hubimages.repository.git import Repo
from hubimages.repository.proposals.github import GitHub
from hubimages.repository.proposals.proposing import PUSHED, WAITS, Means, Proposal, Proposed, push_only
from hubimages.repository.proposals.talking import talk
from tests.fleet.hosting import git
from tests.serving import serving


@contextmanager
def git_server(served: Path, limits: list[int]) -> Iterator[str]:
    """Serve bare repositories; while `limits` has entries, pushes get the status of the next one."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            if "git-receive-pack" in self.path and limits:
                self.send_response(limits.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            env = {
                **os.environ, "GIT_PROJECT_ROOT": str(served), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "grace",
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            }  # fmt: skip
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run(["git", "http-backend"], env=env, input=sent, capture_output=True, check=True)
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as address:
        yield f"http://{address}"


@pytest.mark.parametrize(
    ("limits", "waited"), [([429], WAITS[:1]), ([429, 429, 429], WAITS), ([429] * 4, WAITS), ([503], ())]
)
def test_a_push_is_tried_again_after_a_rate_limit_and_after_nothing_else(
    limits: list[int], waited: tuple[float, ...], tmp_path: Path
) -> None:
    bare, work = tmp_path / "served/a.git", tmp_path / "work"
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    subprocess.run(["git", "init", "-q", "-b", "main", str(work)], check=True)
    git(work, "commit", "-q", "--allow-empty", "-m", "Start")
    commit = git(work, "rev-parse", "HEAD")
    waits: list[float] = []
    left, ends = list(limits), len(limits) > len(WAITS) or limits == [503]
    with git_server(bare.parent, left) as address:
        git(work, "remote", "add", "origin", f"{address}/a.git")
        repo = Repo(work / ".git", work)
        proposal = Proposal(repo, f"{address}/a.git", None, "main", commit, "change", commit, "Start", "")
        means = Means(talk, waits.append, GitHub("github.com", lambda said: None, waits.append))
        if ends:
            with pytest.raises(NoAnswerError, match=str(limits[0])):
                push_only(proposal, means)
        else:
            assert push_only(proposal, means) == Proposed(PUSHED, "change")
    assert tuple(waits) == waited
    assert git(bare, "for-each-ref", "--format=%(refname:lstrip=2)") == ("" if ends else "change")
