"""Packages that no Linux has, as an export on Windows or macOS lists them."""

import re
from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile, Spec
from hubimages.environment.surroundings import Surroundings
from hubimages.findings import ERROR, Finding

# conda-forge builds these for one system only: https://anaconda.org/conda-forge/NAME/files
CONDA = {
    "Windows": re.compile(
        r"vc|vc14_runtime|vcomp14|ucrt|vs20\d\d_(runtime|win-64)|pywin32|pywinpty|winpty|win_inet_pton|"
        r"console_shortcut(_miniconda)?|msys2-conda-epoch|m2w64-.+"
    ),
    "macOS": re.compile(r"python\.app|pyobjc-(core|framework-.+)"),
}
# Without a wheel for Linux on PyPI, nor a source that builds there.
PIP = {"Windows": re.compile(r"pywin32|pypiwin32|pywinpty"), "macOS": re.compile(r"pyobjc(-.+)?")}


def elsewhere(here: Surroundings) -> Iterator[Finding]:
    """Packages that exist for Windows or macOS only."""
    file = here.environment
    if not isinstance(file, EnvironmentFile):
        return
    for system in CONDA:
        specs = [spec for spec in file.specs if _is_only_for(spec, system)]
        if not specs:
            continue
        names = ", ".join(dict.fromkeys(spec.name for spec in specs))
        several = len({spec.name for spec in specs}) > 1
        message = f"{names} {'exist' if several else 'exists'} for {system} only, and the image has Linux"
        remedy = f"remove {'them' if several else 'it'}; conda env export --from-history lists only what you asked for"
        yield Finding("other-system", message, remedy, file.path, specs[0].line, ERROR)


def _is_only_for(spec: Spec, system: str) -> bool:
    if spec.pip:  # an environment marker can keep it from Linux: https://peps.python.org/pep-0508/
        return bool(PIP[system].fullmatch(spec.name)) and ";" not in spec.text
    return bool(CONDA[system].fullmatch(spec.name))
