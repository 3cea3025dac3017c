"""Secrets with names of their own, wherever a person has some, and the search for them in all that a task leaves."""

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests import command
from tests.hostile.recording import recording

MARK = "SECRETof"
USER = "robot"


def secret(name: str) -> str:
    """Return a secret; an `@` and a `%` in it are what addresses stumble over."""
    return f"{MARK}{name}@%2f"


ENVIRONMENT = {
    name: secret(name)
    for name in (
        "GH_TOKEN", "GITHUB_TOKEN", "QUAY_PASSWORD", "HUBIMAGES_REGISTRY_PASSWORD", "JUPYTERHUB_API_TOKEN",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SOPS_AGE_KEY", "GITLAB_TOKEN", "CI_JOB_TOKEN",
        "HELM_REGISTRY_PASSWORD", "NPM_TOKEN", "GITLEAKS_LICENSE",
    )
} | {"QUAY_USERNAME": USER}  # fmt: skip


@dataclass(frozen=True)
class Spied:
    """A task that has ended: its code, its output, and the arguments of the programs that it started."""

    code: int
    said: str
    programs: Sequence[Sequence[str]]
    of_git: str

    def leaks(self) -> list[str]:
        """Return the lines of output and the command lines that have a secret."""
        lines = [*self.said.splitlines(), *(" ".join(words) for words in self.programs), *self.of_git.splitlines()]
        return [line for line in lines if has_secret(line)]


def has_secret(text: str) -> bool:
    """Whether the text has a secret, as it is, quoted, or as a header has it."""
    return any(each in text for each in (MARK, *_in_base64()))


def _in_base64() -> Iterator[str]:
    """Yield what the mark is in base64, wherever it begins in it."""
    for before in range(3):
        whole = base64.b64encode(b"x" * before + MARK.encode()).decode()
        yield whole[(0, 2, 3)[before] : -4]


def keep_logins(home: Path, *hosts: str) -> None:
    """Put secrets where programs keep them: `~/.netrc`, and Docker's and podman's files."""
    logins = {host: {"auth": base64.b64encode(f"{USER}:{secret('docker')}".encode()).decode()} for host in hosts}
    for name in (".docker/config.json", ".config/containers/auth.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(json.dumps({"auths": logins}))
    netrc = "".join(f"machine {host.partition(':')[0]} login {USER} password {secret('netrc')}\n" for host in hosts)
    (home / ".netrc").write_text(netrc)
    (home / ".netrc").chmod(0o600)


KEPT = (".docker/config.json", ".config/containers/auth.json", ".netrc")


def spied(*words: str | Path, cwd: Path, env: dict[str, str], log: Path) -> Spied:
    """Run a task and return what it said and what it started."""
    log.mkdir(parents=True, exist_ok=True)
    all_of_it = {**env, **recording(log)}
    first = ("tests.hostile.recording:record", str(log / "arguments"))
    done = command.hubimages(*words, cwd=cwd, env=all_of_it, first=first)
    started = [json.loads(line) for line in lines_of(log / "arguments")]
    return Spied(done.returncode, done.stdout + done.stderr, started, "\n".join(lines_of(log / "git")))


def lines_of(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines() if file.exists() else []


def places(root: Path, *, but: Sequence[str] = ()) -> list[str]:
    """Return the files below a folder, and the objects of repositories there, that have a secret."""
    found = []
    for file in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        name = file.relative_to(root).as_posix()
        if name not in but and has_secret(file.read_bytes().decode("latin-1")):
            found.append(name)
        if file.name == "HEAD" and (file.parent / "objects").is_dir():
            argv = ("git", f"--git-dir={file.parent}", "cat-file", "--batch", "--batch-all-objects")
            objects = subprocess.run(argv, capture_output=True, check=True).stdout
            if has_secret(objects.decode("latin-1")):
                found.append(f"{name}: an object")
    return found


def in_address(name: str) -> str:
    """Return a login as an address has it."""
    return f"{USER}:{quote(secret(name), safe='')}"
