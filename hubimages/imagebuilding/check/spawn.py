"""Run every choice of the form through KubeSpawner, up to the pod's manifest."""

import asyncio
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.manifests import problems
from hubimages.imagebuilding.check.option_names import spawner_class
from hubimages.imagebuilding.check.render import dotted, plain
from hubimages.imagebuilding.check.rules.form import PROFILES, entries, mapping
from hubimages.imagebuilding.check.rules.registry import PREFIX
from hubimages.yaml_text import Path

SAMPLE = "quay.io/organisation/name:2026.01"


def every_choice(subject: Subject) -> Iterator[Finding]:
    """Yield what KubeSpawner or Kubernetes refuses of the choices, each once. Raises NotInstalledError."""
    profiles = plain(subject.values.get(*PROFILES))
    if not isinstance(profiles, list | dict) or not profiles:
        return
    settings = plain(subject.values.mapping("jupyterhub", "hub", "config", "KubeSpawner"))
    quiet = logging.getLogger("hubimages.spawn")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    seen: set[tuple[str, str]] = set()
    with without_cluster(), warnings.catch_warnings(), asyncio.Runner() as runner:
        warnings.simplefilter("ignore")
        for path, options in chosen(subject, profiles):
            for code, said, tail in runner.run(_tried(profiles, settings, options, quiet)):
                if (code, said) in seen:
                    continue
                seen.add((code, said))
                shown = ", ".join(f"{key}={value}" for key, value in options.items())
                yield Finding(
                    code, _place(subject, path, tail), f"a server with {shown} does not start: {said}",
                    "users who choose this get an error instead of a server",
                    "correct the kubespawner_override of this choice", "form",
                )  # fmt: skip


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
        yield path, {"profile": slug}
        for key, option in mapping(profile.get("profile_options")).items():
            here = (*path, "profile_options", key)
            for name in mapping(mapping(option).get("choices")):
                yield (*here, "choices", name), {"profile": slug, key: name}
            if mapping(mapping(option).get("unlisted_choice")).get("enabled"):
                value = f"{prefix}organisation-2dname-0a1b2c:0123456" if prefix and key == "image" else SAMPLE
                yield (*here, "unlisted_choice"), {"profile": slug, f"{key}--unlisted-choice": value}


async def _tried(
    profiles: Any, settings: dict[str, Any], options: dict[str, str], log: logging.Logger
) -> list[tuple[str, str, Path]]:
    """Return code, problem and the end of its path."""
    try:
        spawner = _spawner(profiles, settings, options, log)
        await spawner.load_user_options()
        pod = await spawner.get_pod_manifest()
        data = _json(pod)
    except Exception as error:
        return [("choice-refused", f"{type(error).__name__}: {' '.join(str(error).split())}", ())]
    return [("choice-pod", f"{dotted(path)}: {said}", path) for path, said in problems(data)]


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


def _place(subject: Subject, path: Path, tail: Path) -> Any:
    """Return the place of the choice, or of the option in its override that has the problem."""
    override = (*path, "kubespawner_override")
    for known, place in subject.values.places.items():
        if known[: len(override)] == override and tail and known[-1] == tail[-1]:
            return place
    return subject.values.place(*override)


RULES = (every_choice,)
