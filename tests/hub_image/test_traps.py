"""What chartpress does when it is run by itself: the reasons for much of what the tasks do (docs/hub-image.md)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub_image.trials import Deployment, deployment

SECOND = """\
      second:
        valuesPath: {path}
        contextPath: images/hub
        buildArgs: {{REQUIREMENTS_FILE: second.txt}}
"""


@pytest.fixture
def hub(tmp_path: Path) -> Deployment:
    return deployment(tmp_path / "repo")


def chartpress(made: Deployment) -> str:
    """The real program, without its builds; the tag that it wrote for the hub image."""
    program = str(Path(sys.executable).parent / "chartpress")
    subprocess.run([program, "--no-build"], cwd=made.path / made.folder, check=True, capture_output=True)
    return made.read("basehub/values.yaml").split("tag:")[1].split()[0].strip('"')


def test_alone_chartpress_gives_edits_that_are_not_committed_the_old_tag(hub: Deployment) -> None:
    before = chartpress(hub)
    hub.write("images/hub/requirements.txt", "fancy==0.7.0\n")
    assert chartpress(hub) == before


def test_alone_chartpress_makes_another_tag_in_a_shallow_clone(hub: Deployment, tmp_path: Path) -> None:
    hub.write("README.md", "x")
    hub.commit()
    hub.git("clone", "-q", "--depth=1", f"file://{hub.path}", str(tmp_path / "shallow"))
    assert chartpress(Deployment(tmp_path / "shallow")) != chartpress(hub)


def test_alone_chartpress_points_every_hub_at_the_last_image_with_the_values_path(hub: Deployment) -> None:
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + SECOND.format(path="jupyterhub.hub.image"))
    hub.commit()
    chartpress(hub)
    assert "name: quay.io/2i2c/pilot-second" in hub.read("basehub/values.yaml")


def test_alone_chartpress_rewrites_the_version_of_the_chart(hub: Deployment) -> None:
    chartpress(hub)
    assert 'version: "0.1.0"   # frozen' not in hub.read("basehub/Chart.yaml")


def test_alone_chartpress_changes_every_tag_when_an_entry_is_added(hub: Deployment) -> None:
    before = chartpress(hub)
    hub.git("checkout", "-q", ".")
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + SECOND.format(path="{}"))
    hub.commit()
    assert chartpress(hub) != before


def test_alone_chartpress_writes_no_value_for_an_empty_values_path(hub: Deployment) -> None:
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + SECOND.format(path="{}"))
    hub.commit()
    chartpress(hub)
    assert "second" not in hub.read("basehub/values.yaml")


def test_alone_chartpress_with_a_trimmed_copy_of_its_configuration_makes_an_older_tag(hub: Deployment) -> None:
    hub.write("chartpress.yaml", hub.read("chartpress.yaml") + SECOND.format(path="{}"))
    hub.commit()
    plain = chartpress(hub)
    hub.git("checkout", "-q", ".")
    hub.write("trimmed.yaml", hub.read("chartpress.yaml").split("      second:")[0])
    program = str(Path(sys.executable).parent / "chartpress")
    argv = [program, "--no-build", "--config", "trimmed.yaml"]
    subprocess.run(argv, cwd=hub.path / hub.folder, check=True, capture_output=True)
    assert plain not in hub.read("basehub/values.yaml")


def test_alone_chartpress_has_no_option_for_one_image() -> None:
    help_text = subprocess.run(
        [str(Path(sys.executable).parent / "chartpress"), "--help"], check=True, capture_output=True, text=True
    ).stdout
    assert "--image " not in help_text, "it builds every image of its configuration"


def test_every_test_that_the_table_of_traps_names_exists() -> None:
    checkout = Path(__file__).parent.parent.parent
    table = (checkout / "docs/hub-image.md").read_text().split("## Ten traps")[1]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| trap ")]
    assert len(rows) == 10
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (checkout / file).read_text(), f"{file}::{test}"
