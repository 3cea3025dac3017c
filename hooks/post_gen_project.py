"""Keep what was chosen, drop the rest.

Files that depend on a choice are all written first and dropped here: a directory whose *name* depends on a choice can
put its files outside the project. Runs again, with the same result, whenever the repository is rendered again.
"""

import json
import re
import shutil
import sys
from pathlib import Path

STRAY = re.compile(r"__pycache__|\.ipynb_checkpoints|\.DS_Store|.*\.py[co]|.*~|\..*\.sw[op]")
ANSWERS = json.loads(r"""<< cookiecutter | jsonify >>""")
(TEMPLATE,) = Path(r"""<< directory() >>""").glob("*cookiecutter.repo*")


def drop_what_is_not_the_templates() -> None:
    """Remove what Python, pip or an editor left beside the template's files, and cookiecutter copied with them."""
    for path in sorted(TEMPLATE.rglob("*"), reverse=True):
        copied = path.relative_to(TEMPLATE)
        if any(STRAY.fullmatch(part) for part in copied.parts):
            if path.is_dir():
                shutil.rmtree(copied, ignore_errors=True)
            else:
                copied.unlink(missing_ok=True)


def keep(chosen: str, variants: list[str], name: str) -> None:
    """Give the chosen variant its name and remove the others; with none chosen nothing of that name stays."""
    Path(name).unlink(missing_ok=True)
    for variant in variants:
        path = Path(f"{name}.{variant}")
        if variant == chosen:
            path.replace(name)
        else:
            path.unlink()


def leave(own: list[str]) -> None:
    """Remove what the owner has or does not want. An owner's README.md has the template's beside it, as BUILDING.md."""
    if "README.md" in own:
        Path("README.md").rename("BUILDING.md")
    for name in own:
        if name.endswith("/"):
            shutil.rmtree(name, ignore_errors=True)
        elif Path(name).is_file():
            Path(name).unlink()


drop_what_is_not_the_templates()
keep(ANSWERS["license"], ["BSD-3-Clause", "MIT", "Apache-2.0"], "LICENSE")
keep(ANSWERS["starter"], ["pangeo-onbuild", "docker-stacks", "pixi"], "Dockerfile")
if ANSWERS["starter"] != "pangeo-onbuild":
    Path("start").unlink()
if ANSWERS["starter"] == "pixi":
    Path("environment.yml").unlink()
else:
    Path("pixi.toml").unlink()
    Path(".github/image_build/pixi.py").unlink()
if ANSWERS["starter"] != "r":
    for name in (
        "apt.txt",
        "postBuild",
        "image-tests/test_r.py",
        "image-tests/packages.R",
        ".github/requirements-browser.txt",
    ):
        Path(name).unlink()
    shutil.rmtree("browser-tests")
if ANSWERS["__tests_folder"] != "image-tests":
    shutil.rmtree(ANSWERS["__tests_folder"], ignore_errors=True)
    Path("image-tests").replace(ANSWERS["__tests_folder"])
if ANSWERS["machinery"] == "shared":
    shutil.rmtree(".github/image_build")
    shutil.rmtree("image-contract")
if ANSWERS["appendix"] != "yes":
    Path("appendix").unlink()
if ANSWERS["binder_badge"] != "yes":
    Path(".github/workflows/binder.yaml").unlink()
if not ANSWERS["__remove_previews"]:
    Path(".github/workflows/previews.yaml").unlink()
    Path(".github/image_build/previews.py").unlink(missing_ok=True)  # with machinery: shared there is none
for name, needed in {
    "recompress": ANSWERS["compression"] == "zstd",
    "joining": ANSWERS["arm64"] == "yes",
    "vulnerabilities": ANSWERS["scan"] == "yes",
    "contents": ANSWERS["__install"],
}.items():
    if not needed:
        Path(f".github/image_build/{name}.py").unlink(missing_ok=True)
if not ANSWERS["__lock"]:
    Path(".github/workflows/lock.yaml").unlink()
if not ANSWERS["__updates"]:
    Path(".github/workflows/update.yaml").unlink()
leave(ANSWERS["own_files"].split())
# hubimages says this itself, and why
NOT_PUBLISHED = (
    "it would install hubimages from the address and commit of this template, and this copy has neither: "
    f"{ANSWERS['__problem']}\n"
)
if ANSWERS["configuration_repository"] and not ANSWERS["__point_hubs"]:
    sys.stderr.write(f"No workflow opens pull requests in {ANSWERS['configuration_repository']}: {NOT_PUBLISHED}")
if ANSWERS["lock"] != "never" and not ANSWERS["__lock"]:
    sys.stderr.write(f"No workflow proposes a lock: {NOT_PUBLISHED}")
if ANSWERS["update_workflow"] != "never" and not ANSWERS["__updates"]:
    sys.stderr.write(f"No workflow opens pull requests with updates: {NOT_PUBLISHED}")
