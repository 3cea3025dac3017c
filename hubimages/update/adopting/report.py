"""The plan and the result of an adoption, as text for people."""

import shlex
from collections.abc import Sequence

from hubimages import signals
from hubimages.console import count
from hubimages.update.adopting.adoption import Adoption
from hubimages.update.adopting.planning import check_answered
from hubimages.update.report import next_steps

TASK = "adopt-image-repo"
CODE = ".github/image_build/"


def apply_adoption(adoption: Adoption) -> tuple[Adoption, str]:
    """Make the branch; return the adoption as it is there, and what was done and what comes next, as text.

    The work tree and the branch that is checked out stay as they are. Raises RefusedError for a question without an
    answer, a file in the template's way, or a repository that has changed since the plan was made.
    """
    if not adoption.is_new and not adoption.guesses.answers:
        return adoption, already(adoption)
    check_answered(adoption)
    landing = adoption.landing
    with signals.raising(), signals.held_back():
        former = landing.former()
        if not (former and landing.is_done(former)):
            landing.check()
            landing.unpack()
            landing.point(adoption.commit, former, TASK)
    return adoption, show_adopted(adoption)


def already(adoption: Adoption) -> str:
    """Return the line for a repository that has a record."""
    where = shlex.quote(str(adoption.repo.work_tree))
    return f"Nothing to do: {where} is made from the template. To update it: hubimages update-image-repo {where}"


def show_adoption(adoption: Adoption) -> str:
    """Return the plan: the diff, what differs from the template, and the commands."""
    if not adoption.guesses.answers:
        return already(adoption)
    branch = shlex.quote(adoption.branch)
    lines = [adoption.diff.rstrip("\n")] if adoption.diff else []
    lines += _details(adoption)
    if adoption.is_new:
        lines.append(f"$ git branch {branch} HEAD  # and one commit on it, with the diff above")
    return "\n".join(lines)


def show_adopted(adoption: Adoption) -> str:
    """Return what was done, and what comes next."""
    what = f"Version {adoption.version} of the template is commit {adoption.commit[:12]} on branch {adoption.branch}."
    steps = next_steps(adoption.repo, adoption.branch, adoption.head, build=True)
    return "\n".join([what, *_details(adoption), *steps])


def _details(adoption: Adoption) -> list[str]:
    """The answers with their places, and what becomes of the files."""
    width = max(len(each.key) for each in adoption.guesses.answers)
    unclear = {each.key: each.reason for each in adoption.guesses.unclear}
    lines = ["Answers, and where each was read:"]
    for each in adoption.guesses.answers:
        read = "not answered yet" if each.key in unclear else ", ".join(each.read)
        lines.append(f"  {each.key:{width}}  {each.value or '(none)'}  ({read})")
    lines += [f"Question: {each.question}" for each in adoption.guesses.unclear]
    lines += [f"In the way: {path}, where the template needs {needed}" for path, needed in adoption.in_the_way]
    if adoption.superseded:
        lines.append("Workflows that the template's replace:")
        lines += [f"  {file}: {reason}" for file, reason in adoption.superseded.items()]
    if adoption.stays:
        lines.append("Left to you, where the template has a file:")
    for stays in adoption.stays:
        numbers = f"{count(stays.added, 'line')} only here, {stays.removed} only in the template's"
        differs = numbers if stays.added or stays.removed else ""
        lines.append(f"  {stays.path}: {'; '.join(filter(None, (stays.why, differs)))}")
    lines.append(f"The template adds {count(len(adoption.added), 'file')}: {', '.join(_grouped(adoption.added))}")
    return [*lines, *(f"note: {note}" for note in adoption.notes)]


def _grouped(paths: Sequence[str]) -> list[str]:
    """The paths, with one entry for the code of the sessions."""
    code = [path for path in paths if path.startswith(CODE)]
    others = [path for path in paths if not path.startswith(CODE)]
    return [*([f"{CODE} ({count(len(code), 'file')})"] if code else []), *others]
