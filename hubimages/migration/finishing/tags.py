"""Find the image that a new repository pushes, and its first tag in the registry."""

import re
from dataclasses import dataclass
from pathlib import Path

from hubimages import disk, references, registry, template
from hubimages.console import censor
from hubimages.errors import HubImagesError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.migration.entries import Entry
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.repository.pull_request import token_environment
from hubimages.run import attempt, read

OF_COMMIT = re.compile(r"[0-9a-f]{12}")  # the template's own tags


@dataclass(frozen=True)
class Published:
    """What the remote of an image has: its main, and the image that main's record of answers names."""

    main: str
    image: str  # host and name; "" where no record says it


def published(address: str) -> Published:
    """Ask a remote for its main and for what is recorded there. Raises what the remote answers."""
    with disk.temporary_directory("tags") as folder:
        place = Path(folder)
        read("git", "init", "--quiet", "--bare", "--template=", str(place / "it.git"), cwd=place)
        repo = Repo(place / "it.git")
        environment = remote_environment()
        argv = repo.argv(
            *("fetch", "--quiet", "--no-tags", "--depth=1", "--", address, "+refs/heads/main:refs/heads/main")
        )
        done = attempt(*argv, cwd=place, env={**environment, **token_environment(address, environment)})
        if b"couldn't find remote ref" in done.stderr:
            raise RefusedError(f"{censor(address)} has no main yet. Push first: hubimages extract-images ... --push")
        if done.returncode:
            raise remote_failure(address, argv, done.returncode, done.stderr, place)
        main = repo.text("rev-parse", "main")
        ((blob, kind, _),) = repo.batch_check([f"main:{template.RECORD}"])
        if kind != "blob":
            return Published(main, "")
        record = place / "record.yaml"
        record.write_bytes(repo.read("cat-file", "blob", blob))
        answers = template.complete(template.read_answers(record))
        return Published(main, f"{answers['registry_host']}/{answers['image']}")


def image_of(entry: Entry, there: Published) -> ImageRef:
    """Return the name of the image that an image's repository pushes. Raises RefusedError where nothing says it."""
    text = entry.image or there.image
    if not text:
        raise RefusedError(
            f"nothing says which image {entry.repository} pushes. Add `image: HOST/NAME` to its entry in the manifest"
        )
    if "/your-organisation/" in text:
        raise RefusedError(
            f"{censor(entry.remote)} has no name for its image yet ({text}). Answer `image` there, or add "
            "`image: HOST/NAME` to the manifest"
        )
    return ImageRef.parse(text)


def first_tag(registries: registry.Registries, image: ImageRef, main: str) -> ImageRef:
    """Return the image at the tag to run, with its digest: that of the manifest, of main, or the newest that stays.

    Raises RefusedError where the registry has none, and what the registry answers.
    """
    if image.tag:
        try:
            return image.at(image.tag, registries.digest(image))
        except registry.NotThereError as error:
            raise RefusedError(f"{error}. Let its repository build and push it first") from error
    try:
        tags = registries.tags(image)
    except registry.NotThereError:
        tags = []
    tag = main[:12] if main[:12] in tags else ""
    fixed = [each for each in tags if not references.is_moving(each)]
    fixed = [each for each in fixed if OF_COMMIT.fullmatch(each)] or fixed
    if not tag and fixed:
        dates = registry.creation_dates(registries, [image.at(each) for each in fixed])
        known = {each: date for each, date in dates.items() if not isinstance(date, HubImagesError) and date}
        if not known and len(fixed) > 1:
            raise RefusedError(
                f"the registry does not say which tag of {image} is the newest ({', '.join(sorted(fixed)[:3])}). "
                f"Choose one in the manifest: image: {image}:TAG"
            )
        tag = max(known, key=lambda each: known[each]).tag if known else fixed[0]
    if not tag:
        raise RefusedError(
            f"{image} has no tag in the registry yet that stays ({', '.join(tags[:3]) or 'none at all'}). Let its "
            "repository build and push it first"
        )
    return image.at(tag, registries.digest(image.at(tag)))
