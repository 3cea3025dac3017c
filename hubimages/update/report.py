"""The plan and the result of an update, as text for people."""

import shlex

from hubimages.console import count
from hubimages.markdown import code, sentence
from hubimages.repository.branches import current_branch
from hubimages.repository.git import Repo
from hubimages.update.plan import Update

OPEN_IT = "and open a pull request, or update the one that is open"


def nothing_to_do(update: Update) -> str:
    """Return the line for a repository that has all that the template has."""
    return f"Nothing to do: {update.repo.work_tree} is up to date with version {update.version} of the template"


def show_plan(update: Update, *, open_pr: bool = False) -> str:
    """Return the plan: the diff, what a person has to know, and the commands."""
    if not update.is_newer:
        return nothing_to_do(update)
    branch = shlex.quote(update.branch)
    commands = [f"$ git branch {branch} HEAD  # and one commit on it, with the diff above"]
    if open_pr:
        commands = [] if update.conflicts else [f"$ git push origin COMMIT:refs/heads/{branch}", OPEN_IT]
    elif update.conflicts:
        commands = [f"$ git switch -c {branch}", "$ git cherry-pick COMMIT  # what the template changed"]
    return "\n".join([update.diff.rstrip("\n"), f"{update.title}:", *_details(update), *commands])


def show_newer(update: Update) -> str:
    """Return what is newer, and how to have it."""
    if not update.is_newer:
        return nothing_to_do(update)
    where = shlex.quote(str(update.repo.work_tree))
    return "\n".join([f"{update.title}:", *_details(update), f"To have it: hubimages update-image-repo {where}"])


def show_done(update: Update) -> str:
    """Return what was done without conflicts, and what comes next."""
    title = f"{update.title} is commit {update.commit[:12]} on branch {update.branch}:"
    return "\n".join([title, *_details(update), *next_steps(update.repo, update.branch, update.head)])


def next_steps(repo: Repo, name: str, head: str, *, build: bool = False) -> list[str]:
    """Return the commands with which a person looks at a branch that was made from `head`, and takes or drops it."""
    where, branch = f"git -C {shlex.quote(str(repo.work_tree))}", shlex.quote(name)
    here = shlex.quote(current_branch(repo) or head[:12])
    return [
        f"Look at it: {where} diff {here}...{branch}",
        *([f"Build it: {where} switch {branch}, then nox -s build"] if build else []),
        f"Take it: push the branch and open a pull request, or {where} merge {branch}",
        f"Drop it: {where} branch -D {branch}",
    ]


def show_conflicts(update: Update, before: str) -> str:
    """Return the conflicts, how to go on and how to go back to the branch `before` ("" for a detached HEAD)."""
    where = f"git -C {shlex.quote(str(update.repo.work_tree))}"
    files = shlex.join(each.path for each in (update.merge.conflicts if update.merge else ()))
    back = f"switch {shlex.quote(before)}" if before else f"switch --detach {update.head[:12]}"
    return "\n".join(
        [
            f"{update.title} has conflicts with your changes. You are on branch {update.branch} now:",
            *_details(update),
            "Go on: edit these files. Git marks the lines of both sides with <<<<<<<, ======= and >>>>>>>. Then run",
            # without an editor for the message, which is the template's
            f"  {where} add {files} && {where} -c core.editor=true cherry-pick --continue",
            f"Go back: {where} cherry-pick --abort && {where} {back} && {where} branch -D {shlex.quote(update.branch)}",
        ]
    )


def show_unproposed(update: Update) -> str:
    """Return the conflicts of an update that is not proposed for them, and how to go on."""
    where = shlex.quote(str(update.repo.work_tree))
    return "\n".join(
        [
            f"{update.title} has conflicts with your changes, so no pull request was opened:",
            *_details(update),
            f"Go on: run hubimages update-image-repo {where} in your clone, resolve the conflicts, and push the branch",
        ]
    )


def told(update: Update) -> str:
    """Return the text of the update's pull request, as Markdown."""
    assert update.merge is not None
    record = update.record
    made = f" (made from commit {record.commit[:12]} of {code(record.template)})" if record.commit else ""
    parts = [
        f"`hubimages update-image-repo` brings what the template changed since version {record.template_version}{made}."
    ]
    parts += [f"What version {number} changes for you:\n\n{text}" for number, text in update.brings.items()]
    if update.left_out:
        parts.append(
            "**Left out**, because the token of this run may not change workflows:\n\n"
            + "\n".join(f"- {code(path)}" for path in update.left_out)
            + "\n\nRun `hubimages update-image-repo . --open-pr` in your own clone: it adds them to this pull request. "
            "Or give the workflow a token with that right, as the README says. Until then `.hubimages.yaml` stays as "
            "it is, and the next update brings the rest."
        )
    if update.merge.stays_deleted:
        listed = "\n".join(f"- {code(path)}" for path in update.merge.stays_deleted)
        parts.append(f"You deleted these, and the template changed them. They stay deleted:\n\n{listed}")
    if new := [
        f"- {code(key)}: {code(value) if value else 'nothing'}"
        for key, (old, value) in update.answers.items()
        if old is None
    ]:
        parts.append("New questions, which got their defaults (`--set key=value` changes one):\n\n" + "\n".join(new))
    parts += [f"Warning: {sentence(line)}" for line in update.warnings]
    if update.point_hubs:
        parts.append(f"When the first image has its new name, point the hubs at it: {code(update.point_hubs)}")
    return "\n\n".join(parts)


def _details(update: Update) -> list[str]:
    """What changes, and what the owner has to know."""
    merge = update.merge
    assert merge is not None
    lines = [f"  conflict in {each.path}: {each.reason}" for each in merge.conflicts]
    in_conflict = {each.path for each in merge.conflicts}
    lines += [f"  {line}" for line in update.changed if line.partition(" ")[2] not in in_conflict]
    lines += [f"  {path} stays deleted; the template changed it" for path in merge.stays_deleted]
    lines += [f"  {note}" for note in merge.notes]
    for key, (old, new) in update.answers.items():
        lines.append(f"  {key}: {new} (new question)" if old is None else f"  {key}: {new} (was {old})")
    if merge.conflicts:
        lines.insert(0, f"{count(len(merge.conflicts), 'file')} to resolve:")
    for number, text in update.brings.items():
        lines += [f"What version {number} changes for you:", text]
    lines += [f"warning: {line}" for line in update.warnings]
    if update.point_hubs:
        lines += ["When the first image has its new name, point the hubs at it:", f"  {update.point_hubs}"]
    return lines
