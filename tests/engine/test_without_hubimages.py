"""A repository whose hubimages cannot be installed any more still builds, tests, pushes and lints."""

from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from hubimages.template import Origin
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import SMALL, Repository

NOWHERE = Origin("https://127.0.0.1:9/example/hubimages", "0" * 40)


@pytest.mark.deep
def test_what_needs_hubimages_is_left_out_and_named(engine: Engine, registry: Registry, tmp_path: Path) -> None:
    path, image = tmp_path / "image", f"{registry.address}/our/alone"
    template.plan_new_repository(path, {"image": "our/alone"}, made_from=NOWHERE).apply()
    repository = Repository(path, environment({**engine.env, "IMAGE": image}))
    repository.write(SMALL)
    try:
        done = repository.nox("build", "--", "--push")
        assert done.returncode == 0, done.stdout
        assert "whether the image has the packages of environment.yml is not tested" in done.stdout
        remedy = f"Attach it: hubimages attach-contents {image}:{repository.tag}"
        assert f"the list of its packages is not attached to it; see above. {remedy}" in done.stdout
        assert registry.digest("our/alone", repository.tag)
        done = repository.nox("lint", PATH="/usr/bin:/bin")  # without the hubimages of these tests
        assert done.returncode == 0, done.stdout
        assert "how repo2docker reads the repository is not checked" in done.stdout
    finally:
        engine.try_docker("image", "rm", "--force", f"{image}:{repository.tag}")
