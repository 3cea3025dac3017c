"""Propose a change to a repository: push its branch, never by force, and open one pull request for it, only once."""

from dataclasses import dataclass, replace

from hubimages.errors import BadInputError, NoAnswerError, ProgramFailedError, RefusedError
from hubimages.fleet.clone import Clone, talk
from hubimages.fleet.github import Found, GitHub
from hubimages.fleet.outcome import DECLINED, OPEN, OPENED, PUSHED, UPDATED, Outcome
from hubimages.fleet.programs import Programs
from hubimages.repository.pull_request import push_command, token, token_hosts
from hubimages.repository.web_address import WebAddress

WAITS = (10.0, 30.0, 60.0)  # seconds, after a server answered a push with 429
LIMITED = "429"


@dataclass(frozen=True)
class Proposal:
    """A branch at a commit in a clone, and the title and text of its pull request."""

    clone: Clone
    branch: str
    commit: str
    title: str
    body: str


@dataclass(frozen=True)
class Means:
    """What proposing needs: programs, and GitHub's API."""

    programs: Programs
    github: GitHub


def push_only(proposal: Proposal, row: Outcome, means: Means) -> Outcome:
    """Push the branch; return the row with what came of it. Raises LoginError, NoAnswerError or RefusedError."""
    news = _pushed(proposal, means)
    web = proposal.clone.target.web
    page = f"; open the pull request: {web.compare(proposal.clone.base, proposal.branch)}" if web else ""
    detail = f"{proposal.branch}{'' if news else ' was there already'}{page}"
    return replace(row, state=PUSHED, detail=detail)


def open_pull_request(proposal: Proposal, row: Outcome, means: Means) -> Outcome:
    """Push the branch and open its pull request, or bring the one that is open up to date; return the row.

    One that somebody closed without merging is not opened again for the same files, and nothing is pushed then. Without
    a token for the server, the row has the address where a person opens the request.
    """
    web = proposal.clone.target.web
    if web is None:
        raise BadInputError(f"{proposal.clone.target.address} is on no server with pull requests. Use --push")
    if web.host not in token_hosts() or not token():
        return push_only(proposal, row, means)
    web, base, branch = means.github.current(web), proposal.clone.base, proposal.branch
    existing = means.github.pull_requests(web, base, branch)
    if declined := _declined(proposal, web, existing, means.github):
        return replace(row, state=DECLINED, detail=f"closed without merging: {declined}", pull_request=declined)
    news = _pushed(proposal, means)
    if already := next((each.address for each in existing if each.is_open), ""):
        return replace(row, state=UPDATED if news else OPEN, detail=already, pull_request=already)
    try:
        opened = means.github.open(web, base, branch, proposal.title, proposal.body)
    except RefusedError:
        # An answer that got lost is asked for again, and then GitHub has the request already.
        found = next((each for each in means.github.pull_requests(web, base, branch) if each.is_open), None)
        if found is None:
            raise
        opened = found.address
    return replace(row, state=OPENED, detail=opened, pull_request=opened)


def _declined(proposal: Proposal, web: WebAddress, existing: list[Found], github: GitHub) -> str:
    """Return the address of a pull request that was closed without merging, with these very files; "" if none was."""
    closed = next(iter(existing), None)
    if closed is None or closed.is_open or closed.is_merged:
        return ""
    same = github.tree(web, closed.head) == proposal.clone.repo.text("rev-parse", f"{proposal.commit}^{{tree}}")
    return closed.address if same else ""


def _pushed(proposal: Proposal, means: Means) -> bool:
    """Push the branch unless the remote has it with the same files; return whether something was pushed.

    A branch of an earlier run gets one more commit, with the files as they are now. Raises RefusedError if somebody
    else has committed to it.
    """
    repo, directory, branch = proposal.clone.repo, proposal.clone.directory, proposal.branch
    theirs = repo.answer("rev-parse", "--verify", "-q", f"refs/remotes/origin/{branch}").strip()
    if theirs and theirs != proposal.commit:
        if repo.text("rev-parse", f"{theirs}^{{tree}}") == repo.text("rev-parse", f"{proposal.commit}^{{tree}}"):
            return False
        _check_ours(proposal, theirs)
        repo.read("update-ref", f"refs/heads/{branch}", _on_top(proposal, theirs))
    elif theirs:
        return False
    argv = push_command(branch)
    argv = [argv[0], "-C", str(directory), "-c", "remote.origin.mirror=false", *argv[1:], "-q"]
    for seconds in (*WAITS, None):
        try:
            talk(means.programs, proposal.clone.target.address, *argv, cwd=directory)
            return True
        except NoAnswerError as error:
            if seconds is None or LIMITED not in str(error):
                raise
            means.programs.wait(seconds)
        except ProgramFailedError as error:
            lines = (line.strip() for line in str(error).splitlines())
            said = " ".join(line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
            raise (RefusedError(f"the server refuses the push: {said}") if said else error) from error
    raise AssertionError("the last attempt returns or raises")


def _on_top(proposal: Proposal, theirs: str) -> str:
    """Make a commit with our files on the branch as the remote has it, which also has the base as it is now."""
    repo, base = proposal.clone.repo, proposal.clone.commit
    parents = ["-p", theirs]
    if not repo.succeeds("merge-base", "--is-ancestor", base, theirs):
        parents += ["-p", base]
    message = repo.read("show", "-s", "--format=%B", proposal.commit)
    return repo.text("commit-tree", *parents, f"{proposal.commit}^{{tree}}", stdin=message)


def _check_ours(proposal: Proposal, theirs: str) -> None:
    """Raise RefusedError if a commit on the remote's branch is not of an earlier run, or not a merge of the base."""
    repo, base = proposal.clone.repo, proposal.clone.commit
    ours = set(repo.text("log", "--format=%ae %s", proposal.commit, f"^{base}").splitlines())
    for commit in repo.text("rev-list", "--first-parent", theirs, f"^{base}").splitlines():
        if repo.text("show", "-s", "--format=%ae %s", commit) in ours or _merges_base(proposal, commit):
            continue
        who = repo.text("show", "-s", "--format=%an", commit)
        raise RefusedError(
            f"{proposal.branch} has a commit of somebody else ({commit[:12]} by {who}), which would be undone. Merge "
            "or close its pull request, or name another --branch"
        )


def _merges_base(proposal: Proposal, commit: str) -> bool:
    """Return True for a merge of the default branch into the branch, with nothing else in it."""
    repo = proposal.clone.repo
    parents = repo.text("show", "-s", "--format=%P", commit).split()
    if len(parents) != 2 or not repo.succeeds("merge-base", "--is-ancestor", parents[1], proposal.clone.commit):
        return False
    merged = repo.answer("merge-tree", "--write-tree", *parents).strip()
    return merged == repo.text("rev-parse", f"{commit}^{{tree}}")
