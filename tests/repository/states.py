"""States in which people really have their repositories, and what a task that writes ends with in each.

A state is made in a clone of a small deployment repository. `target` is a file that the task edits, `other` one that it
does not. What a task ends with is one exit code for all ways to deliver, or one for each: files only, a commit on the
current branch, a commit on a new branch.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OTHER = "README.md"
PRIVATE = "# private, and not to be published\n"


@dataclass(frozen=True)
class Place:
    """A repository, and the files that a state is about."""

    root: Path
    target: str
    home: Path
    other: str = OTHER

    def git(self, *args: str, check: bool = True, stdin: str = "", **env: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.root, check=check, capture_output=True, input=stdin.encode(),
            env={**os.environ, "GIT_EDITOR": "true", **env},
        )  # fmt: skip
        return done.stdout.decode(errors="surrogateescape").strip()

    def path(self, name: str) -> Path:
        """A file of git's directory."""
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-path", name))

    def append(self, file: str, text: str) -> None:
        (self.root / file).write_text((self.root / file).read_text() + text)

    def hook(self, name: str, text: str) -> None:
        place = self.path(f"hooks/{name}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{text}\n")
        place.chmod(0o755)

    def commit(self, file: str, text: str, message: str) -> None:
        (self.root / file).write_text(text)
        self.git("add", "--", file)
        self.git("commit", "-q", "--no-verify", "-m", message, "--", file)

    def side(self) -> None:
        """A branch with another text of the other file, so that bringing it in conflicts."""
        self.git("switch", "-q", "-c", "side")
        self.commit(self.other, "side\n", "Side one")
        self.commit(self.other, "side two\n", "Side two")
        self.git("switch", "-q", "-")
        self.commit(self.other, "main\n", "Main")


Codes = tuple[int, int, int]
State = tuple[Callable[[Place], object], Codes]
FREE: Codes = (0, 0, 0)
NO_COMMIT: Codes = (0, 3, 3)  # files can be written; a commit is refused
REFUSED: Codes = (3, 3, 3)
BAD: Codes = (2, 2, 2)
HOOK: Codes = (0, 4, 4)  # git or a hook refuses


def config(**settings: str) -> State:
    def make(place: Place) -> None:
        for name, value in settings.items():
            place.git("config", name.replace("__", "."), value)

    return make, FREE


def merge(place: Place) -> None:
    place.side()
    place.git("merge", "-q", "-X", "ours", "--no-commit", "--no-ff", "side")


def merge_with_conflict(place: Place) -> None:
    place.side()
    place.git("merge", "-q", "side", check=False)


def squash(place: Place) -> None:
    place.side()
    place.git("merge", "-q", "-X", "ours", "--squash", "side")


def revert(place: Place) -> None:
    place.side()
    place.git("revert", "--no-edit", "HEAD~1", check=False)
    place.git("revert", "--no-commit", "HEAD")


def revert_with_conflict(place: Place) -> None:
    place.side()
    place.commit(place.other, "main two\n", "Main two")
    place.git("revert", "--no-edit", "HEAD~1", check=False)


def cherry_pick(place: Place) -> None:
    place.side()
    place.git("cherry-pick", "side", check=False)


def cherry_picks(place: Place) -> None:
    """Between two commits of one cherry-pick, after the first was committed by hand."""
    place.side()
    place.git("cherry-pick", "side~1", "side", check=False)
    (place.root / place.other).write_text("by hand\n")
    place.git("add", place.other)
    place.git("commit", "-q", "-m", "By hand")


def rebase(place: Place) -> None:
    place.side()
    place.git("rebase", "-q", "side", check=False)


def rebase_apply(place: Place) -> None:
    place.side()
    place.git("rebase", "-q", "--apply", "side", check=False)


def rebase_stopped(place: Place) -> None:
    place.git("rebase", "-q", "-i", "HEAD~1", GIT_SEQUENCE_EDITOR="sed -i s/^pick/edit/")


def am(place: Place) -> None:
    place.side()
    patch = place.git("format-patch", "--stdout", "-1", "side")
    place.git("am", "-q", stdin=patch + "\n", check=False)


def bisect(place: Place) -> None:
    place.git("bisect", "start", "HEAD", "HEAD~2")


def stash_conflict(place: Place) -> None:
    place.append(place.other, "stashed\n")
    place.git("stash", "-q")
    place.commit(place.other, "main\n", "Main")
    place.git("stash", "pop", "-q", check=False)


def marked(flag: str) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        place.append(place.target, PRIVATE)
        place.git("update-index", flag, "--", place.target)

    return make


def marked_other(flag: str) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        place.append(place.other, PRIVATE)
        place.git("update-index", flag, "--", place.other)

    return make


def dirty(place: Place) -> None:
    place.append(place.target, PRIVATE)


def staged(place: Place) -> None:
    dirty(place)
    place.git("add", "--", place.target)


def staged_and_undone(place: Place) -> None:
    before = (place.root / place.target).read_text()
    staged(place)
    (place.root / place.target).write_text(before)


def mode_changed(place: Place) -> None:
    (place.root / place.target).chmod(0o755)


def executable(place: Place) -> None:
    mode_changed(place)
    place.git("commit", "-q", "-a", "-m", "Executable")


def linked(place: Place) -> None:
    file = place.root / place.target
    file.rename(place.root / "real.txt")
    file.symlink_to(os.path.relpath(place.root / "real.txt", file.parent))
    place.git("add", "-A")
    place.git("commit", "-q", "-m", "Link")


def folder_linked(place: Place) -> None:
    folder = (place.root / place.target).parent
    folder.rename(place.root.parent / "moved")
    folder.symlink_to(place.root.parent / "moved")


def lock(name: str) -> Callable[[Place], None]:
    return lambda place: place.path(name).write_text("")


def branch_lock(place: Place) -> None:
    place.path(f"refs/heads/{place.git('branch', '--show-current')}.lock").write_text("")


def hook(name: str, text: str) -> Callable[[Place], None]:
    return lambda place: place.hook(name, text)


EACH = "for f in $(git diff --cached --name-only --diff-filter=d); do "
FIXING = EACH + "grep -q '^# fixed' $f || { echo '# fixed' >>$f; git %s $f; bad=%d; }; done; exit ${bad:-0}"


def hooks_path(place: Place) -> None:
    folder = place.home / "hooks"
    folder.mkdir()
    (folder / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (folder / "pre-commit").chmod(0o755)
    place.git("config", "core.hooksPath", str(folder))


def nobody(place: Place) -> None:
    place.git("config", "user.useConfigOnly", "true")
    (place.home / "anonymous").touch()  # the test then leaves the identity out of the environment


def broken_config(place: Place) -> None:
    path = place.path("config")
    path.write_text(path.read_text() + "[broken\n")


def newer_format(place: Place) -> None:
    place.git("config", "core.repositoryFormatVersion", "99")


def broken_home(place: Place) -> None:
    path = place.home / ".gitconfig"
    path.write_text((path.read_text() if path.exists() else "") + "[broken\n")


def not_ours(place: Place) -> None:
    git_dir = place.path("HEAD").parent
    for folder in (place.root, git_dir):
        os.chown(folder, 12345, 12345)


def bare(place: Place) -> None:
    place.git("config", "core.bare", "true")


def detached(place: Place) -> None:
    place.git("switch", "-q", "--detach")


def unborn(place: Place) -> None:
    place.git("symbolic-ref", "HEAD", "refs/heads/unborn")


def branch_there(place: Place) -> None:
    place.git("branch", "bump")


def branch_elsewhere(place: Place) -> None:
    place.git("branch", "bump")
    place.commit(place.other, "more\n", "More")


def branch_in_use(place: Place) -> None:
    place.git("worktree", "add", "-q", str(place.root.parent / "second"), "-b", "bump")


def branch_in_the_way(place: Place) -> None:
    place.git("branch", "bump/more")


def tags_of_these_names(place: Place) -> None:
    for name in ("bump", place.git("branch", "--show-current"), "HEAD", "origin"):
        place.git("update-ref", f"refs/tags/{name}", "HEAD~1")


def files_of_these_names(place: Place) -> None:
    for name in ("HEAD", "bump", "origin", "main"):
        place.commit(name, "file\n", f"Add {name}")


def private_tag(place: Place) -> None:
    place.git("tag", "-a", "-m", "private", "private")
    place.git("config", "push.followTags", "true")


def filter_missing(file: str) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        path = place.path("info/attributes")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{file if file != 'target' else place.target} filter=absent\n")
        place.git("config", "filter.absent.clean", "no-such-program")
        place.git("config", "filter.absent.required", "true")

    return make


def signing(place: Place) -> None:
    place.git("config", "commit.gpgSign", "true")
    place.git("config", "gpg.program", "false")


def crlf(place: Place) -> None:
    place.git("config", "core.autocrlf", "true")


def packed(place: Place) -> None:
    place.git("pack-refs", "--all")
    place.git("gc", "-q")


def submodule(place: Place) -> None:
    place.git("-c", "protocol.file.allow=always", "submodule", "-q", "add", str(place.root), "sub")
    place.git("commit", "-q", "-m", "Submodule")


def nested(place: Place) -> None:
    place.git("init", "-q", "nested")


def excluded(place: Place) -> None:
    path = place.path("info/exclude")
    path.parent.mkdir(exist_ok=True)
    path.write_text("*\n")


def replaced(place: Place) -> None:
    place.git("replace", "HEAD~1", "HEAD~2")


def sparse_without_other(place: Place) -> None:
    place.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{place.other}")


def notes_and_stash(place: Place) -> None:
    place.git("notes", "add", "-m", "note")
    place.append(place.other, "stashed\n")
    place.git("stash", "-q")


def orig_head(place: Place) -> None:
    place.path("ORIG_HEAD").write_text(place.git("rev-parse", "HEAD~1") + "\n")
    place.path("gc.log").write_text("warning: too many unreachable loose objects\n")


STATES: dict[str, State] = {
    "clean": (lambda place: None, FREE),
    "a merge": (merge, NO_COMMIT),
    "a merge with a conflict": (merge_with_conflict, NO_COMMIT),
    "a squash merge": (squash, NO_COMMIT),
    "a revert": (revert, NO_COMMIT),
    "a revert with a conflict": (revert_with_conflict, NO_COMMIT),
    "a cherry-pick": (cherry_pick, NO_COMMIT),
    "between two cherry-picks": (cherry_picks, NO_COMMIT),
    "a rebase": (rebase, NO_COMMIT),
    "a rebase with --apply": (rebase_apply, NO_COMMIT),
    "a rebase stopped to edit": (rebase_stopped, NO_COMMIT),
    "git am": (am, NO_COMMIT),
    "a bisection": (bisect, NO_COMMIT),
    "a conflict of a stash": (stash_conflict, NO_COMMIT),
    "assume-unchanged": (marked("--assume-unchanged"), REFUSED),
    "skip-worktree": (marked("--skip-worktree"), REFUSED),
    "assume-unchanged elsewhere": (marked_other("--assume-unchanged"), FREE),
    "skip-worktree elsewhere": (marked_other("--skip-worktree"), FREE),
    "uncommitted changes": (dirty, REFUSED),
    "staged changes": (staged, REFUSED),
    "staged changes undone in the file": (staged_and_undone, REFUSED),
    "a changed mode": (mode_changed, REFUSED),
    "an executable file": (executable, FREE),
    "index.lock": (lock("index.lock"), NO_COMMIT),
    "HEAD.lock": (lock("HEAD.lock"), NO_COMMIT),
    "packed-refs.lock": (lock("packed-refs.lock"), NO_COMMIT),
    "a lock of the branch": (branch_lock, NO_COMMIT),
    "pre-commit refuses": (hook("pre-commit", "exit 1"), HOOK),
    "commit-msg refuses": (hook("commit-msg", "exit 1"), HOOK),
    "prepare-commit-msg refuses": (hook("prepare-commit-msg", "exit 1"), HOOK),
    "reference-transaction refuses": (hook("reference-transaction", "test $1 != prepared"), HOOK),
    "post-commit fails": (hook("post-commit", "exit 1"), FREE),
    "post-checkout fails": (hook("post-checkout", "echo git-lfs was not found >&2; exit 2"), FREE),
    "post-index-change fails": (hook("post-index-change", "exit 1"), FREE),
    "pre-commit fixes and refuses": (hook("pre-commit", FIXING % ("status -s", 1)), FREE),
    "pre-commit fixes and adds": (hook("pre-commit", FIXING % ("add", 0)), FREE),
    "pre-commit never passes": (hook("pre-commit", EACH + "echo '# x' >>$f; done; exit 1"), HOOK),
    "hooks in another folder": (hooks_path, HOOK),
    "nobody to commit as": (nobody, (0, 2, 2)),
    "a broken configuration": (broken_config, BAD),
    "a broken ~/.gitconfig": (broken_home, BAD),
    "a newer format": (newer_format, BAD),
    "another owner": (not_ours, REFUSED),
    "core.bare": (bare, BAD),
    "a detached HEAD": (detached, (0, 3, 0)),
    "no commit yet": (unborn, (3, 3, 3)),
    "the branch exists here": (branch_there, FREE),
    "the branch exists elsewhere": (branch_elsewhere, (0, 0, 3)),
    "the branch is checked out elsewhere": (branch_in_use, (0, 0, 3)),
    "a branch below the branch": (branch_in_the_way, (0, 0, 3)),
    "tags of these names": (tags_of_these_names, FREE),
    "files of these names": (files_of_these_names, FREE),
    "a private tag, and push.followTags": (private_tag, FREE),
    "a filter is missing elsewhere": (filter_missing(OTHER), FREE),
    "a filter is missing": (filter_missing("target"), HOOK),
    "signing fails": (signing, HOOK),
    "autocrlf": (crlf, FREE),
    "packed refs and objects": (packed, FREE),
    "a submodule": (submodule, FREE),
    "a repository inside": (nested, FREE),
    "everything excluded": (excluded, FREE),
    "a replaced commit": (replaced, FREE),
    "a sparse checkout": (sparse_without_other, FREE),
    "notes and a stash": (notes_and_stash, FREE),
    "ORIG_HEAD and gc.log": (orig_head, FREE),
    "colours always": config(color__ui="always", color__diff="always", color__status="always"),
    "other diffs": config(diff__noprefix="true", diff__external="false", diff__renames="copies", diff__relative="true"),
    "another log": config(log__showRoot="false", log__showSignature="true", log__follow="true", log__decorate="full"),
    "another status": config(status__showUntrackedFiles="no", status__relativePaths="true", status__short="true"),
    "other messages": config(commit__cleanup="scissors", commit__verbose="true", core__commentChar=";"),
    "another encoding": config(i18n__commitEncoding="ISO-8859-1", i18n__logOutputEncoding="ISO-8859-1"),
    "a split index": config(core__splitIndex="true"),
    "an index of version 4": config(index__version="4", core__untrackedCache="true", feature__manyFiles="true"),
    "no modes": config(core__fileMode="false", core__trustctime="false", core__checkStat="minimal"),
    "no links": config(core__symlinks="false"),
    "names compared without case": config(core__ignoreCase="true", core__precomposeUnicode="true"),
    "a mirror": config(remote__origin__mirror="true", push__default="matching"),
    "another upstream": config(branch__autoSetupMerge="always", branch__autoSetupRebase="always"),
    "no reflogs": config(core__logAllRefUpdates="false"),
    "everything written through": config(core__fsync="all", core__fsyncMethod="batch"),
}  # fmt: skip
