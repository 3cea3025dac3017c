"""A running hub, through its API: try an image, set the Configurator's image."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.live_hub.configurator import plan_set_image as plan_set_image
    from hubimages.live_hub.configurator import set_image as set_image
    from hubimages.live_hub.hub_api import Hub as Hub
    from hubimages.live_hub.trial import plan_trial as plan_trial
    from hubimages.live_hub.trial import try_image as try_image
    from hubimages.live_hub.trial import user_options as user_options

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "configurator": ["plan_set_image", "set_image"],
        "hub_api": ["Hub"],
        "trial": ["plan_trial", "try_image", "user_options"],
    },
)
