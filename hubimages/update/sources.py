"""Find the template that a repository was made from, and the one that it is updated to."""

import re
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.run import attempt, read
from hubimages.template import RECORD, Origin, find_origin, template_directory
from hubimages.unpacking import extract_all
from hubimages.update.record import Record
from hubimages.update.released import PARTS, installed_version, releases, version_of

# Forms of address that git fetches without a program of the address's choosing.
FETCHED = re.compile(r"(https?|ssh|git|file)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+|/[^\0\n]*")


@dataclass(frozen=True)
class Source:
    """A template in a directory, its version, and the origin that its renderings record."""

    directory: Path
    version: int
    origin: Origin


def new_source(version: int, temporary: Path) -> Source:
    """Return the template of a version that this hubimages has."""
    released = next((each for each in releases() if each.version == version), None)
    if version == installed_version() or released is None:
        return Source(template_directory(), installed_version(), find_origin(template_directory()))
    return Source(released.extract(temporary / "new"), version, Origin(default_address(), released.commit))


def old_source(record: Record, temporary: Path, *, trusted: bool) -> Source:
    """Return the template that a repository was made from.

    It is a release that this hubimages carries, the installed template, or what the recorded address has at the
    recorded commit. Raises BadInputError, NoAnswerError or LoginError if it cannot be had; RefusedError for an address
    that the person does not trust: a template is a program that runs on this machine.
    """
    origin = Origin(record.template, record.commit)
    released = next(
        (each for each in releases() if record.commit in (each.commit, "") and each.version == record.template_version),
        None,
    )
    if released is not None:
        return Source(released.extract(temporary / "old"), released.version, origin)
    installed = find_origin(template_directory())
    same = record.template_version == installed_version()
    if same and record.commit == installed.commit:
        return Source(template_directory(), installed_version(), origin)
    if not record.commit:
        raise BadInputError(
            f"{RECORD} names no commit, and version {record.template_version} of the template is not released: this "
            "hubimages cannot know what the repository was made from. Use the hubimages that made it, or a newer one"
        )
    if not trusted:
        _check_trusted(record.template, installed)
    directory = fetch(record, temporary / "old")
    return Source(directory, version_of(directory), origin)


def default_address() -> str:
    """Return the address of this project's template."""
    installed = find_origin(template_directory())
    return installed.address or _written_address()


def _written_address() -> str:
    import json

    context = json.loads((template_directory() / "cookiecutter.json").read_text(encoding="utf-8"))
    return str(context["_address"])


def _check_trusted(address: str, installed: Origin) -> None:
    if address in (installed.address, _written_address()):
        return
    question = f"The repository was made from {console.censor(address)}, whose template runs programs here. Trust it?"
    if not console.confirm(question, yes=False, flags="--yes"):
        raise RefusedError(f"{console.censor(address)} is not trusted; nothing was done")


def fetch(record: Record, into: Path) -> Path:
    """Fetch the template at the recorded commit into a new directory and return it."""
    address = record.template
    if not FETCHED.fullmatch(address) or "::" in address:
        raise BadInputError(f"{RECORD} was edited by hand: {address!r} is no address of a template")
    into.mkdir()
    store = into.with_name(f"{into.name}.git")
    read("git", "init", "--quiet", "--bare", str(store), cwd=into)
    argv = ["git", f"--git-dir={store}", "fetch", "--quiet", "--depth=1", "--no-tags", "--", address, record.commit]
    console.command(["git", "fetch", "--depth=1", address, record.commit])
    done = attempt(*argv, cwd=into, env=remote_environment())
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        if "not our ref" in said or "couldn't find remote ref" in said:
            raise BadInputError(
                f"{console.censor(address)} has no commit {record.commit[:12]}, which {RECORD} names. If the template "
                "has moved or was rewritten, ask its maintainers"
            )
        raise remote_failure(address, argv, done.returncode, done.stderr, into)
    repo = Repo(store)
    names = repo.read("ls-tree", "-z", "--name-only", record.commit, "--", *PARTS).decode().split("\0")[:-1]
    if "cookiecutter.json" not in names or "<<cookiecutter.repo>>" not in names:
        raise BadInputError(f"{console.censor(address)} has no hubimages template at commit {record.commit[:12]}")
    with tarfile.open(fileobj=BytesIO(repo.read("archive", "--format=tar", record.commit, "--", *names))) as archive:
        try:
            extract_all(archive, into)
        except tarfile.TarError as error:
            raise BadInputError(f"{console.censor(address)} at commit {record.commit[:12]}: {error}") from error
    return into
