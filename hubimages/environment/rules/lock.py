"""The lock beside the environment file is that of the environment file."""

from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import LOCKS, Surroundings
from hubimages.errors import BadInputError, NotInstalledError
from hubimages.findings import WARNING, Finding

STALE = "lock-stale"


def fresh(here: Surroundings) -> Iterator[Finding]:
    """A lock that was made for other packages, which stops the build, or that cannot be read."""
    asked = here.environment
    name = next((each for each in LOCKS if here.has(each)), "")
    if not name or not isinstance(asked, EnvironmentFile):
        return
    from hubimages.environment.lock.freshness import is_made_for, remedy  # most repositories have no lock

    again = remedy(here.root)
    try:
        if not is_made_for(here.root / here.path(name), asked.text):
            message = f"it was made for another {asked.path}, so it cannot be built from"
            yield Finding(STALE, message, f"{again}, and commit both", here.path(name))
    except BadInputError as error:
        yield Finding(STALE, str(error), again, here.path(name))
    except NotInstalledError as error:
        message = f"it is not compared with {asked.path}: {error}"
        yield Finding("lock-not-read", message, "", here.path(name), grade=WARNING)
