"""Find misspelt keys, and the values as they were meant: so a key is reported once, not with all its consequences."""

import copy
import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hubimages.imagebuilding.check import binderhub_table
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.kinds import PROFILES, SERVICE
from hubimages.imagebuilding.layer import FileLine
from hubimages.imagebuilding.values import Values
from hubimages.yaml_text import Path

TOP = ("jupyterhub", SERVICE, "dask-gateway", "jupyterhub-home-nfs", "nfs", "userServiceAccount", "global")
CHART_KEYS: Mapping[Path, tuple[str, ...]] = {
    (SERVICE,): (
        "enabled", "config", "extraConfig", "extraEnv", "extraCredentials", "buildPodsRegistryCredentials",
        "buildPodsDockerConfig", "dockerApi", "service", "ingress", "networkPolicy", "nodeSelector", "tolerations",
        "affinity", "custom", "image", "podLabels", "resources", "replicas", "serviceAccount", "rbac",
    ),
    (SERVICE, "buildPodsRegistryCredentials"): ("server", "username", "password"),
    (SERVICE, "dockerApi"): ("nodeSelector", "tolerations", "storage", "resources", "initContainers", "extraArgs",
                             "affinity", "image", "extraFiles", "securityContext", "podAnnotations"),
    ("jupyterhub",): (
        "hub", "singleuser", "proxy", "imagePullSecret", "imagePullSecrets", "custom", "cull", "ingress", "scheduling",
        "prePuller", "debug", "global", "fullnameOverride", "nameOverride", "rbac",
    ),
    ("jupyterhub", "imagePullSecret"): (
        "create", "registry", "username", "password", "email", "automaticReferenceInjection",
    ),
    ("jupyterhub", "hub"): (
        "config", "extraConfig", "extraEnv", "extraFiles", "image", "services", "loadRoles", "baseUrl", "nodeSelector",
        "networkPolicy", "redirectToServer", "resources", "existingSecret", "extraVolumes", "extraVolumeMounts",
        "extraContainers", "templatePaths", "templateVars", "allowNamedServers", "livenessProbe", "readinessProbe",
        "service", "serviceAccount", "tolerations", "annotations", "labels", "db", "command", "args", "cookieSecret",
    ),
    ("jupyterhub", "singleuser"): (
        "profileList", "image", "storage", "memory", "cpu", "nodeSelector", "extraEnv", "extraFiles", "cmd",
        "defaultUrl", "initContainers", "extraContainers", "extraResource", "startTimeout", "serviceAccountName",
        "networkPolicy", "cloudMetadata", "extraTolerations", "extraLabels", "extraAnnotations", "lifecycleHooks",
        "events", "uid", "fsGid", "extraPodConfig", "networkTools", "allowPrivilegeEscalation",
    ),
}  # fmt: skip
FORM_KEYS: Mapping[str, tuple[str, ...]] = {
    "profile": ("display_name", "description", "slug", "default", "profile_options", "kubespawner_override",
                "allowed_groups", "allowed_teams"),
    "option": ("display_name", "description", "choices", "unlisted_choice", "dynamic_image_building"),
    "unlisted_choice": ("enabled", "display_name", "display_name_in_choices", "description_in_choices",
                        "validation_regex", "validation_message", "kubespawner_override", "allowed_groups"),
    "choice": ("display_name", "description", "slug", "default", "kubespawner_override", "allowed_groups"),
}  # fmt: skip
NAMES = {"profile": "a profile", "option": "an option", "unlisted_choice": "unlisted_choice", "choice": "a choice"}
COSMETIC = ("display_name", "description", "display_name_in_choices", "description_in_choices", "validation_message")
CLOSE = 0.8  # of difflib; `config` and `extraConfig` are 0.7


def near(key: object, known: Iterable[str]) -> str:
    """Return the known key that a key is a misspelling of, or an empty text. Spelling with other separators counts."""
    names = list(known)
    if not isinstance(key, str) or key in names:
        return ""
    plain = {_plain(name): name for name in names}
    if _plain(key) in plain:
        return plain[_plain(key)]
    found = difflib.get_close_matches(key, names, n=1, cutoff=CLOSE)
    return found[0] if found else ""


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for every misspelt key of the charts, of BinderHub's classes and of the form."""
    values = subject.values
    for path, meant in _charts(values):
        parent = ".".join(map(str, path[:-1])) or "the values"
        yield Finding(
            "key-misspelt", values.place(*path), f"unknown key {path[-1]!r} in {parent}: did you mean {meant!r}?",
            "Helm refuses it or passes it on unused", f"rename it to {meant!r}",
            change=_renaming(values, path, meant),
        )  # fmt: skip
    for path, kind, meant in _form(values):
        hint = f": did you mean {meant!r}?" if meant else ""
        found = Finding(
            "form-key-unknown", values.place(*path), f"unknown key {path[-1]!r} in {NAMES[kind]}{hint}",
            "KubeSpawner and the form silently ignore it", f"rename it to {meant!r}" if meant else "remove it",
            change=_renaming(values, path, meant) if meant else {path: None},
        )  # fmt: skip
        yield found if meant and meant not in COSMETIC else warning(found)


def repaired(values: Values) -> Values:
    """Return the values with misspelt keys renamed, where the meant key is not there as well."""
    renames = [*_charts(values), *((path, meant) for path, _, meant in _form(values) if meant)]
    renames += list(_binderhub(values))
    if not renames:
        return values
    data = copy.deepcopy(values.data)
    places = dict(values.places)
    # inner keys first, so that the paths of outer ones still hold
    for path, meant in sorted(renames, key=lambda one: -len(one[0])):
        parent: Any = data
        for step in path[:-1]:
            parent = parent[step]
        if parent.get(meant) not in (None, {}, []) and not _mergeable(parent[meant], parent[path[-1]]):
            continue
        moved = parent.pop(path[-1])
        parent[meant] = _merged(parent.get(meant), moved)
        _move(places, path, (*path[:-1], meant))
    return Values(data, places, values.layers)


def _merged(there: Any, moved: Any) -> Any:
    if not isinstance(there, dict) or not isinstance(moved, dict):
        return moved
    return {**there, **{key: _merged(there.get(key), value) for key, value in moved.items()}}


def _mergeable(there: object, moved: object) -> bool:
    return isinstance(there, dict) and isinstance(moved, dict)


def _move(places: dict[Path, FileLine], old: Path, new: Path) -> None:
    for known in [known for known in places if known[: len(old)] == old]:
        places[(*new, *known[len(old) :])] = places.pop(known)


def _renaming(values: Values, path: Path, meant: str) -> dict[Path, Any]:
    return {path: None, (*path[:-1], meant): values.get(*path)}


def _charts(values: Values) -> Iterator[tuple[Path, str]]:
    for key in values.data:
        meant = near(key, TOP)
        if meant:
            yield (key,), meant
    for parent, known in CHART_KEYS.items():
        for key in values.mapping(*parent):
            meant = near(key, known)
            if meant:
                yield (*parent, key), meant


def _binderhub(values: Values) -> Iterator[tuple[Path, str]]:
    """Yield misspelt classes and options of BinderHub; the layer `options` reports them."""
    known = binderhub_table.options()
    config = (SERVICE, "config")
    for name, given in values.mapping(*config).items():
        meant = near(name, known)
        if meant:
            yield (*config, name), meant
        for option in given if isinstance(given, dict) and name in known else ():
            right = near(option, known[name])
            if right:
                yield (*config, name, option), right


def _form(values: Values) -> Iterator[tuple[Path, str, str]]:
    """Yield path, kind and the meant key (or an empty text) of every unknown key of the form."""
    profiles = values.get(*PROFILES)
    items = (
        profiles.items() if isinstance(profiles, dict) else enumerate(profiles if isinstance(profiles, list) else ())
    )
    for number, profile in items:
        path: Path = (*PROFILES, number)
        yield from _unknown(path, profile, "profile")
        options = profile.get("profile_options") if isinstance(profile, dict) else None
        for key, option in options.items() if isinstance(options, dict) else ():
            here = (*path, "profile_options", key)
            yield from _unknown(here, option, "option")
            if not isinstance(option, dict):
                continue
            yield from _unknown((*here, "unlisted_choice"), option.get("unlisted_choice"), "unlisted_choice")
            choices = option.get("choices")
            for name, choice in choices.items() if isinstance(choices, dict) else ():
                yield from _unknown((*here, "choices", name), choice, "choice")


def _unknown(path: Path, data: object, kind: str) -> Iterator[tuple[Path, str, str]]:
    for key in data if isinstance(data, dict) else ():
        if key not in FORM_KEYS[kind]:
            yield (*path, key), kind, near(key, FORM_KEYS[kind])


RULES = (findings,)
