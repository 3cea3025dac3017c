"""The repository that is made: what it starts from, how it is written, and how it is published."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError, ProgramFailedError, RefusedError
from hubimages.extract.sources.source import check_word, is_address
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.run import attempt, read

BASE = "refs/heads/base"


@dataclass(frozen=True)
class Base:
    """The repository's side of the merge."""

    name: str
    commit: str
    tree: str
    is_origins: bool  # main of the repository that DEST will be pushed to
    next_steps: Sequence[str] = ()  # for the registry that was chosen


def address(origin: str) -> str:
    """The address of `--origin` as git can use it from any directory, DEST's own among them."""
    check_word(origin, "--origin")
    return origin if is_address(origin) else str(Path(origin).expanduser().absolute())


def base(
    origin: str | None, template: bool, answers: Mapping[str, str], dest: Path, scratch: Repo, stage: Path
) -> Base | None:
    """What the image's history goes on top of: origin's `main` where there is one, else a fresh rendering.

    None when neither is wanted. Raises RefusedError where origin has a `main` that would be replaced.
    """
    if origin is not None and (found := _origins_main(origin, scratch)):
        if not template:
            raise RefusedError(f"{found.name} exists: without the template there is nothing to build on it with")
        return found
    return _rendered(answers, dest, scratch, stage) if template else None


def _origins_main(origin: str, scratch: Repo) -> Base | None:
    environment = remote_environment()
    listing = ["git", "ls-remote", "--", origin, "refs/heads/main"]
    done = attempt(*listing, cwd=scratch.git_dir, env=environment)
    if done.returncode:
        raise remote_failure(origin, listing, done.returncode, done.stderr)
    if not done.stdout.strip():
        return None
    argv = scratch.argv(
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", origin, f"refs/heads/main:{BASE}"
    )
    done = attempt(*argv, cwd=scratch.git_dir, env=environment)
    if done.returncode:
        raise remote_failure(origin, argv, done.returncode, done.stderr)
    commit, tree = scratch.text("rev-parse", BASE, f"{BASE}^{{tree}}").split()
    return Base(f"main of {console.censor(origin)}", commit, tree, is_origins=True)


def _rendered(answers: Mapping[str, str], dest: Path, scratch: Repo, stage: Path) -> Base:
    from hubimages import template  # starts cookiecutter, which a repository with a main needs not

    rendering = template.render_files({"repo": dest.name, **answers})
    made = stage / "template"
    rendering.write(made)
    writer = Repo(scratch.git_dir, made, {"core.autocrlf": "false"})
    index = {"GIT_INDEX_FILE": str(stage / "template.index")}
    rendering.add(writer, index)
    tree = writer.text("write-tree", env=index)
    commit = scratch.text("commit-tree", tree, "-F", "-", stdin=template.MESSAGE.encode())
    return Base(
        "the template",
        commit,
        tree,
        is_origins=False,
        next_steps=template.next_steps(rendering.answers, rendering.origin),
    )


def write(scratch: Repo, head: str, path: Path, origin: str | None, base: Base | None) -> Repo:
    """Make a repository of its own at `path`, with `main` at `head`, everything reachable from it and nothing else."""
    read(
        "git",
        "init",
        "--quiet",
        "--template=",
        "--initial-branch=main",
        "--object-format=sha1",
        str(path),
        cwd=path.parent,
    )
    made = Repo(path / ".git", path)
    pack = made.git_dir / "objects" / "pack" / "pack"
    pack.parent.mkdir(parents=True, exist_ok=True)
    try:
        scratch.read("pack-objects", "--revs", "--quiet", "--delta-base-offset", str(pack), stdin=head.encode() + b"\n")
    except ProgramFailedError as error:
        if re.search(r"unable to read|missing|bad object|could not (read|open)", str(error)):
            raise BadInputError(
                "the source lacks objects of the image's history, as a partial clone does: give the address of the "
                f"whole repository as SOURCE, or make a whole clone of it first\n{error}"
            ) from error
        raise
    refs = [("refs/heads/main", head)]
    if origin is not None:
        made.read("remote", "add", "--", "origin", origin)
        if base is not None and base.is_origins:
            refs.append(("refs/remotes/origin/main", base.commit))
    made.read("update-ref", "--stdin", stdin="".join(f"create {name} {commit}\n" for name, commit in refs).encode())
    # The pointers of git-lfs are what was in the source; where the files behind them are, nobody has said yet.
    made.read("read-tree", "-m", "-u", "main", env={"GIT_LFS_SKIP_SMUDGE": "1"})
    return made


def push(dest: Path, origin: str) -> None:
    """Push `main`, by fast-forward only. Raises as `git.remote_failure` says."""
    argv = ["git", "-C", str(dest), "push", "--set-upstream", "origin", "main"]
    console.command(argv)
    done = attempt(*argv, cwd=dest, env=remote_environment())
    if done.returncode:
        raise remote_failure(origin, argv, done.returncode, done.stderr)


def commands(dest: Path, origin: str | None, *, push: bool) -> list[Sequence[str]]:
    """The commands that a person would recognise in what is done."""
    made: list[Sequence[str]] = [["git", "init", "--initial-branch=main", str(dest)]]
    if origin is not None:
        made.append(["git", "-C", str(dest), "remote", "add", "origin", console.censor(origin)])
    if push:
        made.append(["git", "-C", str(dest), "push", "--set-upstream", "origin", "main"])
    return made


def next_steps(
    dest: Path, origin: str | None, base: Base | None, path: str | None, *, readme: str, pushed: bool
) -> list[str]:
    """What a person still has to do.

    `path`: the directory to be removed from the source, unless it has gone; `readme`: the template's README in DEST.
    """
    steps = []
    if not pushed:
        where = shlex.quote(str(dest))
        add = "" if origin else f"git -C {where} remote add origin ADDRESS && "
        if origin is None:
            steps.append(f"Make an empty repository {dest.name} on GitHub")
        steps.append(
            f"Look at what was made (git -C {where} log --graph --stat); then {add}git -C {where} push -u origin main"
        )
    steps += [step.replace("README.md", readme) for step in base.next_steps] if base else []
    steps.append(
        "When the first image is pushed, point the hub's configuration at it (singleuser.image: name and tag)."
    )
    if path is not None:
        steps.append(f"Then remove {path} from the old repository, and leave a note where it has gone.")
    return steps
