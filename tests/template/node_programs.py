"""Programs of GitHub's that npm has: installed once into a cache folder, each bundled into one file."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from tests import needs

SOURCE = Path(__file__).parent / "node"
# Read here, when tests are collected: each test has a home of its own, and npm knows its registry from a person's.
HOME = Path.home()
PROGRAMS = ("evaluate", "parse", "script")


def bundled() -> Path:
    """The folder with the bundles, made where it is not there yet."""
    inputs = [SOURCE / "package.json", *(SOURCE / f"{name}.js" for name in PROGRAMS)]
    key = sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()[:12]
    folder = Path(os.environ.get("XDG_CACHE_HOME", HOME / ".cache"), "hubimages", f"node-{key}")
    if folder.is_dir():
        return folder
    for program in ("node", "npm"):
        needs.NODE.program(program)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        for path in inputs:
            shutil.copy(path, temporary)
        env = {**os.environ, "HOME": str(HOME)}
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        install += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]  # or 5 minutes offline
        done = subprocess.run(install, cwd=temporary, env=env, check=False, capture_output=True, text=True)
        if done.returncode:
            needs.NODE.missing(done.stderr.strip()[-300:])
        for name in PROGRAMS:
            bundle = (f"--outfile=out/{name}.cjs", "--bundle", "--platform=node", "--target=node18", "--format=cjs")
            esbuild = ("node_modules/.bin/esbuild", f"{name}.js", *bundle, "--log-level=error")
            subprocess.run(esbuild, cwd=temporary, env=env, check=True)
        try:
            Path(temporary, "out").rename(folder)
        except OSError:  # another run was faster
            if not folder.is_dir():
                raise
    return folder
