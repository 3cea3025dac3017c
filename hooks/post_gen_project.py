"""Keep what was chosen, drop the rest.

Files that depend on a choice are all written first and dropped here: a directory whose *name* depends on a choice can
put its files outside the project. Runs again, with the same result, whenever the repository is rendered again.
"""

import json
from pathlib import Path

ANSWERS = json.loads(r"""<< cookiecutter | jsonify >>""")


def keep(chosen: str, variants: list[str], name: str) -> None:
    """Give the chosen variant its name and remove the others; with none chosen nothing of that name stays."""
    Path(name).unlink(missing_ok=True)
    for variant in variants:
        path = Path(f"{name}.{variant}")
        if variant == chosen:
            path.replace(name)
        else:
            path.unlink()


keep(ANSWERS["license"], ["BSD-3-Clause", "MIT", "Apache-2.0"], "LICENSE")
keep(ANSWERS["starter"], ["pangeo-onbuild", "docker-stacks"], "Dockerfile")
if ANSWERS["starter"] != "pangeo-onbuild":
    Path("start").unlink()
for option, workflow in (("preview", "preview"), ("binder_badge", "binder")):
    if ANSWERS[option] != "yes":
        Path(f".github/workflows/{workflow}.yaml").unlink()
