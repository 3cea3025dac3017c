"""Plan the change that takes images which have moved out of their deployment repository, and make it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages import hub_image, references, registry, yaml_text
from hubimages.console import count
from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.markdown import block, cell, code, name, sentence
from hubimages.migration.builders import PIPELINES, Builder, Reader, builders
from hubimages.migration.entries import Manifest
from hubimages.migration.finishing import circleci, hubploy, workflows
from hubimages.migration.finishing import directory as image_directory
from hubimages.migration.finishing.edited import Edited
from hubimages.migration.finishing.mentions import naming, still_naming
from hubimages.migration.finishing.ready import Ready, check_all, selected
from hubimages.repository import changes, delivery
from hubimages.repository.changes import Commit
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit, text_of
from hubimages.repository.git import Repo

SHOWN = 12  # lines that still name a directory
BODY = 40_000  # characters of a pull request's text; GitHub takes 65,536


@dataclass(frozen=True)
class Finished:
    """One image that leaves: the edits, what they remove, and what is left for a person."""

    ready: Ready
    edits: Sequence[FileEdit]
    removed: Sequence[str] = ()
    named: Sequence[str] = ()  # jobs and files that build it, and more
    mentions: Sequence[str] = ()  # lines that still name its directory

    def lines(self) -> list[str]:
        """Return what happens to the image, for a person."""
        one = self.ready
        files = sum(edit.after is None for edit in self.edits)
        gone = f"{count(files, 'file')} removed, README.md says where it is" if files else "nothing left here"
        lines = [f"{one.directory}: {gone}", f"  now in {one.page}, with its {count(one.commits, 'commit')}"]
        lines += [f"  removed: {line}" for line in self.removed]
        lines += [f"  look at: {line}" for line in self.named]
        if self.mentions:
            more = f" and {len(self.mentions) - SHOWN} more" if len(self.mentions) > SHOWN else ""
            lines.append(f"  still named in {', '.join(self.mentions[:SHOWN])}{more}")
        return lines

    def message(self) -> str:
        """Return the commit message."""
        one = self.ready
        body = [
            f"The image is built in {one.page},",
            f"which has its history up to commit {one.source_commit[:12]} ({count(one.commits, 'commit')}).",
            f"Its first tag is {one.image.at(one.image.tag)}.",
        ]
        rest = [f"- {sentence(line)}" for line in self.removed]
        left = [f"- {sentence(line)}" for line in self.named]
        parts = [f"Move {name(one.directory)} to {one.entry.repository}", "\n".join(body)]
        parts += ["Removed:\n" + "\n".join(rest)] if rest else []
        parts += ["Left for a person:\n" + "\n".join(left)] if left else []
        return "\n\n".join(parts)


@dataclass(frozen=True)
class FinishPlan:
    """What one run of `finish-migration` changes: hubs first, then a commit for each image."""

    repo: Repo
    images: Sequence[Finished]
    commits: Sequence[Commit]
    places: Sequence[str]  # what point-hubs says about the places that change
    delivery: Delivery

    def summary(self) -> str:
        """Return what happens, without the diffs."""
        lines = [*self.places, *(line for one in self.images for line in one.lines())]
        return "\n".join(lines) if self.commits else "\n".join([*lines, "nothing to do"])

    def show(self) -> str:
        """Return the summary, the diffs and the commands."""
        return f"{self.summary()}\n\n{delivery.plan(self.repo, self.commits, self.delivery)}".rstrip("\n")

    def title(self) -> str:
        """Return the title of the pull request."""
        if len(self.images) == 1:
            return self.images[0].message().splitlines()[0]
        return f"Move {count(len(self.images), 'image')} to their own repositories"

    def body(self) -> str:
        """Return the text of the pull request."""
        rows = [
            f"| {cell(one.ready.directory)} | {one.ready.page} | {code(str(one.ready.image.at(one.ready.image.tag)))} |"
            for one in self.images
        ]
        table = ["| directory | now in | image |", "|---|---|---|", *rows]
        told = block([*self.places, *(line for one in self.images for line in one.lines())], BODY)
        why = (
            "These images have repositories of their own, with their whole history, which build and push them. The "
            "directories and what built them here go; each leaves a README.md."
        )
        return "\n".join([why, "", *table, "", told])

    def apply(self) -> str:
        """Commit and propose the change, as far as the delivery says; return what was done."""
        if not self.commits:
            return self.summary()
        done = delivery.deliver(self.repo, self.commits, self.delivery, title=self.title(), body=self.body())
        return f"{self.summary()}\n{done}"

    def as_json(self) -> str:
        """Return the plan as one JSON object."""
        images = [
            {
                "directory": one.ready.directory,
                "repository": one.ready.entry.repository,
                "remote": one.ready.page,
                "image": str(one.ready.image.at(one.ready.image.tag)),
                "files_removed": sorted(edit.path for edit in one.edits if edit.after is None),
                "removed": list(one.removed),
                "look_at": list(one.named),
                "still_named": list(one.mentions),
            }
            for one in self.images
        ]
        return json.dumps({"version": 1, "images": images, "places": list(self.places)}, indent=2, ensure_ascii=False)


def plan_finish(
    directory: Path,
    manifest: Manifest,
    wanted: Delivery,
    registries: registry.Registries,
    repositories: Sequence[str] = (),
    *,
    also_automated: bool = False,
) -> FinishPlan:
    """Return the plan for these repositories of the manifest, all if none is named.

    Extracts every image again, without writing it, and asks its remote and the registry. Raises RefusedError unless
    each remote has everything of SOURCE and each image a tag, and the clone has no edits in the directories.
    """
    repo = changes.deployment_repository(directory)
    return plan_for(
        repo, check_all(repo, selected(manifest, repositories), registries), wanted, also_automated=also_automated
    )


def plan_for(repo: Repo, ready: Sequence[Ready], wanted: Delivery, *, also_automated: bool = False) -> FinishPlan:
    """Return the plan for images that are ready."""
    assert repo.work_tree is not None
    now = Texts(repo)
    built = _builders(repo, now, ready)
    moves = [
        references.Move(
            one.image.at(one.image.tag),
            _former(one, built),
            one.image.digest,
            [each.file for each in built if each.directory == one.directory],
        )
        for one in ready
    ]
    pointed = references.plan_moves(repo.work_tree, moves, wanted, references.Selection(also_automated=also_automated))
    commits = list(pointed.commits)
    for commit in commits:
        now.take(commit.edits)
    finished = []
    for one, move in zip(ready, moves, strict=True):
        made = _finished(repo, now, one, [each for each in built if each.directory == one.directory])
        if not any(pointed.inventory.of_image(name) for name in (move.image, *move.former)):
            hint = (
                f"no hub refers to {move.image.at()}. If hubs run the image under another name, add `replaces: [NAME]`"
            )
            made = replace(made, named=[*made.named, hint])
        finished.append(made)
        if made.edits:
            commits.append(Commit(made.message(), made.edits))
    mentioned = [replace(one, mentions=still_naming(repo, one.ready.directory, now.text)) for one in finished]
    places = pointed.reached().split("\n") if pointed.changes or pointed.notes else []
    return FinishPlan(repo, mentioned, commits, places, wanted)


@dataclass
class Texts:
    """The files of a repository with the edits so far."""

    repo: Repo
    edited: dict[str, str | None] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """Return the text of a file, None where there is none."""
        assert self.repo.work_tree is not None
        return self.edited[path] if path in self.edited else text_of(self.repo.work_tree, path)

    def take(self, edits: Sequence[FileEdit]) -> None:
        """Take edits in."""
        self.edited.update({edit.path: edit.after for edit in edits})


def _builders(repo: Repo, now: Texts, ready: Sequence[Ready]) -> list[Builder]:
    """Return what builds the images. Raises RefusedError for a hub image."""
    files = repo.read("ls-files", "-z").decode(errors="surrogateescape").split("\0")[:-1]
    read: Reader = now.text
    found, _ = builders(files, read, [one.directory for one in ready])
    for one in ready:
        hubs = [each for each in found if each.directory == one.directory and each.is_hub]
        if hubs:
            raise RefusedError(
                f"{one.directory} is a hub image ({hubs[0]}): it stays with its chart. Set `skip` in the manifest"
            )
    return found


def _former(one: Ready, built: Sequence[Builder]) -> list[ImageRef]:
    """Return the names under which the deployment repository built an image."""
    names = [each.image for each in built if each.directory == one.directory and each.image]
    found = [ImageRef.parse(name).at() for name in [*names, *one.entry.replaces]]
    return [each for each in dict.fromkeys(found) if each != one.image.at()]


def _finished(repo: Repo, now: Texts, one: Ready, built: Sequence[Builder]) -> Finished:
    """Return the edits of one image on top of those before."""
    edits: list[FileEdit] = []
    if image_directory.has_image(list(one.files), one.directory):
        edits += image_directory.removal(repo, list(one.files), one.directory, note(one))
    removed: list[str] = []
    named: list[str] = []
    listed = repo.read("ls-files", "-z").decode(errors="surrogateescape").split("\0")[:-1]
    files = dict.fromkeys([each.file for each in built] + [file for file in listed if PIPELINES.fullmatch(file)])
    for file in files:
        before = now.text(file)
        if before is None:
            continue
        try:
            edited = _without_build(Edited(file, before), one)
        except yaml_text.UnreadableYamlError as error:
            if naming(one.directory).search(before):
                named.append(f"{file}: {error}")
            continue
        removed += edited.removed
        named += edited.named
        after = None if edited.is_gone else edited.text
        if after != before:
            edits.append(FileEdit(file, before, after))
    now.take(edits)
    return Finished(one, [edit for edit in edits if edit.before != edit.after], removed, list(dict.fromkeys(named)))


def _without_build(edited: Edited, one: Ready) -> Edited:
    """Take what builds an image out of one file."""
    if hubploy.is_hubploy(edited.file):
        hubploy.without_build(edited, one.directory, str(one.image.at(one.image.tag)))
    elif hub_image.chartpress_files([edited.file]):
        _without_chartpress(edited, one.directory)
    elif workflows.WORKFLOW.fullmatch(edited.file):
        workflows.without_build(edited, one.directory)
    elif edited.file == circleci.FILE:
        circleci.without_build(edited, one.directory)
    elif found := naming(one.directory).search(edited.text):
        line = edited.text.count("\n", 0, found.start()) + 1
        edited.named.append(f"{edited.file}:{line}: it names {one.directory}")
    return edited


def _without_chartpress(edited: Edited, directory: str) -> None:
    """Remove the images of a chartpress.yaml that are built from a directory."""
    (layout,) = [hub_image.layout_of([edited.file], lambda file: edited.text if file == edited.file else None)]
    ours = [image for image in layout.images if image.context == directory]
    for image in ours:
        edited.removed.append(f"{edited.file}: image {image.name} of chart {image.chart}")
    for image in ours:
        edited.remove(image.entry)
    if ours:
        edited.named.append(
            f"{edited.file}: chartpress makes the tags of its other images anew, since this file has changed"
        )


def note(one: Ready) -> str:
    """Return the README.md that an image directory leaves."""
    return (
        f"# This image has moved\n\nIt is built in {one.page}, which has its history. Propose changes there.\n\n"
        f"The last commit here that went there is {one.source_commit}.\n"
    )
