"""Propose a change to a repository: push its branch, never by force, and open one pull request for it, only once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hubimages.errors import BadInputError, NoAnswerError, ProgramFailedError, RefusedError
from hubimages.repository.git import Repo
from hubimages.repository.proposals.github import Found, GitHub
from hubimages.repository.pull_request import token, token_hosts
from hubimages.repository.web_address import WebAddress

DECLINED, OPEN, OPENED, PUSHED, UPDATED = "declined", "open", "opened", "pushed", "updated"
WAITS = (10.0, 30.0, 60.0)  # seconds, after a server answered a push with 429
LIMITED = "429"
# Whatever the configuration adds to a push.
PUSH = ("push", "-q", "--no-follow-tags", "--recurse-submodules=no")


@dataclass(frozen=True)
class Proposal:
    """A commit for a branch of `origin`, on top of the branch `base`, and the title and text of its pull request.

    `address` is what git pushes to, `web` the repository's page. `base_commit` is what `base` has there. With `retell`
    the pull request that is open gets this title and text.
    """

    repo: Repo
    address: str
    web: WebAddress | None
    base: str
    base_commit: str
    branch: str
    commit: str
    title: str
    body: str = field(repr=False)
    retell: bool = False


@dataclass(frozen=True)
class Means:
    """What proposing needs: `talk(address, *argv, cwd=...)` runs git where it talks to a remote; GitHub's API."""

    talk: Callable[..., None]
    wait: Callable[[float], None]
    github: GitHub


@dataclass(frozen=True)
class Proposed:
    """What came of a proposal, one line about it, and the pull request's address ("" if there is none)."""

    state: str
    detail: str
    pull_request: str = ""


def push_only(proposal: Proposal, means: Means) -> Proposed:
    """Push the branch; return what came of it. Raises LoginError, NoAnswerError or RefusedError."""
    news = _pushed(proposal, means)
    web = proposal.web
    page = f"; open the pull request: {web.compare(proposal.base, proposal.branch)}" if web else ""
    return Proposed(PUSHED, f"{proposal.branch}{'' if news else ' was there already'}{page}")


def open_pull_request(proposal: Proposal, means: Means) -> Proposed:
    """Push the branch and open its pull request, or bring the one that is open up to date; return what came of it.

    One that somebody closed without merging is not opened again for the same files, and nothing is pushed then. Without
    a token for the server, the line has the address where a person opens the request.
    """
    web = proposal.web
    if web is None:
        raise BadInputError(f"{proposal.address} is on no server with pull requests. Use --push")
    if web.host not in token_hosts() or not token():
        return push_only(proposal, means)
    web, base, branch = means.github.current(web), proposal.base, proposal.branch
    existing = means.github.pull_requests(web, base, branch)
    if declined := _declined(proposal, web, existing, means.github):
        return Proposed(DECLINED, f"closed without merging: {declined}", declined)
    news = _pushed(proposal, means)
    if already := next((each for each in existing if each.is_open), None):
        if news and proposal.retell:
            means.github.edit(web, already.number, proposal.title, proposal.body)
        return Proposed(UPDATED if news else OPEN, already.address, already.address)
    try:
        opened = means.github.open(web, base, branch, proposal.title, proposal.body)
    except RefusedError:
        # An answer that got lost is asked for again, and then GitHub has the request already.
        found = next((each for each in means.github.pull_requests(web, base, branch) if each.is_open), None)
        if found is None:
            raise
        opened = found.address
    return Proposed(OPENED, opened, opened)


def _declined(proposal: Proposal, web: WebAddress, existing: Sequence[Found], github: GitHub) -> str:
    """Return the address of a pull request that was closed without merging, with these very files; "" if none was."""
    closed = next(iter(existing), None)
    if closed is None or closed.is_open or closed.is_merged:
        return ""
    same = github.tree(web, closed.head) == _tree(proposal.repo, proposal.commit)
    return closed.address if same else ""


def _pushed(proposal: Proposal, means: Means) -> bool:
    """Push the branch unless the remote has it with the same files; return whether something was pushed.

    A branch of an earlier run gets one more commit, with the files as they are now. Raises RefusedError if somebody
    else has committed to it.
    """
    repo, branch, commit = proposal.repo, proposal.branch, proposal.commit
    theirs = repo.answer("rev-parse", "--verify", "-q", f"refs/remotes/origin/{branch}").strip()
    if theirs and theirs != commit:
        if _is_built_on(proposal, theirs):
            return False
        _check_ours(proposal, theirs)
        commit = _on_top(proposal, theirs)
    elif theirs:
        return False
    directory = repo.work_tree or repo.git_dir
    # With remote.origin.mirror git refuses to push one branch.
    argv = ("git", "-C", str(directory), "-c", "remote.origin.mirror=false", *PUSH)
    for seconds in (*WAITS, None):
        try:
            means.talk(proposal.address, *argv, "origin", f"{commit}:refs/heads/{branch}", cwd=directory)
            return True
        except NoAnswerError as error:
            if seconds is None or LIMITED not in str(error):
                raise
            means.wait(seconds)
        except ProgramFailedError as error:
            lines = (line.strip() for line in str(error).splitlines())
            said = " ".join(line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
            raise (RefusedError(f"the server refuses the push: {said}") if said else error) from error
    raise AssertionError("the last attempt returns or raises")


def _on_top(proposal: Proposal, theirs: str) -> str:
    """Make a commit with our files on the branch as the remote has it, which also has the base as it is now."""
    repo, base = proposal.repo, proposal.base_commit
    parents = ["-p", theirs]
    if not repo.succeeds("merge-base", "--is-ancestor", base, theirs):
        parents += ["-p", base]
    message = repo.read("show", "-s", "--format=%B", proposal.commit)
    return repo.text("commit-tree", *parents, f"{proposal.commit}^{{tree}}", stdin=message)


def _is_built_on(proposal: Proposal, theirs: str) -> bool:
    """Return True if the remote's branch has these files, and then only commits of other people."""
    repo, tree = proposal.repo, _tree(proposal.repo, proposal.commit)
    ours = _ours(proposal)
    for commit in repo.text("rev-list", "--first-parent", theirs, f"^{proposal.base_commit}").splitlines():
        if _tree(repo, commit) == tree:
            return True
        if repo.text("show", "-s", "--format=%ae %s", commit) in ours:
            return False
    return False


def _check_ours(proposal: Proposal, theirs: str) -> None:
    """Raise RefusedError if a commit on the remote's branch would be undone.

    That is one which is not of an earlier run, no merge of the base, and has something that our files have not.
    """
    repo, base, ours = proposal.repo, proposal.base_commit, _ours(proposal)
    for commit in repo.text("rev-list", "--first-parent", theirs, f"^{base}").splitlines():
        if repo.text("show", "-s", "--format=%ae %s", commit) in ours or _merges_base(proposal, commit):
            continue
        if not _lost(proposal, commit):
            continue
        who = repo.text("show", "-s", "--format=%an", commit)
        raise RefusedError(
            f"{proposal.branch} has a commit of somebody else ({commit[:12]} by {who}), which would be undone. Merge "
            "or close its pull request, or name another --branch"
        )


def _tree(repo: Repo, commit: str) -> str:
    return repo.text("rev-parse", f"{commit}^{{tree}}")


def _ours(proposal: Proposal) -> set[str]:
    """Return address and subject of each commit that is proposed."""
    return set(proposal.repo.text("log", "--format=%ae %s", proposal.commit, f"^{proposal.base_commit}").splitlines())


def _lost(proposal: Proposal, commit: str) -> list[str]:
    """Return the files that a commit changed, and that our files do not have as it left them."""
    repo, shown = proposal.repo, ("--name-only", "-z", "--no-renames")
    changed = repo.read("diff-tree", "-r", *shown, f"{commit}^", commit).decode(errors="surrogateescape").split("\0")
    differing = repo.read("diff-tree", "-r", *shown, commit, proposal.commit)
    return sorted(set(changed[:-1]) & set(differing.decode(errors="surrogateescape").split("\0")[:-1]))


def _merges_base(proposal: Proposal, commit: str) -> bool:
    """Return True for a merge of the default branch into the branch, with nothing else in it."""
    repo = proposal.repo
    parents = repo.text("show", "-s", "--format=%P", commit).split()
    if len(parents) != 2 or not repo.succeeds("merge-base", "--is-ancestor", parents[1], proposal.base_commit):
        return False
    merged = repo.answer("merge-tree", "--write-tree", *parents).strip()
    return merged == _tree(repo, commit)
