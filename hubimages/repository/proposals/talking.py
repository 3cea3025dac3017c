"""Run git where it talks to a remote."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from hubimages.repository.git import remote_environment, remote_failure
from hubimages.repository.pull_request import token_environment
from hubimages.run import attempt


def talk(
    address: str,
    *argv: str,
    cwd: Path,
    asked: str | None = None,
    run: "Callable[..., subprocess.CompletedProcess[bytes]]" = attempt,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run a git command, with the token where the address is GitHub's. Raises what `remote_failure` gives for it."""
    env = {**remote_environment(cwd), **(variables or {})}
    env |= token_environment(address, env)
    done = run(*argv, cwd=cwd, env=env)
    if done.returncode:
        raise remote_failure(asked or address, argv, done.returncode, done.stderr or done.stdout, cwd)
