"""Read the packages in an image that the engine has."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hubimages import disk
from hubimages.container_engine import check_engine
from hubimages.contents.facts import LOCAL, Facts, LayerSize, of_configuration
from hubimages.contents.image import read_saved_image
from hubimages.errors import BadInputError, NotInstalledError
from hubimages.run import attempt, started


def read_local_image(reference: str, digest: str = "") -> Facts:
    """Return what is in a local image, read from what `docker save` writes. No container is started.

    `digest` is that of its manifest in a registry, if it is known.

    Raises NotInstalledError if there is no engine, BadInputError if it does not have the image.
    """
    if not reference or reference.startswith("-"):
        raise BadInputError(f"{reference!r} is not an image reference. Write it like quay.io/organisation/name:tag")
    check_engine()
    docker = ("docker", "image", "save", reference)
    with disk.unnamed_file() as said, started(*docker, cwd=Path("/"), stderr=said) as saving:
        assert saving.stdout is not None
        try:
            found = read_saved_image(saving.stdout)
            while saving.stdout.read(1 << 20):  # the padding, so that docker does not fail at its end
                pass
        except BadInputError:
            saving.stdout.close()
            if saving.wait() <= 0:  # docker had no complaint of its own
                raise
            said.seek(0)
            line = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise BadInputError(
                f"no image {reference} on this machine ({''.join(line)}). Get it: docker pull {reference}"
            ) from None
        if code := saving.wait():
            raise BadInputError(f"docker save {reference} failed (exit code {code})")
    told = of_configuration(found.configuration)
    unpacked = [*told.pop("unpacked"), *[""] * len(found.sizes)]
    layers = tuple(LayerSize("", size, one) for size, one in zip(found.sizes, unpacked, strict=False))
    return Facts(reference, digest, contents=found.contents, layers=layers, source=LOCAL, **told)


def images_here(references: Sequence[str], say: Callable[[str], None]) -> list[bool]:
    """Return for each image whether this machine has it; `say` gets why no engine tells."""
    try:
        check_engine()
    except NotInstalledError as error:
        say(f"not looked for on this machine: {error}")
        return [False] * len(references)
    return [has_image(each) for each in references]


def has_image(reference: str) -> bool:
    """Return True if an engine answers and has the image; asks no registry."""
    try:
        return attempt("docker", "image", "inspect", reference, cwd=Path("/")).returncode == 0
    except NotInstalledError:
        return False
