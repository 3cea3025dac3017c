"""Render the workflow with which a deployment repository runs `hubimages bump-images`."""

from pathlib import Path

from hubimages.errors import RefusedError
from hubimages.template.origin import Origin, find_origin
from hubimages.template.questions import template_directory

PLACEHOLDER = "git+ADDRESS@COMMIT"


def deployment_workflow(origin: Origin | None = None, name: str = "bump-images") -> str:
    """Return the text of a workflow, with the address and commit of this copy to install hubimages from.

    Raises RefusedError if this copy has no known address and commit.
    """
    origin = origin or find_origin(template_directory())
    if not origin.commit:
        raise RefusedError(
            f"the workflow would have nothing to install: this copy of hubimages has no address and commit, since "
            f"{origin.problem}. Install hubimages from an address with git (pip install git+https://...)"
        )
    file = Path(f"deployment-workflows/{name}.yaml")
    text = (template_directory() / file).read_text(encoding="utf-8")
    return text.replace(PLACEHOLDER, f"git+{origin.address}@{origin.commit}")
