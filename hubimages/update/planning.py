"""Plan the update of an image repository: what the merge gives, before anything in the repository changes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hubimages import disk
from hubimages.errors import BadInputError
from hubimages.repository.git import Repo
from hubimages.template import RECORD, Rendering, ask, given_answers
from hubimages.update.merging import Merge, merge
from hubimages.update.objects import Objects
from hubimages.update.plan import Update
from hubimages.update.ready import check_has_commit, check_ready, repository
from hubimages.update.record import Record, read_record, reference
from hubimages.update.released import changes_between, installed_version, questions_of, wanted_version
from hubimages.update.rendering import new_answers, render_both
from hubimages.update.sources import Source, new_source, old_source

ANSWERS_BRANCH = "change-answers"
NAME = re.compile(r"""^IMAGE = os\.environ\.get\("IMAGE", ["']([^"'\s]+)["']\)""", re.MULTILINE)


def plan_update(
    path: Path, *, to: str | None = None, settings: Sequence[str] = (), check: bool = False, ask_new: bool = False,
    trusted: bool = False, branch: str | None = None,
) -> Update:  # fmt: skip
    """Return what an update of the repository would do. Changes nothing in it.

    `to` is a version of the template (default: the installed one), `settings` are changed answers as `key=value`. With
    `ask_new` a person answers the new version's new questions; otherwise they get their defaults. `trusted` renders the
    old template from an address that is not this project's without a question. `branch` is another name for the branch.
    Unless it is a `check`, the repository
    must be in a state in which a commit can be made.
    """
    repo = repository(path)
    if not check:
        check_ready(repo)
    check_has_commit(repo)
    if branch is not None and not repo.succeeds("check-ref-format", "--branch", branch):
        raise BadInputError(f"--branch={branch} is not a valid branch name")
    record = read_record(repo)
    changes = given_answers(settings, None)
    version = wanted_version(to) if to is not None else max(installed_version(), record.template_version)
    if version < record.template_version:
        raise BadInputError(
            f"{repo.work_tree} is at version {record.template_version} of the template already, and --to {version} is "
            "older. To go back, revert the commit of the update"
        )
    if version > installed_version():
        raise BadInputError(
            f"{repo.work_tree} is at version {version} of the template, and this hubimages has {installed_version()}. "
            "Install a newer hubimages"
        )
    with disk.temporary_directory("update") as temporary:
        plan = _planned(repo, record, version, changes, Path(temporary), ask_new=ask_new, trusted=trusted)
    return plan if branch is None else replace(plan, branch=branch)


def _planned(
    repo: Repo,
    record: Record,
    version: int,
    changes: Mapping[str, str],
    temporary: Path,
    *,
    ask_new: bool,
    trusted: bool,
) -> Update:
    new = new_source(version, temporary)
    old = old_source(record, temporary, trusted=trusted)
    answers = new_answers(record, changes, new)
    unanswered = questions_of(new.directory) - answers.keys()
    if ask_new and unanswered - record.answers.keys() and version == installed_version():
        answers = ask(answers)
    before, after = render_both(old, record, new, answers, temporary)
    head = repo.text("rev-parse", "HEAD")
    common = {
        "repo": repo,
        "record": record,
        "version": version,
        "head": head,
        "branch": ANSWERS_BRANCH if version == record.template_version and changes else f"update-to-template-{version}",
        "brings": changes_between(record.template_version, version),
        "answers": _changed_answers(record, after),
        **_references(repo, record, after),
        "warnings": _warnings(record, new),
    }
    if _same(before, after, version == record.template_version):
        return Update(**common)  # type: ignore[arg-type]
    objects = Objects.beside(repo, temporary)
    base, theirs = objects.entries(before.files, after.files)
    base = {path: entry for path, entry in base.items() if path in theirs or not _is_left(path, after)}
    message = _message(record, version, changes)
    merged = merge(objects, head, base, theirs, message)
    if merged.tree == repo.text("rev-parse", f"{head}^{{tree}}"):
        return Update(**common)  # type: ignore[arg-type]
    return _with_commit(objects, common, merged, message)


def _with_commit(objects: Objects, common: Mapping[str, object], merged: Merge, message: str) -> Update:
    repo, head = objects.repo, str(common["head"])
    if merged.conflicts:
        commit = merged.change
    else:
        sign = repo.answer("config", "--type=bool", "--get", "commit.gpgSign").strip() == "true"
        commit = objects.commit(merged.tree, message, head, sign=sign)
    paths = _differing(objects, head, merged.tree, "--name-only", "--no-renames")
    added = _differing(objects, head, merged.tree, "--name-only", "--no-renames", "--diff-filter=A")
    shown = ("diff-tree", "-r", "-M", "-p", "--no-color", "--no-ext-diff", head, merged.tree)
    return Update(
        **common,  # type: ignore[arg-type]
        merge=merged,
        commit=commit,
        pack=objects.pack(commit, known=head),
        changed=tuple(_changed(_differing(objects, head, merged.tree, "--name-status", "-M"))),
        diff=repo.read(*shown, env=objects.environment).decode(errors="replace"),
        paths=tuple(paths),
        overwritten=tuple(path for path in added if repo.work_tree and (repo.work_tree / path).exists()),
    )


def _differing(objects: Objects, head: str, tree: str, *options: str) -> list[str]:
    """The fields of `git diff-tree` about what the update changes."""
    output = objects.repo.read("diff-tree", "-r", "-z", *options, head, tree, env=objects.environment)
    return output.decode(errors="surrogateescape").split("\0")[:-1]


def _changed(status: Sequence[str]) -> Sequence[str]:
    """The lines about changed files, from `git diff-tree --name-status -z`."""
    words = {"A": "adds", "D": "removes", "M": "changes", "T": "changes"}
    fields = iter(status)
    lines = []
    for letter in fields:
        path = next(fields)
        if letter.startswith("R"):
            lines.append(f"renames {path} to {next(fields)}")
        else:
            lines.append(f"{words.get(letter[0], 'changes')} {path}")
    return lines


def _is_left(path: str, after: Rendering) -> bool:
    """Return True for a file that the template leaves to its owner: with it on one side only, the merge keeps it."""
    own = after.answers.get("own_files", "").split()
    return path in own or any(folder.endswith("/") and path.startswith(folder) for folder in own)


def _same(before: Rendering, after: Rendering, same_version: bool) -> bool:
    """Return True if nothing but the record of the same version differs: it names each commit of the template."""
    ignored = {RECORD} if same_version and before.answers == after.answers else set()
    return {name: file for name, file in before.files.items() if name not in ignored} == {
        name: file for name, file in after.files.items() if name not in ignored
    }


def _changed_answers(record: Record, after: Rendering) -> dict[str, tuple[str | None, str]]:
    """The answers that differ from the recorded ones: before (None for a new question) and after."""
    return {
        key: (record.answers.get(key), value)
        for key, value in after.answers.items()
        if record.answers.get(key) != value
    }


def image_name(repo: Repo, record: Record) -> str:
    """Return the image's name with its registry: what noxfile.py says, where the README has its owner write it."""
    found = NAME.search(repo.answer("show", "HEAD:noxfile.py"))
    return found[1] if found else reference(record.answers)


def _references(repo: Repo, record: Record, after: Rendering) -> dict[str, str]:
    """The image's name before and after."""
    former = new = reference(record.answers)
    if (after_name := reference(after.answers)) != former:
        former, new = image_name(repo, record), after_name
    return {"former_reference": former, "reference": new}


def _warnings(record: Record, new: Source) -> tuple[str, ...]:
    if new.origin.commit or not record.commit:
        return ()
    return (
        f"this copy of the template has no commit that others can have ({new.origin.problem}): the record names none, "
        "and no workflow installs hubimages from it",
    )


def _message(record: Record, version: int, changes: Mapping[str, str]) -> str:
    if version == record.template_version and changes:
        lines = "".join(f"{key}: {value}\n" for key, value in changes.items())
        return f"Change answers to the hubimages template\n\n{lines}"
    commit = f" (commit {record.commit[:12]})" if record.commit else ""
    return f"Update to version {version} of the hubimages template\n\nFrom version {record.template_version}{commit}.\n"
