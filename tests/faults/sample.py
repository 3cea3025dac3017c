"""Which cases a normal run tries: a fixed few, spread over tasks and faults; `nox -s deep` tries all."""

import os

import pytest

from tests.faults.tasks import SCENARIOS

VARIABLE = "HUBIMAGES_FAULT_MOMENTS"  # the most moments of each case that a deep run tries, for a shorter one
# The fault, the scenario, and how many moments of it.
SAMPLE = {
    "SIGKILL": ("point-hubs --branch", 2),
    "SIGINT": ("check-environment --fix", 1),
    "SIGTERM": ("images --offline --html", 1),
    "SIGTERM while git runs": ("bump-images --commit", 1),
    "disk full": ("point-hubs --branch", 2),
    "read-only": ("images --offline --html", 1),
    "clock in the past": ("promote-images --commit", 1),
    "closed stdout": ("images --offline --html", 1),
    "two at once": ("promote-images --commit", 1),
    "server dies": ("promote-images --commit", 1),
}


def cases(fault: str, most: int) -> list[object]:
    """Return scenario and number of moments for each case of a fault."""
    name, few = SAMPLE[fault]
    most = min(most, int(os.environ.get(VARIABLE, most)))
    sample = [pytest.param(name, few, id=f"{name}: {few}")]
    every = [each for each in SCENARIOS if fault not in each.reasons]
    deep = [pytest.param(each.name, min(most, each.most), id=each.name, marks=pytest.mark.deep) for each in every]
    return sample + deep
