"""Make a new image repository: render it, commit, move it to DEST in one step, and publish it if asked to."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, disk, run
from hubimages.errors import BadInputError, ProgramFailedError, RefusedError
from hubimages.repository import git, staging
from hubimages.template.next_steps import next_steps
from hubimages.template.origin import Origin
from hubimages.template.render import Rendering, render_files

BRANCH = "main"
MESSAGE = "Start from the hubimages template\n\nThe answers it was made with are in .hubimages.yaml.\n"


def plan_new_repository(
    dest: Path, answers: Mapping[str, str], origin: str | None = None, *, made_from: Origin | None = None
) -> "NewRepository":
    """What a new repository at DEST will hold. Changes nothing and asks no network.

    `origin` is the address to push to, `made_from` the origin of the template where it is not to be found out.

    `answers` need not be complete: the template's defaults stand for the rest, and `repo` is DEST's name when it is
    not there. Raises BadInputError for a bad answer or address, RefusedError when DEST is in use.
    """
    dest = staging.free_destination(dest)
    given = {"repo": dest.name, **answers}
    if origin is not None:
        origin = _address(origin)
    return NewRepository(dest, render_files(given, made_from), frozenset(given), origin)


@dataclass(frozen=True)
class NewRepository:
    """The plan: directory, content, which answers were given, and the address of `origin`."""

    dest: Path
    rendering: Rendering
    given: frozenset[str]
    origin: str | None

    def show(self, *, push: bool = False) -> str:
        """Return the files and commands of the plan as text. Changes nothing."""
        files = "\n".join(f"  {name}" for name in self.rendering.files)
        commands = [
            ["git", "init", f"--initial-branch={BRANCH}"],
            ["git", "add", "--force", "FILES"],
            ["git", "commit"],
        ]
        if self.origin is not None:
            commands.append(["git", "remote", "add", "origin", self.origin])
        if push:
            commands.append(["git", "push", "--set-upstream", "origin", BRANCH])
        shown = "\n".join("$ " + console.censor(shlex.join(argv)) for argv in commands)
        unchecked = "\nNot checked: whether origin can be reached and is empty." if push else ""
        return f"Would make {self.dest} with these files:\n{files}\n{self._defaults()}Commands:\n{shown}{unchecked}"

    def apply(self, *, push: bool = False) -> str:
        """Make the repository, and publish it when `push` is set; what was done and what comes next, as text.

        Raises RefusedError when DEST is in use or `origin` has a main already, LoginError and NoAnswerError when
        `origin` cannot be asked, BadInputError when git does not know who commits. Until everything but the push is
        done there is no DEST.
        """
        if push:
            self._refuse_published()
        with staging.beside(self.dest) as stage:
            git.check_identity(stage.path)
            directory = stage.path / "repository"
            self.rendering.write(directory)
            commit = self._commit(directory)
            stage.publish(directory)
        if push:
            self._push(commit)
        published = f" and published at {console.censor(self.origin or '')}" if push else ""
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self._steps(pushed=push), start=1))
        return (
            f"Made {self.dest}{published}: {len(self.rendering.files)} files, commit {commit[:12]} on {BRANCH}.\n"
            f"{self._defaults()}Next:\n{steps}"
        )

    def _defaults(self) -> str:
        used = [f"  {key}: {value}" for key, value in self.rendering.answers.items() if key not in self.given]
        return "Defaults used (change with --set):\n" + "\n".join([*used, ""]) if used else ""

    def _steps(self, *, pushed: bool) -> list[str]:
        if pushed:
            return next_steps(self.rendering.answers, self.rendering.origin)
        where = shlex.quote(str(self.dest))
        create = "Create an empty repository on GitHub."
        if not self.origin:
            create = f"Create an empty repository on GitHub, then run: git -C {where} remote add origin ADDRESS"
        push = f"Push: git -C {where} push -u origin {BRANCH}"
        return [create, *next_steps(self.rendering.answers, self.rendering.origin, push=push)]

    def _commit(self, directory: Path) -> str:
        run.run("git", "init", "--quiet", f"--initial-branch={BRANCH}", str(directory), cwd=directory)
        repo = git.Repo(directory / ".git", directory)
        self.rendering.add(repo)
        repo.show("commit", "--quiet", "--file", "-", stdin=MESSAGE.encode())
        listed = repo.read("ls-tree", "-r", "-z", "--name-only", "HEAD").decode().split("\0")[:-1]
        if sorted(listed) != sorted(self.rendering.files):
            raise ProgramFailedError(f"the commit has {len(listed)} files, not {len(self.rendering.files)}")
        if self.origin is not None:
            repo.show("remote", "add", "origin", self.origin)
        return repo.text("rev-parse", "HEAD")

    def _refuse_published(self) -> None:
        if self.origin is None:
            raise BadInputError("--push needs an address to push to. Add --origin URL")
        if self._remote_main():
            raise RefusedError(
                f"{console.censor(self.origin)} already has a branch {BRANCH} with another history. "
                "Name an empty repository, or leave out --push"
            )

    def _remote_main(self) -> str:
        """Return the commit of main at `origin`; empty if there is none."""
        origin = self.origin or ""
        argv = ["git", "ls-remote", "--", origin, f"refs/heads/{BRANCH}"]
        done = run.attempt(*argv, cwd=Path("/"), env=git.remote_environment())
        if done.returncode:
            raise git.remote_failure(origin, argv, done.returncode, done.stderr)
        return done.stdout.decode().partition("\t")[0]

    def _push(self, commit: str) -> None:
        repo = git.Repo(self.dest / ".git", self.dest)
        argv = ["git", "-C", str(self.dest), "push", "--set-upstream", "origin", BRANCH]
        console.command(argv)
        done = run.attempt(*repo.argv("push", "--set-upstream", "origin", BRANCH), cwd=self.dest,
                           env=git.remote_environment())  # fmt: skip
        if done.returncode:
            error = git.remote_failure(self.origin or "", argv, done.returncode, done.stderr)
            raise type(error)(f"{error}\n{self.dest} is complete. To publish it, run: {shlex.join(argv)}")
        if self._remote_main() != commit:
            raise ProgramFailedError(f"git push reported success, but {BRANCH} of origin is not at {commit[:12]}")


def _address(origin: str) -> str:
    """Return the address as git can use it from any directory. Raises BadInputError if it is not one."""
    if not origin.strip() or origin.startswith("-") or "::" in origin or "\n" in origin:
        raise BadInputError(
            f"{origin!r} is not an address of a repository, such as git@github.com:organisation/name.git"
        )
    local = disk.written(origin)
    return str(local.resolve()) if local.exists() else origin
