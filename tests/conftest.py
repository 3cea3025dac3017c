"""What every test has: a home and a git configuration of its own, so that the developer's cannot matter."""

import signal
from pathlib import Path
from typing import Any

import pytest

# A shell that starts its command in the background has it ignore SIGINT, `nohup` SIGHUP; programs inherit that, and
# then never end as the tests interrupt them. A handler that does nothing means the same here, and the default in them.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

NEED_THE_ENGINE = ("tests/engine/", "tests/imagebuilding/test_preview.py")

pytest_plugins = ["tests.engine.plugin", "tests.browser"]

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run the tests, a file stays in one of them, and so does all that needs the engine.

    Each process would otherwise start an engine, a hub, a registry of its own for what one can do. (`--dist loadgroup`
    does nothing with pytest 9.2 and pytest-xdist 3.8.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneEngine(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "engine" if nodeid.startswith(NEED_THE_ENGINE) else nodeid.partition("::")[0]

    return OneEngine(config, log)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory; git reads no configuration but the file in it, and knows who commits."""
    home = tmp_path_factory.mktemp("home")
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "COOKIECUTTER_CONFIG",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    return home
