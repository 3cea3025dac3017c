"""What every test has: a home and a git configuration of its own, so that the developer's cannot matter."""

import signal
from pathlib import Path

import pytest

# A shell that starts its command in the background has it ignore SIGINT, `nohup` SIGHUP; programs inherit that, and
# then never end as the tests interrupt them. A handler that does nothing means the same here, and the default in them.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

pytest_plugins = ["tests.engine.plugin", "tests.browser"]

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes run the tests, a file stays in one of them, and so does all that needs the engine.

    Each process would otherwise start an engine, a hub, a registry of its own for what one can do.
    """
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            needs_engine = "engine" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("engine" if needs_engine else item.path.stem))


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
