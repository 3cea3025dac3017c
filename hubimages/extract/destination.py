"""Make the repository: what it starts from, how it is written and published."""

import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hubimages import console, disk
from hubimages.errors import BadInputError, ProgramFailedError, RefusedError
from hubimages.extract.history.trees import Files, Forest
from hubimages.extract.sources.source import check_word, is_address
from hubimages.repository.git import DAMAGED, Repo, Signature, remote_environment, remote_failure, signature
from hubimages.repository.packing import Object, commit_content, object_id
from hubimages.run import attempt, read

if TYPE_CHECKING:
    from hubimages.template import Rendering

BASE = "refs/heads/base"
# The scratch repository does not wait for the disk, since nothing of it stays; what stays does, as git does by itself.
KEPT = ("-c", "core.fsync=committed,-loose-object")
# The source has git-lfs's pointers; nobody has said yet where the files behind them are.
CHECKOUT = {"GIT_LFS_SKIP_SMUDGE": "1", "GIT_REFLOG_ACTION": "extract-image"}


@dataclass(frozen=True)
class Base:
    """The repository's side of the merge."""

    name: str
    commit: str
    tree: str
    is_origins: bool  # main of the repository that DEST will be pushed to
    next_steps: Sequence[str] = ()  # for the registry that was chosen
    files: Files | None = None  # of the tree, where they are known
    unwritten: Sequence[Object] = ()  # what is still to be written into the scratch repository


def address(origin: str) -> str:
    """Return the address of `--origin` as git can use it from any directory."""
    check_word(origin, "--origin")
    return origin if is_address(origin) else str(disk.written(origin).absolute())


@dataclass(frozen=True)
class Ground:
    """What there is to build on."""

    base: Base | None
    name: str = ""  # of origin
    others: Sequence[str] = ()  # branches of an origin without main


def ground(
    origin: str | None,
    render: "Callable[[], Rendering] | None",
    scratch: Repo,
    stage: Path,
    by: Signature | None = None,
    *,
    related: bool = False,
) -> Ground:
    """Return what the image's history goes on top of: origin's `main` where there is one, else a fresh rendering.

    `render` is None where no template is wanted: then there is no base, and RefusedError is raised where origin has a
    `main`, unless that is `related`, an earlier extraction. The rendering's commit, `by` somebody, is not written yet.
    """
    others: Sequence[str] = ()
    if origin is not None:
        found, others = _origins_main(origin, scratch, stage)
        if found is not None and render is None and not related:
            raise RefusedError(
                f"{found.name} exists. Leave out --no-template to build on it, or name an empty repository"
            )
        if found is not None:
            return Ground(found)
    name = console.censor(origin or "")
    return Ground(_rendered(render(), scratch, by) if render else None, name, others)


def branches_of(origin: str) -> list[str]:
    """Return the names of the branches at an absolute address. Raises what a remote answers."""
    listing = ["git", "ls-remote", "--heads", "--", origin]
    done = attempt(*listing, cwd=Path("/"), env=remote_environment())
    if done.returncode:
        raise remote_failure(origin, listing, done.returncode, done.stderr)
    return [line.partition("\trefs/heads/")[2] for line in done.stdout.decode(errors="replace").splitlines()]


def _origins_main(origin: str, scratch: Repo, stage: Path) -> tuple[Base | None, list[str]]:
    """Return main of origin, or the names of its branches where it has none."""
    environment = remote_environment()
    heads = branches_of(origin)
    if "main" not in heads:
        return None, heads[:3]
    argv = scratch.argv(
        # As a pack: git touches the packs of SOURCE when it writes a loose object that is in one of them.
        *("-c", "fetch.unpackLimit=1", "fetch", "--quiet"),
        *("--no-tags", "--no-write-fetch-head", "--", origin, f"+refs/heads/main:{BASE}"),
    )
    done = attempt(*argv, cwd=scratch.git_dir, env=environment)
    if done.returncode:
        raise remote_failure(origin, argv, done.returncode, done.stderr)
    commit, tree = scratch.text("rev-parse", BASE, f"{BASE}^{{tree}}").split()
    steps = _steps_of(scratch, tree, stage)
    return Base(f"main of {console.censor(origin)}", commit, tree, is_origins=True, next_steps=steps), []


def _steps_of(scratch: Repo, tree: str, stage: Path) -> list[str]:
    """Return the next steps of a repository that was made from the template, by the answers that it records."""
    from hubimages import template

    steps = ["README.md of origin's main says what is left to do there: secrets, the image's name."]
    ((blob, kind, _),) = scratch.batch_check([f"{tree}:{template.RECORD}"])
    if kind != "blob":
        return steps
    try:
        record = stage / "record.yaml"
        record.write_bytes(scratch.read("cat-file", "blob", blob))
        origin = template.find_origin(template.template_directory())
        return template.next_steps(template.read_answers(record), origin)
    except (BadInputError, KeyError):  # of another version of the template
        return steps


def _rendered(rendering: "Rendering", scratch: Repo, by: Signature | None) -> Base:
    """Return a rendering's commit: as it is, whatever a person's settings say about line ends and ignored files."""
    from hubimages import template

    by = by or signature(Path("/"))
    forest = Forest(scratch)
    blobs: list[Object] = [("blob", file.data) for file in rendering.files.values()]
    files = {
        path: ("100755" if file.executable else "100644", object_id("blob", file.data))
        for path, file in rendering.files.items()
    }
    tree = forest.planted(files)
    commit = commit_content(tree, [], by.author, by.committer, template.MESSAGE.encode())
    return Base(
        "the template",
        object_id("commit", commit),
        tree,
        is_origins=False,
        next_steps=template.next_steps(rendering.answers, rendering.origin),
        files=files,
        unwritten=[*blobs, *forest.objects(), ("commit", commit)],
    )


def new_repository(path: Path) -> None:
    """Make an empty repository at `path`."""
    options = ("--quiet", "--template=", "--initial-branch=main", "--object-format=sha1")
    read("git", "init", *options, str(path), cwd=path.parent)


def write(
    scratch: Repo, head: str, path: Path, origin: str | None, base: Base | None, empty: Path | None = None
) -> Repo:
    """Make a repository at `path` with `main` at `head`, everything reachable from it, and nothing else.

    `empty` is an empty repository on the same file system, of which it becomes a copy.
    """
    if empty is not None:
        shutil.copytree(empty, path)
    else:
        new_repository(path)
    made = Repo(path / ".git", path)
    pack = made.git_dir / "objects" / "pack" / "pack"
    pack.parent.mkdir(parents=True, exist_ok=True)
    try:
        scratch.read(
            *KEPT, "pack-objects", "--revs", "--quiet", "--delta-base-offset", str(pack), stdin=head.encode() + b"\n"
        )
    except ProgramFailedError as error:
        if DAMAGED.search(str(error)):
            raise BadInputError(
                "SOURCE lacks objects of the image's history, as a partial clone does. Give the address of the whole "
                f"repository as SOURCE, or make a whole clone of it first\n{error}"
            ) from error
        raise
    if origin is not None:
        made.read("remote", "add", "--", "origin", origin)
        if base is not None and base.is_origins:
            made.read("update-ref", "refs/remotes/origin/main", base.commit)
    try:  # main, the index and the files at once
        made.read("reset", "--hard", "--quiet", head, env=CHECKOUT)
    except ProgramFailedError as error:
        if refused := re.search(r"invalid path '(.*)'", str(error)):
            raise RefusedError(
                f"git does not check out {refused[1]}, which the image has. Rename it in SOURCE and extract again, or "
                "name an earlier commit with --ref"
            ) from error
        raise
    return made


def push(dest: Path, origin: str) -> None:
    """Push `main`, by fast-forward only. Raises as `git.remote_failure` says."""
    argv = ["git", "-C", str(dest), "push", "--set-upstream", "origin", "main"]
    console.command(argv)
    done = attempt(*argv, cwd=dest, env=remote_environment())
    if done.returncode:
        raise remote_failure(origin, argv, done.returncode, done.stderr)


def commands(dest: Path, origin: str | None, *, push: bool) -> list[Sequence[str]]:
    """Return the commands that a person would type for what is done."""
    made: list[Sequence[str]] = [["git", "init", "--initial-branch=main", str(dest)]]
    if origin is not None:
        made.append(["git", "-C", str(dest), "remote", "add", "origin", console.censor(origin)])
    if push:
        made.append(["git", "-C", str(dest), "push", "--set-upstream", "origin", "main"])
    return made


def next_steps(
    dest: Path, origin: str | None, base: Base | None, path: str | None, *, readme: str, pushed: bool
) -> list[str]:
    """Return what is left to do.

    `path`: the directory to be removed from the source, unless it has gone; `readme`: the template's README in DEST.
    """
    steps = []
    if not pushed:
        where = shlex.quote(str(dest))
        add = "" if origin else f"git -C {where} remote add origin ADDRESS && "
        if origin is None:
            steps.append(f"Make an empty repository {dest.name} on GitHub")
        steps.append(
            f"Look at the result (git -C {where} log --graph --stat). Then: {add}git -C {where} push -u origin main"
        )
    steps += [step.replace("README.md", readme) for step in base.next_steps] if base else []
    steps.append(
        "After the first push of the image, point the hub's configuration at it (singleuser.image: name and tag)."
    )
    if path is not None:
        steps.append(f"Then remove {path} from the old repository, and leave a note that says where it is now.")
    return steps
