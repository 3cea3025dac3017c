"""Tasks on a running hub."""

import functools

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

HELP = {
    "hub_url": "address of the hub, for example https://hub.example.org. "
    "Put a token from its page /hub/token into JUPYTERHUB_API_TOKEN",
    "dry_run": "print the requests without making them; needs no network and no token",
}


def required(**options: str) -> None:
    """Raise BadInputError for the first option without a value."""
    for name, value in options.items():
        if not value:
            shown = name.replace("_", "-")
            raise BadInputError(f"--{shown} is missing. Add --{shown}={'URL' if name == 'hub_url' else 'NAME:TAG'}")


@task(
    auto_shortflags=False,
    help={**HELP, "image": "the image with its tag, for every server that starts from now on; needs an admin's token"},
)
@operator_errors
def set_configurator_image(c: Context, *, hub_url: str = "", image: str = "", dry_run: bool = False) -> None:
    """Set the user image of a hub with the Configurator.

    Reads the schema first, reads back what it wrote, and prints the image that was set before.
    """
    from hubimages import live_hub

    required(hub_url=hub_url, image=image)
    done = live_hub.plan_set_image(hub_url, image) if dry_run else live_hub.set_image(live_hub.Hub.at(hub_url), image)
    console.result(str(done))


@task(
    auto_shortflags=False,
    help={
        **HELP,
        "image": "the image with its tag",
        "profile": "on hubs with a profile list: slug of a profile with an unlisted choice for the image",
        "profile_option": "the option of that profile which takes the image",
        "wait": "seconds to wait for the server to answer (default: 600)",
        "json": "print the report as one JSON object",
        "yes": "stop a running server without asking",
    },
)
@operator_errors
def try_image(
    c: Context,
    *,
    hub_url: str = "",
    image: str = "",
    profile: str | None = None,
    profile_option: str = "image",
    wait: int = 600,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Start a server with an image on a running hub and check that it answers.

    Uses the server of the token's user, and stops it again. Prints the hub's events meanwhile. Exits with 1 if the
    server does not answer, or if the hub starts another image.
    """
    from hubimages import live_hub

    required(hub_url=hub_url, image=image)
    options = live_hub.user_options(image, profile, profile_option)
    if dry_run:
        console.result(live_hub.plan_trial(hub_url, image, options))
        return
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    done = live_hub.try_image(live_hub.Hub.at(hub_url), image, options, ask=ask, wait=wait)
    console.result(done.as_json() if json else str(done))
    if not done.passed:
        raise Exit(code=1)
