"""Plan the adoption of a repository: guess the answers, render the template, and combine both, in memory."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hubimages import console, disk, template, yaml_text
from hubimages.console import count
from hubimages.errors import BadInputError, ProgramFailedError, RefusedError
from hubimages.repository.git import Repo
from hubimages.repository.web_address import web_address
from hubimages.template import RECORD, Rendering, image_directory
from hubimages.update.adopting.adoption import Adoption, Differs
from hubimages.update.adopting.builds import Reading, read_builds
from hubimages.update.adopting.combining import BUILDING, JOINED, Combined, combine, own_files
from hubimages.update.adopting.evidence import Found, Unclear
from hubimages.update.adopting.files import LOCKS, read_files
from hubimages.update.adopting.guessing import Guesses, guess
from hubimages.update.adopting.workflow import Workflow, read_workflow
from hubimages.update.objects import Objects, files_of
from hubimages.update.ready import check_has_commit, check_ready, repository
from hubimages.update.record import OTHER_TOOLS
from hubimages.update.released import installed_version
from hubimages.update.rendering import render
from hubimages.update.sources import Source, new_source

BRANCH = "adopt-hubimages-template"
WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
OTHER_SERVERS = (
    ".gitlab-ci.yml", ".travis.yml", ".circleci/config.yml", "cloudbuild.yaml", "azure-pipelines.yml", "Jenkinsfile",
)  # fmt: skip
LARGEST = 1_000_000  # bytes of a file that is read


def plan_adoption(
    path: Path,
    settings: Sequence[str] = (),
    answers: str | None = None,
    *,
    ask: bool = False,
    recommended: bool = False,
    open_questions: bool = False,
    source: Source | None = None,
) -> Adoption:
    """Return what adopting the repository would do. Changes nothing in it.

    `settings` are answers as `key=value`, `answers` a file with some. With `ask` a person answers what is unclear;
    `recommended` takes the recommended answers. A question that is left raises RefusedError, or is in the plan with
    `open_questions`. `source` is the template, the installed one by default. Raises BadInputError if there is no image,
    or the record of another tool.
    """
    repo = repository(path)
    check_has_commit(repo)
    ours = files_of(repo, "HEAD")
    if RECORD in ours:
        return Adoption(repo)
    for name, tool in OTHER_TOOLS.items():
        if name in ours:
            raise BadInputError(
                f"{repo.work_tree} was made with {tool} ({name}), which updates it. To adopt it, remove that file and "
                "commit"
            )
    check_ready(repo)
    given = template.given_answers(settings, answers)
    texts = _texts(repo, ours)
    folder = image_directory(texts)
    if folder is None:
        raise BadInputError(_no_image(repo, ours))
    workflows, unread = _workflows(texts)
    address = web_address(repo.answer("config", "--get", "remote.origin.url").strip())
    reading = read_builds(workflows, address.name if address else "", ours, folder)
    if reading.only_elsewhere:
        raise BadInputError(_built_elsewhere(reading, folder))
    found = [*reading.found, *read_files(texts, folder), _name(repo, address.name if address else "")]
    guesses = _answered(found, reading, given, ask=ask, recommended=recommended)
    if not open_questions:
        check_answered(Adoption(repo, guesses=guesses))
    notes = (*guesses.notes, *unread, *_notes(texts, folder, reading, guesses))
    with disk.temporary_directory("adopt") as temporary:
        source = source or new_source(installed_version(), Path(temporary))
        return _planned(repo, ours, source, guesses, reading.superseded, notes, Path(temporary))


def _texts(repo: Repo, ours: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The text of each small file that answers can be read from; "" for the others, whose names count."""
    names = [path for path in ours if path.count("/") < 2 or WORKFLOW.fullmatch(path)]
    sizes = {name: size for name, _, size in repo.batch_check([ours[name][1] for name in names])}
    read = [name for name in names if ours[name][0].startswith("100") and sizes.get(ours[name][1], 0) < LARGEST]
    contents = repo.contents([ours[name][1] for name in read])
    return {**dict.fromkeys(ours, ""), **{name: _decoded(data) for name, data in zip(read, contents, strict=True)}}


def _decoded(data: bytes) -> str:
    return "" if b"\0" in data else data.decode("utf-8-sig", errors="replace")


def _workflows(texts: Mapping[str, str]) -> tuple[list[Workflow], list[str]]:
    """The workflows, and a line for each that cannot be read."""
    found, unread = [], []
    for name in sorted(filter(WORKFLOW.fullmatch, texts)):
        try:
            found.append(read_workflow(name, texts[name]))
        except yaml_text.UnreadableYamlError as error:
            unread.append(f"{name} stays, and could not be read: {error}")
    return found, unread


def _name(repo: Repo, remote: str) -> Found:
    if remote:
        return Found("repo", remote.rpartition("/")[2], "the address of origin")
    assert repo.work_tree is not None
    return Found("repo", repo.work_tree.name, "the name of the directory")


def _no_image(repo: Repo, ours: Mapping[str, object]) -> str:
    names = ("Dockerfile", "environment.yml")
    folders = sorted({path.rpartition("/")[0] for path in ours if path.rpartition("/")[2] in names})
    where = f"{repo.work_tree} has no image at its top, nor in binder/"
    if not folders:
        return f"{where}: no environment.yml, Dockerfile or other file that repo2docker reads"
    named = ", ".join(folders[:4]) + (f" and {len(folders) - 4} more" if len(folders) > 4 else "")
    return (
        f"{where}, but in {named}. A repository made from the template has one image: make one of a folder with "
        "hubimages extract-image"
    )


def _built_elsewhere(reading: Reading, folder: str) -> str:
    source = next(iter(reading.elsewhere.values()))
    where = source.value.rstrip("/").removesuffix("Dockerfile").rstrip("/")
    steps = [f"move the files of {where} to the top"] if where else []
    steps += [f"remove {folder}, which counts before the top"] if folder else []
    ways = [f"make a repository of {where} with hubimages extract-image"] if where else []
    ways += [", ".join([*steps, "commit and run this again"]), "remove the workflow if hubs do not run its image"]
    return (
        f"{source.place} builds the image from {source.value}, and a repository made from the template builds "
        f"{folder or 'its top'}. Either {'; or '.join(ways)}"
    )


def _answered(
    found: Sequence[Found], reading: Reading, given: Mapping[str, str], *, ask: bool, recommended: bool
) -> Guesses:
    """The guesses, with what is unclear answered as far as that can be done."""
    given, said = dict(given), dict[str, str]()
    while True:
        guesses = guess(found, reading.unread, given)
        answers = (replace(each, read=(said.get(each.key, each.read[0]), *each.read[1:])) for each in guesses.answers)
        guesses = replace(guesses, answers=tuple(answers))
        unclear = next(iter(guesses.unclear), None)
        if unclear is None or not (ask or (recommended and any(each.recommended for each in guesses.unclear))):
            return guesses
        if recommended:
            unclear = next(each for each in guesses.unclear if each.recommended)
            console.step(f"{unclear.question} {unclear.recommended}")
            given[unclear.key], said[unclear.key] = unclear.recommended, "the recommended answer"
        else:
            given[unclear.key], said[unclear.key] = _asked(unclear), "your answer"


def _asked(unclear: Unclear) -> str:
    """Ask a person, until the template takes the answer."""
    shown = f" [{unclear.recommended}]" if unclear.recommended else ""
    while True:
        answer = console.ask_line(f"{unclear.question}{shown} ", f"--set {unclear.key}=VALUE") or unclear.recommended
        try:
            template.check_answers({unclear.key: answer})
        except BadInputError as error:
            console.step(str(error))
        else:
            return answer


def _notes(texts: Mapping[str, str], folder: str, reading: Reading, guesses: Guesses) -> list[str]:
    """What a person should know besides the answers."""
    notes = []
    if folder and "appendix" in texts and f"{folder}appendix" not in texts:
        notes.append(f"appendix: the build reads {folder}appendix and not this one. Move it there (git mv)")
    action = guesses.values["builder"] != "nox"
    for lock in filter(LOCKS.fullmatch, texts):
        used = folder == "" and lock in ("conda-lock.yml", "pixi.lock") and not action
        what = "the image is built from it" if used else "stays, and the build does not read it"
        notes.append(f"{lock}: {what}" if used else f"{lock} {what}")
    if not guesses.values["configuration_repository"]:
        goes_on = (
            "opens a pull request with each new image. To go on with that: --set configuration_repository=OWNER/NAME"
        )
        notes += [f"{each.place} {goes_on}" for each in reading.later]
    notes += [f"{each.place} builds another image, from {each.value}: it stays" for each in reading.elsewhere.values()]
    notes += [f"{name} stays: if it builds the image, too, remove it" for name in OTHER_SERVERS if name in texts]
    tests = "hub-tests/" if action else "image-tests/"
    if any(path.startswith(tests) for path in texts):
        packages = f"; {tests}requirements.txt is not installed there" if f"{tests}requirements.txt" in texts else ""
        notes.append(f"{tests} is yours: from now on its tests run inside the image before each push{packages}")
    return notes


def _planned(
    repo: Repo,
    ours: Mapping[str, tuple[str, str]],
    source: Source,
    guesses: Guesses,
    superseded: Mapping[str, str],
    notes: Sequence[str],
    temporary: Path,
) -> Adoption:
    head = repo.text("rev-parse", "HEAD")
    objects = Objects.beside(repo, temporary)
    values = {**guesses.values, "own_files": ""}
    (everything,) = objects.entries(_rendered(source, values, temporary / "all").files)
    left = own_files(ours, everything, superseded)
    given = guesses.values.get("own_files", "").split()
    values["own_files"] = " ".join(dict.fromkeys([*given, *left]))
    rendering = _rendered(source, values, temporary / "own")
    (theirs,) = objects.entries(rendering.files)
    ignored = {path: everything[path] for path in JOINED if path in everything}
    combined = combine(objects, ours, theirs, ignored, superseded)
    guesses = _with_own_files(guesses, values["own_files"])
    common = Adoption(
        repo, source.version, guesses, head, BRANCH, superseded=dict(superseded), added=combined.added,
        stays=tuple(_differences(objects, ours, everything, combined, left)), in_the_way=combined.in_the_way,
        notes=(*notes, *_warnings(rendering, source)),
    )  # fmt: skip
    return common if combined.in_the_way else _with_commit(objects, common, ours, combined)


def _rendered(source: Source, values: Mapping[str, str], temporary: Path) -> Rendering:
    try:
        return render(source, values, temporary)
    except BadInputError as error:
        key = str(error).partition(":")[0]
        raise BadInputError(f"the template refuses an answer: {error}. Give another with --set {key}=VALUE") from error


def _with_own_files(guesses: Guesses, own: str) -> Guesses:
    answers = tuple(
        replace(each, value=own, read=("what the repository has",)) if each.key == "own_files" and own else each
        for each in guesses.answers
    )
    return replace(guesses, answers=answers)


def _warnings(rendering: Rendering, source: Source) -> list[str]:
    if source.origin.commit:
        return []
    return [
        f"this copy of the template has no commit that others can have ({rendering.origin.problem}): the record names "
        "none, and no workflow installs hubimages from it"
    ]


def _differences(
    objects: Objects,
    ours: Mapping[str, tuple[str, str]],
    everything: Mapping[str, tuple[str, str]],
    combined: Combined,
    left: Sequence[str],
) -> list[Differs]:
    """The owner's files where the template has one, with the number of lines that differ."""
    joined = dict(combined.stays)
    found = []
    for path in left:
        if path in ours and path in everything:
            argv = ("diff", "--numstat", "--no-ext-diff", "--no-textconv", everything[path][1], ours[path][1])
            numbers = objects.text(*argv).split()[:2] or ["0", "0"]
            added, removed = (int(number) if number.isdigit() else 0 for number in numbers)
            moved = f"the template's is {BUILDING}" if path == "README.md" and BUILDING not in left else ""
            why = joined.get(path, moved)
            found.append(Differs(path, why, added, removed))
        elif path.endswith("/"):
            number = count(sum(name.startswith(path) for name in ours), "file")
            found.append(Differs(path, f"{number} of yours; the template's examples are left out"))
        elif path != "README.md":
            found.append(Differs(path, "the template's example is left out"))
        else:
            found.append(Differs(path, f"you have another README; the template's is {BUILDING}"))
    return found


def _with_commit(
    objects: Objects, adoption: Adoption, ours: Mapping[str, tuple[str, str]], combined: Combined
) -> Adoption:
    repo, head = objects.repo, adoption.head
    for path, entry in ours.items():
        if path not in adoption.superseded and path not in JOINED and combined.files.get(path) != entry:
            raise ProgramFailedError(f"{path} would not stay as it is; nothing was done. This is a fault of hubimages")
    tree = objects.tree(combined.files)
    removed = {file: reason for file, reason in adoption.superseded.items() if file not in combined.files}
    lines = [f"Remove {file}: it {reason}." for file, reason in removed.items()]
    message = "\n".join(["Adopt the hubimages template", "", f"Version {adoption.version}.", *lines, ""])
    sign = repo.answer("config", "--type=bool", "--get", "commit.gpgSign").strip() == "true"
    commit = objects.commit(tree, message, head, sign=sign)
    shown = ("diff-tree", "-r", "-M", "-p", "--no-color", "--no-ext-diff", head, tree)
    paths = objects.text("diff-tree", "-r", "-z", "--name-only", "--no-renames", head, tree).split("\0")[:-1]
    new = [path for path in paths if path not in ours]
    return replace(
        adoption,
        commit=commit,
        tree=tree,
        pack=objects.pack(commit, known=head),
        diff=repo.read(*shown, env=objects.environment).decode(errors="replace"),
        paths=tuple(paths),
        overwritten=tuple(path for path in new if repo.work_tree and (repo.work_tree / path).exists()),
    )


def check_answered(adoption: Adoption) -> None:
    """Raise RefusedError for questions without an answer, and for files in the template's way."""
    if adoption.guesses.unclear:
        first = adoption.guesses.unclear[0]
        more = len(adoption.guesses.unclear) - 1
        others = f" ({count(more, 'more question')})" if more else ""
        yes = " or --yes" if first.recommended else ""
        end = "" if first.question.endswith(("?", ".")) else "."
        raise RefusedError(f"{first.question}{end} Answer with --set {first.key}=VALUE{yes}{others}")
    if adoption.in_the_way:
        path, needed = adoption.in_the_way[0]
        raise RefusedError(
            f"{path} is yours, and the template needs {needed} there. Rename it (git mv), commit, and run this again"
        )
