"""Repeat what a registry did not answer properly, and keep an image that cannot be pushed at all."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import nox

from image_build.programs import Done, docker, last, tell_github

NOT_LOGGED_IN = r"no basic auth|unauthorized|authentication required|\b401\b"
NO_RIGHT = r"denied|forbidden|insufficient|\b403\b"
NOT_THERE = r"not found|\b404\b|manifest unknown|name unknown|does not exist"
NO_ANSWER = (
    r"\b(429|5\d\d)\b|too ?many ?requests|internal server error|bad gateway|service unavailable|gateway time-?out|time-?out|"
    r"refused|no such host|EOF|connection reset|broken pipe|closed network connection|no route|unreachable|deadline exceeded"
)
# For how many seconds a command is repeated. Docker repeats the upload of a layer by itself, but nothing else.
PATIENCE = "PATIENCE"
FIVE_MINUTES = "300"


class NotPushedError(Exception):
    """Why an image is not in the registry, with the remedy."""


def patient(session: nox.Session, *words: str, run: Callable[..., Done] = docker) -> Done:
    """Run docker or another program, and repeat it with growing pauses while the registry does not answer properly. Return the last result."""
    tenacity = library(session)

    def tell(state) -> None:
        session.log(f"{last(state.outcome.result())}. Trying again in {state.upcoming_sleep:.0f} s")

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(is_temporary),
        wait=tenacity.wait_exponential_jitter(initial=1, max=60),
        stop=tenacity.stop_before_delay(float(os.environ.get(PATIENCE, FIVE_MINUTES))),
        before_sleep=tell,
        retry_error_callback=lambda state: state.outcome.result(),
    )
    return retrying(run, *words)


def is_temporary(done: Done) -> bool:
    """Return whether a command failed for a reason that passes: a limit, an error of the server, a broken connection."""
    said = re.sub(r"sha256:\w+|:[0-9a-f]{12}\S*|\d+(\.\d+){3}:\d+", "", done.stderr)  # digits that are no status
    lasting = re.search(f"{NOT_LOGGED_IN}|{NO_RIGHT}|{NOT_THERE}", said, re.IGNORECASE)
    return bool(done.returncode and not lasting and re.search(NO_ANSWER, said, re.IGNORECASE))


def library(session: nox.Session):
    """Return tenacity from the session's environment: nox itself may be installed without it. It is pure Python."""
    place = session.run("python", "-c", "import tenacity; print(tenacity.__path__[0])", silent=True, log=False)
    folder = str(Path(place.strip()).parent)
    if folder not in sys.path:
        sys.path.append(folder)
    import tenacity

    return tenacity


def keep(session: nox.Session, targets: Sequence[str], image_id: str) -> str:
    """Save an image that could not be pushed where the workflow uploads it from. Return what to say of it.

    On your own machine Docker still has the image, so nothing is saved and the answer is empty.
    """
    if "GITHUB_ACTIONS" not in os.environ:
        return ""
    name = f"image-{targets[0].rpartition(':')[2]}"
    path = Path(os.environ.get("RUNNER_TEMP", tempfile.gettempdir()), f"{name}.tar.gz")
    for target in targets:
        docker("tag", image_id, target)
    try:
        with gzip.open(path, "wb", compresslevel=1) as file:
            with subprocess.Popen(["docker", "save", *targets], stdout=subprocess.PIPE) as saving:
                shutil.copyfileobj(saving.stdout, file)
        problem = f"docker save failed (exit code {saving.returncode})" if saving.returncode else ""
    except OSError as error:
        problem = str(error)
    if problem:
        path.unlink(missing_ok=True)
        return f" The image could not be saved either: {problem}"
    tell_github("GITHUB_OUTPUT", f"saved={path}\nartifact={name}\n")
    run = f"{os.environ.get('GITHUB_RUN_ID', 'RUN')} --repo {os.environ.get('GITHUB_REPOSITORY', 'OWNER/NAME')}"
    steps = [
        f"gh run download {run} --name {name}",
        f"docker load --input {path.name}",
        *(f"docker push {target}" for target in targets),
    ]
    session.log("the image is saved with this run. To push it from your machine:\n  " + "\n  ".join(steps))
    return " The image is saved with this run; see above how to push it"
