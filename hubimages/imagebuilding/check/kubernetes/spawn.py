"""Run every choice of the form through KubeSpawner, up to the pod's manifest, and check the pod."""

import asyncio
import functools
import logging
import marshal
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.kinds import PROFILES
from hubimages.imagebuilding.check.kubernetes import pod as pods
from hubimages.imagebuilding.check.kubernetes import singleuser
from hubimages.imagebuilding.check.kubernetes.manifests import problems
from hubimages.imagebuilding.check.option_names import spawner_class
from hubimages.imagebuilding.check.render import dotted, plain
from hubimages.imagebuilding.check.rules.form import entries, mapping
from hubimages.imagebuilding.check.rules.shape import broken
from hubimages.imagebuilding.image_prefix import PREFIX
from hubimages.yaml_text import Path

SINGLEUSER: Path = singleuser.SINGLEUSER
BASE: Path = SINGLEUSER
SAMPLE = "quay.io/organisation/name:2026.01"
OVERRIDE = "kubespawner_override"
PERSISTENT = ("persistentVolumeClaim", "nfs", "hostPath", "csi", "cephfs", "azureFile")
BY_VALUE = 2  # marshal's format without references: equal data give equal bytes
Problem = tuple[str, str, Path]
"""A code, what is wrong, and the end of its path in the pod."""
Key = tuple[tuple[str, str], ...]
"""What is chosen in a form, without the default choices."""
TRAIT = re.compile(r"'(\w+)' trait")
# The options of KubeSpawner that a part of a pod is made of, the likeliest first.
MADE_OF = {
    "memory": ("mem_guarantee", "mem_limit"),
    "cpu": ("cpu_guarantee", "cpu_limit"),
    "resources": ("extra_resource_limits", "extra_resource_guarantees"),
    "volumeMounts": ("volume_mounts",),
    "volumes": ("volumes",),
    "nodeSelector": ("node_selector",),
    "tolerations": ("tolerations",),
    "initContainers": ("init_containers",),
    "containers": ("extra_containers",),
    "imagePullSecrets": ("image_pull_secrets",),
    "env": ("environment",),
}


def every_choice(subject: Subject) -> Iterator[Finding]:
    """Yield what KubeSpawner or Kubernetes refuses of the choices, each once. Raises NotInstalledError."""
    if not subject.values.mapping("jupyterhub") or broken(subject):
        return
    settings = singleuser.configuration(replace(subject.values, data=plain(subject.values.data)))
    seen: set[tuple[str, str]] = set()
    for profile, tries in _profiles(subject):
        results = dict(_results(marshal.dumps((settings, profile, _once(profile, tries)), BY_VALUE)))
        for path, options in tries:
            for code, said, tail in results[_key(profile, options)]:
                if (code, said) not in seen:
                    seen.add((code, said))
                    yield _finding(subject, path, options, code, said, tail)


def _profiles(subject: Subject) -> Iterator[tuple[dict[str, Any] | None, list[tuple[Path, dict[str, str]]]]]:
    """Yield each profile with what can be chosen in it; first none, for a server without a form."""
    yield None, [(BASE, {})]
    for number, profile in entries(plain(subject.values.get(*PROFILES))):
        yield profile, list(chosen(subject, number, profile))


def _key(profile: dict[str, Any] | None, options: dict[str, str]) -> Key:
    """Return what is chosen: of choices that make one pod the first, and without the default choices, which KubeSpawner
    takes where a form names none.
    """
    made = []
    for key, name in options.items():
        choices = _choices(profile, key)
        default = default_choice(profile, key)
        wanted = _but_image(choices.get(name))
        chosen = next((one for one in (default, *choices) if one and _but_image(choices[one]) == wanted), name)
        if chosen != default:
            made.append((key, chosen))
    return tuple(made)


def _but_image(choice: object) -> object:
    """Return a choice's override with one image for all: a name without braces is only a text to KubeSpawner."""
    override = mapping(choice).get(OVERRIDE)
    image = mapping(override).get("image")
    plain_name = isinstance(image, str) and image and not {"{", "}"} & set(image)
    return {**override, "image": SAMPLE} if isinstance(override, dict) and plain_name else override


def _choices(profile: dict[str, Any] | None, option: str) -> dict[str, Any]:
    return mapping(mapping(mapping(mapping(profile).get("profile_options")).get(option)).get("choices"))


def _once(profile: dict[str, Any] | None, tries: Iterable[tuple[Path, dict[str, str]]]) -> list[Key]:
    return list(dict.fromkeys(_key(profile, options) for _, options in tries))


@functools.lru_cache(maxsize=1024)  # the hubs of a cluster often have the same form
def _results(given: bytes) -> tuple[tuple[Key, tuple[Problem, ...]], ...]:
    """Return the problems of each choice of a profile. `given`: the settings, the profile and the choices."""
    quiet = logging.getLogger("hubimages.spawn")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    made = []
    with without_cluster(), warnings.catch_warnings(), asyncio.Runner() as runner:
        warnings.simplefilter("ignore")
        for key in marshal.loads(given)[2]:
            made.append((key, tuple(runner.run(_tried(given, dict(key), quiet)))))
    return tuple(made)


def _finding(subject: Subject, path: Path, options: dict[str, str], code: str, said: str, tail: Path) -> Finding:
    at = _cause(subject, path, options, said, tail)
    shown = f"with {', '.join(f'{key}={value}' for key, value in options.items())}" if options else "of this hub"
    if code == "choice-home-lost":
        return Finding(
            code, subject.values.place(*at), f"a server {shown} loses its volume: {said}",
            "what users save there is gone when the server stops",
            "repeat the hub's volumes and mounts in the list, or write a mapping, which is merged",
            "form", change={at: None},
        )  # fmt: skip
    return Finding(
        code, subject.values.place(*at), f"a server {shown} does not start: {said}",
        "users who choose this get an error instead of a server" if options else "no server starts",
        f"correct {at[-1]}" if isinstance(at[-1], str) and OVERRIDE in at else "correct the values of singleuser",
        "form", change={at: None} if at not in (path, BASE) else {},
    )  # fmt: skip


def _cause(subject: Subject, path: Path, options: dict[str, str], said: str, tail: Path) -> Path:
    """Return the path of the value that most likely has the problem: an option in the override of the choice, or of
    its profile; else the choice.
    """
    values = subject.values
    trait = TRAIT.search(said)
    names = [trait[1]] if trait else [name for step in reversed(tail) for name in MADE_OF.get(str(step), ())]
    names += [str(step) for step in reversed(tail)]
    profile = path[: len(PROFILES) + 1]
    above: Path
    for above in ((*path, OVERRIDE), *_defaults(subject, profile), (*profile, OVERRIDE)) if options else ():
        override = values.mapping(*above)
        for name in names:
            if name in override:
                return (*above, name)
    config = ("jupyterhub", "hub", "config", "KubeSpawner")
    for name in names:
        for at in ((*config, name), (*SINGLEUSER, *singleuser.TRAITS.get(name, ("?",)))):
            if values.get(*at) is not None and not options:
                return at
    return (*path, OVERRIDE) if options and values.get(*path, OVERRIDE) is not None else path


def _defaults(subject: Subject, profile: Path) -> Iterator[Path]:
    """Yield the overrides of a profile's default choices, which apply where a form names no other."""
    for key, option in subject.values.mapping(*profile, "profile_options").items():
        name = default_choice({"profile_options": {key: option}}, key)
        if name is not None:
            yield (*profile, "profile_options", key, "choices", name, OVERRIDE)


def default_choice(profile: dict[str, Any] | None, option: str) -> str | None:
    """Return the choice of an option that KubeSpawner takes where a form names none; None if it has no choices."""
    choices = _choices(profile, option)
    return next((name for name, one in choices.items() if mapping(one).get("default")), next(iter(choices), None))


@contextmanager
def without_cluster() -> Iterator[None]:
    """Keep KubeSpawner from reading a kubeconfig, which may even run programs to log in."""
    spawner_class()
    from kubespawner import spawner as module

    kept = module.load_config, module.shared_client
    module.load_config = module.shared_client = lambda *_, **__: None
    try:
        yield
    finally:
        module.load_config, module.shared_client = kept


def chosen(subject: Subject, number: str | int, profile: dict[str, Any]) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield for each choice of a profile its path and the form that submits it; other options keep their defaults."""
    from slugify import slugify

    prefix = subject.values.text(*PREFIX)
    slug = str(profile.get("slug") or slugify(str(profile.get("display_name", ""))))
    path = (*PROFILES, number)
    for key, option in mapping(profile.get("profile_options")).items():
        here = (*path, "profile_options", key)
        for name in mapping(mapping(option).get("choices")):
            yield (*here, "choices", name), {"profile": slug, key: name}
        if mapping(mapping(option).get("unlisted_choice")).get("enabled"):
            value = f"{prefix}organisation-2dname-0a1b2c:0123456" if prefix and key == "image" else SAMPLE
            yield (*here, "unlisted_choice"), {"profile": slug, f"{key}--unlisted-choice": value}
    yield path, {"profile": slug}  # last, so that what is wrong with a default choice is found at the choice


async def _tried(given: bytes, options: dict[str, str], log: logging.Logger) -> list[Problem]:
    settings, profile, _ = marshal.loads(given)  # anew for each choice: KubeSpawner changes them
    try:
        spawner = _spawner(settings, [profile] if profile else [], options, log)
        if options:
            await spawner.load_user_options()
        data = _json(await spawner.get_pod_manifest())
    except Exception as error:
        said = " ".join(str(error).split())
        if type(error).__name__ != "TraitError":
            said = f"KubeSpawner cannot use this choice ({type(error).__name__}: {said})"
        return [("choice-refused", said, ())]
    found = [("choice-pod", f"{dotted(path)}: {said}", path) for path, said in (*problems(data), *pods.problems(data))]
    return [*found, *_lost(marshal.loads(given)[0], data)] if options else found


def _lost(settings: dict[str, Any], pod: dict[str, Any]) -> Iterator[Problem]:
    """Yield the mounts of persistent volumes that the hub has and the pod lacks."""
    volumes, mounts = settings.get("volumes") or {}, settings.get("volume_mounts") or {}
    listed = [one for one in (volumes.values() if isinstance(volumes, dict) else volumes) if isinstance(one, dict)]
    kept = {one.get("name") for one in listed if any(one.get(kind) for kind in PERSISTENT)}
    spec = pod.get("spec") or {}
    there = {str(one.get("mountPath")) for one in (spec.get("containers") or [{}])[0].get("volumeMounts") or ()}
    for mount in mounts.values() if isinstance(mounts, dict) else mounts:
        if isinstance(mount, dict) and mount.get("name") in kept and str(mount.get("mountPath")) not in there:
            yield "choice-home-lost", f"{mount['mountPath']} is not mounted", ("volumeMounts",)
    if not kept <= {*(one.get("name") for one in spec.get("volumes") or ()), *_templates(kept)}:
        yield "choice-home-lost", f"there is no volume {', '.join(sorted(map(str, kept)))}", ("volumes",)


def _templates(names: set[Any]) -> set[Any]:
    """The names that KubeSpawner expands: the pod has them with the user's name."""
    return {name for name in names if "{" in str(name)}


def _json(pod: Any) -> Any:
    """Return the pod as sent to Kubernetes. The client is not initialized: it would look for a cluster."""
    from kubernetes_asyncio.client import ApiClient

    return ApiClient.sanitize_for_serialization(ApiClient.__new__(ApiClient), pod)


def _spawner(settings: dict[str, Any], profiles: list[Any], options: dict[str, str], log: logging.Logger) -> Any:
    from traitlets.config import Config

    cls = spawner_class()
    url = SimpleNamespace(
        base_url="/user/user/", host="", url="/user/user/", cookie_name="c", api_url="/hub/api", public_host=""
    )
    user = SimpleNamespace(
        name="user", id=1, escaped_name="user", url="/user/user/", server=url, admin=False, groups=[],
        settings={}, orm_user=SimpleNamespace(name="user"), active=True,
    )  # fmt: skip
    made = cls(
        config=Config({"KubeSpawner": {**settings, "namespace": "hub"}}),
        user=user,
        hub=SimpleNamespace(api_url="http://hub:8081/hub/api", public_host="", base_url="/hub/", url="/hub/"),
        orm_spawner=SimpleNamespace(name="", server=None, oauth_client=None, state=None),
        oauth_client_id="jupyterhub-user-user",
        _mock=True,
        log=log,
    )
    made.user_options = options
    made.profile_list = profiles
    made.api_token = "0"
    return made


RULES = (every_choice,)
