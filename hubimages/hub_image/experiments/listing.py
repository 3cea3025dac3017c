"""List experimental hub images: the main image's Dockerfile, built with other requirements.

A build argument of the Dockerfile names the requirements file; the images differ by its value. Hubs that try one name
it in their own values, so chartpress writes it nowhere. The four weeks are the policy of 2i2c's guide
(https://infrastructure.2i2c.org/howto/image-management/custom-jupyterhub-image/).
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubimages import console, findings
from hubimages.errors import BadInputError
from hubimages.findings import Finding
from hubimages.hub_image.layout import Image, Layout
from hubimages.hub_image.reading import CONFIG, read_layout, work_tree_reader
from hubimages.hub_image.values import image_values
from hubimages.image_ref import ImageRef
from hubimages.references import Form, find_references
from hubimages.repository.changes import deployment_repository
from hubimages.repository.git import Repo

ALLOWED = timedelta(weeks=4)
GREP = ("grep", "--untracked", "-F")
REQUIREMENTS = re.compile(r"\S*requirements[^/\s]*\.(?:txt|in)")


@dataclass(frozen=True)
class Use:
    """A line of a values file that names an image."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Experiment:
    """One experimental image; `began` is None if the history does not tell."""

    image: Image
    requirements: str  # the file, from the top of the repository
    began: datetime | None
    uses: Sequence[Use]


@dataclass(frozen=True)
class Experiments:
    """The experiments of a repository at a moment."""

    main: Image
    experiments: Sequence[Experiment]
    now: datetime
    whole_history: bool

    @property
    def findings(self) -> list[Finding]:
        """Return a finding for every experiment that is older than allowed."""
        return [
            Finding(
                "old-experiment",
                f"experiment {experiment.image.name} is {age(self.now - experiment.began)} old; "
                f"the limit is {ALLOWED.days // 7} weeks",
                f"run hubimages end-hub-experiment {experiment.image.name}, with --roll-out to give it to all hubs",
                experiment.image.config,
                experiment.image.line,
            )
            for experiment in self.experiments
            if experiment.began and self.now - experiment.began > ALLOWED
        ]

    @property
    def not_checked(self) -> list[str]:
        """Return a sentence for every experiment of unknown age."""
        why = "its requirements are not committed" if self.whole_history else "this is a shallow clone"
        return [f"the age of {one.image.name}: {why}" for one in self.experiments if one.began is None]

    @property
    def exit_code(self) -> int:
        return findings.exit_code(bool(self.findings), no_answer=False)

    def __str__(self) -> str:
        lines = []
        for one in self.experiments:
            old = f"{age(self.now - one.began)} old" if one.began else "of unknown age"
            users = ", ".join(map(str, one.uses)) or "no file"
            lines.append(f"{one.image.name}: {one.image.repository}, {old}, used by {users}")
        lines += [f"{finding} [{finding.code}]" for finding in self.findings]
        lines += [f"not checked: {text}" for text in self.not_checked]
        return "\n".join(lines) or f"no experiment of {self.main.name}"

    def as_json(self) -> str:
        """Return the JSON object that docs/hub-image.md describes."""
        experiments = [
            {
                "name": one.image.name,
                "image": one.image.repository,
                "requirements": one.requirements,
                "began": one.began.isoformat() if one.began else None,
                "days": (self.now - one.began).days if one.began else None,
                "uses": [asdict(use) for use in one.uses],
            }
            for one in self.experiments
        ]
        return findings.as_json(self.findings, self.not_checked, {"experiments": experiments})


def age(time: timedelta) -> str:
    """`1 day`, `5 weeks`."""
    return console.count(time.days // 7, "week") if time.days >= 14 else console.count(time.days, "day")


def hub_experiments(directory: Path, *, image: str | None = None, config: str = "") -> Experiments:
    """Return the experiments of the deployment repository that the directory is in.

    `image` names the main image, if several can be meant. Raises BadInputError if there is none.
    """
    repo = deployment_repository(directory)
    layout = read_layout(repo, config=config)
    main = main_image(repo, layout, image)
    images = experimental(layout, main)
    files = [requirements_file(one, main) for one in images]
    began = dates(repo, files)
    used = uses(repo, [one.repository for one in images], main.config)
    found = [
        Experiment(one, file, began.get(file), used[one.repository]) for one, file in zip(images, files, strict=True)
    ]
    whole = repo.text("rev-parse", "--is-shallow-repository") == "false"
    return Experiments(main, found, datetime.now(UTC), whole)


def main_image(repo: Repo, layout: Layout, name: str | None) -> Image:
    """Return the main hub image: the one that is asked for, or that values.yaml names, or the only one.

    Raises BadInputError if there is none, or several can be meant.
    """
    hubs = [image for image in layout.images if image.is_hub]
    meant = [image for image in hubs if name in (None, image.name)]
    if len(meant) > 1:
        meant = [image for image in meant if image.values_paths]
        meant = [image for image in meant if is_in_values(repo, image)] or meant
    if len(meant) == 1:
        return meant[0]
    there = ", ".join(image.name for image in hubs) or "none"
    if not meant and name:
        raise BadInputError(f"chartpress.yaml has no hub image {name!r}. It has {there}")
    if not hubs:
        raise BadInputError("no image in chartpress.yaml builds upon jupyterhub/k8s-hub: there is no hub image")
    raise BadInputError(f"several hub images: {there}. Name the main one with --image")


def is_in_values(repo: Repo, image: Image) -> bool:
    """Return True if values.yaml has this image at its values path."""
    text = work_tree_reader(repo)(image.values_file) or ""
    return any(place.current_name == image.repository for place in image_values(image, text))


def requirements_argument(main: Image) -> str:
    """Return the build argument that names the main image's requirements. Raises BadInputError if there is none."""
    found = next((name for name, value in main.build_args.items() if REQUIREMENTS.fullmatch(value)), None)
    if found is None:
        raise BadInputError(
            f"{main.dockerfile} has no build argument for its requirements, and experiments differ by that. "
            f"Write `ARG REQUIREMENTS_FILE`, `COPY ${{REQUIREMENTS_FILE}} /tmp/` and `RUN pip install -r "
            f"/tmp/${{REQUIREMENTS_FILE}}` in it, and `buildArgs: {{REQUIREMENTS_FILE: requirements.txt}}` for "
            f"{main.name} in {main.config}:{main.line}"
        )
    return found


def experimental(layout: Layout, main: Image) -> list[Image]:
    """Return the images that differ from the main one by their requirements."""
    argument = next((name for name, value in main.build_args.items() if REQUIREMENTS.fullmatch(value)), None)
    return [
        image
        for image in layout.images
        if argument is not None
        and (image.config, image.dockerfile) == (main.config, main.dockerfile)
        and image.build_args.get(argument) not in (None, main.build_args[argument])
    ]


def requirements_file(image: Image, main: Image) -> str:
    """Return the image's requirements file, from the top of the repository."""
    return posixpath.join(image.context, image.build_args[requirements_argument(main)])


def dates(repo: Repo, files: Sequence[str]) -> dict[str, datetime]:
    """Return when each file was last added; without those that are unknown."""
    if not files or repo.text("rev-parse", "--is-shallow-repository") == "true":
        return {}
    options = ("--diff-filter=A", "--no-renames", "--format=%x01%ct", "--name-only", "-z")
    found: dict[str, datetime] = {}
    for entry in repo.text("log", *options, "--", *files).split("\1")[1:]:
        time, *names = re.split(r"[\0\n]+", entry.strip("\0\n"))
        for name in names:
            found.setdefault(name, datetime.fromtimestamp(int(time), UTC))
    return {file: found[file] for file in files if file in found}


def uses(repo: Repo, images: Sequence[str], config: str) -> dict[str, list[Use]]:
    """Return the references to each image, whole or with registry and name under two keys, outside of chartpress files.

    A line of a file that was not read counts, too, if it has the image's name and is no comment: nothing says that no
    hub uses it.
    """
    if not images:
        return {}
    inventory = find_references(repo.directory)
    whole = {each.file for each in inventory.not_read if not each.line}
    lines = {(each.file, each.line) for each in inventory.not_read if each.line}
    found: dict[str, set[Use]] = {image: set() for image in images}
    names = {_repository(image): image for image in images}
    for reference in inventory.references:
        place = reference.name_place
        if place is not None and reference.form is not Form.DOCKERFILE and reference.repository in names:
            found[names[reference.repository]].add(Use(place.file, place.line))
    for image, use in _lines(repo, images):
        if use.file in whole or (use.file, use.line) in lines:
            found[image].add(use)
    return {
        image: sorted(
            (use for use in used if posixpath.basename(use.file) != CONFIG and use.file != config),
            key=lambda use: (use.file, use.line),
        )
        for image, used in found.items()
    }


def _repository(image: str) -> str:
    try:
        return ImageRef.parse(image).repository
    except BadInputError:  # chartpress builds it, a reference cannot name it
        return image


def _lines(repo: Repo, images: Sequence[str]) -> Iterator[tuple[str, Use]]:
    """Yield the lines of YAML files that have the name of an image outside of a comment."""
    patterns = [word for image in images for word in ("-e", image)]
    if not repo.succeeds(*GREP, "-q", *patterns):
        return
    # Literal pathspecs have no wildcards: the files are chosen here.
    for line in repo.read(*GREP, "-n", "-z", "-I", *patterns).decode(errors="surrogateescape").split("\n"):
        file, _, rest = line.partition("\0")
        number, _, text = rest.partition("\0")
        if file.endswith((".yaml", ".yml")):
            for image in images:
                if re.search(rf"^(?:[^#]|\S#)*(?<![\w./-]){re.escape(image)}(?![\w./-])", text):
                    yield image, Use(file, int(number))
