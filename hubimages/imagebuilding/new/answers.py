"""Questions of new-imagebuilding-hub, and answers from options, from a file, from a terminal."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubimages import console, disk, yaml_text
from hubimages.errors import BadInputError, RefusedError, message_of
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.registries import KINDS, Target, kind_named

PROVIDERS = ("aws", "gcp", "azure", "other")
AUTHENTICATORS = ("github", "google", "cilogon", "globus", "generic-oauth", "auth0")
ALLOWING = ("github", "google")  # authenticators that `allowed` is for
WITHOUT_ACCOUNT = ("google-artifact-registry", "amazon-ecr")  # their account has a fixed name
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
    memory: tuple[str, ...] = ()  # the choices of memory; empty for no such option
    said: Mapping[str, Any] = field(default_factory=dict)  # every answer as it can be given again


OPTIONAL = {
    "memory": "choices of memory for the form, comma-separated, for example 2G, 8G",
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
MEMORY = re.compile(r"[1-9][0-9]*(?:\.[0-9]+)?[MGT]")
# Answers that only some hubs use, with the reason where they do not.
ONLY_WANTED = {
    "authenticator": "the hub's values already have an authenticator",
    "display_name": "only a hub in cluster.yaml has one",
}
ONLY_ON_BASEHUB = ("org_name", "org_url", "org_logo_url")


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
    try:
        loaded: Any = yaml_text.load_texts(file.read_text(encoding="utf-8-sig"))  # every scalar is a text
    except (OSError, ValueError, yaml_text.UnreadableYamlError) as error:
        raise BadInputError(f"cannot read answers from {file}: {message_of(error)}") from error
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

    said: dict[str, Any] = {}
    check_all(raw, known=known, ask=ask, wants=wants)
    check_used(raw, wants=wants)

    def answer(key: str, default: str = "", choices: Sequence[str] = (), prompt: str = "") -> str:
        value = raw.get(key)
        text = value if isinstance(value, str) else ask(key, prompt or KEYS[key], known.get(key, default), choices)
        said[key] = checked(key, text.strip(), choices)
        return str(said[key])

    domain = answer("domain")
    provider = answer("provider", choices=PROVIDERS)
    kind = kind_named(answer("registry", _registry(provider), tuple(KINDS)))
    check_parts(raw, kind.name)
    parts = {part: answer(part, prompt=prompt) for part, prompt in kind.parts.items()}
    parts.update({"account": checked("account", raw["account"], ())} if raw.get("account") else {})
    target = kind.target(parts, cluster, hub)
    said["images"] = raw.get("images") or ask("images", KEYS["images"], default_images(), ())
    given = {key: raw[key] for key in OPTIONAL if raw.get(key)}
    return Answers(
        domain=domain,
        provider=provider,
        target=target,
        images=chosen_images(said["images"]),
        dask=as_bool("dask", answer("dask", "no", ("yes", "no"))),
        display_name=answer("display_name", hub) if "display_name" in wants else hub,
        authenticator=answer("authenticator", "github", AUTHENTICATORS) if "authenticator" in wants else "",
        hub_image=answer("hub_image") if "hub_image" in wants else raw.get("hub_image", ""),
        given=given,
        memory=chosen_memory(given.get("memory", "")),
        said={**said, **given, **({"hub_image": raw["hub_image"]} if raw.get("hub_image") else {})},
    )


def _registry(provider: str) -> str:
    return {"gcp": "google-artifact-registry"}.get(provider, "quay.io")


def check_all(raw: Mapping[str, Any], *, known: Mapping[str, str], ask: Ask, wants: Sequence[str]) -> None:
    """Raise RefusedError that names every missing answer, if there is no terminal to ask on."""
    if not isinstance(ask, Terminal) or ask.answers:
        return
    kind = raw.get("registry") or (_registry(str(raw.get("provider", ""))) if ask.yes else "")
    parts: list[str] = []
    if isinstance(kind, str) and kind:
        parts = list(kind_named(kind).parts)
    defaults = {"registry", "images", "dask", "display_name", "authenticator", *known} if ask.yes else set()
    asked = ["domain", "provider", "registry", *parts, "images", "dask", *wants]
    missing = [key for key in dict.fromkeys(asked) if not raw.get(key) and key not in defaults]
    if missing:
        more = "" if kind else "\n  (and those of the registry)"
        listed = "".join(f"\n  --set {key}=...  {_prompt(key, str(kind))}" for key in missing)
        hint = "" if ask.yes else "\n--yes takes the default of those that have one"
        raise RefusedError(f"There is no terminal to ask on. Missing answers:{listed}{more}{hint}")


def _prompt(key: str, kind: str) -> str:
    parts = kind_named(kind).parts if kind else {}
    return parts.get(key, KEYS[key])


def check_used(raw: Mapping[str, Any], *, wants: Sequence[str]) -> None:
    """Raise BadInputError for an answer that this hub has no use for."""
    for key, reason in ONLY_WANTED.items():
        if raw.get(key) and key not in wants:
            raise BadInputError(f"{key}: nothing uses this answer: {reason}. Leave it out")
    if raw.get("allowed") and "authenticator" not in wants:
        raise BadInputError(
            "allowed: nothing uses this answer: the hub's values already have an authenticator, and who may log in is "
            "set with it. Leave it out"
        )
    if raw.get("allowed") and str(raw.get("authenticator") or "github") not in ALLOWING:
        raise BadInputError(
            f"allowed: this answer is for {' and '.join(ALLOWING)}; for {raw['authenticator']} set who may log in by "
            "hand. Leave it out"
        )
    for key in ONLY_ON_BASEHUB:
        if raw.get(key) and "display_name" not in wants:
            raise BadInputError(f"{key}: nothing uses this answer: only a hub on 2i2c's layout has a home page for it")


def check_parts(raw: Mapping[str, Any], kind: str) -> None:
    """Raise BadInputError for a part of another registry than the chosen one."""
    parts = {*KINDS[kind].parts, *(("account",) if kind not in WITHOUT_ACCOUNT else ())}
    others = {part for one in KINDS.values() for part in one.parts} | {"account"}
    for key in sorted(others - parts):
        if raw.get(key):
            raise BadInputError(
                f"{key}: nothing uses this answer: {kind} has {', '.join(sorted(parts)) or 'no parts'}. Leave it out"
            )


def chosen_memory(text: str) -> tuple[str, ...]:
    """Return the choices of memory, smallest first. Raises BadInputError."""
    sizes = [one.strip() for one in text.split(",") if one.strip()]
    for size in sizes:
        if not MEMORY.fullmatch(size):
            raise BadInputError(f"memory: {size!r} is not a size such as 2G or 512M")
    order = {"M": 1, "G": 2, "T": 3}
    return tuple(sorted(dict.fromkeys(sizes), key=lambda size: (order[size[-1]], float(size[:-1]))))


def save(file: Path, answers: Answers) -> None:
    """Write all answers to a file that --answers reads; never a password.

    A file with the same answers stays: an earlier run was stopped after it wrote them. Raises RefusedError if there is
    another file.
    """
    from hubimages.yaml_text import add_key

    text = ""
    for key, value in answers.said.items():
        text = add_key(text, (), key, value)
    try:
        disk.write_new(file, text)
    except FileExistsError:
        if not (file.is_file() and file.read_bytes() == text.encode()):
            raise RefusedError(f"--save-answers={file}: the file already exists") from None


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


@dataclass(frozen=True)
class Terminal:
    """Asks on stderr, with the default in brackets; `yes` takes it, and asks only questions without one."""

    yes: bool

    @property
    def answers(self) -> bool:
        """Whether there is a terminal to ask on."""
        return console.is_interactive()

    def __call__(self, key: str, prompt: str, default: str, choices: Sequence[str]) -> str:
        """Return the answer. Raises RefusedError, with the option that answers the question, if nobody answers."""
        question = prompt + (f" ({', '.join(choices)})" if choices else "")
        if default and self.yes:
            console.step(f"{question}: {default}")
            return default
        if not self.answers:
            hint = f"; --yes takes {default!r}" if default else ""
            raise RefusedError(f"{question}? There is no terminal to ask on. Answer with --set {key}=...{hint}")
        console.prompt(f"{question}{f' [{default}]' if default else ''}: ")
        line = console.answer()
        if not line:
            raise RefusedError(f"{question}? No answer. Answer with --set {key}=...")
        return line.strip() or default


def from_terminal(*, yes: bool) -> Ask:
    """Return a function that asks on the terminal; `yes` takes the default of questions that have one."""
    return Terminal(yes)
