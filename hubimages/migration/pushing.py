"""Push a repository to its remote, after looking at what that has; only ever forward."""

from dataclasses import dataclass

from hubimages import console
from hubimages.errors import RefusedError
from hubimages.migration.made import Made
from hubimages.repository import pull_request
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.run import attempt

THEIRS = "refs/remotes/origin/main"


@dataclass(frozen=True)
class Remote:
    """What the remote's main is to ours."""

    main: str  # "" where the remote has none
    relation: str  # "none", "same", "behind", "ahead", "apart"


def set_origin(repo: Repo, address: str) -> None:
    """Give the repository its remote. Raises RefusedError where it has another one."""
    there = repo.answer("config", "--get", "remote.origin.url").strip()
    if not there:
        repo.read("remote", "add", "--", "origin", address)
    elif there != address:
        raise RefusedError(
            f"{repo.directory} has the remote origin {console.censor(there)}, and the manifest says "
            f"{console.censor(address)}. Correct one of them: git -C {repo.directory} remote set-url origin ADDRESS"
        )


def look(made: Made, address: str) -> Remote:
    """Fetch the remote's main and compare it. Raises RefusedError where it has no commit in common with ours."""
    repo = made.repo
    argv = ["git", "-C", str(made.dest), "ls-remote", "--heads", "--", address]
    done = attempt(*argv, cwd=made.dest, env=environment(address))
    if done.returncode:
        raise remote_failure(address, argv, done.returncode, done.stderr)
    heads = dict(line.split("\t")[::-1] for line in done.stdout.decode(errors="replace").splitlines())
    if "refs/heads/main" not in heads:
        if heads:
            names = ", ".join(sorted(name.removeprefix("refs/heads/") for name in heads)[:3])
            raise RefusedError(
                f"{console.censor(address)} has {names} and no main: the push would put an unrelated main beside it. "
                "Rename the branch to main on the host, or name an empty repository"
            )
        return Remote("", "none")
    theirs, ours = heads["refs/heads/main"], made.main
    if theirs == ours:
        return Remote(theirs, "same")
    fetch = ["git", "-C", str(made.dest), "fetch", "--quiet", "--no-tags", "--", address, f"+refs/heads/main:{THEIRS}"]
    done = attempt(*fetch, cwd=made.dest, env=environment(address))
    if done.returncode:
        raise remote_failure(address, fetch, done.returncode, done.stderr, made.dest)
    if repo.succeeds("merge-base", "--is-ancestor", theirs, ours):
        return Remote(theirs, "behind")
    if repo.succeeds("merge-base", "--is-ancestor", ours, theirs):
        return Remote(theirs, "ahead")
    if not repo.succeeds("merge-base", theirs, ours):
        raise RefusedError(
            f"main of {console.censor(address)} has no commit in common with {made.dest}. Name an empty repository"
        )
    return Remote(theirs, "apart")


def push(made: Made, address: str) -> None:
    """Push main. Raises as `git.remote_failure` says; what is here stays as it is."""
    set_origin(made.repo, address)
    argv = ["git", "-C", str(made.dest), *pull_request.push_command("main")[1:], "--quiet"]
    done = attempt(*argv, cwd=made.dest, env=environment(address))
    if done.returncode:
        raise remote_failure(address, argv, done.returncode, done.stderr or done.stdout)


def track(repo: Repo, main: str) -> None:
    """Record that the remote has this main, which a push that was stopped or had no room left has not."""
    tracked = repo.answer("config", "--get", "branch.main.remote").strip()
    if tracked and (tracked != "origin" or repo.succeeds("rev-parse", "--verify", "--quiet", THEIRS)):
        return
    repo.read("update-ref", THEIRS, main)
    repo.read("branch", "--quiet", "--set-upstream-to=origin/main", "main")


def environment(address: str) -> dict[str, str]:
    """Return the variables for git with a remote: no questions, and GitHub's token if the address is GitHub's."""
    env = remote_environment()
    return {**env, **pull_request.token_environment(address, env)}
