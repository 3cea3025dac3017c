"""What every test has: an empty home and its own git configuration, so that the developer's cannot matter."""

import gc
import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.forking import Forked
from tests.memory import MEMORY, usable

# A shell that starts its command in the background has it ignore SIGINT, `nohup` SIGHUP; programs inherit that, and
# then never end as the tests interrupt them. A handler that does nothing means the same here, and the default in them.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

NEED_THE_ENGINE = "tests/engine/"
# Those that need no base image but Debian's: a second process can have an engine for them within a minute.
NEED_NO_STAND_IN = tuple(
    f"tests/engine/test_{name}.py"
    for name in (
        "builder", "compression", "hub_experiment", "hub_image", "hub_storm", "pushing", "references", "refusals",
        "registry", "unsteady",
    )
)  # fmt: skip

# A few tests that take long: xdist begins with the files that have the most tests, and these would come last, alone.
LONG = (
    "engine", "engine without stand-ins", "tests/installed/test_installed.py", "tests/template/test_lint.py",
    "tests/live_hub/test_try_image.py", "tests/migration/test_push.py", "tests/migration/test_whole_path.py",
    "tests/migration/finishing/test_stopped.py", "tests/repository/test_interrupts.py",
    "tests/repository/test_hooks.py", "tests/fleet/test_each.py", "tests/update/test_all_or_nothing.py",
    "tests/test_tutorial.py", "tests/test_skips.py", "tests/references/change/test_inside.py",
    "tests/update/adopting/test_adoption.py", "tests/hub_image/test_remedies.py", "tests/hub_image/test_tags.py",
    "tests/environment/test_proposing.py", "tests/update/test_owner.py", "tests/extract/test_same_ids.py",
    "tests/extract/test_faults.py",
)  # fmt: skip

pytest_plugins = ["tests.engine.plugin", "tests.browser", "tests.skips"]

OF_A_PERSON = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "COOKIECUTTER_CONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
    "GH_TOKEN", "GITHUB_TOKEN",
)  # fmt: skip
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


DEEP = pytest.StashKey[Counter[str]]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count the tests of each folder that a normal run leaves to a deep one."""
    if items:
        counts = items[0].config.stash.setdefault(DEEP, Counter())
        counts.update(item.nodeid.split("/")[1] for item in items if item.get_closest_marker("deep"))


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory where it has room for them; `--basetemp` and pytest's variable go first."""
    given = config.option.basetemp is not None or "PYTEST_DEBUG_TEMPROOT" in os.environ
    if not given and usable():
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    gc.disable()  # until all is collected: an eighth of the time


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are cores: a fifth of the time each waits for a program, a port, a disk."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run the tests, a file stays in one of them, and so does what needs the engine.

    Each process would otherwise start an engine, a hub, a registry of its own for what one can do. Where the tests
    start private engines, two halves of the engine's tests have one each: the longer half alone takes as long as all
    other tests. On an engine that runs already they would see each other's images. (`--dist loadgroup` does nothing
    with pytest 9.2 and pytest-xdist 3.8.)
    """
    from xdist.scheduler import LoadScopeScheduling

    from tests.engine.engine import starts_private_engines

    halves = NEED_NO_STAND_IN if starts_private_engines() else ()

    class FewEngines(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(NEED_THE_ENGINE):
                return "engine without stand-ins" if nodeid.startswith(halves) else "engine"
            return nodeid.partition("::")[0]

        def _assign_work_unit(self, node: Any) -> None:
            for scope in reversed(LONG):
                if scope in self.workqueue:
                    self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

    return FewEngines(config, log)


@pytest.fixture(scope="session", autouse=True)
def nothing_of_the_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate git and the file mode mask from the machine, for fixtures of every scope."""
    mask = os.umask(0o022)
    with pytest.MonkeyPatch.context() as patch:
        for name in OF_A_PERSON:
            patch.delenv(name, raising=False)
        patch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path_factory.mktemp("no-home") / ".gitconfig"))
        patch.delenv("GIT_CONFIG_NOSYSTEM", raising=False)
        patch.setenv("GIT_CONFIG_SYSTEM", str(quick_git(tmp_path_factory.mktemp("git"))))
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        patch.setenv("GIT_TEST_FSYNC", "0")  # no test takes the power away
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))  # containers' data is elsewhere: tests/engine
        patch.setattr(tempfile, "tempdir", os.environ["TMPDIR"])
        patch.setattr(subprocess, "Popen", Forked)
        for name, value in IDENTITY.items():
            patch.setenv(name, value)
        yield
    os.umask(mask)


def quick_git(folder: Path) -> Path:
    """Git's settings for all: no sample hooks in new repositories, no process that tidies up, little compression."""
    template = folder / "template"
    for name in ("hooks", "info"):
        (template / name).mkdir(parents=True)
    (template / "info/exclude").touch()
    (folder / "config").write_text(
        f"[core]\n\tcompression = 1\n[init]\n\ttemplateDir = {template}\n[maintenance]\n\tauto = false\n"
        "[gc]\n\tauto = 0\n[receive]\n\tautogc = false\n"
    )
    return folder / "config"


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return paths for new directories: pytest's own way reads the names of all that there are for each."""
    return map(tmp_path_factory.mktemp("homes").joinpath, map(str, count()))


@pytest.fixture(autouse=True)
def home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory; git reads no configuration of a person but the file in it."""
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    return home


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking at the modules and tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)  # what a test leaves is small
    gc.enable()
