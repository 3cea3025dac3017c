"""An image repository that people made by hand is adopted, and its sessions build and test the image then."""

import re
from pathlib import Path

import pytest

from hubimages.run import environment
from hubimages.update.adopting.planning import BRANCH
from tests.engine.engine import Engine
from tests.engine.stand_ins import bases, stand_ins
from tests.engine.test_builds import ENVIRONMENT, NAMES, run_in
from tests.engine.test_generated import Generated
from tests.update.adopting.kinds import ACTION, begin
from tests.update.repositories import adopt, git

pytestmark = [pytest.mark.deep, pytest.mark.timeout(1800), pytest.mark.usefixtures("no_container_left")]
# As people have it, with packages that the stand-in for conda-forge has.
BY_HAND = {**ACTION, "environment.yml": ENVIRONMENT}


def test_an_adopted_repository_is_built_and_tested(engine: Engine, tmp_path: Path) -> None:
    path = begin(tmp_path / "by-hand", BY_HAND)
    adopt(path, "--set=builder=nox")
    git(path, "merge", "--quiet", BRANCH)
    image = f"127.0.0.1:9/our/{path.name}"
    made = Generated(path, image, environment({**engine.env, "IMAGE": image}))
    with stand_ins(engine, *bases(path)):
        done = made.nox("build")
        assert done.returncode == 0, done.stdout
    reference = f"{image}:{made.tag}"
    try:
        assert re.search(r"image-contract.* \d+ passed", done.stdout, re.DOTALL), done.stdout
        assert run_in(engine, reference, *NAMES) == "1000"
    finally:
        engine.docker("image", "rm", "--force", reference)
