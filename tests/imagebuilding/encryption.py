"""A real sops with a key of its own: the one on PATH, or the Python implementation in an environment of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs

PACKAGES = ("sops==1.18", "ruamel.yaml<0.18", "setuptools<81")


@pytest.fixture(scope="session")
def sops_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder that holds sops."""
    found = shutil.which("sops")
    if found:
        return str(Path(found).parent)
    place = tmp_path_factory.mktemp("sops")
    python = str(place / "bin/python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile", *PACKAGES]
    for argv in ([sys.executable, "-m", "venv", "--without-pip", str(place)], install):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            needs.SOPS.missing(done.stderr.strip()[-300:])
    bin_folder = place / "only"  # PATH is to get sops alone, not that Python
    bin_folder.mkdir()
    (bin_folder / "sops").symlink_to(place / "bin/sops")
    return str(bin_folder)


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A key pair of gpg: its folder and its fingerprint."""
    needs.GPG.program("gpg")
    folder = tmp_path_factory.mktemp("gpg")
    folder.chmod(0o700)
    env = {**os.environ, "GNUPGHOME": str(folder)}
    quiet = ["gpg", "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run([*quiet, "--quick-gen-key", "a@example.org", "future-default", "default", "never"], env=env,
                   check=True, capture_output=True)  # fmt: skip
    listed = subprocess.run(
        ["gpg", "--list-keys", "--with-colons"], env=env, check=True, capture_output=True, text=True
    )
    yield str(folder), next(line.split(":")[9] for line in listed.stdout.splitlines() if line.startswith("fpr"))
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, check=False)


@pytest.fixture
def fingerprint(key: tuple[str, str], sops_program: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key to encrypt for; sops is on PATH and finds it. First the key: without gpg, no sops is installed."""
    monkeypatch.setenv("GNUPGHOME", key[0])
    monkeypatch.setenv("PATH", os.pathsep.join([sops_program, os.environ["PATH"]]))
    return key[1]
