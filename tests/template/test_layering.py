"""The starters whose layers are the template's: what changes often comes last, and nothing else with it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template
from hubimages.hub_image.check.ignored import ignored

LOCK = """\
version: 6
environments:
  default:
    channels:
    - url: https://conda.anaconda.org/conda-forge/
    indexes:
    - https://pypi.org/simple
    packages:
      linux-64:
      - conda: https://conda.anaconda.org/conda-forge/linux-64/python-3.13.1-0.conda
      - pypi: https://files.pythonhosted.org/packages/aa/one-1.0-py3-none-any.whl
      linux-aarch64:
      - pypi: https://files.pythonhosted.org/packages/aa/one-1.0-py3-none-any.whl
      - conda: https://conda.anaconda.org/conda-forge/linux-aarch64/python-3.13.1-0.conda
packages:
- conda: https://conda.anaconda.org/conda-forge/linux-64/python-3.13.1-0.conda
  sha256: 00
  depends:
  - libffi >=3
- pypi: https://files.pythonhosted.org/packages/aa/one-1.0-py3-none-any.whl
  name: one
  version: '1.0'
  requires_dist:
  - two>=2 ; extra == 'x'
  requires_python: '>=3.9'
- conda: https://conda.anaconda.org/conda-forge/linux-aarch64/python-3.13.1-0.conda
  sha256: 11
"""
MANIFEST = """\
[workspace]
name = "ours"

[dependencies]
python = "3.13.*"

[pypi-options]
index-url = "https://pypi.org/simple"

[pypi-dependencies]
one = "==1.0" # the one
two = { version = "*", extras = ["x"] }

[feature.test.pypi-dependencies]
three = "*"

[tasks]
start = "jupyter lab"
"""


def split(folder: Path) -> tuple[str, str]:
    """Run what pixi's Dockerfile splits with, and return conda.toml and conda.lock."""
    made = template.render({"repo": "ours", "starter": "pixi"}, folder)
    (command,) = re.findall(r"^RUN (awk (?:.*\\\n)*.*)$", (made / "Dockerfile").read_text(), re.MULTILINE)
    (made / "pixi.lock").write_text(LOCK)
    (made / "pixi.toml").write_text(MANIFEST)
    subprocess.run(["sh", "-ec", command], cwd=made, check=True)
    return (made / "conda.toml").read_text(), (made / "conda.lock").read_text()


def test_the_first_layer_of_pixi_has_exactly_what_is_not_from_pypi(tmp_path: Path) -> None:
    manifest, lock = split(tmp_path)
    assert manifest == MANIFEST[: MANIFEST.index("[pypi-options]")] + MANIFEST[MANIFEST.index("[tasks]") :]
    start, end = LOCK.index("- pypi: https", LOCK.index("\npackages:")), LOCK.rindex("- conda:")
    without = LOCK[:start] + LOCK[end:]
    assert lock == "".join(line for line in without.splitlines(True) if "- pypi:" not in line)


@pytest.mark.parametrize(
    ("starter", "copied"),
    [
        ("docker-stacks", ["/tmp/split/conda.yml", "/tmp/split/pip.txt", "."]),
        ("pixi", ["/tmp/split/conda.toml", "/tmp/split/conda.lock", "pixi.toml pixi.lock", "."]),
    ],
)
def test_packages_of_conda_come_first_then_those_of_pypi_then_the_repository(
    tmp_path: Path, starter: str, copied: list[str]
) -> None:
    text = (template.render({"repo": "ours", "starter": starter}, tmp_path) / "Dockerfile").read_text()
    assert re.findall(r"^COPY (?:--\S+ )*(.*) /srv/\S+$", text, re.MULTILINE) == copied


def test_pangeos_base_gets_every_file_of_the_owner_and_none_that_changes_without_the_packages(tmp_path: Path) -> None:
    made = template.render({"repo": "ours", "starter": "pangeo-onbuild"}, tmp_path)
    for name in ("jupyter_notebook_config.py", "notebooks/first.ipynb", "requirements.txt", "conda-lock.yml"):
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).touch()
    keeps_out = ignored((made / ".dockerignore").read_text())
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {name for name in files if not keeps_out(name)} == {
        "conda-lock.yml", "environment.yml", "jupyter_notebook_config.py", "notebooks/first.ipynb",
        "requirements.txt", "start",
    }  # fmt: skip


def test_the_first_package_of_pypi_leaves_the_conda_layer_of_docker_stacks_as_it_is(tmp_path: Path) -> None:
    made = template.render({"repo": "ours", "starter": "docker-stacks"}, tmp_path)
    (command,) = re.findall(r"^RUN (python -c (?:.*\\\n)*.*)$", (made / "Dockerfile").read_text(), re.MULTILINE)
    command = command.replace("python", sys.executable, 1).replace(
        "import json, yaml", "import json, ruamel.yaml; yaml = ruamel.yaml.YAML(typ='safe')"
    ).replace("yaml.safe_load", "yaml.load")  # fmt: skip
    found = []
    for more in ("", "  - pip\n  - pip:\n      - one==1.0\n"):
        (made / "environment.yml").write_text(f"channels:\n  - conda-forge\ndependencies:\n  - numpy=2.3\n{more}")
        subprocess.run(["sh", "-ec", command], cwd=made, check=True)
        found.append(((made / "conda.yml").read_text(), (made / "pip.txt").read_text()))
    conda = '{"channels": ["conda-forge"], "dependencies": ["numpy=2.3"]}'
    assert found == [(conda, ""), (conda, "one==1.0\n")]
