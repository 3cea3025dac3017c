"""Build, test and push the image of this repository, on your machine and on GitHub alike.

    nox -s build                 build the image of the current commit and test it
    nox -s build -- --push       push it as well if the tests pass (log in first: docker login)
    nox -s build -- --no-cache   take nothing from earlier images: install the newest packages
    nox -s test                  test the image that you built, or any other: nox -s test -- IMAGE
    nox -s push                  test the image that you built and push it
<% if cookiecutter.__solve %>
    nox -s solve                 find out whether the packages can be installed together, without a build
<% endif %>
    nox -s lint                  find mistakes in environment.yml, Dockerfile, scripts and workflows
<% if cookiecutter.starter == "pixi" %>
    nox -s lock                  write pixi.lock, after an edit of pixi.toml
<% elif cookiecutter.__install %>
    nox -s lock                  write conda-lock.yml, from which the image is then built
<% endif %>
<% if cookiecutter.__install %>
    nox -s lock -- --open-pr     propose the lock in a pull request that says what changes
<% endif %>
<% if cookiecutter.starter == "r" %>
    nox -s browser               use RStudio in a browser, in the image that you built
<% endif %>

You need nox, git and Docker. <% if cookiecutter.machinery == "vendored" %>The code is in .github/image_build/, the tests are in image-contract/ and << cookiecutter.__tests_folder >>/.<% else %>The tests of this repository are in << cookiecutter.__tests_folder >>/.<% endif +%>
"""

import os
<% if cookiecutter.__install %>
import shlex
<% endif %>
<% if cookiecutter.machinery == "shared" %>
import shutil
import subprocess
<% endif %>
import sys
<% if cookiecutter.machinery == "shared" %>
import tarfile
<% endif %>
from pathlib import Path

import nox
<% if cookiecutter.__install %>
from nox.command import CommandFailed
<% endif %>

sys.dont_write_bytecode = True  # what Python caches here would count as a change, and reach the image
<% if cookiecutter.machinery == "vendored" %>
sys.path.insert(0, str(Path(__file__).parent / ".github"))
CONTRACT = "image-contract"
<% else %>
# Where the code of the sessions and the tests of what every hub expects come from: a git repository, and a commit of it.
MACHINERY = << cookiecutter.__template | python >>
COMMIT = << cookiecutter.__commit | python >>


def fetch(place: Path) -> Path:
    """Return the directory with the code. It is fetched once, and is the same here and on GitHub."""
    if place.is_dir():
        return place
    new = place.with_name(f"{place.name}-{os.getpid()}")
    git = ["git", "-C", str(new)]
    try:
        new.mkdir(parents=True)
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "fetch", "--quiet", "--depth", "1", MACHINERY, COMMIT], check=True)
        names = subprocess.run([*git, "ls-tree", "--name-only", COMMIT], check=True, capture_output=True, text=True)
        (template,) = [name for name in names.stdout.splitlines() if "<" in name]  # the template's own
        for path in (".github/image_build", "image-contract"):
            # Not a checkout, because Windows has no directories with the template's name.
            archive = ["archive", "--format=tar", f"--prefix={Path(path).name}/", "--output=code.tar"]
            subprocess.run([*git, *archive, f"{COMMIT}:{template}/{path}"], check=True)
            with tarfile.open(new / "code.tar") as code:
                code.extractall(new, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # Python 3.11.4
    except (OSError, ValueError, subprocess.CalledProcessError, tarfile.TarError) as error:
        shutil.rmtree(new, ignore_errors=True)
        sys.exit(f"cannot fetch the code of the sessions, {COMMIT} of {MACHINERY}: {error}")
    new.rename(place)
    return place


CODE = fetch(Path(__file__).parent / ".nox" / f"hubimages-{COMMIT}")
CONTRACT = str(CODE / "image-contract")
os.environ["REPOSITORY"] = str(Path(__file__).parent)  # for the contract, which is elsewhere
sys.path.insert(0, str(CODE))
<% endif %>
<% if cookiecutter.starter == "pixi" %>
from image_build import pixi
<% endif %>
<% if cookiecutter.__install %>
from image_build import contents
<% endif %>
<% if cookiecutter.scan == "yes" %>
from image_build import vulnerabilities
<% endif %>
<% if cookiecutter.__remove_previews %>
from image_build import previews
<% endif %>
<% if cookiecutter.compression == "zstd" %>
from image_build import recompress
<% endif %>
<% if cookiecutter.arm64 == "yes" %>
from image_build import joining
<% endif %>
from image_build import building, changes as changed, linting, locked, programs, refresh, registry, report
from image_build import settings as setup, sizes, sources, tags

# The image's name without a tag: where it is pushed, and what the hub's configuration names.
IMAGE = os.environ.get("IMAGE", << cookiecutter.__reference | python >>)
# The registry that the workflows log in to, and so the kind of host that IMAGE must have. Leave it empty if you write
# your own login.
REGISTRY = os.environ.get("REGISTRY", << cookiecutter.registry | python >>)
# The tags of every image: `commit` is the first 12 characters of the commit ID, and `date` the commit's day and time. Any
# other word, such as `latest`, is a tag that moves to every new image.
TAGS = << cookiecutter.__tags >>
# The secrets and variables that the login to the registry needs. Set them in the repository's settings on GitHub.
LOGIN = << cookiecutter.__settings >>
<% if cookiecutter.__point_hubs %>
# The settings that the pull request in the hubs' configuration needs.
POINT_HUBS = {"CONFIGURATION_APP_CLIENT_ID": "variable", "CONFIGURATION_APP_PRIVATE_KEY": "secret"}
<% endif %>
# The largest that an image may be, compressed as a node pulls it, such as '2.5 GB'; empty for no limit.
MAX_SIZE = << cookiecutter.max_size | python >>
<% if cookiecutter.__install %>
# Whether a push attaches the list of the image's packages to it in the registry, as an SBOM.
ATTACH_CONTENTS = True
<% endif %>
# The major version of JupyterHub that the hub runs. The image must have the same.
JUPYTERHUB = "<< cookiecutter.jupyterhub_version >>"
# Where to look for an earlier image, which serves as the build cache.
CACHE = IMAGE
<% if cookiecutter.preview == "yes" %>
# A pull request's image has a name and a login of its own: code that nobody has reviewed cannot push as main does.
if "PREVIEW" in os.environ:
    IMAGE = setup.preview_image(IMAGE)
    LOGIN = << cookiecutter.__preview_settings >>
<% endif %>

<% if cookiecutter.__install %>

def hubimages(extra: str) -> list[str]:
    """Return pip's arguments for the hubimages that made this repository, with an extra."""
    return shlex.split(<< cookiecutter.__install | python >>.replace("[github]", f"[{extra}]"))


def add_hubimages(session: nox.Session, extra: str, otherwise: str) -> None:
    """Install hubimages and repo2docker. If that fails, go on, and say what is then not done."""
    try:
        session.install("--requirement", ".github/requirements-repo2docker.txt", *hubimages(extra))
    except CommandFailed:
        session.warn(f"hubimages cannot be installed, see above: {otherwise}")


<% endif %>
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["build"]


@nox.session
def build(session: nox.Session) -> None:
    """Build the image and test it. With `-- --push`, push the image that was tested. `-- --no-cache` ignores older images."""
    wants_push = "--push" in session.posargs
    unknown = [word for word in session.posargs if word not in ("--push", "--no-cache")]
    if unknown:
        session.error(f"nox -s build accepts only --push and --no-cache, not {' '.join(unknown)}")
    reference = f"{IMAGE}:{tags.own(session)}"
    if wants_push:
        check_may_be_pushed(session, reference)
    sizes.limit(session, MAX_SIZE)
    programs.check_engine(session)
    sources.check_sources(session)
<% if cookiecutter.starter == "pixi" %>
    pixi.check_lock(session)
<% endif %>
    session.install("--requirement", ".github/requirements-repo2docker.txt")
<% if cookiecutter.__install %>
    if locked.lock():
        session.install("--requirement", ".github/requirements-repo2docker.txt", *hubimages("lock"))
<% endif %>
    building.build_image(session, reference, "" if "--no-cache" in session.posargs or refresh.is_on() else CACHE)
    finish(session, reference, wants_push=wants_push)


@nox.session
def push(session: nox.Session) -> None:
    """Test the image that was built from the current commit, and push it."""
    reference = f"{IMAGE}:{tags.own(session)}"
    check_may_be_pushed(session, reference)
    programs.check_engine(session)
<% if cookiecutter.builder != "nox" %>
    if refresh.is_on():  # jupyterhub/repo2docker-action knows only the commit's tag
        programs.docker("tag", f"{IMAGE}:{programs.commit_tag(session)}", reference)
<% endif %>
    check_is_built(session, reference)
    finish(session, reference, wants_push=True)


@nox.session
def test(session: nox.Session) -> None:
    """Test an image: what the hub expects (image-contract/), then this repository's own tests (<< cookiecutter.__tests_folder >>/)."""
    programs.check_engine(session)
    reference = session.posargs[0] if session.posargs else f"{IMAGE}:{tags.own(session)}"
    if not session.posargs:
        check_is_built(session, reference)
    check_image(session, reference)


<% if cookiecutter.starter == "r" %>
@nox.session
def browser(session: nox.Session) -> None:
    """Use RStudio of an image in a browser (browser-tests/): of the image that you built, or of nox -s browser -- IMAGE."""
    programs.check_engine(session)
    reference = session.posargs[0] if session.posargs else f"{IMAGE}:{tags.own(session)}"
    if not session.posargs:
        check_is_built(session, reference)
    session.install("--requirement", ".github/requirements-browser.txt")
    session.run("playwright", "install", "chromium")
    session.run("pytest", "-ra", "browser-tests", env={"IMAGE": reference})


<% endif %>
<% if cookiecutter.__solve %>
@nox.session
def solve(session: nox.Session) -> None:
    """Find out within seconds whether the packages can be installed together. Without a network, say that it is not known."""
    try:
        session.install("--requirement", ".github/requirements-repo2docker.txt", *hubimages("solve"))
    except CommandFailed:
        session.warn("not known, because hubimages cannot be installed: see above")
        return
    session.run("hubimages", "check-environment", ".", "--solve")


<% endif %>
<% if cookiecutter.scan == "yes" %>
@nox.session
def scan(session: nox.Session) -> None:
    """Report the known vulnerabilities of the commit's image in the registry, or of nox -s scan -- IMAGE."""
    reference = session.posargs[0] if session.posargs else f"{IMAGE}:{tags.own(session)}"
    session.install(*hubimages("contents"))
    sbom = Path(session.create_tmp()) / "sbom.cdx.json"
    with sbom.open("w", encoding="utf-8") as file:
        session.run("hubimages", "image-contents", reference, "--local", "--yes", "--cyclonedx", stdout=file, stderr=None)
    vulnerabilities.report(session, reference, sbom)


<% endif %>
@nox.session
def lint(session: nox.Session) -> None:
    """Find mistakes without building the image."""
    session.install("--requirement", ".github/requirements-lint.txt")
<% if cookiecutter.__install %>
    add_hubimages(session, "lock" if locked.lock() else "environment", "how repo2docker reads the repository is not checked")
<% endif %>
    linting.check_files(session)


<% if cookiecutter.starter != "pixi" and cookiecutter.__install %>
@nox.session
def lock(session: nox.Session) -> None:
    """Write conda-lock.yml, from which the image is then built, and show what changes."""
    extras = "github,lock" if "--open-pr" in session.posargs else "lock"
    session.install("--requirement", ".github/requirements-repo2docker.txt", *hubimages(extras))
    session.run("hubimages", "lock-environment", ".", *session.posargs)


<% endif %>
<% if cookiecutter.starter == "pixi" %>
<% if cookiecutter.__install %>
@nox.session
def lock(session: nox.Session) -> None:
    """Write pixi.lock for pixi.toml, with the pixi of the Dockerfile. Run it after each edit. `-- --open-pr` proposes the lock."""
    programs.check_engine(session)
    if not session.posargs:
        pixi.lock(session)
        return
    session.install("--requirement", ".github/requirements-repo2docker.txt", *hubimages("github,lock"))
    with pixi.new_lock(session) as made:
        session.run("hubimages", "lock-environment", ".", "--made", made, *session.posargs)
<% else %>
@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Write pixi.lock for pixi.toml, with the pixi of the Dockerfile. Run it after each edit of pixi.toml."""
    programs.check_engine(session)
    pixi.lock(session)
<% endif %>


<% endif %>
@nox.session(venv_backend="none")
def changes(session: nox.Session) -> None:
    """Tell the workflow whether this pull request can change the image."""
    needed = changed.can_change_the_image()
    session.log("the image can change" if needed else "the image cannot change, so nothing is built")
    programs.tell_github("GITHUB_OUTPUT", f"image={str(needed).lower()}\n")


@nox.session(venv_backend="none")
def settings(session: nox.Session) -> None:
    """Check, before the build, that the image has a name and that all settings on GitHub are set."""
    problem = setup.name_problem(IMAGE, REGISTRY)
    wrong = [problem] if problem else []
    if session.posargs != ["name"]:  # a pull request, perhaps from a fork, sees no secrets and needs none
        wrong += setup.missing(<% if cookiecutter.__point_hubs %>LOGIN if "PREVIEW" in os.environ else {**LOGIN, **POINT_HUBS}<% else %>LOGIN<% endif %>)
<% if cookiecutter.attest == "yes" %>
    if os.environ.get("PRIVATE") == "true":
        wrong.append(
            "this repository is private, and an attestation tells its name, workflow and commit to everybody who can read it. "
            "To have it all the same: hubimages update-image-repo . --set attest=also-private; otherwise --set attest=no"
        )
<% endif %>
    for each in wrong:
        print(f"::error::{each}" if "GITHUB_ACTIONS" in os.environ else each)
    if wrong:
        session.error("the setup is incomplete")
<% if cookiecutter.compression == "zstd" %>
    if session.posargs != ["name"]:
        recompress.check(session)
<% endif %>
<% if cookiecutter.__parts %>
    programs.tell_github("GITHUB_OUTPUT", "".join(f"{part}={value}\n" for part, value in setup.parts(IMAGE).items()))
<% endif %>


<% if cookiecutter.__login_by_name %>
@nox.session(venv_backend="none")
def login(session: nox.Session) -> None:
    """Log in to the registry with REGISTRY_USERNAME and REGISTRY_PASSWORD, as the workflows do."""
    setup.log_in(session, IMAGE.split("/")[0], LOGIN)


<% endif %>
<% if cookiecutter.builder != "nox" %>
@nox.session(venv_backend="none")
def arguments(session: nox.Session) -> None:
    """Pass to the workflow what repo2docker needs: its version, the build cache, labels, and the file `appendix`."""
    sources.check_sources(session)
    if locked.lock():
        session.warn(f"{locked.lock()} is not used: jupyterhub/repo2docker-action builds environment.yml as it is")
    cache = "" if refresh.is_on() else CACHE
    words = " ".join(building.arguments(cache))
    told = {"arguments": words, "appendix": sources.appendix(), "repo2docker": building.repo2docker()}
    programs.tell_github("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in told.items()))
    session.log(words)


<% endif %>
<% if cookiecutter.__remove_previews %>
@nox.session(venv_backend="none")
def remove_previews(session: nox.Session) -> None:
    """Remove the previews of pull requests that were closed a week ago or earlier, as the workflow does every week."""
    previews.remove(session, setup.preview_image(IMAGE) if "PREVIEW" not in os.environ else IMAGE)


<% endif %>
<% if cookiecutter.arm64 == "yes" %>
@nox.session
def join(session: nox.Session) -> None:
    """Put the pushed images of both architectures under one tag. Set AMD64 and ARM64 to their digests."""
    session.install("--requirement", ".github/requirements-test.txt")
    parts = [os.environ.get(architecture, "") for architecture in ("AMD64", "ARM64")]
    if not all(parts):
        session.error("set AMD64 and ARM64 to the digests of the two images, sha256:...")
    earlier = refresh.newest_earlier(session, IMAGE) if refresh.is_on() else ""
    if earlier and registry.listed(earlier) == set(parts):
        session.log(f"{earlier} has the same packages, so nothing is pushed")
        return
    published = tags.published(session, TAGS)
    digest = joining.join(session, IMAGE, parts, published, LOGIN)
    report.joined(session, f"{IMAGE}:{published[0]}", digest)


<% endif %>
def check_may_be_pushed(session: nox.Session, reference: str) -> None:
    """Stop before the build if the image could not be pushed."""
    problem = setup.name_problem(IMAGE)
    if problem:
        session.error(problem)
    if reference.endswith("-dirty"):
        session.error("not pushed: there are uncommitted changes. Commit them first (git status shows them)")
<% if cookiecutter.compression == "zstd" %>
    recompress.check(session)
<% endif %>


def check_is_built(session: nox.Session, reference: str) -> None:
    """Stop if the commit's image has not been built."""
    if not programs.has_image(reference):
        session.error(f"there is no image {reference}. Build it first: nox -s build")


def check_image(session: nox.Session, reference: str) -> None:
    """Run image-contract/, which also runs << cookiecutter.__tests_folder >>/ inside the image."""
    session.install("--requirement", ".github/requirements-test.txt")
<% if cookiecutter.__install and cookiecutter.starter != "pixi" %>
    # The contract asks it what repo2docker takes from environment.yml.
    extra = "lock" if locked.lock() else "environment"
    add_hubimages(session, extra, "whether the image has the packages of environment.yml is not tested")
<% endif %>
    # After Ctrl-C, nox kills programs within half a second. Removing the containers takes longer.
    patience = {"interrupt_timeout": 30.0, "terminate_timeout": 30.0}
    env = {"IMAGE": reference, "HUB_VERSION": JUPYTERHUB}
    session.run("pytest", "-ra", CONTRACT, env=env, **patience)


def finish(session: nox.Session, reference: str, *, wants_push: bool) -> None:
    """Test an image, push the tested image if wanted, and report the result."""
    tested = programs.inspect(session, reference, "{{.Id}}")
    check_image(session, reference)
    digest = pushed = ""
    to_pull = sizes.check(session, reference, MAX_SIZE) if MAX_SIZE or not wants_push else []
    earlier = refresh.newest_earlier(session, IMAGE) if wants_push and refresh.is_on() else ""
<% if cookiecutter.__install %>
    before = earlier or registry.newest_earlier(CACHE) if "GITHUB_STEP_SUMMARY" in os.environ else ""
<% endif %>
    if earlier and refresh.is_the_same(session, reference, earlier):
        session.log(f"{earlier} has the same packages, so nothing is pushed")
        report.tell_workflow("", registry.look_up(earlier).digest)
    elif wants_push:
        published = tags.published(session, TAGS)
        digest = registry.push_image(session, reference, tested, published, LOGIN<% if cookiecutter.compression == "zstd" %>, recompress.upload, recompress.copy_tag<% endif %>)
        pushed = f"{IMAGE}:{published[0]}"
    if pushed:
        to_pull = sizes.pushed(reference, pushed) or to_pull
<% if cookiecutter.__install %>
        if ATTACH_CONTENTS:
            contents.attach(session, hubimages("contents"), pushed)
<% endif %>
    report.summarise(session, reference, digest, pushed, to_pull)
<% if cookiecutter.__install %>
    contents.compare(session, hubimages("contents"), before, pushed or reference, local=not pushed)
<% endif %>


# Add your own sessions below this line: updates of the template change nothing from here on.
