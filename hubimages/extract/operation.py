"""`extract-image` from end to end: read, decide, rewrite, combine, check, move into place, push."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages import console
from hubimages.errors import HubImagesError, LoginError, NoAnswerError, RefusedError
from hubimages.extract import destination as repository
from hubimages.extract import hazards, messages
from hubimages.extract.combine import Combined, combine
from hubimages.extract.destination import Base
from hubimages.extract.history import image_directory
from hubimages.extract.history.reading import Question, Reading, read
from hubimages.extract.messages import Translator
from hubimages.extract.report import Plan, Result
from hubimages.extract.rewrite import Rewrite, check_version, rewrite
from hubimages.extract.sources.open import open_source, refuse_inside
from hubimages.extract.sources.source import Source
from hubimages.extract.verify import Evidence, verify
from hubimages.repository import git, staging
from hubimages.repository.git import Repo


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    source: str
    image_dir: str
    dest: Path
    ref: str | None = None
    former_paths: Sequence[str] = ()
    follow: bool | None = None  # None: ask about the former paths that are found
    template: bool = True
    keep_messages: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    push: bool = False

    def __post_init__(self) -> None:
        if self.push and self.origin is None:
            raise RefusedError("--push needs --origin URL, the repository to push to")
        if self.former_paths and self.follow is False:
            raise RefusedError("--former-path and --no-former-paths exclude each other")


def plan_extraction(request: Request) -> Plan:
    """Say what `extract` would do, without changing anything. What a remote does not answer is named."""
    git.check_version()
    check_version()
    dest = staging.free_destination(request.dest)
    refuse_inside(dest, request.source)
    _check_answers(request)
    request = replace(request, origin=None if request.origin is None else repository.address(request.origin))
    with tempfile.TemporaryDirectory(prefix="hubimages-") as directory:
        stage = Path(directory)
        not_checked: list[str] = []
        source = reading = combined = None
        warnings: list[str] = []
        try:
            source = open_source(request.source, request.ref, stage)
            reading = read(source, request.image_dir, request.former_paths, request.follow, lambda _: True)
            base = _base(request, _answers(request, source, reading), source.scratch, stage, not_checked)
            if source.remote is None:
                warnings = _hazards(source, reading)
                combined = combine(source.scratch, base.tree, reading.source_tree) if base else None
            else:
                not_checked.append("the image's files, which are fetched when something is made")
        except (NoAnswerError, LoginError) as error:
            not_checked.append(f"everything about the source: {error}")
        return Plan(
            dest=dest,
            source=source,
            reading=reading,
            decisions=combined.decisions if combined else [],
            commands=repository.commands(dest, request.origin, push=request.push),
            warnings=warnings,
            not_checked=not_checked,
        )


def _base(
    request: Request, answers: Mapping[str, str], scratch: Repo, stage: Path, not_checked: list[str]
) -> Base | None:
    """The repository's side for a dry run, where an origin that does not answer is no reason to stop."""
    try:
        return repository.base(request.origin, request.template, answers, request.dest, scratch, stage)
    except (NoAnswerError, LoginError) as error:
        not_checked.append(f"whether {request.origin} has a main branch: {error}")
        return None


def extract(request: Request, ask: Question) -> Result:
    """Make DEST: the image directory with its history, on top of a repository made from the template.

    All or nothing: until everything is checked, DEST does not exist. Raises the errors of `errors`, each for its
    reason; after any of them nothing is left behind, with one exception: a push that fails leaves DEST, complete.
    """
    git.check_version()
    check_version()
    refuse_inside(staging.free_destination(request.dest), request.source)
    _check_answers(request)
    request = replace(request, origin=None if request.origin is None else repository.address(request.origin))
    if request.template:
        git.check_identity(Path("/"))  # in no repository: the settings of the current one are not for DEST
    with staging.beside(request.dest) as stage, ThreadPoolExecutor() as meanwhile:
        source = open_source(request.source, request.ref, stage.path)
        console.step(f"reading the history of {request.image_dir} at {source.ref}")
        reading = read(source, request.image_dir, request.former_paths, request.follow, ask)
        basing = meanwhile.submit(
            repository.base,
            *(request.origin, request.template, _answers(request, source, reading)),
            *(stage.dest, source.scratch, stage.path),
        )
        breaking = meanwhile.submit(_hazards, source, reading) if source.remote is None else None
        console.step(f"rewriting {console.count(len(reading.kept.parents), 'commit')} with git-filter-repo")
        new_ids, said = _rewrite(source, reading, stage.path, keep_messages=request.keep_messages)
        tip = new_ids[reading.history.ids[reading.tip]]
        if source.remote is not None:
            builds = hazards.chartpress_files(source.scratch, reading.source_commit)
            source.load_history(tip, (blob for _, blob in builds))
        base = basing.result()
        combined, head = _combine(source, reading, base, tip)
        made = repository.write(source.scratch, head, stage.path / "result", request.origin, base)
        console.step("checking the result against the source")
        evidence = verify(source.scratch, made, new_ids, reading.parents, _paths(reading), tip, reading.source_tree)
        warnings = breaking.result() if breaking else _hazards(source, reading)
        warnings += hazards.large_files(made, evidence.blobs, [head])
        warnings += _lost(source, evidence)
        result = Result(
            dest=stage.dest,
            source=source,
            reading=reading,
            decisions=combined.decisions,
            evidence=evidence,
            warnings=warnings,
            references=said,
            head=head,
            pushed_to=None,
            next_steps=repository.next_steps(
                stage.dest,
                request.origin,
                base,
                None if reading.notes else reading.path,
                readme=combined.readme,
                pushed=request.push,
            ),
        )
        _record(made.git_dir / "hubimages", new_ids, result)
        stage.publish(stage.path / "result")
    if request.push and request.origin is not None:
        return _push(result, request.origin)
    return result


def _check_answers(request: Request) -> None:
    """Refuse answers before any history is read. With an origin that has files, DEST's name need not be one."""
    from hubimages import template  # starts cookiecutter, which a repository without the template needs not

    if request.template:
        default = {"repo": request.dest.name} if request.origin is None else {}
        template.check_all_answers({**default, **request.answers})


def _answers(request: Request, source: Source, reading: Reading) -> dict[str, str]:
    """The template's answers: those given, and that an image with a Dockerfile starts from one."""
    has_dockerfile = "Dockerfile" in image_directory.names(source.scratch, reading.source_tree)
    return {**({"starter": "docker-stacks"} if has_dockerfile else {}), **request.answers}


def _rewrite(source: Source, reading: Reading, scratch: Path, *, keep_messages: bool) -> tuple[dict[str, str], str]:
    """Write the kept commits into the scratch repository; old id to new id, and what was changed in messages."""
    commits, parents = reading.commits, reading.parents
    trees = {reading.history.ids[commit]: reading.trees[commit] for commit in reading.kept.parents}
    if keep_messages:
        plan = Rewrite(commits, trees, parents)
        return rewrite(source.scratch, source.scratch, plan, None, scratch, reencode=True), ""
    translator = Translator(reading.history.ids, source.address)
    olds = messages.read_commits(source.scratch, commits)
    mentions = {name: translator.mentioned(old.message, old.encoding) for name, old in olds.items()}
    plan = Rewrite(messages.in_order(commits, parents, mentions), trees, parents)
    new_ids = rewrite(source.scratch, source.scratch, plan, translator, scratch, reencode=False)
    return new_ids, str(translator)


def _combine(source: Source, reading: Reading, base: Base | None, tip: str) -> tuple[Combined, str]:
    """The commit that main will be at: the merge of both histories, or the extracted history itself."""
    if base is None:
        return Combined(reading.source_tree, []), tip
    scratch = source.scratch
    if base.is_origins and scratch.succeeds("merge-base", "--is-ancestor", tip, base.commit):
        raise RefusedError(f"{base.name} already has this history: nothing to do, git clone it")
    combined = combine(scratch, base.tree, reading.source_tree)
    where = source.address.name if source.address else "its old repository"
    subject = f"Bring in {reading.path} from {where} with its history"
    number = console.count(len(reading.kept.parents), "commit")
    body = [f"Commit {reading.source_commit} and what led to it there, {number}."]
    body += [f"Before, it was in {former.path} ({former.commits} of them)." for former in reading.former_paths]
    message = "\n".join([subject, "", *body, ""]).encode(errors="surrogateescape")
    head = scratch.text("commit-tree", combined.tree, "-p", base.commit, "-p", tip, "-F", "-", stdin=message)
    return combined, head


def _hazards(source: Source, reading: Reading) -> list[str]:
    return hazards.find(source.scratch, reading.source_commit, reading.path, reading.source_tree)


def _paths(reading: Reading) -> dict[str, str]:
    return {reading.history.ids[commit]: reading.paths[commit] for commit in reading.kept.parents}


def _lost(source: Source, evidence: Evidence) -> list[str]:
    """What cannot be kept when commits get new ids."""
    lost = [f"{evidence.signed} commits were signed: a signature does not survive a new id"] if evidence.signed else []
    if source.tags:
        lost.append(f"the source's {source.tags} tags were left there: they are about the whole repository")
    if evidence.normalised:
        lost.append(f"{evidence.normalised} commits had a malformed author or committer line, which git mended")
    return lost


def _record(directory: Path, new_ids: Mapping[str, str], result: Result) -> None:
    """Keep the map of commits, and the facts, in the git directory."""
    directory.mkdir()
    rows = "".join(f"{old} {new}\n" for old, new in new_ids.items())
    (directory / "commit-map").write_text(rows, encoding="ascii")
    # A byte in a file's name that is no UTF-8 is a lone surrogate in Python, and escaped so in JSON, too.
    (directory / "extraction.json").write_text(result.as_json() + "\n", encoding="utf-8", errors="backslashreplace")


def _push(result: Result, origin: str) -> Result:
    """Push the finished DEST; it stays, whatever the remote says."""
    try:
        repository.push(result.dest, origin)
    except HubImagesError as error:
        raise type(error)(
            f"{error}\n{result.dest} is complete; when this is mended: git -C {result.dest} push -u origin main"
        ) from error
    return replace(result, pushed_to=console.censor(origin))
