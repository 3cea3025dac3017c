"""The wheel, as people install it, does what the checkout does: file by file, and mode by mode."""

import os
import re
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from hubimages.cli.completion import SHELLS
from hubimages.cli.topics import TOPICS
from hubimages.update.released import installed_version, releases
from tests import deployments
from tests.installed.conftest import ADDRESS, COMPILED, Copy, run
from tests.references.pointing import make_deployment
from tests.sample import some
from tests.test_tutorial import follow
from tests.update.repositories import make_from_release

STARTERS = ("environment.yml", "pangeo-onbuild", "docker-stacks")
HUBS = "configuration_repository=our-org/our-hubs"


def tree(repository: Path) -> list[str]:
    """Mode, id and path of every file that the newest commit has."""
    return run("git", "ls-tree", "-r", "HEAD", cwd=repository).stdout.splitlines()


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of every file, without git's own."""
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_the_copies_are_what_they_are_called(installed: Copy, checkout: Copy, project: Path) -> None:
    where = "import hubimages; print(hubimages.__file__)"
    assert "site-packages" in run(installed.python, "-c", where, cwd=installed.folder).stdout
    assert list((installed.folder / "venv").rglob("source/**/image_build/__pycache__/*.pyc"))  # pip compiled them
    told = installed.run("from hubimages import template; print(template.template_directory())")
    assert told.strip().endswith("site-packages/hubimages/template/source")
    inserted = f"import sys; sys.path.insert(0, {checkout.path!r}); {where}"
    assert run(checkout.python, "-c", inserted, cwd=checkout.folder).stdout.startswith(str(project))


def test_the_wheel_has_no_bytecode(wheel: Path) -> None:
    assert [name for name in ZipFile(wheel).namelist() if "pyc" in name] == []


@pytest.mark.parametrize("starter", some(STARTERS, 1))
def test_a_new_repository_is_the_same(
    installed: Copy, checkout: Copy, project: Path, commit: str, tmp_path: Path, starter: str
) -> None:
    made = [tmp_path / "wheel/image", tmp_path / "checkout/image"]
    for copy, place in zip((installed, checkout), made, strict=True):
        copy.hubimages("new-image-repo", place, f"--set=starter={starter}", f"--set={HUBS}", "--yes")
    assert tree(made[0]) == tree(made[1])
    assert files(made[0]) == files(made[1])
    assert [line for line in tree(made[0]) if "pyc" in line] == []
    record = (made[0] / ".hubimages.yaml").read_text()
    assert f'template: "{ADDRESS}"' in record
    assert f'commit: "{commit}"' in record
    listed = run("git", "ls-files", "<<cookiecutter.repo>>", cwd=project).stdout.splitlines()
    ours = {name.partition("/")[2] for name in listed}
    own = {name for name in files(made[0]) if name not in ours}
    assert own <= {"LICENSE", "Dockerfile"}  # the chosen ones of several


def test_an_extracted_repository_is_the_same(installed: Copy, checkout: Copy, tmp_path: Path) -> None:
    source = deployments.make(tmp_path / "hubs", deployments.UNDER_FOLDER)
    made = [tmp_path / "wheel/image", tmp_path / "checkout/image"]
    for copy, place in zip((installed, checkout), made, strict=True):
        copy.hubimages("extract-image", source, "helm-charts/images/hub", place, f"--set={HUBS}", "--yes")
    assert tree(made[0]) == tree(made[1])
    assert files(made[0]) == files(made[1])
    assert [line for line in tree(made[0]) if "pyc" in line] == []


def test_reports_are_the_same(installed: Copy, checkout: Copy, tmp_path: Path) -> None:
    hubs, charts = make_deployment(tmp_path / "hubs"), deployments.make(tmp_path / "charts", deployments.UNDER_FOLDER)
    words: tuple[str, ...] = ("images", f"--repo={hubs}", "--json")
    assert installed.hubimages(*words) == checkout.hubimages(*words) != ""
    words = ("check-hub-image", f"--repo={charts}", "--offline", "--json")
    found = [copy.hubimages(*words, code=1) for copy in (installed, checkout)]
    assert found[0] == found[1]
    assert '"stale-tag"' in found[0]
    page = [tmp_path / "wheel.html", tmp_path / "checkout.html"]
    for copy, file in zip((installed, checkout), page, strict=True):
        copy.hubimages("images", f"--repo={hubs}", f"--html={file}")
    assert page[0].read_bytes() == page[1].read_bytes()


def test_every_help_is_the_same(installed: Copy, checkout: Copy) -> None:
    listed = installed.hubimages("--list")
    tasks = re.findall(r"^  ([a-z][a-z-]+)  ", listed, re.MULTILINE)
    assert {"new-image-repo", "doctor", "images"} <= set(tasks)
    assert listed == checkout.hubimages("--list")
    helps = [copy.help_of(tasks) for copy in (installed, checkout)]
    assert helps[0] == helps[1]
    assert all(f"hubimages {task} " in text for task, text in helps[0].items())


def alone(installed: Copy, home: Path, *argv: str) -> str:
    """What a program of the environment prints where nothing else is: no identity for git, no settings."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    program = [str(installed.python.parent / argv[0]), *argv[1:]]
    done = subprocess.run(program, cwd=home, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


IN_ONE_PROCESS = """\
import contextlib, sys
from hubimages.cli.program import main
for asked in {}:
    sys.argv = ["hubimages", *asked]; print("\\0")
    with contextlib.suppress(SystemExit): main()
"""


def test_overview_topics_and_completion_need_nothing(installed: Copy, home: Path) -> None:
    assert alone(installed, home, "hubimages", "--list") == installed.hubimages("--list")
    assert len(alone(installed, home, "hubimages", "help", next(iter(TOPICS))).splitlines()) > 2
    assert "hubimages" in alone(installed, home, "hubimages", "completion", next(iter(SHELLS)))
    asked = [*(("help", topic) for topic in TOPICS), *(("completion", shell) for shell in SHELLS)]
    told = alone(installed, home, "python", "-c", IN_ONE_PROCESS.format(asked)).split("\0\n")[1:]
    assert len(told) == len(asked)
    assert all(len(text.splitlines()) > 2 for text in told[: len(TOPICS)])
    assert all("hubimages" in text for text in told[len(TOPICS) :])
    assert list(home.iterdir()) == []


def test_the_demo_needs_nothing(installed: Copy, home: Path) -> None:
    alone(installed, home, "python", "-m", "hubimages.cli.demo")
    subjects = alone(installed, home, "python", "-c", SUBJECTS.format("demo/biology-image")).splitlines()
    assert len(subjects) > 3


SUBJECTS = "import subprocess; subprocess.run(['git', '-C', '{}', 'log', '--format=%s'], check=True)"


@pytest.mark.deep
def test_the_tutorial_can_be_followed_with_the_wheel(wheel: Path, pip_cache: str, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    programs = tmp_path / "venv/bin"
    words = (f"{wheel}[environment]", "nox")
    run(programs / "pip", "install", "--quiet", *words, cwd=tmp_path, env={"PIP_CACHE_DIR": pip_cache})
    follow(tmp_path, programs)


def test_the_workflow_of_the_wheel_names_address_and_commit(installed: Copy, commit: str) -> None:
    assert f'"hubimages[github] @ git+{ADDRESS}@{commit}"' in installed.hubimages("bump-images", "--workflow")


@pytest.fixture
def reachable(project: Path, home: Path) -> Path:
    """Has git find the project's address in the project itself."""
    run("git", "config", "--global", f"url.file://{project}.insteadOf", ADDRESS, cwd=project)
    return project


def test_plain_cookiecutter_makes_the_same_even_where_the_templates_python_was_compiled(
    installed: Copy, checkout: Copy, reachable: Path, home: Path, tmp_path: Path
) -> None:
    answers = ("repo=image", HUBS)
    cookiecutter = (installed.python, "-m", "cookiecutter", "--no-input")
    run(*cookiecutter, "--output-dir", tmp_path / "first", ADDRESS, *answers, cwd=tmp_path)
    clone = home / ".cookiecutters/hubimages"
    run(installed.python, "-m", "compileall", "-q", *COMPILED, cwd=clone)
    (clone / "<<cookiecutter.repo>>/.DS_Store").touch()
    assert list(clone.glob("<<cookiecutter.repo>>/**/*.pyc"))
    run("git", "checkout", "--quiet", "--force", ".", cwd=clone)
    run(*cookiecutter, "--output-dir", tmp_path / "second", clone, *answers, cwd=tmp_path)
    checkout.hubimages("new-image-repo", tmp_path / "third/image", f"--set={HUBS}", "--yes")
    first, second, third = (files(tmp_path / name / "image") for name in ("first", "second", "third"))
    assert first == third
    assert sorted(second) == sorted(third)


def installs(repository: Path) -> list[str]:
    """What the workflows install: the words after `pip install`."""
    texts = [path.read_text() for path in (repository / ".github").rglob("*.y*ml")]
    return [line for text in texts for line in re.findall(r"pip install (?:--quiet )?(.*)", text)]


def test_workflows_install_what_is_ours_or_pinned_and_the_line_works(
    installed: Copy, reachable: Path, commit: str, pip_cache: str, tmp_path: Path
) -> None:
    made = tmp_path / "image"
    installed.hubimages("new-image-repo", made, f"--set={HUBS}", "--set=preview=yes", "--yes")
    lines = set(installs(made))
    ours = f'"hubimages[github] @ git+{ADDRESS}@{commit}"'
    assert lines == {"--requirement .github/requirements-nox.txt", ours}
    for file in made.glob(".github/requirements-*.txt"):
        names = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", name) for name in names), file
    assert not re.search(r'session\.install\("(?!--requirement)', (made / "noxfile.py").read_text())
    run(installed.python, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    folders = [next((root / "venv/lib").glob("python*/site-packages")) for root in (tmp_path, installed.folder)]
    pip = Path(sysconfig.get_path("purelib"), "pip")
    (folders[0] / "pip").symlink_to(pip)  # another one takes three seconds
    (folders[0] / "libraries.pth").write_text(f"{folders[1]}\n")  # its libraries are those of the other environment
    path = f"{tmp_path / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "PIP_CACHE_DIR": pip_cache}
    run("bash", "-e", "-c", f"python -m pip install --quiet {ours}", cwd=tmp_path, env=env)
    asks = "from hubimages.template import find_origin, template_directory; print(find_origin(template_directory()))"
    said = run(tmp_path / "venv/bin/python", "-c", asks, cwd=tmp_path).stdout
    assert said == f"Origin(address='{ADDRESS}', commit='{commit}', problem='')\n"


def test_an_update_from_the_first_version_is_the_same(installed: Copy, checkout: Copy, tmp_path: Path) -> None:
    made = [tmp_path / "wheel/our-image", tmp_path / "checkout/our-image"]
    for copy, place in zip((installed, checkout), made, strict=True):
        place.parent.mkdir()
        make_from_release(place, 1)
        copy.hubimages("update-image-repo", place, "--set=license=MIT", "--yes")
        run("git", "switch", "--quiet", f"update-to-template-{installed_version()}", cwd=place)
    assert tree(made[0]) == tree(made[1])
    assert [line for line in tree(made[0]) if "pyc" in line] == []
    assert "Permission is hereby granted" in (made[0] / "LICENSE").read_text()


def test_the_wheel_has_every_released_version_of_the_template(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    for release in releases():
        assert f"hubimages/update/releases/{release.version}.tar.xz" in names
    assert "hubimages/template/source/template-changes.md" in names
