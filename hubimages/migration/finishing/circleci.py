"""Take the build of an image out of a configuration of CircleCI: its items of workflows, and what waits for them."""

import re
from typing import Any

from hubimages import yaml_text
from hubimages.migration.finishing.edited import Edited
from hubimages.migration.finishing.mentions import hubploy_name, naming, texts

FILE = ".circleci/config.yml"


def without_build(edited: Edited, directory: str) -> None:
    """Remove the items whose job builds the image; `deployment` is the parameter by which hubploy's orb is called."""
    workflows = _data(edited).get("workflows")
    workflows = workflows if isinstance(workflows, dict) else {}
    for workflow, content in workflows.items():
        jobs = content.get("jobs") if isinstance(content, dict) else None
        if not isinstance(jobs, list):
            continue
        ours = [number for number, item in enumerate(jobs) if _builds(item, directory)]
        if not ours:
            continue
        path = ("workflows", workflow, "jobs")
        names = [_name(jobs[number]) for number in ours]
        edited.removed += [f"{FILE}: job {name} of {workflow}" for name in names]
        if len(ours) == len(jobs) and len(workflows) > 1:
            edited.remove(("workflows", workflow))
            continue
        for number in reversed(ours):
            edited.remove((*path, number))
        left = [item for number, item in enumerate(jobs) if number not in ours]
        for number, item in enumerate(left):
            if isinstance(item, dict):
                (job,) = item
                edited.remove_from_list((*path, number, job, "requires"), names)
    jobs = _data(edited).get("jobs")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if naming(directory).search("\n".join(texts(job))):
            edited.named.append(f"{FILE}:{edited.line(('jobs', name))}: job {name} names {directory}")


def _data(edited: Edited) -> dict[str, Any]:
    found = yaml_text.compose(edited.text).data()
    return found if isinstance(found, dict) else {}


def _builds(item: Any, directory: str) -> bool:
    if not isinstance(item, dict) or len(item) != 1:
        return False
    ((job, parameters),) = item.items()
    if not isinstance(parameters, dict) or not re.search(r"build", job.rpartition("/")[2], re.IGNORECASE):
        return False
    given = {key: value for key, value in parameters.items() if key not in ("name", "requires", "filters", "context")}
    deployment = given.get("deployment")
    return (bool(deployment) and deployment == hubploy_name(directory)) or bool(
        naming(directory).search("\n".join(texts(given)))
    )


def _name(item: dict[str, Any]) -> str:
    """Return the name by which others require an item."""
    ((job, parameters),) = item.items()
    return str(parameters.get("name") or job)
