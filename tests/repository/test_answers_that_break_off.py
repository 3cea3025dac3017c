"""A git server that dies is told from one that refuses, wherever its answer breaks off."""

import subprocess
from pathlib import Path

import pytest

from hubimages.errors import NoAnswerError
from hubimages.repository.git import remote_failure
from tests.faults.dying import gate
from tests.serving import git_daemon

CUTS = 8


@pytest.mark.parametrize(
    "words", ["ls-remote {0}", "clone -q --bare {0} copy-{1}", "push -q {0} HEAD:refs/heads/new-{1}"]
)
def test_an_answer_that_breaks_off_is_none(words: str, clone: Path) -> None:
    with git_daemon() as server, gate(server) as before:
        address = f"git://{before.address}{clone.parent}/served/org/deployment.git"

        def run(number: int) -> "tuple[list[str], subprocess.CompletedProcess[bytes]]":
            argv = ["git", *words.format(address, number).split()]
            return argv, subprocess.run(argv, cwd=clone, capture_output=True, check=False)

        for prepare in ("commit -q --allow-empty -m Start", "push -q origin main"):
            subprocess.run(["git", *prepare.split()], cwd=clone, check=True)
        assert run(0)[1].returncode == 0
        whole = before.passed
        for limit in {*range(0, whole, whole // CUTS), whole - 1}:
            before.open(limit)
            argv, done = run(limit + 1)
            if limit > whole * 3 // 4 and not done.returncode:
                continue  # a git that has the whole pack may not wait for the answer's end
            assert done.returncode, limit
            error = remote_failure(address, argv, done.returncode, done.stderr)
            assert isinstance(error, NoAnswerError), f"{limit} of {whole}: {error}"
