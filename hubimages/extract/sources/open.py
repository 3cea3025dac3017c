"""Open SOURCE: a repository on this machine, read in place, or one at an address."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, disk
from hubimages.errors import BadInputError, RefusedError, message_of
from hubimages.extract.sources.remote import Asked, asked, open_remote
from hubimages.extract.sources.source import Source, check_word, is_address, is_bundle, resolve, scratch_repository
from hubimages.repository.git import ENVIRONMENT, Repo
from hubimages.repository.web_address import web_address
from hubimages.run import attempt

REPLACE = "refs/replace/"


@dataclass(frozen=True)
class Tip:
    """The commit that would be extracted, and what was found out on the way to it."""

    commit: str  # "" if only a clone can tell
    source: Source | None = None  # a repository on this machine
    refs: Asked | None = None  # of a remote


def open_source(given: str, ref: str | None, stage: Path, tip: Tip | None = None) -> Source:
    """Return the repository at the commit to extract, readable from `stage`; `tip` is what `tip_of` found.

    Raises BadInputError where there is no such repository or ref, RefusedError for a shallow clone, NoAnswerError and
    LoginError for what a remote answers.
    """
    path = checked(given, ref)
    if is_address(given) or is_bundle(path):
        address = given if is_address(given) else str(path.absolute())
        return open_remote(address, ref, stage, tip.refs if tip is not None else None)
    if tip is not None and tip.source is not None:
        return tip.source
    return open_local(given, path.absolute(), ref, stage)


def tip_of(given: str, ref: str | None, stage: Path) -> Tip:
    """Return the commit that would be extracted, as a remote or a local repository names it now.

    A local repository is opened for that, readable from `stage`. Raises what `open_source` raises.
    """
    path = checked(given, ref)
    if is_address(given) or is_bundle(path):
        refs = asked(given if is_address(given) else str(path.absolute()), ref, stage)
        return Tip(refs.commit(ref), refs=refs)
    source = open_local(given, path.absolute(), ref, stage)
    return Tip(source.commit, source)


def checked(given: str, ref: str | None) -> Path:
    """Return SOURCE as a path. Raises BadInputError for what can name neither a repository nor a ref."""
    check_word(given.replace("\n", " "), "SOURCE")
    if ref is not None:
        check_word(ref, "--ref")
    try:
        path = disk.written(given)
        path.exists()
    except OSError as error:
        raise BadInputError(f"no repository at {given}: {message_of(error)}") from error
    return path


def refuse_inside(dest: Path, given: str) -> None:
    """Refuse a DEST inside of the source, which is never written to."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # open_source reports what is wrong with SOURCE
        source = disk.written(given.removeprefix("file://")).resolve()
        if dest.is_relative_to(source):
            raise RefusedError(f"{dest} is inside {given}, which is only read. Name a DEST outside of it")


def open_local(given: str, path: Path, ref: str | None, stage: Path) -> Source:
    """Open a repository on this machine, in place: a work tree, a bare repository or a linked work tree."""
    if not path.exists():
        raise BadInputError(f"no repository at {given}: there is no such directory")
    if not path.is_dir():
        raise BadInputError(f"{given} is a file, not a git repository")
    form, shallow, bare, git_dir, objects, *up = _facts(given, path)
    if bare == "false" and up and up[0]:
        raise BadInputError(
            f"{given} is inside the repository {(path / up[0]).resolve()}. Give that as SOURCE, "
            "and IMAGE_DIR as a path in it"
        )
    if form != "sha1":
        raise BadInputError(
            f"{given} has {form} object ids, which git-filter-repo cannot read. Convert it to sha1 first"
        )
    if shallow == "true":
        raise RefusedError(
            f"{given} is a shallow clone without its older history. Fetch it: git -C {given} fetch --unshallow"
        )
    repo = Repo(Path(git_dir))
    settings = _remotes(repo)
    _refuse_partial(given, settings)
    commit, name = resolve(repo, given, ref)
    form = "--format=%(objectname) %(refname)"
    listed = repo.text(
        "for-each-ref", form, "refs/heads", "refs/remotes", "refs/tags", "refs/replace", "refs/notes"
    ).split("\n")
    refs = {name: commit for commit, _, name in (row.partition(" ") for row in listed) if name}
    return Source(
        given=console.censor(given),
        scratch=scratch_repository(stage / "scratch.git", [Path(objects)]),
        commit=commit,
        ref=name,
        address=web_address(settings.get("remote.origin.url", "")),
        branches={
            name.split("/", 2)[2]: commit
            for name, commit in refs.items()
            if name.startswith(("refs/heads/", "refs/remotes/"))
        },
        tags=sum(name.startswith("refs/tags/") for name in refs),
        remote=None,
        replaced=[name.removeprefix(REPLACE) for name in refs if name.startswith(REPLACE)],
        note_refs={name: commit for name, commit in refs.items() if name.startswith("refs/notes/")},
        place=Repo(repo.git_dir, None if bare == "true" or not up else path),
        has_grafts=(Path(objects).parent / "info" / "grafts").is_file(),
    )


def _facts(given: str, path: Path) -> list[str]:
    """Return a repository's format of ids, shallow or not, bare or not, its two directories, and the way to its top."""
    about = ("--show-object-format", "--is-shallow-repository", "--is-bare-repository")
    places = (("--absolute-git-dir",), ("--path-format=absolute", "--git-path", "objects"))
    facts = _ask_where(given, path, *about, *places[0], *places[1], "--show-cdup").split("\n")
    if len(facts) > 6 or not Path(facts[4]).is_dir():  # a line feed in a path
        up = _ask_where(given, path, *about, "--show-cdup").split("\n")
        facts = [*up[:3], *(_ask_where(given, path, *place) for place in places), *up[3:]]
    return facts


def _ask_where(given: str, path: Path, *questions: str) -> str:
    """Return the output of `git rev-parse` in a directory, without the last newline.

    Ownership and bareness are not checked: git only reads here, and runs nothing of the repository.
    """
    settings = ("-c", "safe.directory=*", "-c", "safe.bareRepository=all")
    done = attempt("git", *settings, "-C", str(path), "rev-parse", *questions, cwd=path, env=ENVIRONMENT)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        if "not a git repository" in said:
            raise BadInputError(
                f"{given} is not a git repository. Name a clone of the deployment repository, or its address"
            )
        raise BadInputError(f"{given} cannot be read as a git repository: {said}")
    return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


def _remotes(repo: Repo) -> dict[str, str]:
    """Return the settings that name a repository's remotes, and those of a partial clone."""
    question = ("config", "--null", "--get-regexp", r"^(remote\..*\.(promisor|url)|extensions\.partialclone)$")
    done = attempt(*repo.argv(*question), cwd=repo.directory, env=ENVIRONMENT)
    rows = (row.partition("\n") for row in done.stdout.decode(errors="replace").split("\0")[:-1])
    return {key: value if newline else "true" for key, newline, value in rows}  # a key alone means true


def _refuse_partial(given: str, settings: Mapping[str, str]) -> None:
    """Refuse a partial clone: fetching what it lacks would write to it."""
    promisors = [settings["extensions.partialclone"]] if "extensions.partialclone" in settings else []
    for key, value in settings.items():
        if key.endswith(".promisor") and value.lower() not in ("false", "no", "off", "0", ""):
            promisors.append(key.removeprefix("remote.").removesuffix(".promisor"))
    if promisors:
        address = console.censor(settings.get(f"remote.{promisors[0]}.url", "")) or "its original"
        raise RefusedError(
            f"{given} is a partial clone without the files of its history. Extract from {address} instead"
        )
