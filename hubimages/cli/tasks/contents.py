"""The tasks about what is in an image."""

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors

LOCAL = "on this machine; docker pull gets one from a registry"


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": f"image {LOCAL}",
        "json": "print the packages as one JSON object",
    },
)
@operator_errors
def image_contents(c: Context, image: str, *, json: bool = False) -> None:
    """List the packages in an image: conda, pip, Debian and R.

    Reads the metadata in the image's layers; nothing of the image is run. Each line has kind, name, version, build and
    directory, with tabs between them.
    """
    from hubimages import contents

    found = contents.read_local_image(image)
    if json:
        console.result(contents.contents_as_json(image, found))
        return
    console.result(contents.contents_as_lines(found))
    console.step(contents.contents_summary(found))


@task(
    positional=["before", "after"],
    auto_shortflags=False,
    help={
        "before": f"the first image, {LOCAL}",
        "after": "the second image",
        "json": "print the differences as one JSON object",
    },
)
@operator_errors
def compare_images(c: Context, before: str, after: str, *, json: bool = False) -> None:
    """Say which packages differ between two images.

    Lists changed packages, those with another major version first, then new and missing ones. Nothing of the images is
    run.
    """
    from hubimages import contents

    found = contents.compare(contents.read_local_image(before), contents.read_local_image(after))
    console.result(contents.comparison_as_json(before, after, found) if json else contents.comparison_as_text(found))
