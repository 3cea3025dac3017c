"""A source that git fetches: cloned once, without the contents of files where the server can leave them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.extract.sources.source import (
    COMMIT_EXPRESSION,
    PARTIAL,
    Source,
    fetch,
    is_bundle,
    no_such_ref,
    resolve,
    scratch_repository,
    server,
)
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.repository.web_address import web_address
from hubimages.run import attempt


@dataclass(frozen=True)
class Asked:
    """A remote's refs, and the full name of the one that is wanted; None for HEAD and for a commit."""

    refs: Mapping[str, str]
    branch: str | None

    def commit(self, ref: str | None) -> str:
        """Return the commit that the ref names, "" if only a clone can tell."""
        if self.branch is None:
            return "" if ref is not None else self.refs["HEAD"]
        return self.refs.get(self.branch + "^{}", self.refs[self.branch])


def asked(given: str, ref: str | None, stage: Path) -> Asked:
    """Ask a remote for its refs."""
    shown = console.censor(given)
    listed = talk(["git", "ls-remote", "--symref", "--", given], given, stage)
    rows = [line.split("\t") for line in listed.decode(errors="surrogateescape").split("\n")[:-1]]
    refs = {name: commit for commit, name in rows if not commit.startswith("ref: ")}
    head = next((commit[5:] for commit, name in rows if commit.startswith("ref: ") and name == "HEAD"), None)
    if not refs:
        raise BadInputError(f"{shown} has no commits yet")
    branch = None
    if ref is not None and not COMMIT_EXPRESSION.fullmatch(ref):
        branch = remote_ref(shown, ref, refs)
    elif ref is None:
        branch = head
        if branch is None and "HEAD" not in refs:
            raise BadInputError(f"HEAD of {shown} names no branch. Name one with --ref")
    return Asked(refs, branch)


def open_remote(given: str, ref: str | None, stage: Path, known: Asked | None = None) -> Source:
    """Clone one branch, without the contents of files where the server can leave them out; `known` are its refs."""
    shown = console.censor(given)
    known = known or asked(given, ref, stage)
    refs, branch = known.refs, known.branch
    clone = Repo(stage / "source.git")
    is_ordinary = branch is not None and branch.startswith(("refs/heads/", "refs/tags/"))
    clone_remote(given, branch.split("/", 2)[2] if branch is not None and is_ordinary else None, clone.git_dir, stage)
    if branch is not None and not is_ordinary:  # a pull request's, for example: clones leave those out
        fetch(clone, given, "--no-tags", PARTIAL, "origin", f"{branch}:{branch}")
    if clone.text("rev-parse", "--is-shallow-repository") == "true":
        raise RefusedError(f"{shown} is a shallow clone without its older history. Extract from the original")
    wanted = ref if ref is not None and branch is None else f"{branch or 'HEAD'}"
    commit, name = resolve(clone, shown, wanted if wanted != "HEAD" else None)
    return Source(
        given=shown,
        scratch=scratch_repository(stage / "scratch.git", [clone.git_dir / "objects"]),
        commit=commit,
        ref=name.removeprefix("refs/heads/"),
        address=web_address(given),
        branches={name.removeprefix("refs/heads/"): refs[name] for name in refs if name.startswith("refs/heads/")},
        tags=sum(name.startswith("refs/tags/") and not name.endswith("^{}") for name in refs),
        remote=clone,
        replaced=[name.removeprefix("refs/replace/") for name in refs if name.startswith("refs/replace/")],
        note_refs={name: refs[name] for name in refs if name.startswith("refs/notes/")},
    )


def remote_ref(shown: str, ref: str, refs: dict[str, str]) -> str:
    """Return the full name of the branch or tag."""
    names = [name for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}") if name in refs and name != "HEAD"]
    if len({refs.get(name + "^{}", refs[name]) for name in names}) > 1:
        raise BadInputError(f"--ref {ref} is ambiguous in {shown}. Use one of {', '.join(sorted(names))}")
    if not names:
        raise no_such_ref(shown, ref, [name.split("/", 2)[-1] for name in refs if name.startswith("refs/")])
    return names[0]


def clone_remote(given: str, branch: str | None, target: Path, stage: Path) -> None:
    """Clone without blobs; clone everything from a server that fails at that."""
    single = ["--single-branch", *(["--branch", branch] if branch else [])] if branch else []
    quietly = ("--bare", "--quiet", "--template=", "--origin=origin", "--no-tags")
    argv = ["git", "-c", "gc.auto=0", "clone", *quietly, *single, *server(given)]
    if branch is None:
        argv.remove("--no-tags")  # the commit may be reachable from a tag only
    # Git would ask a bundle for the blobs that it lacks, and each such question would end in another one.
    partial = [] if is_bundle(Path(given)) else [PARTIAL]
    environment = {**remote_environment(), "GIT_NO_LAZY_FETCH": "1"}
    console.command([*argv, *partial, "--", given, target.name])
    done = attempt(*argv, *partial, "--", given, str(target), cwd=stage, env=environment)
    if done.returncode and partial and b"filter" in done.stderr:
        console.step("the server cannot leave out file contents: cloning everything")
        done = attempt(*argv, "--", given, str(target), cwd=stage, env=environment)
    if b"prerequisite commits" in done.stderr:
        raise RefusedError(
            f"{given} holds only part of the history. Bundle all of it: git bundle create FILE --all HEAD"
        )
    if done.returncode:
        raise remote_failure(given, argv, done.returncode, done.stderr)


def talk(argv: Sequence[str], given: str, cwd: Path) -> bytes:
    """Run a git command that asks a remote."""
    done = attempt(*argv, cwd=cwd, env=remote_environment())
    if done.returncode:
        raise remote_failure(given, argv, done.returncode, done.stderr)
    return done.stdout
