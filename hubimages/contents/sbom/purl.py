"""Name a package as other programs know it: package URLs, https://github.com/package-url/purl-spec"""

import re
from urllib.parse import quote

from hubimages.contents.package import CONDA, DEBIAN, PIP, Package


def purl(package: Package, distribution: str = "debian") -> str:
    """Return the package URL of a package. `distribution` is that of the image's apt packages.

    conda's records name the channel in an address that mirrors change, so the channel is left out.
    """
    version = quote(package.version, safe=".-_~+:" if package.kind != PIP else ".-_~")
    if package.kind == PIP:
        name = re.sub(r"[-_.]+", "-", package.name).lower()  # as the specification of `pypi` has it
        return f"pkg:pypi/{quote(name, safe='.-_')}@{version}"
    if package.kind == CONDA:
        build = f"?build={quote(package.build, safe='.-_')}" if package.build else ""
        return f"pkg:conda/{quote(package.name.lower(), safe='.-_')}@{version}{build}"
    if package.kind == DEBIAN:
        architecture = f"?arch={quote(package.build, safe='.-_')}" if package.build else ""
        return f"pkg:deb/{distribution}/{quote(package.name.lower(), safe='.-_+')}@{version}{architecture}"
    return f"pkg:cran/{quote(package.name, safe='.-_')}@{version}"
