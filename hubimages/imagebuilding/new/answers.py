"""What has to be known to make an imagebuilding hub: questions, answers from options, from a file, from a person."""

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
# Parts of names and addresses of registries: none has a slash or a space in it.
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
SHAPES = {
    "account_id": re.compile(r"[0-9]{12}"),
    "region": re.compile(r"[a-z]+(-[a-z]+)*-?[0-9]*"),
    "domain": HOST,
}
# Images that are offered where the person names none; pinned, since a tag that moves breaks what worked yesterday.
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
    """Everything that was answered. `target` is where images go; `given` has the optional keys that were given."""

    domain: str
    provider: str
    target: Target
    images: tuple[Choice, ...]
    dask: bool
    display_name: str
    authenticator: str  # empty where the hub's values have one already
    hub_image: str  # empty where the hub's own image has the form
    given: Mapping[str, str] = field(default_factory=dict)


OPTIONAL = {
    "account": "the account that pushes, where it is not the one that this makes up",
    "node_type": "instance type of the nodes for builds, for example r5.xlarge",
    "allowed": "who may log in, by commas: organisations on GitHub, else domains",
    "org_name": "the community, for the home page",
    "org_url": "its address",
    "org_logo_url": "its logo",
}
KEYS = {
    "domain": "domain of the hub",
    "provider": "cloud provider",
    "registry": "kind of registry for built images",
    **{part: prompt for kind in KINDS.values() for part, prompt in kind.parts.items()},
    "images": "images to offer, NAME=IMAGE:TAG by commas",
    "dask": "a hub with Dask",
    "display_name": "name of the hub, for people",
    "authenticator": "how people log in",
    "hub_image": "image of the hub with jupyterhub-fancy-profiles 0.6.0 or newer",
    **OPTIONAL,
}

Ask = Callable[[str, str, str, Sequence[str]], str]


def given_answers(settings: Sequence[str], file: Path | None) -> dict[str, Any]:
    """The answers in a YAML or JSON file, and over them those set as `key=value`. Raises BadInputError."""
    answers = read_answers(file) if file is not None else {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key or key != key.strip():
            raise BadInputError(f"--set {setting!r}: write it as --set KEY=VALUE, without spaces around the =")
        answers[key] = value
    for key in answers:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            raise BadInputError(
                f"{key!r} is no question: " + (f"did you mean {near[0]!r}?" if near else ", ".join(KEYS))
            )
    return answers


def read_answers(file: Path) -> dict[str, Any]:
    """A mapping of texts; `images` may be a mapping of names to images. Raises BadInputError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded: Any = YAML(typ="base", pure=True).load(file.read_text(encoding="utf-8-sig"))  # every scalar is a text
    except (OSError, ValueError, YAMLError) as error:
        raise BadInputError(f"{file} cannot be read as answers: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise BadInputError(f"{file} must hold a mapping, one `key: value` for each answer")
    for key, value in loaded.items():
        if not isinstance(value, str) and key != "images":
            raise BadInputError(f"{file}: the answer to {key!r} must be one text")
    return loaded


def complete(
    raw: Mapping[str, Any], *, cluster: str, hub: str, known: Mapping[str, str], ask: Ask, wants: Sequence[str]
) -> Answers:
    """All answers, those that are missing asked for. `known`: defaults from the deployment repository; `wants`: which
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
    """The answer. Raises BadInputError for one that cannot be."""
    if not text:
        raise BadInputError(f"{key}: the answer is empty")
    if key == "registry":
        return kind_named(text).name
    if key == "dask":
        return "yes" if as_bool(key, text) else "no"
    if choices and text not in choices:
        raise BadInputError(f"{key}: {text!r} is no choice. There are {', '.join(choices)}")
    if key == "hub_image" and not ImageRef.parse(text).tag:
        raise BadInputError(f"hub_image: {text!r} has no tag, so that another image may stand there tomorrow")
    is_part = any(key in kind.parts for kind in KINDS.values()) or key == "account"
    shape = SHAPES.get(key) or (PART if is_part else None)
    if shape is not None and not shape.fullmatch(text):
        raise BadInputError(f"{key}: {text!r} cannot be: {KEYS[key]}")
    if any(not char.isprintable() for char in text):
        raise BadInputError(f"{key}: {text!r} has characters in it that cannot be printed")
    return text


def as_bool(key: str, text: str) -> bool:
    if text.lower() in (*YES, *NO):
        return text.lower() in YES
    raise BadInputError(f"{key}: {text!r} is neither yes nor no")


def default_images() -> str:
    return ", ".join(f"{name}={image}" for name, image in IMAGES)


def chosen_images(given: object) -> tuple[Choice, ...]:
    """The images to offer: `NAME=IMAGE:TAG` by commas, or a mapping. Raises BadInputError."""
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
            raise BadInputError(f"images: {choice.image!r} has no tag, so that another image may stand there tomorrow")
    slugs = [choice.slug for choice in choices]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise BadInputError(f"images: two of them would be {slug!r} in the form; give them other names")
    return tuple(choices)


def from_terminal(*, yes: bool) -> Ask:
    """Questions on stderr, the recommended answer in brackets; with `yes` that one is taken.

    Raises RefusedError, naming the option that answers it, where there is no terminal.
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
            raise RefusedError(f"{question}? There is no terminal to ask: answer with --set {key}=...{hint}")
        console.prompt(f"{question}{f' [{default}]' if default else ''}: ")
        line = sys.stdin.readline()
        if not line:
            raise RefusedError(f"{question}? No answer: answer with --set {key}=...")
        return line.strip() or default

    return ask


def _with_account(target: Target, account: str) -> Target:
    from dataclasses import replace

    return replace(target, account=account) if target.account not in ("_json_key", "AWS") else target
