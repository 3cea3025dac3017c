"""The whole examination: programs, extras, logins, and where this copy of hubimages comes from."""

from collections.abc import Sequence

from hubimages.doctor import extras, programs
from hubimages.doctor.report import Report
from hubimages.errors import BadInputError
from hubimages.registry import DockerConfiguration
from hubimages.template import find_origin, template_directory


def examine() -> Report:
    """What this machine has. Nothing is asked of the network, and no secret is read out of a helper."""
    found, problem = logins()
    origin = find_origin(template_directory())
    said = f"{origin.address} at {origin.commit}" if origin.commit else f"has no address and commit: {origin.problem}"
    return Report(programs.look(), extras.look(), found, problem, said)


def logins() -> tuple[Sequence[tuple[str, str]], str]:
    """The hosts of registries with a login, and what keeps it; and what is wrong with Docker's configuration."""
    try:
        return sorted(DockerConfiguration.read().places().items()), ""
    except BadInputError as error:
        return [], str(error)
