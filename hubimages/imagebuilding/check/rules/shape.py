"""The structure of the profile list, as KubeSpawner and the form walk through it."""

from collections.abc import Iterator
from typing import Any

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.kinds import PROFILES
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

FAILS = "the form does not open"
BLANK = "the whole form is blank"


def structure(subject: Subject) -> Iterator[Finding]:
    """Check that profiles, options and choices are the lists and mappings that they must be."""
    given = subject.values.get(*PROFILES)
    if not given:
        return
    if not isinstance(given, list | dict):
        yield _wrong(subject, PROFILES, given, "a list of profiles", FAILS)
        return
    items = given.items() if isinstance(given, dict) else enumerate(given)
    for number, profile in items:
        path = (*PROFILES, number)
        if not isinstance(profile, dict):
            yield _wrong(subject, path, profile, "a mapping with display_name", FAILS)
            continue
        yield from _texts(subject, path, profile, ("display_name", "description"))
        slug = profile.get("slug")
        if slug is not None and not isinstance(slug, str):
            yield Finding(
                "profile-slug-type", subject.values.place(*path, "slug"), f"slug {slug!r} is not a text",
                "KubeSpawner does not find the profile when a user chooses it", f'write slug: "{slug}"',
                change={(*path, "slug"): str(slug).lower()},
            )  # fmt: skip
        yield from _override(subject, path, profile)
        options = profile.get("profile_options")
        if options is not None and not isinstance(options, dict):
            yield _wrong(subject, (*path, "profile_options"), options, "a mapping of options", FAILS)
            continue
        for key, option in (options or {}).items():
            here = (*path, "profile_options", key)
            if not isinstance(option, dict):
                yield _wrong(subject, here, option, "a mapping with display_name and choices", FAILS)
                continue
            yield from _option(subject, here, option)


def _option(subject: Subject, path: Path, option: dict[str, Any]) -> Iterator[Finding]:
    yield from _texts(subject, path, option, ("display_name",))
    choices = option.get("choices")
    if choices is None:
        unlisted = option.get("unlisted_choice")
        only = isinstance(unlisted, dict) and unlisted.get("enabled") is True
        yield Finding(
            "choices-missing", subject.values.place(*path), f"option {path[-1]!r} has no choices", BLANK,
            "write choices: {}" if only else "add choices, or remove the option",
            change={(*path, "choices"): {}} if only else {path: None},
        )  # fmt: skip
    elif not isinstance(choices, dict):
        named = isinstance(choices, list) and all(isinstance(one, dict) for one in choices)
        keyed = {_key(one, number): one for number, one in enumerate(choices)} if named else {}
        yield _wrong(subject, (*path, "choices"), choices, "a mapping of choices", FAILS, keyed)
    else:
        for name, choice in choices.items():
            here = (*path, "choices", name)
            if not isinstance(choice, dict):
                yield _wrong(subject, here, choice, "a mapping with display_name and kubespawner_override", FAILS)
                continue
            yield from _texts(subject, here, choice, ("display_name", "description"))
            yield from _override(subject, here, choice)
    for key in ("unlisted_choice", "dynamic_image_building"):
        if option.get(key) is not None and not isinstance(option[key], dict):
            wanted = {"enabled": bool(option[key])}
            yield _wrong(subject, (*path, key), option[key], "a mapping with enabled", FAILS, wanted)
    unlisted = option.get("unlisted_choice")
    if isinstance(unlisted, dict):
        here = (*path, "unlisted_choice")
        texts = ("display_name", "display_name_in_choices", "description_in_choices", "validation_message")
        yield from _texts(subject, here, unlisted, texts)
        yield from _override(subject, here, unlisted)


def _key(choice: dict[str, Any], number: int) -> str:
    from slugify import slugify

    return slugify(str(choice.get("slug") or choice.get("display_name") or number))


def _override(subject: Subject, path: Path, data: dict[str, Any]) -> Iterator[Finding]:
    override = data.get("kubespawner_override")
    if override is not None and not isinstance(override, dict):
        yield _wrong(
            subject, (*path, "kubespawner_override"), override, "a mapping of KubeSpawner's options",
            "servers with this choice do not start",
        )  # fmt: skip


def _texts(subject: Subject, path: Path, data: dict[str, Any], keys: tuple[str, ...]) -> Iterator[Finding]:
    for key in keys:
        value = data.get(key)
        if isinstance(value, dict | list):
            yield Finding(
                "form-text", subject.values.place(*path, key), f"{key} is a {_name(value)}, not a text", BLANK,
                "write a text, in quotes if it has a colon", change={(*path, key): "TEXT"},
            )  # fmt: skip


def _name(value: object) -> str:
    return {dict: "mapping", list: "list", bool: "boolean", str: "text"}.get(type(value), "number")


def _wrong(
    subject: Subject, path: Path, value: object, wanted: str, why: str, change: object = None
) -> Finding:  # fmt: skip
    shown = "encrypted" if isinstance(value, Encrypted) else f"a {_name(value)}" if value is not None else "empty"
    return Finding(
        "form-shape", subject.values.place(*path), f"{path[-1] if isinstance(path[-1], str) else 'the profile'} is "
        f"{shown}, not {wanted}", why, f"write {wanted}", change={path: change},
    )  # fmt: skip


def broken(subject: Subject) -> bool:
    """Return True if the structure is such that KubeSpawner fails for every choice."""
    return any(one.code in ("form-shape", "choices-missing") for one in structure(subject))


RULES = (structure,)
