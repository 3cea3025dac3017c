"""The kinds of hubs with BinderHub: each has other rules."""

from enum import StrEnum

from hubimages.imagebuilding.values import Values
from hubimages.yaml_text import Path

BUILDING = "dynamic_image_building"
SERVICE = "binderhub-service"
PROFILES: Path = ("jupyterhub", "singleuser", "profileList")
BINDERHUB: Path = (SERVICE, "config", "BinderHub")


class Kind(StrEnum):
    """A kind of hub: how users get at BinderHub."""

    FORM = "form"  # the hub's form, with jupyterhub-fancy-profiles, calls BinderHub to build
    PAGE = "page"  # BinderHub has its own page, builds and launches on the hub
    ALONE = "alone"  # BinderHub without values of a hub


def kind_of_hub(values: Values) -> Kind:
    """Return the kind of a hub from its merged values."""
    if offers_to_build(values):
        return Kind.FORM
    if not values.mapping("jupyterhub"):
        return Kind.ALONE
    alone_page = values.get(*BINDERHUB, "enable_api_only_mode") is False
    own_address = values.get(SERVICE, "ingress", "enabled") is True and values.get(*BINDERHUB, "base_url") == "/"
    return Kind.PAGE if alone_page or own_address else Kind.FORM


def offers_to_build(values: Values) -> bool:
    """Return True if an option of the profile list has dynamic_image_building."""
    profiles = values.get(*PROFILES)
    entries = profiles.values() if isinstance(profiles, dict) else profiles if isinstance(profiles, list) else ()
    for profile in entries:
        options = profile.get("profile_options") if isinstance(profile, dict) else None
        for option in options.values() if isinstance(options, dict) else ():
            if isinstance(option, dict) and BUILDING in option:
                return True
    return False


def has_binderhub(values: Values, *, plain: bool) -> bool:
    """Return True if BinderHub is deployed with the hub. A plain hub installs it beside the hub, without `enabled`."""
    if plain:
        return bool(values.mapping(SERVICE))
    return values.get(SERVICE, "enabled") is True
