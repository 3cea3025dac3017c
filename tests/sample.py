"""A fixed few of many cases in every run, and the others in deep ones."""

from collections.abc import Sequence
from typing import Any

import pytest


def some(cases: Sequence[Any], *numbers: int) -> list[Any]:
    """Return the cases; those without these numbers have the mark `deep`."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=[] if number in numbers else pytest.mark.deep
        )
        for number, case in enumerate(cases)
    ]
