"""The list of images on a terminal fits its width; in a pipe it is one line for each reference."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.references import as_lines, as_table, find_references
from tests.references.deployment import deployment, inventory_of

LONG = "a-hub-with-a-long-name"
FILES = {
    "config/clusters/uni/cluster.yaml": "name: uni\nhubs:\n"
    + "".join(f"- {{name: {LONG}-{n}, helm_chart_values_files: [common.values.yaml]}}\n" for n in range(9)),
    "config/clusters/uni/common.values.yaml": "singleuser:\n  image: {name: quay.io/a/b, tag: 2026.01.30}\n"
    "  profileList:\n  - kubespawner_override: {image: 'quay.io/a/c:1 '}\n",
}


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int, tmp_path: Path) -> None:
    table = as_table(inventory_of(tmp_path, FILES), width)
    assert max(map(len, table.splitlines())) <= width
    assert [line for line in table.splitlines() if not line.startswith(" ")] == ["quay.io/a/b", "quay.io/a/c"]


def test_wide_shows_every_text_in_full(tmp_path: Path) -> None:
    table = as_table(inventory_of(tmp_path, FILES), 40, wide=True)
    assert f"uni/{LONG}-8" in table
    assert "singleuser.profileList[0].kubespawner_override.image" in table
    assert "config/clusters/uni/common.values.yaml:2" in table


def test_a_pipe_gets_a_fixed_order_of_columns_without_a_header(tmp_path: Path) -> None:
    hubs, file = ", ".join(f"uni/{LONG}-{number}" for number in range(9)), "config/clusters/uni/common.values.yaml"
    assert [line.split("\t") for line in as_lines(inventory_of(tmp_path, FILES)).splitlines()] == [
        ["quay.io/a/b:2026.01.30", "YYYY.MM.DD", f"{file}:2", "singleuser.image.tag", hubs],
        [
            "'quay.io/a/c:1 ' (invalid)", "N", f"{file}:4",
            "singleuser.profileList[0].kubespawner_override.image", hubs,
        ],
    ]  # fmt: skip


def test_on_a_real_terminal_the_task_prints_the_table(tmp_path: Path) -> None:
    root = deployment(tmp_path / "deployment", FILES)
    assert find_references(root).references
    parent, child = pty.openpty()
    argv = [sys.executable, "-m", "hubimages", "images", f"--repo={root}"]
    env = {**os.environ, "COLUMNS": "70", "TERM": "xterm"}
    with subprocess.Popen(argv, stdin=child, stdout=child, stderr=subprocess.DEVNULL, env=env) as process:
        os.close(child)
        shown = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert process.wait() == 0
    os.close(parent)
    lines = shown.decode().replace("\r", "").splitlines()
    assert max(map(len, lines)) <= 70
    assert [line for line in lines if not line.startswith(" ")] == ["quay.io/a/b", "quay.io/a/c"]
