"""Questions of new-imagebuilding-hub, and answers from options, from a file, from a terminal."""

import difflib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.registries import KINDS, Target, kind_named

PROVIDERS = ("aws", "gcp", "azure", "other")
AUTHENTICATORS = ("github", "google", "cilogon", "globus", "generic-oauth", "auth0")
YES, NO = ("yes", "true", "y"), ("no", "false", "n")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
# Parts of names and addresses of registries: without slashes and spaces.
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
SHAPES = {
    "account_id": re.compile(r"[0-9]{12}"),
    "region": re.compile(r"[a-z]+(-[a-z]+)*-?[0-9]*"),
    "domain": HOST,
}
# Default choices of the form; pinned, because a moving tag can break running hubs.
IMAGES = (("Pangeo Notebook", "pangeo/pangeo-notebook:2026.04.29"),
          ("Jupyter SciPy Notebook", "quay.io/jupyter/scipy-notebook:2024-03-18"))  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One image of the form."""

    name: str
    image: str

    @property
    def slug(self) -> str:
        """The key of the choice."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "image"


@dataclass(frozen=True)
class Answers:
    """All answers. `target` is the registry; `given` has the optional answers that were given."""

    domain: str
    provider: str
    target: Target
    images: tuple[Choice, ...]
    dask: bool
    display_name: str
    authenticator: str  # empty if the hub's values have one
    hub_image: str  # empty if the hub's own image has the form
    given: Mapping[str, str] = field(default_factory=dict)


OPTIONAL = {
    "account": "account that pushes, if not the default one",
    "node_type": "instance type of the nodes for builds, for example r5.xlarge",
    "allowed": "who may log in, comma-separated: GitHub organisations, Google domains",
    "org_name": "name of the community, for the home page",
    "org_url": "address of the community",
    "org_logo_url": "address of the community's logo",
}
KEYS = {
    "domain": "domain of the hub",
    "provider": "cloud provider",
    "registry": "registry for built images",
    **{part: prompt for kind in KINDS.values() for part, prompt in kind.parts.items()},
    "images": "images to offer, comma-separated NAME=IMAGE:TAG",
    "dask": "Dask on the hub",
    "display_name": "display name of the hub",
    "authenticator": "how people log in",
    "hub_image": "image of the hub with jupyterhub-fancy-profiles 0.6.0 or newer",
    **OPTIONAL,
}

Ask = Callable[[str, str, str, Sequence[str]], str]


def given_answers(settings: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Return the answers in a YAML or JSON file, overridden by `key=value` settings. Raises BadInputError."""
    answers = read_answers(file) if file is not None else {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key or key != key.strip():
            raise BadInputError(f"--set {setting!r}: write --set KEY=VALUE, without spaces around =")
        answers[key] = value
    for key in answers:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            raise BadInputError(
                f"unknown question {key!r}: "
                + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(KEYS)}")
            )
    return answers


def read_answers(file: Path) -> dict[str, Any]:
    """Return the answers in a file, as texts; `images` may map names to images. Raises BadInputError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded: Any = YAML(typ="base", pure=True).load(file.read_text(encoding="utf-8-sig"))  # every scalar is a text
    except (OSError, ValueError, YAMLError) as error:
        raise BadInputError(f"cannot read answers from {file}: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise BadInputError(f"{file} must be a mapping with one `key: value` per answer")
    for key, value in loaded.items():
        if not isinstance(value, str) and key != "images":
            raise BadInputError(f"{file}: the answer to {key!r} must be a text")
    return loaded


def complete(
    raw: Mapping[str, Any], *, cluster: str, hub: str, known: Mapping[str, str], ask: Ask, wants: Sequence[str]
) -> Answers:
    """Return all answers, asking for the missing ones. `known`: defaults from the deployment repository; `wants`: which
    of `authenticator`, `hub_image`, `display_name` this hub needs. Raises BadInputError and RefusedError.
    """

    def answer(key: str, default: str = "", choices: Sequence[str] = ()) -> str:
        value = raw.get(key)
        text = value if isinstance(value, str) else ask(key, KEYS[key], known.get(key, default), choices)
        return checked(key, text.strip(), choices)

    domain = answer("domain")
    provider = answer("provider", choices=PROVIDERS)
    kind = kind_named(answer("registry", {"gcp": "google-artifact-registry"}.get(provider, "quay.io"), tuple(KINDS)))
    parts = {part: answer(part) for part in kind.parts}
    parts.update({"account": checked("account", raw["account"], ())} if raw.get("account") else {})
    target = kind.target(parts, cluster, hub)
    if raw.get("account"):
        target = _with_account(target, parts["account"])
    return Answers(
        domain=domain,
        provider=provider,
        target=target,
        images=chosen_images(raw.get("images") or ask("images", KEYS["images"], default_images(), ())),
        dask=as_bool("dask", answer("dask", "no", ("yes", "no"))),
        display_name=answer("display_name", hub) if "display_name" in wants else hub,
        authenticator=answer("authenticator", "github", AUTHENTICATORS) if "authenticator" in wants else "",
        hub_image=answer("hub_image") if "hub_image" in wants else raw.get("hub_image", ""),
        given={key: raw[key] for key in OPTIONAL if raw.get(key)},
    )


def checked(key: str, text: str, choices: Sequence[str]) -> str:
    """Return the answer. Raises BadInputError for an invalid one."""
    if not text:
        raise BadInputError(f"{key}: the answer is empty")
    if key == "registry":
        return kind_named(text).name
    if key == "dask":
        return "yes" if as_bool(key, text) else "no"
    if choices and text not in choices:
        raise BadInputError(f"{key}: {text!r} is not one of {', '.join(choices)}")
    if key == "hub_image" and not ImageRef.parse(text).tag:
        raise BadInputError(f"hub_image: {text!r} has no tag. Pin one, so that a restart cannot change the image")
    is_part = any(key in kind.parts for kind in KINDS.values()) or key == "account"
    shape = SHAPES.get(key) or (PART if is_part else None)
    if shape is not None and not shape.fullmatch(text):
        raise BadInputError(f"{key}: {text!r} is not valid ({KEYS[key]})")
    if any(not char.isprintable() for char in text):
        raise BadInputError(f"{key}: {text!r} has characters that cannot be printed")
    return text


def as_bool(key: str, text: str) -> bool:
    if text.lower() in (*YES, *NO):
        return text.lower() in YES
    raise BadInputError(f"{key}: {text!r} is not yes or no")


def default_images() -> str:
    return ", ".join(f"{name}={image}" for name, image in IMAGES)


def chosen_images(given: object) -> tuple[Choice, ...]:
    """Return the images to offer, from comma-separated `NAME=IMAGE:TAG` or a mapping. Raises BadInputError."""
    if isinstance(given, Mapping):
        pairs = [(str(name), str(image)) for name, image in given.items()]
    else:
        pairs = [(name, image) for name, _, image in (one.partition("=") for one in str(given).split(","))]
    choices = [Choice(name.strip(), image.strip()) for name, image in pairs]
    for choice in choices:
        if not choice.name or not choice.image:
            raise BadInputError(f"images: {choice.name or choice.image!r} must be written NAME=IMAGE:TAG")
        reference = ImageRef.parse(choice.image)
        if not reference.tag and not reference.digest:
            raise BadInputError(f"images: {choice.image!r} has no tag. Pin one, so that restarts keep the image")
    slugs = [choice.slug for choice in choices]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise BadInputError(f"images: two of them become {slug!r} in the form. Choose other names")
    return tuple(choices)


def from_terminal(*, yes: bool) -> Ask:
    """Return a function that asks on stderr, with the default in brackets; `yes` takes the default.

    It raises RefusedError, with the option that answers the question, if there is no terminal.
    """

    def ask(key: str, prompt: str, default: str, choices: Sequence[str]) -> str:
        question = prompt + (f" ({', '.join(choices)})" if choices else "")
        if default and (yes or not console.is_interactive()):
            if yes:
                console.step(f"{question}: {default}")
                return default
        elif not console.is_interactive():
            default = ""
        if not console.is_interactive():
            hint = f"; --yes takes {default!r}" if default else ""
            raise RefusedError(f"{question}? There is no terminal to ask on. Answer with --set {key}=...{hint}")
        console.prompt(f"{question}{f' [{default}]' if default else ''}: ")
        line = sys.stdin.readline()
        if not line:
            raise RefusedError(f"{question}? No answer. Answer with --set {key}=...")
        return line.strip() or default

    return ask


def _with_account(target: Target, account: str) -> Target:
    from dataclasses import replace

    return replace(target, account=account) if target.account not in ("_json_key", "AWS") else target
