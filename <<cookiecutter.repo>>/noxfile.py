"""Builds, tests and pushes the image of this repository: the same way on your machine as on GitHub.

    nox -s build             build the image of the commit you are at, and test it
    nox -s build -- --push   push it, too, when the tests have passed (log in first: docker login)
    nox -s test              test the image that was built, or any other: nox -s test -- IMAGE
    nox -s push              test and push the image that was built
    nox -s lint              find mistakes in environment.yml, Dockerfile, scripts and workflows

Needs only nox, git and Docker. How it is done is in .github/image_build/, what is tested in image-contract/.
"""

import os
import re
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / ".github"))
from image_build import building, programs, registry, report, settings as setup, tags

# The image's name without a tag: where it is pushed to, and what the hub is told.
IMAGE = os.environ.get("IMAGE", "<< cookiecutter.__reference >>")
# The tags that every image gets: `commit` is the first 12 characters of the commit's id, `date` the commit's day and
# time, and `latest` the one tag that moves from image to image.
TAGS = << cookiecutter.__tags >>
# What the registry's login needs to be set in the repository's settings on GitHub, and under which kind.
LOGIN = << cookiecutter.__settings >>
<% if cookiecutter.__point_hubs %>
# What the pull request in << cookiecutter.configuration_repository >> needs.
POINT_HUBS = {"CONFIGURATION_APP_CLIENT_ID": "variable", "CONFIGURATION_APP_PRIVATE_KEY": "secret"}
<% endif %>
# The major version of JupyterHub that the hub runs; the one in the image has to suit it.
JUPYTERHUB = "<< cookiecutter.jupyterhub_version >>"
# What cannot be read, and a key that stands twice, are errors; the rest is taste, and only advised.
TASTE = (
    "braces", "brackets", "colons", "commas", "comments", "comments-indentation", "empty-lines", "hyphens",
    "indentation", "new-line-at-end-of-file", "new-lines", "trailing-spaces",
)
YAML_RULES = (
    "{extends: relaxed, rules: {line-length: disable, " + ", ".join(f"{rule}: {{level: warning}}" for rule in TASTE) + "}}"
)

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
    reference = f"{IMAGE}:{tags.own(session)}"
    if wants_push:
        check_may_be_pushed(session, reference)
    programs.check_engine(session)
    session.install("--requirement", ".github/requirements-repo2docker.txt")
    building.build_image(session, reference)
    finish(session, reference, wants_push=wants_push)


@nox.session
def push(session: nox.Session) -> None:
    """Test the image that was built for the commit you are at, and push it."""
    reference = f"{IMAGE}:{tags.own(session)}"
    check_may_be_pushed(session, reference)
    programs.check_engine(session)
    check_is_built(session, reference)
    finish(session, reference, wants_push=True)


@nox.session
def test(session: nox.Session) -> None:
    """Test an image: the contract with the hub (image-contract/), then this repository's own tests (image-tests/)."""
    programs.check_engine(session)
    reference = session.posargs[0] if session.posargs else f"{IMAGE}:{tags.own(session)}"
    if not session.posargs:
        check_is_built(session, reference)
    check_image(session, reference)


@nox.session
def lint(session: nox.Session) -> None:
    """Find mistakes without building anything."""
    session.install("--requirement", ".github/requirements-lint.txt")
    tracked = programs.git("ls-files").splitlines()
    yaml = [name for name in tracked if name.endswith((".yml", ".yaml"))]
    session.run("yamllint", "--config-data", YAML_RULES, *yaml)
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
    """Check, before anything is built, that the image has a name and that all settings on GitHub are there."""
    problem = setup.name_problem(IMAGE)
    wrong = [problem] if problem else []
    if session.posargs != ["name"]:  # a pull request, perhaps from a fork, sees no secrets and needs none
        wrong += setup.missing(<% if cookiecutter.__point_hubs %>LOGIN if "PREVIEW" in os.environ else {**LOGIN, **POINT_HUBS}<% else %>LOGIN<% endif %>)
    for each in wrong:
        print(f"::error::{each}" if "GITHUB_ACTIONS" in os.environ else each)
    if wrong:
        session.error("not everything is set up yet")
<% if cookiecutter.__parts %>
    programs.tell_github("GITHUB_OUTPUT", "".join(f"{part}={value}\n" for part, value in setup.parts(IMAGE).items()))
<% endif %>


<% if cookiecutter.registry in ("quay.io", "ghcr.io", "google-artifact-registry") %>
@nox.session(venv_backend="none")
def login(session: nox.Session) -> None:
    """Log in to the registry with REGISTRY_USERNAME and REGISTRY_PASSWORD, as the workflows do."""
    setup.log_in(session, IMAGE.split("/")[0], LOGIN)


<% endif %>
<% if cookiecutter.builder != "nox" %>
@nox.session(venv_backend="none")
def arguments(session: nox.Session) -> None:
    """Tell the workflow what repo2docker-action is to tell repo2docker: the build cache and the image's labels."""
    words = " ".join(building.arguments(f"{IMAGE}:{tags.own(session)}"))
    programs.tell_github("GITHUB_OUTPUT", f"arguments={words}\n")
    session.log(words)


<% endif %>
<% if cookiecutter.arm64 == "yes" %>
@nox.session(venv_backend="none")
def join(session: nox.Session) -> None:
    """Put the images that were pushed for each architecture under one tag; their digests are AMD64 and ARM64."""
    parts = [os.environ.get(architecture, "") for architecture in ("AMD64", "ARM64")]
    if not all(parts):
        session.error("set AMD64 and ARM64 to the digests of the two images, sha256:...")
    published = tags.published(session, TAGS)
    digest = registry.join(session, IMAGE, parts, published, LOGIN)
    report.joined(session, f"{IMAGE}:{published[0]}", digest)


<% endif %>
def check_may_be_pushed(session: nox.Session, reference: str) -> None:
    """Stop before anything is built when it could not be pushed."""
    problem = setup.name_problem(IMAGE)
    if problem:
        session.error(problem)
    if reference.endswith("-dirty"):
        session.error("not pushed: there are changes that no commit has. Commit them first (git status shows them)")


def check_is_built(session: nox.Session, reference: str) -> None:
    """Stop when the commit's image is not here."""
    if not programs.has_image(reference):
        session.error(f"there is no image {reference} here: build it first, nox -s build")


def check_image(session: nox.Session, reference: str) -> None:
    """Run the contract, and in the image this repository's own image-tests/."""
    session.install("--requirement", ".github/requirements-test.txt")
    # After Ctrl-C nox kills what has not ended in half a second, and removing the containers takes longer.
    patience = {"interrupt_timeout": 30.0, "terminate_timeout": 30.0}
    session.run("pytest", "-ra", "image-contract", env={"IMAGE": reference, "HUB_VERSION": JUPYTERHUB}, **patience)


def finish(session: nox.Session, reference: str, *, wants_push: bool) -> None:
    """Test an image, push the very image that was tested, and say what was made."""
    tested = programs.inspect(session, reference, "{{.Id}}")
    check_image(session, reference)
    digest = pushed = ""
    if wants_push:
        published = tags.published(session, TAGS)
        digest = registry.push_image(session, reference, tested, published, LOGIN)
        pushed = f"{IMAGE}:{published[0]}"
    report.summarise(session, reference, digest, pushed)


def check_python_version(session: nox.Session, text: str) -> None:
    """Stop at a version that repo2docker does not read: it takes its default instead, with only a warning.

    It reads `python`, one `=` or more, and a number, and of that the first two parts:
    https://github.com/jupyterhub/repo2docker/blob/main/repo2docker/buildpacks/conda/__init__.py (PYTHON_REGEX)
    """
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"""\s*-\s+(['"]?)((?:[\w./-]+::)?python(?![\w.-]).*?)\1\s*(?:\s#.*)?$""", line)
        if found and re.search(r"\d", found[2]) and not re.match(r"python\s*=+\s*\d", found[2]):
            session.error(
                f"environment.yml:{number}: repo2docker does not read the version in {found[2]!r} and takes its default: "
                "write python=3.12"
            )
