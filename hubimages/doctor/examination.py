"""Examine this machine: programs, extras, logins and the origin of this copy of hubimages."""

from collections.abc import Sequence

from hubimages.doctor import extras, programs
from hubimages.doctor.report import DoctorReport
from hubimages.errors import BadInputError
from hubimages.registry import stored
from hubimages.template import find_origin, template_directory


def examine() -> DoctorReport:
    """Return the report on this machine, without network access and without reading a secret."""
    found, problem = logins()
    origin = find_origin(template_directory())
    said = f"{origin.address} at {origin.commit}" if origin.commit else f"has no address and commit: {origin.problem}"
    return DoctorReport(programs.look(), extras.look(), found, problem, said, bool(origin.commit))


def logins() -> tuple[Sequence[tuple[str, str]], str]:
    """Return the registry hosts with a login and where each is kept, and which of the files cannot be read."""
    try:
        kept: dict[str, str] = {}
        for file in stored():
            kept = file.places() | kept
        return sorted(kept.items()), ""
    except BadInputError as error:
        return [], str(error)
