"""Check one hub: read it, let Helm render it, run the rules of every layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubimages import systems
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.imagebuilding import jsonnet
from hubimages.imagebuilding.charts import ReadyCharts
from hubimages.imagebuilding.check import misspelt, option_names, render
from hubimages.imagebuilding.check.finding import Finding, Rule, Subject
from hubimages.imagebuilding.check.helm import Answer, Helm
from hubimages.imagebuilding.check.kinds import BUILDING, PROFILES, Kind, has_binderhub, kind_of_hub
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
from hubimages.imagebuilding.hubs import PLAIN, Hub, read_defaults, read_layers
from hubimages.imagebuilding.layer import Layer
from hubimages.imagebuilding.values import merge

if TYPE_CHECKING:
    from concurrent.futures import Future

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


@dataclass(frozen=True)
class Begun:
    """A hub whose values are read and that Helm renders. `written`: with its misspelt keys; `subject`: as meant."""

    written: Subject
    subject: Subject
    ready: ReadyCharts
    answers: "tuple[Future[Answer], ...]"


@dataclass(frozen=True)
class HubReport:
    """What was found in one hub. `kind` is None for a hub that could not be read."""

    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...] = ()
    kind: Kind | None = None


def begin(empty: Subject, ready: ReadyCharts, helm: Helm) -> Begun:
    """Read the values of a hub, and ask Helm to render them. Raises BadInputError if they cannot be read."""
    hub = empty.hub
    of_jsonnet, not_read = evaluated(hub)
    values = merge([*of_jsonnet, *read_layers(hub)], read_defaults(hub))
    unlisted = secrets_rules.forgotten(hub, values) if has_binderhub(values, plain=hub.chart == PLAIN) else ()
    if unlisted:
        values = merge([*of_jsonnet, *unlisted, *read_layers(hub)], read_defaults(hub))
    written = replace(empty, values=values, not_read=not_read, unlisted=unlisted)
    subject = replace(written, values=misspelt.repaired(values))
    return Begun(written, subject, ready, render.ask(empty.hub, subject.values, ready, helm))


def finish(begun: Begun) -> HubReport:
    """Wait for Helm, run the rules and return the report. Charts that could not be had become a note."""
    subject, hub = begun.subject, begun.subject.hub
    notes = [
        f"{file}: the package gojsonnet is not installed ({systems.install_line('imagebuilding')})"
        for file in subject.not_read
    ]
    kind = kind_of_hub(subject.values)
    found: list[Finding] = []
    rendered = Rendered()
    try:
        rendered, refused = render.rendered(hub, subject.values, begun.ready, begun.answers)
        found.extend(refused)
    except NoAnswerError as error:
        notes.append(f"layer schema: {error}")
    subject = replace(subject, rendered=rendered)
    for layer, rules in rules_for(subject, kind).items():
        for rule in rules:
            # a misspelt key is looked for in what is written, everything else in what is meant
            given = begun.written if rule in (*misspelt.RULES, *option_names.RULES) else subject
            found.extend(replace(finding, layer=layer) for finding in rule(given))
    if kind is Kind.FORM:
        notes += versions_rules.not_known(subject)
    notes += [
        f"{layer.file}: encrypted as a whole by {layer.opaque}, so its values are unknown"
        for layer in subject.values.layers
        if layer.opaque
    ]
    if not rendered.manifests:
        notes.append(f"layer manifests: nothing was rendered for {hub.label}")
    shown = tuple(replace(secrets_rules.with_doubt(one, subject.values), hubs=(hub.label,)) for one in found)
    return HubReport(shown, tuple(dict.fromkeys(notes)), kind)


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


def evaluated(hub: Hub) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Return the layers of the Jsonnet files of a hub and its chart, and the files that could not be evaluated."""
    layers: list[Layer] = []
    not_read: list[str] = []
    own = jsonnet.chart_file(hub)
    for file in [*([own] if own else []), *(file for file in hub.files if file.endswith(".jsonnet"))]:
        made = jsonnet.evaluate(hub, file)
        if made is None:
            not_read.append(file)
        else:
            layers.append(made)
    return tuple(layers), tuple(not_read)
