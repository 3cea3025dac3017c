"""The line that adds an extra reaches the environment that hubimages runs in, however that was made."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hubimages

SOURCE = Path(hubimages.__file__).parent.parent
Make = Callable[..., Path]


@pytest.fixture
def environment(tmp_path: Path) -> Make:
    """Return a function that makes an environment with files, below its directory of packages or of programs."""

    def make(name: str, *files: str) -> Path:
        path = tmp_path / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
        (packages,) = path.glob("lib/*/site-packages")
        for file in files:
            place = path / file.replace("PACKAGES", str(packages))
            place.parent.mkdir(exist_ok=True)
            place.write_text("{}")
            place.chmod(0o755)
        return path

    return make


def line(environment: Path, *search: Path) -> str:
    code = "from hubimages import systems; print(systems.install_line('solve'))"
    path = os.pathsep.join([*map(str, search), "/usr/bin"])
    python = environment / "bin/python"
    done = subprocess.run(
        [python, "-c", code], env={"PYTHONPATH": str(SOURCE), "PATH": path}, text=True, capture_output=True, check=True
    )
    return done.stdout.removesuffix("\n")


PIP = ("PACKAGES/pip/__init__.py", "bin/pip")


def test_pip_of_the_active_environment_is_named_alone(environment: Make) -> None:
    made = environment("active", *PIP)
    assert line(made, made / "bin") == "pip install 'hubimages[solve]'"


def test_pip_of_an_environment_that_is_not_active_is_named_with_its_python(environment: Make) -> None:
    made, other = environment("not active", *PIP), environment("other", *PIP)
    expected = f"'{made}/bin/python' -m pip install 'hubimages[solve]'"
    assert (line(made, other / "bin"), line(made)) == (expected, expected)


def test_an_environment_of_pipx_is_named_as_pipx_names_it(environment: Make) -> None:
    made = environment("venvs/hubimages@next", *PIP, "pipx_metadata.json")
    assert line(made, made / "bin") == "pipx runpip hubimages@next install 'hubimages[solve]'"


def test_one_that_pipx_made_for_a_single_run_is_not(environment: Make) -> None:
    made = environment("53a0b1f", *PIP, "pipx_metadata.json")
    assert line(made) == f"{made}/bin/python -m pip install 'hubimages[solve]'"


def test_an_environment_without_pip_is_one_for_uv(environment: Make) -> None:
    made = environment("tools/hubimages", "uv-receipt.toml")
    assert line(made, made / "bin") == f"uv pip install 'hubimages[solve]' --python {made}/bin/python"
