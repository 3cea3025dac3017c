"""Run every choice of the form through KubeSpawner, up to the pod's manifest, and check the pod."""

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator
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
    profiles = plain(subject.values.get(*PROFILES))
    settings = singleuser.configuration(replace(subject.values, data=plain(subject.values.data)))
    quiet = logging.getLogger("hubimages.spawn")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    seen: set[tuple[str, str]] = set()
    with without_cluster(), warnings.catch_warnings(), asyncio.Runner() as runner:
        warnings.simplefilter("ignore")
        tries = [(BASE, {}), *chosen(subject, profiles)] if profiles else [(BASE, {})]
        for path, options in tries:
            listed = profiles if options else []
            for code, said, tail in runner.run(_tried(listed, settings, options, quiet)):
                if (code, said) not in seen:
                    seen.add((code, said))
                    yield _finding(subject, path, options, code, said, tail)


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
        choices = mapping(mapping(option).get("choices"))
        name = next((name for name, one in choices.items() if mapping(one).get("default")), next(iter(choices), None))
        if name is not None:
            yield (*profile, "profile_options", key, "choices", name, OVERRIDE)


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


def chosen(subject: Subject, profiles: Any) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield for each choice its path and the form that submits it; other options keep their defaults."""
    from slugify import slugify

    prefix = subject.values.text(*PREFIX)
    for number, profile in entries(profiles):
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


async def _tried(
    profiles: Any, settings: dict[str, Any], options: dict[str, str], log: logging.Logger
) -> list[tuple[str, str, Path]]:
    """Return code, problem and the end of its path."""
    try:
        spawner = _spawner(profiles, settings, options, log)
        if options:
            await spawner.load_user_options()
        data = _json(await spawner.get_pod_manifest())
    except Exception as error:
        said = " ".join(str(error).split())
        if type(error).__name__ != "TraitError":
            said = f"KubeSpawner cannot use this choice ({type(error).__name__}: {said})"
        return [("choice-refused", said, ())]
    found = [("choice-pod", f"{dotted(path)}: {said}", path) for path, said in (*problems(data), *pods.problems(data))]
    return [*found, *_lost(settings, data)] if options else found


def _lost(settings: dict[str, Any], pod: dict[str, Any]) -> Iterator[tuple[str, str, Path]]:
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


def _spawner(profiles: Any, settings: dict[str, Any], options: dict[str, str], log: logging.Logger) -> Any:
    import copy

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
        config=Config({"KubeSpawner": {**copy.deepcopy(settings), "namespace": "hub"}}),
        user=user,
        hub=SimpleNamespace(api_url="http://hub:8081/hub/api", public_host="", base_url="/hub/", url="/hub/"),
        orm_spawner=SimpleNamespace(name="", server=None, oauth_client=None, state=None),
        oauth_client_id="jupyterhub-user-user",
        _mock=True,
        log=log,
    )
    made.user_options = options
    made.profile_list = copy.deepcopy(profiles)
    made.api_token = "0"
    return made


RULES = (every_choice,)
