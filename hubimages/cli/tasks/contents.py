"""The tasks about what is in an image."""

from collections.abc import Callable
from pathlib import Path

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

PLATFORM = "which of several, such as linux/arm64 (default: linux/amd64)"
LOCAL = "look on this machine first, then in the registry"
YES = "read layers from the registry without a question, however large they are"
JSON = "print the result as one JSON object"


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": "image reference, with a tag or digest",
        "platform": PLATFORM,
        "local": LOCAL,
        "yes": YES,
        "cyclonedx": "print a CycloneDX document",
        "html": "write a page to this file",
        "json": JSON,
    },
)
@operator_errors
def image_contents(
    c: Context,
    image: str,
    *,
    platform: str = "",
    local: bool = False,
    yes: bool = False,
    cyclonedx: bool = False,
    html: str | None = None,
    json: bool = False,
) -> None:
    """List the packages in an image: conda, pip, Debian and R.

    Reads the SBOM that is attached to the image in its registry, or else the metadata in its layers as they come.
    Nothing is pulled, unpacked or run. Each line has kind, name, version, build and directory, with tabs between them.
    """
    from hubimages import contents

    if json and cyclonedx:
        raise BadInputError("--json and --cyclonedx contradict each other: leave one out")
    (facts,) = contents.read_images([image], say=console.step, agree=agree(yes), platform=platform, local=local)
    if html:
        contents.write_contents(Path(html), facts)
        console.step(f"wrote {html}")
    if cyclonedx:
        console.result(contents.as_cyclonedx(facts))
    elif json:
        console.result(contents.facts_as_json(facts))
    else:
        console.result(contents.contents_as_lines(facts.contents))
        console.step(contents.facts_summary(facts))


@task(
    positional=["before", "after"],
    auto_shortflags=False,
    help={
        "before": "the first image, with a tag or digest",
        "after": "the second image",
        "platform": PLATFORM,
        "local": LOCAL,
        "yes": YES,
        "html": "write a page to this file",
        "markdown": "write Markdown for a pull request or the summary page of a run to this file",
        "json": JSON,
    },
)
@operator_errors
def compare_images(
    c: Context,
    before: str,
    after: str,
    *,
    platform: str = "",
    local: bool = False,
    yes: bool = False,
    html: str | None = None,
    markdown: str | None = None,
    json: bool = False,
) -> None:
    """Say what is different between two images.

    Shows the versions of Python, JupyterHub and R, user, environment variables, sizes, and what a node with the first
    image pulls to run the second; then changed packages, those with another major version first, new and missing ones.
    Reads SBOMs, or else layers, as image-contents does. Nothing of the images is run.
    """
    from hubimages import contents

    both = contents.read_images([before, after], say=console.step, agree=agree(yes), platform=platform, local=local)
    found = contents.compare_facts(*both)
    if html:
        contents.write_comparison(Path(html), found)
        console.step(f"wrote {html}")
    if markdown:
        contents.write_markdown(Path(markdown), found, before, after)
        console.step(f"wrote {markdown}")
    console.result(contents.images_as_json(found) if json else contents.images_as_text(found))


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": "image in a registry, with a tag or digest",
        "platform": PLATFORM,
        "yes": YES,
        "dry_run": "read the image, and attach nothing",
    },
)
@operator_errors
def attach_contents(c: Context, image: str, *, platform: str = "", yes: bool = False, dry_run: bool = False) -> None:
    """Attach an image's packages to it in its registry, as an SBOM.

    The image itself stays as it is. The packages are read from the same image on this machine, or else from the
    registry. The SBOM is a CycloneDX document.
    """
    from hubimages import contents

    done = contents.attach_contents(image, say=console.step, agree=agree(yes), platform=platform, dry_run=dry_run)
    console.result(done)


def agree(yes: bool) -> Callable[[str], bool]:
    """Return the function that asks before a large transfer."""
    return lambda question: console.confirm(question, yes=yes, flags="--yes")
