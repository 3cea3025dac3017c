"""The private engine starts from nothing, and leaves nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import needs
from tests.engine.engine import DEBIAN, Engine, private_engine
from tests.engine.install import DISK, EngineUnavailableError, ensure_programs
from tests.lingering import programs

ROOT = Path(__file__).parents[2]


def test_an_image_is_built_and_run(engine: Engine, base_images: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {base_images[0]}\nRUN echo built > /built\nCMD cat /built\n")
    engine.build(tmp_path, "built:1")
    assert engine.docker("run", "--rm", "built:1") == "built"


def test_a_name_of_docker_hub_is_pulled_from_the_registry(engine: Engine, base_images: tuple[str, ...]) -> None:
    if engine.mirror is None:
        pytest.skip("this engine runs already, and asks Docker Hub itself")
    there = f"{engine.mirror.address}/library/pulled:1"
    engine.docker("tag", DEBIAN, there)
    engine.docker("push", there)
    engine.docker("pull", "pulled:1")
    assert engine.docker("run", "--rm", "pulled:1", "echo", "runs") == "runs"
    engine.docker("image", "rm", "pulled:1", there)


def test_nothing_is_left_of_a_private_engine(engine: Engine) -> None:
    if not engine.private:
        pytest.skip("an engine runs here already: no other is started")
    # a socket's path has at most 107 characters, so this one cannot be in tmp_path
    folder = Path(tempfile.mkdtemp(prefix="hubimages-engine-", dir=DISK))
    try:
        with private_engine(folder, like=engine) as second:
            container = second.docker("run", "--detach", DEBIAN, "sleep", "1000")
            assert second.containers() == {container}
            assert container not in engine.containers()
        assert not processes_of(folder)
        assert str(folder) not in Path("/proc/self/mounts").read_text()
    finally:
        shutil.rmtree(folder)
    assert engine.docker("run", "--rm", DEBIAN, "echo", "the first still runs") == "the first still runs"


def processes_of(folder: Path) -> list[bytes]:
    """Return the command lines of all processes that name a folder."""
    return [line for _, line in programs() if os.fsencode(folder) in line]


def test_nothing_is_installed_unless_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # a CI runner must not be changed unasked either
    monkeypatch.delenv(needs.VARIABLE, raising=False)
    with pytest.raises(EngineUnavailableError, match="HUBIMAGES_REQUIRE=engine installs it"):
        ensure_programs()


@pytest.mark.parametrize(
    ("required", "expected"),
    [("", "1 skipped"), ("browser", "1 skipped"), ("browser,engine", "1 error"), ("all", "1 error")],
)
def test_a_missing_engine_skips_unless_it_is_required(tmp_path: Path, required: str, expected: str) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(engine): pass\n")
    # only root can start an engine
    env = {**os.environ, "CI": "true", "DOCKER_HOST": f"unix://{tmp_path}/none.sock", needs.VARIABLE: required}
    code = f"import os, sys; os.geteuid = lambda: 1000; sys.path.insert(0, {str(ROOT)!r}); import pytest; "
    code += f"sys.exit(pytest.main(['-p', 'tests.engine.plugin', '-rs', '-c', os.devnull, {str(tmp_path)!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert expected in done.stdout
    assert needs.ENGINE.reason() in done.stdout
