"""What the profile list needs for building: the form of jupyterhub-fancy-profiles, and its structure for KubeSpawner.

The choice "Build your own image" appears if the option's key is `image` and both dynamic_image_building.enabled and
unlisted_choice.enabled are true (src/utils/index.ts there). A built image is submitted as the unlisted choice.
"""

from collections.abc import Iterator
from typing import Any

from hubimages.imagebuilding.check import regular_expressions
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.kinds import BUILDING, PROFILES
from hubimages.imagebuilding.image_prefix import PREFIX
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

SAMPLES = ("quay.io/organisation/name:2026.01", "organisation/name:tag")
REGEX = "^.+:.+$"


def entries(value: Any) -> Iterator[tuple[str | int, dict[str, Any]]]:
    """Yield the profiles of a list, or of a mapping, which KubeSpawner also takes."""
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, entry in items:
        if isinstance(entry, dict):
            yield key, entry


def mapping(value: Any) -> dict[str, Any]:
    """Return the value if it is a mapping, else an empty mapping."""
    return value if isinstance(value, dict) else {}


def options(subject: Subject) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Yield path, key and data of every option of every profile."""
    for number, profile in entries(subject.values.get(*PROFILES)):
        for key, option in mapping(profile.get("profile_options")).items():
            if isinstance(option, dict):
                yield (*PROFILES, number, "profile_options", key), key, option


def profile_list(subject: Subject) -> Iterator[Finding]:
    """Check that there is a profile list, and that building is on in it."""
    place = subject.values.place(*PROFILES)
    if not subject.values.get(*PROFILES):
        yield Finding(
            "profile-list-missing", place, "the hub has no singleuser.profileList",
            "there is no form, so users cannot build an image",
            "add a profile list with an option `image` that has dynamic_image_building and unlisted_choice, "
            "or set binderhub-service.enabled: false",
            change={PROFILES: [PROFILE]},
        )  # fmt: skip
        return
    if not any(BUILDING in option for _, _, option in options(subject)):
        at = next((path for path, key, _ in options(subject) if key == "image"), None)
        yield Finding(
            "no-image-building", subject.values.place(*at) if at else place,
            "no option of the profile list has dynamic_image_building",
            "the choice to build an image never appears",
            "add `dynamic_image_building: {enabled: true}` to the option `image`",
            change={(*at, BUILDING): {"enabled": True}} if at else {},
        )  # fmt: skip


UNLISTED = {
    "enabled": True,
    "display_name": "Custom image",
    "validation_regex": REGEX,
    "validation_message": "Must be written NAME:TAG",
    "kubespawner_override": {"image": "{value}"},
}
PROFILE = {
    "display_name": "Choose your environment",
    "slug": "environment",
    "profile_options": {
        "image": {
            "display_name": "Image",
            BUILDING: {"enabled": True},
            "unlisted_choice": UNLISTED,
            "choices": {
                "scipy": {
                    "display_name": "SciPy",
                    "kubespawner_override": {"image": "quay.io/jupyter/scipy-notebook:2026-03-18"},
                }
            },
        }
    },
}


def building(subject: Subject) -> Iterator[Finding]:
    """Check that options with dynamic_image_building have everything that building needs."""
    for path, key, option in options(subject):
        if BUILDING not in option:
            continue
        here = (*path, BUILDING)
        enabled = mapping(option.get(BUILDING)).get("enabled")
        if enabled is False:
            continue
        if enabled is not True:
            found = Finding(
                "dynamic-image-building-off", subject.values.place(*here),
                f"dynamic_image_building.enabled is {enabled!r}, not true",
                "the choice to build an image appears for any text, even 'false'" if enabled
                else "the choice to build an image appears only if it is true",
                "write `dynamic_image_building: {enabled: true}`", change={here: {"enabled": True}},
            )  # fmt: skip
            yield warning(found) if enabled else found
        if key != "image":
            yield Finding(
                "option-key", subject.values.place(*path), f"the option that builds images has the key {key!r}",
                "the choice to build an image appears only in an option with the key `image`",
                f"rename the key {key!r} to `image`", change={path: None, (*path[:-1], "image"): option},
            )  # fmt: skip
        if mapping(option.get("unlisted_choice")).get("enabled") is not True:
            unlisted = {**UNLISTED, **mapping(option.get("unlisted_choice")), "enabled": True}
            yield Finding(
                "unlisted-choice-off", subject.values.place(*path, "unlisted_choice"),
                "unlisted_choice.enabled is not true in the option that builds images",
                "built images start as the unlisted choice, so users cannot build",
                'add unlisted_choice with enabled: true and kubespawner_override: {image: "{value}"}',
                change={(*path, "unlisted_choice"): unlisted},
            )  # fmt: skip
        else:
            image = mapping(option["unlisted_choice"].get("kubespawner_override")).get("image")
            if image != "{value}":
                at = (*path, "unlisted_choice", "kubespawner_override", "image")
                yield Finding(
                    "unlisted-override", subject.values.place(*at),
                    f"unlisted_choice.kubespawner_override.image is {image!r}",
                    "the server starts with that instead of the image that was built or entered",
                    'write image: "{value}"', change={at: "{value}"},
                )  # fmt: skip


def validation(subject: Subject) -> Iterator[Finding]:
    """Check that Python and JavaScript take every validation_regex, and that it takes good images."""
    values = subject.values
    for path, key, option in options(subject):
        unlisted = mapping(option.get("unlisted_choice"))
        regex = unlisted.get("validation_regex")
        if unlisted.get("enabled") is not True or regex is None or isinstance(regex, Encrypted):
            continue
        at = (*path, "unlisted_choice", "validation_regex")
        image = key == "image"
        change = {at: REGEX if image else None}
        remedy = f"write {REGEX}" if image else "correct it, or remove it"
        found: tuple[str, str, str] | None = None
        said = regular_expressions.python_error(regex) if isinstance(regex, str) else "it is not a text"
        built = f"{values.text(*PREFIX)}organisation-2dname-0a1b2c:0123456789abcdef0123456789abcdef01234567"
        if said:
            found = (
                "validation-regex-invalid", f"is not a regular expression: {said}",
                "no image can be started by its name, and no built image" if image else "no value can be entered",
            )  # fmt: skip
        elif regular_expressions.is_slow(regex):
            found = (
                "validation-regex-slow", "takes exponential time for some texts",
                "one such text keeps the hub from answering anyone",
            )  # fmt: skip
        elif image and BUILDING in option and (refused := _refused(regex, built, values.is_encrypted(*PREFIX))):
            found = (
                "validation-regex-refuses", f"refuses {refused}",
                "built images are submitted as the unlisted choice, and KubeSpawner refuses them"
                if refused is built else "valid image names are refused",
            )  # fmt: skip
        elif said := regular_expressions.javascript_error(regex, SAMPLES[:1] if image else ()):
            matches = said.startswith("it does not match")
            found = (
                "validation-regex-javascript", f"is not valid in the browser: {said}",
                "the form refuses what KubeSpawner takes" if matches or "letters" in said
                else "the whole form goes blank when a user chooses the unlisted choice",
            )  # fmt: skip
        if found:
            code, message, why = found
            yield Finding(code, values.place(*at), f"validation_regex {regex!r} {message}", why, remedy, change=change)


def _refused(regex: str, built: str, encrypted: bool) -> str:
    import re

    pattern = re.compile(regex)
    return next((name for name in ((built,) if not encrypted else ()) + SAMPLES[:1] if not pattern.match(name)), "")


RULES = (profile_list, building, validation)
