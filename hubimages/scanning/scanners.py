"""Find the scanners of this machine."""

import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass

from hubimages import systems
from hubimages.errors import NotInstalledError
from hubimages.scanning.programs import GITLEAKS, TRUFFLEHOG, Program


@dataclass(frozen=True)
class Scanners:
    """The scanners to use, beside our own rules."""

    plugins: str = ""  # the version of detect-secrets; "" without it
    programs: tuple[Program, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names, for the report."""
        own = (f"detect-secrets {self.plugins}",) if self.plugins else ()
        return (*own, *(program.name for program in self.programs))


def find_scanners() -> Scanners:
    """Return every scanner that is installed. Raises NotInstalledError if there is none."""
    version = ""
    if importlib.util.find_spec("detect_secrets") is not None:
        version = importlib.metadata.version("detect-secrets")
    programs = tuple(each for each in (GITLEAKS, TRUFFLEHOG) if shutil.which(each.name))
    if not version and not programs:
        raise NotInstalledError(
            f"the scan for secrets needs detect-secrets, gitleaks or trufflehog: {systems.install_line('scan')}"
        )
    return Scanners(version, programs)
