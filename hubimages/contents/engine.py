"""Read the packages in an image that the engine has."""

import subprocess
import tempfile

from hubimages.container_engine import check_engine
from hubimages.contents.image import Contents, read_saved_image
from hubimages.errors import BadInputError
from hubimages.run import environment


def read_local_image(reference: str) -> Contents:
    """Return the packages in a local image, read from what `docker save` writes. No container is started.

    Raises NotInstalledError if there is no engine, BadInputError if it does not have the image.
    """
    if not reference or reference.startswith("-"):
        raise BadInputError(f"{reference!r} is not an image reference. Write it like quay.io/organisation/name:tag")
    check_engine()
    argv = ["docker", "image", "save", reference]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=said, env=environment({})) as saving:
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
        if saving.returncode:
            raise BadInputError(f"docker save {reference} failed (exit code {saving.returncode})")
    return found
