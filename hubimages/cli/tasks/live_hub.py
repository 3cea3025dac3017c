"""The tasks that talk to a hub that runs."""

import functools

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

HELP = {
    "hub_url": "address of the hub as its users see it, for example https://hub.example.org; "
    "JUPYTERHUB_API_TOKEN holds the token (make one at /hub/token)",
    "dry_run": "show the requests and make none; needs no network and no token",
}


def required(**options: str) -> None:
    """Raise BadInputError for the first option that was not given."""
    for name, value in options.items():
        if not value:
            shown = name.replace("_", "-")
            raise BadInputError(f"--{shown} is missing: add --{shown}={'URL' if name == 'hub_url' else 'NAME:TAG'}")


@task(
    auto_shortflags=False,
    help={**HELP, "image": "the image that every user's next server gets, with its tag; the token is an admin's"},
)
@operator_errors
def set_configurator_image(c: Context, *, hub_url: str = "", image: str = "", dry_run: bool = False) -> None:
    """Set the user image of a hub that has the Configurator.

    Its schema is read first, what was written is read back, and what was set before is shown.
    """
    from hubimages import live_hub

    required(hub_url=hub_url, image=image)
    done = live_hub.plan_set_image(hub_url, image) if dry_run else live_hub.set_image(live_hub.Hub.at(hub_url), image)
    console.result(str(done))


@task(
    auto_shortflags=False,
    help={
        **HELP,
        "image": "the image to try, with its tag",
        "profile": "slug of the profile whose image is a free choice (`unlisted_choice`), on hubs with a profile list",
        "profile_option": "the option of that profile whose free choice is the image",
        "wait": "seconds after which a server that does not answer has failed",
        "json": "print the report as one JSON object",
        "yes": "stop a server that is running without asking",
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
    """Start a server with an image on a running hub, and see it answer.

    It is the server of the token's owner, and it is stopped again. What the hub tells meanwhile is shown. Exit code 1
    when the server does not answer, or when the hub started another image.
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
