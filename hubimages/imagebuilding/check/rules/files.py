"""The values files themselves, before they are merged."""

from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.render import dotted
from hubimages.imagebuilding.layer import FileLine


def keys_once(subject: Subject) -> Iterator[Finding]:
    """Check that no mapping has a key twice."""
    for layer in subject.values.layers:
        for path, first, later in layer.twice:
            yield Finding(
                "key-twice", FileLine(layer.file, later), f"duplicate key {dotted(path)}, first in line {first}",
                "Helm uses the last one and silently drops the others with everything below them",
                "merge both under one key",
            )  # fmt: skip


def chart_override(subject: Subject) -> Iterator[Finding]:
    """Check that the chart_override of cluster.yaml exists."""
    hub = subject.hub
    if hub.chart_override and not (hub.root / hub.chart_override).is_file():
        yield Finding(
            "chart-override-missing", hub.place, f"chart_override {hub.chart_override} does not exist",
            "the hub cannot be deployed",
            "correct the path: it is relative to cluster.yaml, or with a / to the repository",
        )  # fmt: skip


RULES = (keys_once, chart_override)
