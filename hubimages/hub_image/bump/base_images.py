"""Look the base images up before anything is committed: do they exist, for the platforms that are asked for?"""

from hubimages import console
from hubimages.errors import BadInputError, HubImagesError, NoAnswerError
from hubimages.hub_image.bump.publication import Publication
from hubimages.image_ref import ImageRef
from hubimages.run import attempt


def check_bases(publication: Publication) -> None:
    """Raise BadInputError for a base that neither the engine nor its registry has, or not for the platforms.

    What a registry does not answer is a note: the build itself will tell.
    """
    from hubimages.registry import NotThereError, Registries, platforms

    wanted = list(dict.fromkeys(references(publication)))
    with Registries() as registries:
        for image, where in wanted:
            try:
                there = platforms(registries, image)
            except NotThereError as error:
                if not in_engine(publication, image):
                    raise BadInputError(f"{where}: FROM {image} does not exist: {error}") from error
                continue
            except (NoAnswerError, HubImagesError) as error:
                if not in_engine(publication, image):
                    console.step(f"note: not checked whether {image} exists: {error}")
                continue
            missing = [one for one in publication.builder.platforms if there and not has(there, one)]
            if missing:
                raise BadInputError(
                    f"{where}: {image} is not for {', '.join(missing)}, only for {', '.join(there)}. "
                    "Name other platforms with --platform"
                )


def references(publication: Publication) -> list[tuple[ImageRef, str]]:
    """Return every image that the Dockerfiles take from elsewhere, with its tag after the edit, and its place."""
    found = []
    for image in publication.images:
        for base in image.bases or ():
            if base.without_value or base.repository in image.own_bases or not base.repository:
                continue
            reference = base.reference()
            if base.is_hub and publication.base_tags:
                reference = reference.at(publication.base_tags[0])
            if reference.tag or reference.digest:
                found.append((reference, f"{image.dockerfile}:{base.line}"))
    return found


def has(there: list[str], platform: str) -> bool:
    """Return True if a platform is among those of the image, whatever its variant."""
    return any(platform == one or platform.startswith(f"{one}/") for one in there)


def in_engine(publication: Publication, image: ImageRef) -> bool:
    """Return True if the engine has the image itself."""
    done = attempt("docker", "image", "inspect", "--format", "{{.Id}}", str(image), cwd=publication.repo.directory)
    return done.returncode == 0
