"""A source: a repository at one commit, ready to be read.

Nothing is ever written to a source. Every reading goes through a scratch repository of ours that borrows the source's
objects, so that no setting or hook of the source takes effect.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.repository.git import ENVIRONMENT, Repo, remote_environment, remote_failure
from hubimages.repository.web_address import WebAddress
from hubimages.run import attempt, failure, with_reason

COMMIT_EXPRESSION = re.compile(r"[0-9a-f]{7,40}|.*[~^@:].*")
PARTIAL = "--filter=blob:none"
COMMITS_ALONE = "--filter=tree:0"
# What serves a `file://` address is started by ourselves, so it need not be asked to have this in its configuration.
OWN_SERVER = ("--upload-pack", "git -c uploadpack.allowFilter=true upload-pack")


@dataclass(frozen=True)
class Source:
    """A source at one commit, ready to be read through `scratch`."""

    given: str  # as the person named it, without passwords
    scratch: Repo  # ours; borrows the source's objects
    commit: str
    ref: str  # what `commit` was called
    address: WebAddress | None
    branches: Mapping[str, str]  # name to commit
    tags: int
    remote: Repo | None  # the clone that missing blobs are fetched with
    replaced: Sequence[str] = ()  # ids that replace refs hide in the source itself
    note_refs: Mapping[str, str] = field(default_factory=dict)  # refs/notes/... to commit
    has_grafts: bool = False
    place: Repo | None = None  # the repository itself, where it is on this machine
    behind: list[str] | None = None  # what `work_tree.behind` says of it; None: not asked yet

    def load_blobs(self, blobs: Iterable[str]) -> None:
        """Fetch the blobs that a clone without blobs does not have, all at once."""
        if self.remote is None:
            return
        wanted = sorted(set(blobs))
        missing = [
            blob
            for blob, (_, kind, _) in zip(wanted, self.scratch.batch_check(wanted), strict=True)
            if kind == "missing"
        ]
        if missing:
            fetch_objects(self.remote, self.given, missing)

    def notes(self, commits: Collection[str]) -> dict[str, int | None]:
        """Return for every ref with notes how many are on these commits; None where it was not fetched."""
        found: dict[str, int | None] = {}
        for ref, commit in self.note_refs.items():
            if self.remote is not None:
                found[ref] = None
                continue
            listed = self.scratch.text("ls-tree", "-r", "--name-only", "--full-tree", commit).split("\n")
            found[ref] = sum(name.replace("/", "") in commits for name in listed)
        return found

    def load_other_branches(self) -> None:
        """Fetch the commits of all branches and tags, without their files."""
        if self.remote is not None:
            console.step(f"fetching the commits of other branches from {self.given}")
            fetch(self.remote, self.given, "--no-tags", COMMITS_ALONE, "origin", "refs/heads/*:refs/others/heads/*")

    def load_history(self, tip: str, others: Iterable[str]) -> None:
        """Fetch the missing blobs among those reachable from a commit of the scratch repository, and among others."""
        if self.remote is None:
            return
        listed = self.scratch.text("rev-list", "--objects", "--missing=print", tip).split("\n")
        self.load_blobs([*(line[1:] for line in listed if line.startswith("?")), *others])


def check_word(value: str, name: str) -> None:
    """Refuse what git would take for an option, and what cannot name anything."""
    if value.startswith("-"):
        raise BadInputError(f"{name} looks like an option: {value}")
    if not value.strip() or "\n" in value or "\0" in value:
        raise BadInputError(f"{name} is empty, or contains a line break")


def resolve(repo: Repo, given: str, ref: str | None) -> tuple[str, str]:
    """Return the commit that a ref names in a local repository, and the ref's name."""
    if ref is None:
        done = attempt(*repo.argv("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), cwd=repo.directory)
        if done.returncode:
            if not repo.text("for-each-ref", "--count=1"):
                raise BadInputError(f"{given} has no commits yet")
            raise BadInputError(f"HEAD of {given} names no commit. Name a branch with --ref")
        name = attempt(*repo.argv("symbolic-ref", "--short", "--quiet", "HEAD"), cwd=repo.directory).stdout
        return done.stdout.decode().strip(), name.decode().strip() or "HEAD"
    found: dict[str, str] = {}
    for place in ("refs/heads/", "refs/tags/", "", "refs/remotes/origin/", "refs/remotes/"):
        if place == "" and not (ref.startswith("refs/") or COMMIT_EXPRESSION.fullmatch(ref) or ref == "HEAD"):
            continue
        if place.startswith("refs/remotes/") and found:
            continue  # a local branch goes before the remote one that it follows
        question = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{place}{ref}^{{commit}}"]
        done = attempt(*repo.argv(*question), cwd=repo.directory, env=ENVIRONMENT)
        if done.returncode == 0:
            found[f"{place}{ref}"] = done.stdout.decode().strip()
    if len(set(found.values())) > 1:
        raise BadInputError(f"--ref {ref} is ambiguous in {given}. Use one of {', '.join(sorted(found))}")
    if not found:
        refs = repo.text("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
        raise no_such_ref(given, ref, refs.split("\n"))
    name_found, commit = next(iter(found.items()))
    return commit, name_found.removeprefix("refs/heads/")


def no_such_ref(given: str, ref: str, refs: Sequence[str]) -> BadInputError:
    """The error for a ref that is not there, with those that look like it."""
    near = get_close_matches(ref, refs, n=3, cutoff=0.5) or list(refs)[:5]
    hint = f". Did you mean {', '.join(near)}?" if near else ""
    return BadInputError(f"no branch, tag or commit {ref!r} in {console.censor(given)}{hint}")


def fetch_objects(clone: Repo, given: str, objects: Sequence[str]) -> None:
    """Fetch objects by their ids, in one go, as git itself fetches those that a partial clone lacks."""
    console.step(f"fetching {len(objects)} file contents from {given}")
    stdin = "".join(f"{name}\n" for name in objects).encode()
    fetch(clone, given, "origin", "--no-tags", PARTIAL, "--stdin", stdin=stdin, negotiate="noop")


def fetch(clone: Repo, given: str, *what: str, stdin: bytes = b"", negotiate: str = "consecutive") -> None:
    """Fetch more from the clone's origin."""
    quietly = ("--quiet", "--no-write-fetch-head", "--recurse-submodules=no", *server(given))
    argv = clone.argv("-c", f"fetch.negotiationAlgorithm={negotiate}", "fetch", *quietly, *what)
    done = attempt(*argv, cwd=clone.git_dir, stdin=stdin, env=remote_environment())
    if done.returncode:
        raise remote_failure(given, argv, done.returncode, done.stderr)


def scratch_repository(path: Path, borrowed: Sequence[Path]) -> Repo:
    """An empty bare repository of ours that can read the objects of others."""
    done = attempt(
        *(
            "git",
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--initial-branch=main",
            "--object-format=sha1",
            str(path),
        ),
        cwd=path.parent,
    )
    if done.returncode:
        raise with_reason(failure(["git", "init"], done.returncode, done.stderr), path.parent)
    info = path / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_bytes(b"".join(quoted(place) + b"\n" for place in borrowed))
    # Git otherwise asks the source for all its refs at every fetch. Nothing of a scratch repository stays: no need to
    # wait for the disk.
    return Repo(path, config={"core.alternateRefsCommand": "true", "core.fsync": "none"})


def quoted(path: Path) -> bytes:
    """A path as the alternates file has it: quoted where it begins with a quote or a comment sign."""
    name = str(path).encode(errors="surrogateescape")
    if name.startswith((b'"', b"#")) or b"\n" in name:
        return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    return name


def server(given: str) -> Sequence[str]:
    """Return the options that choose the program that serves a `file://` address."""
    return OWN_SERVER if given.startswith("file://") else ()


def is_address(given: str) -> bool:
    """Return True for an address that git fetches from, `scheme://…` or `host:path`, and False for a path."""
    if Path(given).exists():
        return False
    return "://" in given or re.match(r"[^/]+:", given) is not None


def is_bundle(path: Path) -> bool:
    """Return True for a file made by `git bundle`."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(15) in (b"# v2 git bundle", b"# v3 git bundle")
