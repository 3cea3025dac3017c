"""From a server that can leave out the contents of files, only those that are needed are fetched."""

from pathlib import Path

import pytest

from hubimages import extract
from tests.histories import Commit, make

CHARTPRESS = """\
charts:
- name: hub
  images:
    hub:
      buildArgs:
        JUPYTERHUB_VERSION: 5.2.1
"""


def test_build_arguments_outside_of_the_directory_are_told_from_a_clone_without_file_contents(tmp_path: Path) -> None:
    image = {"images/hub/Dockerfile": "FROM scratch\nARG JUPYTERHUB_VERSION\n"}
    source = tmp_path / "source.git"
    make(source, [Commit("Add", [], {**image, "chartpress.yaml": CHARTPRESS, "other": "not needed"})])
    made = extract.extract(
        extract.Request(source.as_uri(), "images/hub", tmp_path / "made", follow=False, template=False), pytest.fail
    )
    told = [line for line in made.warnings if "chartpress.yaml" in line]
    assert told == ["chartpress.yaml builds hub with build arguments, which are not set here: JUPYTERHUB_VERSION=5.2.1"]
