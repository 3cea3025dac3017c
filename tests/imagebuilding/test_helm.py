"""Helm's process ends with the block that has it, whenever that ends."""

import os
from pathlib import Path

from hubimages.imagebuilding.check.helm import Helm
from hubimages.imagebuilding.preview.processes import descendants, runs
from tests import needs

needs.installed("helm_python", "imagebuilding")


def test_a_block_that_ends_as_the_process_starts_leaves_none() -> None:
    before = descendants(os.getpid())
    for _ in range(3):
        with Helm() as helm:
            helm.render(Path("/nowhere"), {}, "hub")
        assert [pid for pid in descendants(os.getpid()) if pid not in before and runs(pid)] == []
