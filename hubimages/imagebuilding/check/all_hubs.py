"""Check hubs: Helm renders some hubs ahead while the rules of another run."""

import gc
import importlib.util
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hubimages import console, disk, systems
from hubimages.errors import BadInputError, NotInstalledError
from hubimages.imagebuilding.charts import ChartSources, prepare
from hubimages.imagebuilding.check import one_hub
from hubimages.imagebuilding.check.finding import LAYERS, Finding, Subject, joined
from hubimages.imagebuilding.check.helm import LIBRARY, Helm
from hubimages.imagebuilding.check.kinds import PROFILES, SERVICE, Kind, offers_to_build
from hubimages.imagebuilding.hubs import BASEHUB, PLAIN, Hub, find_hubs, read_defaults, read_layers
from hubimages.imagebuilding.image_prefix import all_prefixes, texts
from hubimages.imagebuilding.values import Values, merge

ENABLED = (SERVICE, "enabled")
# What the layers need, by module: a check without one of them would pass for what it did not look at.
NEEDED = {
    LIBRARY: "helm-python-sdk", "jupyterhub": "jupyterhub", "kubespawner": "jupyterhub-kubespawner",
    "kubernetes_validate": "kubernetes-validate",
}  # fmt: skip
AHEAD = 3  # hubs whose values are read, and which Helm renders, before the rules of the first run


@dataclass(frozen=True)
class HubsReport:
    """The findings, the hubs that were checked, and a line for everything that was not checked."""

    findings: tuple[Finding, ...] = ()
    hubs: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = field(default=())
    kinds: tuple[Kind, ...] = ()  # of each hub; empty for one that could not be read


def check_hubs(
    hubs: Sequence[Hub], sources: ChartSources, *, today: date | None = None, started: Helm | None = None
) -> HubsReport:
    """Return a report on the hubs. Ages are counted from `today`; `started` is a Helm that runs already, and goes on.

    Raises BadInputError, and NotInstalledError if a layer's library is missing.
    """
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        one = "is" if len(missing) == 1 else "are"
        raise NotInstalledError(f"{', '.join(missing)} {one} not installed: {systems.install_line('imagebuilding')}")
    if not hubs:
        return HubsReport()
    prefixes = all_prefixes(hubs[0].root) if hubs[0].cluster else ()
    ours = nullcontext(started) if started is not None else Helm()
    with (
        disk.temporary_directory("charts") as folder,
        ours as helm,
        _collecting_less(),
        console.counting("checking hubs", len(hubs)) as one_more,
    ):
        first = {_layout(hub): hub for hub in reversed(hubs)}
        layouts = {
            layout: prepare(hub, sources, Path(folder, str(number)))
            for number, (layout, hub) in enumerate(reversed(first.items()))
        }
        begun: deque[one_hub.Begun | one_hub.HubReport] = deque()
        reports: list[one_hub.HubReport] = []
        for hub in hubs:
            empty = Subject(hub, Values({}, {}), prefixes=prefixes, today=today or date.today())
            try:
                begun.append(one_hub.begin(empty, layouts[_layout(hub)], helm))
            except BadInputError as error:
                if len(hubs) == 1:
                    raise
                begun.append(one_hub.HubReport((one_hub.unreadable(hub, error),)))
            if len(begun) > AHEAD:
                reports.append(_finished(begun.popleft()))
                one_more()
        reports += map(_finished, begun)
    findings = joined(finding for report in reports for finding in report.findings)
    notes = [note for layout in layouts.values() for note in layout.notes]
    notes += [note for report in reports for note in report.not_checked]
    kinds = tuple(report.kind for report in reports if report.kind is not None)
    return HubsReport(findings, tuple(hub.label for hub in hubs), tuple(dict.fromkeys(notes)), kinds)


def _finished(one: one_hub.Begun | one_hub.HubReport) -> one_hub.HubReport:
    return one if isinstance(one, one_hub.HubReport) else one_hub.finish(one)


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Let Python look for cycles of garbage less often within the block: the values of hubs have none."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _layout(hub: Hub) -> tuple[str, str]:
    """Return what decides a hub's charts. A daskhub is a basehub with its values one level deeper."""
    return (PLAIN if hub.chart == PLAIN else BASEHUB), hub.chart_override


def building_hubs(root: Path) -> tuple[Hub, ...]:
    """Return the hubs of a repository on which users build images. Raises BadInputError."""
    found = []
    for hub in find_hubs(root):
        if any("dynamic_image_building" in text or "binderhub-service" in text for text in texts(hub)):
            try:
                layers = (layer.only(PROFILES, ENABLED) for layer in read_layers(hub))
                values = merge(layers, (layer.only(PROFILES, ENABLED) for layer in read_defaults(hub)))
            except BadInputError:
                found.append(hub)  # the check reports what is wrong
                continue
            if offers_to_build(values) or values.get(*ENABLED) is True:
                found.append(hub)
    return tuple(found)


__all__ = ["LAYERS", "ChartSources", "HubsReport", "building_hubs", "check_hubs"]
