"""Lines that still name a directory that has moved."""

import subprocess
from pathlib import Path

import pytest

from hubimages.migration.finishing.mentions import still_naming
from hubimages.repository import changes

LINES = """\
images/scaler
scaler
my-images/scaler
images/scaler-two
pip install -r ./images/scaler/requirements.txt
in `hubs/images/scaler/`
https://github.com/org/hubs/tree/staging/images/scaler
[here](https://github.com/org/hubs/blob/main/images/scaler/Dockerfile).
https://github.com/org/hubs/blob/3fb2d9412cbf87e0583774c8a7dc6c12ef58e715/images/scaler/scaler.py#L93
https://github.com/org/hubs/tree/main/images/scaler-two
"""


@pytest.mark.parametrize(
    ("directory", "found"), [("images/scaler", [1, 5, 6, 7, 8]), ("scaler", [2])], ids=["deep", "at-the-top"]
)
def test_lines_that_lead_nowhere_are_named_and_addresses_of_a_commit_are_not(
    directory: str, found: list[int], tmp_path: Path
) -> None:
    (tmp_path / directory).mkdir(parents=True)
    (tmp_path / directory / "README.md").write_text(f"{directory} has moved\n")
    (tmp_path / "guide.md").write_text(LINES)
    for argv in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Start")):
        subprocess.run(["git", *argv], cwd=tmp_path, check=True)
    repo = changes.deployment_repository(tmp_path)
    named = still_naming(repo, directory, lambda file: (tmp_path / file).read_text())
    assert named == [f"guide.md:{number}" for number in found]
