"""List the packages in an image, as their package managers have recorded them.

Python runs in the image for that, without a network. (`hubimages image-contents` reads the same records without running
anything; it is not used here, because a repository builds without hubimages.)
"""

import re

from image_build.programs import docker, last

LISTING = """
import importlib.metadata, json, os, pathlib, subprocess, sys
roots = {sys.prefix, os.environ.get("NB_PYTHON_PREFIX", sys.prefix), os.environ.get("CONDA_DIR", sys.prefix)}
found = set()
for root in roots:
    for path in pathlib.Path(root, "conda-meta").glob("*.json"):
        package = json.loads(path.read_text())
        found.add(f"conda {package['name']} {package['version']} {package['build']}")
conda = {line.split()[1].lower().replace("_", "-") for line in found}
for one in importlib.metadata.distributions():
    if one.metadata["Name"] and one.metadata["Name"].lower().replace("_", "-") not in conda:
        found.add(f"pip {one.metadata['Name']} {one.version}")
try:
    form = "deb ${Package} ${Version}\\n"
    found.update(subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True).stdout.splitlines())
except OSError:
    pass
script = "for (p in rownames(installed.packages())) cat('R', p, as.character(packageVersion(p)), '\\n')"
try:
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True)
    found.update(line.strip() for line in done.stdout.splitlines() if line.startswith("R "))
except OSError:
    pass
print("\\n".join(sorted(found)))
"""


def of_image(reference: str) -> tuple[list[str], str]:
    """Return the conda, Python, Debian and R packages, each with version and build, or why they cannot be listed."""
    done = docker("run", "--rm", "--network", "none", reference, "python", "-c", LISTING)
    if done.returncode:
        return [], f"cannot list the packages of {reference}: {last(done)}"
    return [line for line in done.stdout.splitlines() if re.match("(conda|pip|deb|R) ", line)], ""
