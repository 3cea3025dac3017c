"""The operator tasks, the same ones for `hubimages TASK` anywhere and `invoke TASK` in a checkout.

One module per job, named as the job's folder. A task converts its arguments, makes one call and prints the result. It
imports what it needs when it runs, so that the overview and the help come at once.
"""

from typing import Any

from invoke import Collection, Task

from hubimages.cli.tasks.build import test_image
from hubimages.cli.tasks.contents import attach_contents, compare_images, image_contents
from hubimages.cli.tasks.doctor import completion, doctor, help_on
from hubimages.cli.tasks.environment import apply_lock, check_environment, compare_locks, lock_environment
from hubimages.cli.tasks.extract import extract_image
from hubimages.cli.tasks.fleet import each, image_repos
from hubimages.cli.tasks.hub_image.bumping import bump_hub_image, check_hub_image, rebuild_hub_image
from hubimages.cli.tasks.hub_image.experiments import end_hub_experiment, hub_experiments, new_hub_experiment
from hubimages.cli.tasks.imagebuilding import check_imagebuilding_hub, new_imagebuilding_hub, preview_imagebuilding_hub
from hubimages.cli.tasks.live_hub import set_configurator_image, try_image
from hubimages.cli.tasks.migration import extract_images, find_images, finish_migration
from hubimages.cli.tasks.reference_changes import bump_images, point_hubs, promote_images, roll_back_image
from hubimages.cli.tasks.references import check_images, images, registry_tags
from hubimages.cli.tasks.registry import check_registry
from hubimages.cli.tasks.template import new_image_repo
from hubimages.cli.tasks.update import adopt_image_repo, update_image_repo

# The table of contents: `hubimages --list` shows it in this order.
GROUPS: dict[str, list[Task[Any]]] = {
    "Image repositories": [
        new_image_repo,
        extract_image,
        find_images,
        extract_images,
        finish_migration,
        adopt_image_repo,
        update_image_repo,
        check_environment,
        lock_environment,
        apply_lock,
        compare_locks,
    ],
    "Many repositories": [each, image_repos],
    "Images": [test_image, image_contents, compare_images, attach_contents, check_registry, registry_tags],
    "Hub image": [
        bump_hub_image,
        rebuild_hub_image,
        check_hub_image,
        new_hub_experiment,
        hub_experiments,
        end_hub_experiment,
    ],
    "Which hub runs which image": [images, check_images, point_hubs, bump_images, promote_images, roll_back_image],
    "Hubs that run": [try_image, set_configurator_image],
    "Imagebuilding hubs": [new_imagebuilding_hub, check_imagebuilding_hub, preview_imagebuilding_hub],
    "This machine": [doctor, completion, help_on],
}

namespace = Collection(*(task for tasks in GROUPS.values() for task in tasks))
