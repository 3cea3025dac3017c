"""Read earlier versions of files: in partial clones, and as a checkout would have them."""

from collections.abc import Sequence

from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.run import attempt


def is_partial(repo: Repo) -> bool:
    """Return True for a partial clone, which fetches files of its history when they are needed."""
    return bool(_promisor(repo))


def fetch_missing(repo: Repo, commits: Sequence[str], file: str) -> None:
    """Fetch the versions of a file that a partial clone lacks, all at once.

    Raises NoAnswerError, LoginError or BadInputError if that fails.
    """
    if not commits:
        return
    asked = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--no-walk=unsorted", "--stdin")
    stdin = "".join(f"{line}\n" for line in [*commits, "--", file]).encode(errors="surrogateescape")
    missing = [line[1:] for line in repo.text(*asked, stdin=stdin).split("\n") if line.startswith("?")]
    if not missing:
        return
    remote = _promisor(repo)
    quietly = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none")
    argv = ("git", "-c", "fetch.negotiationAlgorithm=noop", "fetch", *quietly, "--stdin", remote)
    stdin = "".join(f"{blob}\n" for blob in missing).encode()
    done = attempt(*argv, cwd=repo.directory, stdin=stdin, env=remote_environment(repo.directory))
    if done.returncode:
        address = repo.answer("remote", "get-url", remote).strip() or remote
        raise remote_failure(address, argv, done.returncode, done.stderr, repo.directory)


def checked_out(repo: Repo, file: str, names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of objects named COMMIT:PATH, filtered as a checkout filters the file where it is now."""
    attribute = repo.read("check-attr", "-z", "filter", "--", file).split(b"\0")[2:3]
    if attribute in ([b"unspecified"], [b"unset"], [b"set"]):
        return dict(zip(names, repo.contents(names), strict=True))
    return {name: repo.read("cat-file", "--filters", f"--path={file}", name) for name in names}


def _promisor(repo: Repo) -> str:
    """The remote that a partial clone fetches from; "" if it is whole."""
    asked = ("config", "--name-only", "--get-regexp", r"^remote\..*\.promisor$")
    keys = repo.answer(*asked).splitlines()
    return keys[0].removeprefix("remote.").removesuffix(".promisor") if keys else ""
