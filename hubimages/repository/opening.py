"""Find the git repository of a directory, and say why there is none that can be used."""

import re
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.repository.git import Repo, check_version
from hubimages.run import attempt

WHERE = "Run this in a clone of the deployment repository, or name one with --repo"
NONE_FOUND = re.compile(r"not a git repository \(or any (of the parent|parent up to)")


class NoRepositoryError(BadInputError):
    """No directory from here upwards has a git repository. Raised for nothing else: a broken one is not none."""


def deployment_repository(directory: Path) -> Repo:
    """Return the repository that the directory is in, with its work tree.

    Raises NoRepositoryError if there is none. If git refuses or cannot read the one that is there, raises RefusedError
    or BadInputError with git's own line and remedy.
    """
    check_version()
    if not directory.is_dir():
        raise BadInputError(f"no directory {directory}. {WHERE}")
    asked = ("--is-inside-git-dir", "--is-bare-repository", "--path-format=absolute", "--git-dir")
    done = attempt("git", "rev-parse", *asked, "--show-toplevel", cwd=directory)
    lines = done.stdout.decode(errors="surrogateescape").split("\n")
    if done.returncode == 0 and lines[:2] == ["false", "false"] and len(lines) == 5:  # nearly always: no line feed
        return Repo(Path(lines[2]), Path(lines[3]))
    inside, bare, git_dir = _asked(directory, *asked).split("\n", 2)
    if inside == "true" and bare != "true":
        raise BadInputError(f"{directory} is inside git's own directory {git_dir}. {WHERE}")
    if bare == "true":
        if Path(git_dir).name == ".git":
            raise BadInputError(
                f"{directory}: its configuration says that it has no files. If it has: "
                f"git --git-dir={git_dir} config core.bare false"
            )
        raise BadInputError(f"{directory} is a bare repository, which has no files to edit. Use a clone of it")
    return Repo(Path(git_dir), Path(_asked(directory, "--show-toplevel")))


def _asked(directory: Path, *question: str) -> str:
    """What `git rev-parse` answers; a line feed in a path is part of it."""
    done = attempt("git", "rev-parse", *question, cwd=directory)
    if done.returncode == 0:
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")
    said = console.without_colours(done.stderr.decode(errors="replace")).strip()
    if NONE_FOUND.search(said):
        broken = next((each / ".git" for each in _upwards(directory) if (each / ".git").exists()), None)
        if broken is None:
            raise NoRepositoryError(f"{directory} is not a git repository. {WHERE}")
        raise BadInputError(f"git does not recognise {broken} as a repository: {said}")
    if "dubious ownership" in said:
        raise RefusedError(f"git refuses to use {directory}: {said}")
    raise BadInputError(f"git cannot use {directory}: {said or f'exit code {done.returncode}'}")


def _upwards(directory: Path) -> list[Path]:
    here = directory.resolve()
    return [here, *here.parents]
