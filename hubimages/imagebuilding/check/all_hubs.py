"""Check hubs: read, render and run every layer; many hubs in a few processes."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from hubimages.errors import BadInputError, NoAnswerError, NotInstalledError
from hubimages.imagebuilding import jsonnet
from hubimages.imagebuilding.charts import ChartSources, ReadyCharts, prepare
from hubimages.imagebuilding.check import misspelt, option_names, render
from hubimages.imagebuilding.check.finding import LAYERS, Finding, Rule, Subject, joined
from hubimages.imagebuilding.check.kinds import BUILDING, PROFILES, Kind, has_binderhub, kind_of_hub, offers_to_build
from hubimages.imagebuilding.check.kubernetes import manifests, spawn
from hubimages.imagebuilding.check.rendered import Rendered
from hubimages.imagebuilding.check.rules import access as access_rules
from hubimages.imagebuilding.check.rules import environment as environment_rules
from hubimages.imagebuilding.check.rules import files as files_rules
from hubimages.imagebuilding.check.rules import form as form_rules
from hubimages.imagebuilding.check.rules import hub as hub_rules
from hubimages.imagebuilding.check.rules import page as page_rules
from hubimages.imagebuilding.check.rules import pods as pods_rules
from hubimages.imagebuilding.check.rules import pull as pull_rules
from hubimages.imagebuilding.check.rules import registry as registry_rules
from hubimages.imagebuilding.check.rules import secrets as secrets_rules
from hubimages.imagebuilding.check.rules import shape as shape_rules
from hubimages.imagebuilding.check.rules import shown as shown_rules
from hubimages.imagebuilding.check.rules import versions as versions_rules
from hubimages.imagebuilding.hubs import PLAIN, Hub, find_hubs, read_defaults, read_layers
from hubimages.imagebuilding.image_prefix import all_prefixes, texts
from hubimages.imagebuilding.layer import FileLine, Layer
from hubimages.imagebuilding.values import Values, merge

# Rules of what the hub has: any hub, BinderHub, and each kind of hub (BinderHub without a hub has no more of its own).
EVERY = (*files_rules.RULES, *secrets_rules.RULES)
A_HUB = hub_rules.RULES
BINDERHUB = (*registry_rules.RULES, *pods_rules.RULES)
BESIDE_A_HUB = (*environment_rules.RULES, *pull_rules.RULES)
BY_KIND: Mapping[Kind, Sequence[Rule]] = {
    Kind.FORM: (*access_rules.RULES, *versions_rules.RULES),
    Kind.PAGE: page_rules.RULES,
    Kind.ALONE: (),
}
FORM = (*form_rules.RULES, *shape_rules.RULES, *shown_rules.RULES)
POOL_FROM = 4  # hubs: with fewer, starting processes takes longer


@dataclass(frozen=True)
class HubsReport:
    """The findings, the hubs that were checked, and a line for everything that was not checked."""

    findings: tuple[Finding, ...] = ()
    hubs: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = field(default=())
    kinds: tuple[Kind, ...] = ()  # of each hub; empty for one that could not be read


@dataclass(frozen=True)
class _Job:
    hub: Hub
    ready: ReadyCharts
    prefixes: tuple[tuple[str, str, FileLine], ...]
    today: date
    alone: bool  # the only hub


def check_hubs(
    hubs: Sequence[Hub], sources: ChartSources, *, processes: int | None = None, today: date | None = None
) -> HubsReport:
    """Return a report on the hubs, from the given number of processes (default: one per core). Raises BadInputError.

    Ages are counted from `today`.
    """
    if not hubs:
        return HubsReport()
    prefixes = all_prefixes(hubs[0].root) if hubs[0].cluster else ()
    with tempfile.TemporaryDirectory(prefix="hubimages-charts-") as folder:
        first = {_layout(hub): hub for hub in reversed(hubs)}
        layouts = {
            layout: prepare(hub, sources, Path(folder, str(number)))
            for number, (layout, hub) in enumerate(reversed(first.items()))
        }
        jobs = [_Job(hub, layouts[_layout(hub)], prefixes, today or date.today(), len(hubs) == 1) for hub in hubs]
        count = processes or min(os.cpu_count() or 1, 4)
        if len(jobs) < POOL_FROM or count == 1:
            reports = [check_one(job) for job in jobs]
        else:
            # spawned, not forked: Helm loads the Go runtime, which does not survive a fork
            with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
                reports = list(pool.map(check_one, jobs, chunksize=1))
    findings = joined(finding for report in reports for finding in report.findings)
    notes = [note for layout in layouts.values() for note in layout.notes]
    notes += [note for report in reports for note in report.not_checked]
    kinds = tuple(kind for report in reports for kind in report.kinds)
    return HubsReport(findings, tuple(hub.label for hub in hubs), tuple(dict.fromkeys(notes)), kinds)


def _layout(hub: Hub) -> tuple[str, str]:
    """Return what decides a hub's charts."""
    return hub.chart, hub.chart_override


def check_one(job: _Job) -> HubsReport:
    """Return a report on one hub from all layers. A layer that is not installed becomes a note."""
    hub, notes = job.hub, []
    try:
        values, not_read = read_all(hub)
    except BadInputError as error:
        if job.alone:
            raise
        return HubsReport((unreadable(hub, error),), (hub.label,))
    notes += [f"{file}: the package jsonnet is not installed ({render.EXTRA})" for file in not_read]
    written = Subject(hub, values, not_read, prefixes=job.prefixes, today=job.today)
    subject = replace(written, values=misspelt.repaired(values))
    kind = kind_of_hub(subject.values)
    found: list[Finding] = []
    rendered = Rendered()
    try:
        rendered, refused = render.render(hub, subject.values, job.ready)
        found.extend(refused)
    except (NotInstalledError, NoAnswerError) as error:
        notes.append(f"layer schema: {error}")
    subject = replace(subject, rendered=rendered)
    for layer, rules in rules_for(subject, kind).items():
        for rule in rules:
            # a misspelt key is looked for in what is written, everything else in what is meant
            given = written if rule in (*misspelt.RULES, *option_names.RULES) else subject
            try:
                found.extend(replace(finding, layer=layer) for finding in rule(given))
            except NotInstalledError as error:
                notes.append(f"layer {layer}: {error}")
    if kind is Kind.FORM:
        notes += versions_rules.not_known(subject)
    if not rendered.manifests:
        notes.append(f"layer manifests: nothing was rendered for {hub.label}")
    shown = tuple(replace(finding, hubs=(hub.label,)) for finding in found)
    return HubsReport(shown, (hub.label,), tuple(dict.fromkeys(notes)), (kind,))


def rules_for(subject: Subject, kind: Kind) -> dict[str, Sequence[Rule]]:
    """Return the rules of each layer for a hub: without BinderHub only those of the hub and its form."""
    plain = subject.hub.chart == PLAIN
    rules: list[Rule] = [*EVERY, *misspelt.RULES, *(A_HUB if kind is not Kind.ALONE else ())]
    if has_binderhub(subject.values, plain=plain):
        rules += [*BINDERHUB, *(BESIDE_A_HUB if kind is not Kind.ALONE else ()), *BY_KIND[kind]]
    else:
        rules += [binderhub_off]
    return {
        "rules": rules,
        "manifests": (manifests.against_kubernetes,),
        "options": option_names.RULES,
        "form": (*(FORM if kind is Kind.FORM else ()), *spawn.RULES),
    }


def binderhub_off(subject: Subject) -> Iterator[Finding]:
    """Report a hub whose form offers to build, without BinderHub. Its other settings then have no effect."""
    key = ("binderhub-service", "enabled")
    path = next((path for path, _, option in form_rules.options(subject) if BUILDING in option), PROFILES)
    if subject.hub.chart == PLAIN:
        yield Finding(
            "binderhub-service-missing", subject.values.place(*path),
            "the form lets users build images, but there are no values of binderhub-service",
            "without BinderHub every build fails", "name the values file of binderhub-service with another --values",
        )  # fmt: skip
        return
    given = subject.values.get(*key)
    place = subject.values.place(*(key if given is not None else (*path, BUILDING)))
    yield Finding(
        "binderhub-service-off", place,
        f"the form lets users build images, but binderhub-service.enabled is {_yaml(given)}",
        "BinderHub is not deployed, and every build fails",
        "set binderhub-service.enabled: true, or remove dynamic_image_building from the form", change={key: True},
    )  # fmt: skip


def _yaml(value: object) -> str:
    return (
        {True: "true", False: "false", None: "not set"}.get(value, repr(value))
        if isinstance(value, bool | None)
        else repr(value)
    )


def unreadable(hub: Hub, error: BadInputError) -> Finding:
    """Return a finding for a hub whose values cannot be read, so that the other hubs are still checked."""
    return Finding(
        "values-unreadable", hub.place, str(error), "the hub cannot be deployed, and was not checked further",
        "correct the file", "schema", (hub.label,),
    )  # fmt: skip


def read_all(hub: Hub) -> tuple[Values, tuple[str, ...]]:
    """Return the merged values, those from Jsonnet included, and the files that could not be evaluated."""
    layers: list[Layer] = []
    not_read: list[str] = []
    own = jsonnet.chart_file(hub)
    for file in [*([own] if own else []), *(file for file in hub.files if file.endswith(".jsonnet"))]:
        made = jsonnet.evaluate(hub, file)
        if made is None:
            not_read.append(file)
        else:
            layers.append(made)
    return merge([*layers, *read_layers(hub)], read_defaults(hub)), tuple(not_read)


def building_hubs(root: Path) -> tuple[Hub, ...]:
    """Return the hubs of a repository on which users build images. Raises BadInputError."""
    found = []
    for hub in find_hubs(root):
        if any("dynamic_image_building" in text or "binderhub-service" in text for text in texts(hub)):
            try:
                values = merge(read_layers(hub), read_defaults(hub))
            except BadInputError:
                found.append(hub)  # the check reports what is wrong
                continue
            if offers_to_build(values) or values.get("binderhub-service", "enabled") is True:
                found.append(hub)
    return tuple(found)


__all__ = ["LAYERS", "ChartSources", "HubsReport", "building_hubs", "check_hubs"]
