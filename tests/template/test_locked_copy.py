"""What a build from a lock copies: everything that decides how the image is built, whatever .dockerignore names."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template
from tests.template.published import PUBLISHED

LEFT_OUT = """\
import os, sys
sys.path.insert(0, ".github")
from image_build.locked import not_in_the_image
print(*sorted(not_in_the_image(".", os.listdir("."))))
"""


@pytest.mark.parametrize("starter", ["environment.yml", "pangeo-onbuild", "docker-stacks"])
def test_the_dockerfile_is_copied_although_dockerignore_names_it(starter: str, tmp_path: Path) -> None:
    template.plan_new_repository(tmp_path / "image", {"starter": starter}, made_from=PUBLISHED).apply()
    argv = [sys.executable, "-c", LEFT_OUT]
    done = subprocess.run(argv, cwd=tmp_path / "image", capture_output=True, text=True, check=True)
    left_out = set(done.stdout.split())
    assert ".git" in left_out
    decides = {"Dockerfile", "environment.yml", "apt.txt", "postBuild", "start", ".dockerignore", ".hubimages.yaml"}
    assert left_out & decides == set()
