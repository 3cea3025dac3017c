"""repo2docker reads the R starter as it is meant: R and Python of the asked versions, RStudio, and all its files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template

pytest.importorskip("repo2docker", reason="repo2docker is not installed: pip install jupyter-repo2docker")


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Dockerfile that repo2docker builds, which it prints without an engine."""
    made = template.render({"repo": "ours", "starter": "r", "appendix": "yes", "python_version": "3.12"},
                           tmp_path_factory.mktemp("r"))  # fmt: skip
    appendix = (made / "appendix").read_text()
    argv = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "--user-id", "1000", "--user-name", "jovyan"]
    done = subprocess.run(
        [*argv, "--target-repo-dir", "/srv/repo", "--appendix", appendix, "."],
        cwd=made, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_repo2docker_installs_r_rstudio_and_shiny_for_r_base(dockerfile: str) -> None:
    assert re.search(r"install -p \S+ r-base=4\.4 r-irkernel r-devtools", dockerfile)
    assert "rstudio-server" in dockerfile
    assert "shiny-server" in dockerfile
    assert "IRkernel::installspec" in dockerfile


def test_python_is_the_one_that_was_asked_for(dockerfile: str) -> None:
    assert "Building conda environment for python=3.12\n" in dockerfile


def test_apt_txt_post_build_and_appendix_are_read(dockerfile: str) -> None:
    assert "fonts-noto-core" in dockerfile
    assert re.search(r"RUN (chmod \+x )?\S*postBuild", dockerfile)
    assert dockerfile.index("\nRUN ./postBuild") < dockerfile.index("# Lines of a Dockerfile that come after all of")


def test_every_script_of_the_starter_is_valid(tmp_path: Path) -> None:
    made = template.render({"repo": "ours", "starter": "r"}, tmp_path)
    subprocess.run(["bash", "-n", str(made / "postBuild")], check=True)
    for file in ("browser-tests/test_rstudio.py", "image-tests/test_r.py"):
        compile((made / file).read_text(), file, "exec")
