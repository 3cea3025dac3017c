"""What the form of jupyterhub-fancy-profiles needs in the profile list.

The choice "Build your own image" appears if the option's key is `image` and both dynamic_image_building.enabled and
unlisted_choice.enabled are true (src/utils/index.ts there). A built image is submitted as the unlisted choice.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.rules.registry import PREFIX
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

PROFILES: Path = ("jupyterhub", "singleuser", "profileList")
BUILDING = "dynamic_image_building"
KEYS = {
    "profile": ("display_name", "description", "slug", "default", "profile_options", "kubespawner_override",
                "allowed_groups", "allowed_teams", "display_name_in_choices"),
    "option": ("display_name", "description", "choices", "unlisted_choice", BUILDING, "default"),
    "unlisted_choice": ("enabled", "display_name", "display_name_in_choices", "description_in_choices",
                        "validation_regex", "validation_message", "kubespawner_override", "allowed_groups"),
    "choice": ("display_name", "description", "slug", "default", "kubespawner_override", "allowed_groups"),
}  # fmt: skip
ARTICLE = {"profile": "a profile", "option": "an option", "choice": "a choice", "unlisted_choice": "unlisted_choice"}
SAMPLES = ("quay.io/organisation/name:2026.01", "organisation/name:tag")


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
    """There is a profile list, with an option in which images can be built."""
    profiles = list(entries(subject.values.get(*PROFILES)))
    place = subject.values.place(*PROFILES)
    if not profiles:
        yield _found(
            "profile-list-missing", place, "the hub has no singleuser.profileList",
            "there is no form, so users cannot build an image",
            "add a profile list with an option `image` that has dynamic_image_building and unlisted_choice",
        )  # fmt: skip
        return
    if not any(BUILDING in option for _, _, option in options(subject)):
        yield _found(
            "no-image-building", place, "no option of the profile list has dynamic_image_building",
            "the choice to build an image never appears",
            "add `dynamic_image_building: {enabled: true}` to the option `image`",
        )  # fmt: skip


def building(subject: Subject) -> Iterator[Finding]:
    """Check that options with dynamic_image_building have everything that building needs."""
    for path, key, option in options(subject):
        if BUILDING not in option:
            continue
        place = subject.values.place(*path)
        enabled = mapping(option.get(BUILDING)).get("enabled")
        if enabled is False:
            continue
        if enabled is not True:
            yield _found(
                "dynamic-image-building-off", subject.values.place(*path, BUILDING),
                f"dynamic_image_building.enabled is {enabled!r}, not true",
                "the choice to build an image appears only if it is true",
                "write `dynamic_image_building: {enabled: true}`",
            )  # fmt: skip
        if key != "image":
            yield _found(
                "option-key", place, f"the option that builds images has the key {key!r}",
                "the choice to build an image appears only in an option with the key `image`",
                f"rename the key {key!r} to `image`",
            )  # fmt: skip
        if mapping(option.get("unlisted_choice")).get("enabled") is not True:
            yield _found(
                "unlisted-choice-off", subject.values.place(*path, "unlisted_choice"),
                "unlisted_choice.enabled is not true in the option that builds images",
                "built images start as the unlisted choice, so users cannot build",
                'add unlisted_choice with enabled: true and kubespawner_override: {image: "{value}"}',
            )  # fmt: skip
        else:
            yield from _unlisted(subject, path, option["unlisted_choice"])


def _unlisted(subject: Subject, path: Path, unlisted: dict[str, Any]) -> Iterator[Finding]:
    values = subject.values
    image = mapping(unlisted.get("kubespawner_override")).get("image")
    if image != "{value}":
        yield _found(
            "unlisted-override", values.place(*path, "unlisted_choice", "kubespawner_override", "image"),
            f"unlisted_choice.kubespawner_override.image is {image!r}",
            "the server starts with that instead of the image that was built or entered",
            'write image: "{value}"',
        )  # fmt: skip
    regex = unlisted.get("validation_regex")
    if not isinstance(regex, str) or isinstance(regex, Encrypted):
        return
    place = values.place(*path, "unlisted_choice", "validation_regex")
    try:
        pattern = re.compile(regex)
    except re.error as error:
        yield _found(
            "validation-regex-invalid", place, f"validation_regex {regex!r} is not a regular expression: {error}",
            "no image can be started by its name, and no built image", "write ^.+:.+$",
        )  # fmt: skip
        return
    prefix = values.text(*PREFIX)
    built = f"{prefix}organisation-2dname-0a1b2c:0123456789abcdef0123456789abcdef01234567"
    refused = next((name for name in (built, *SAMPLES[:1]) if not pattern.match(name)), None)
    if refused is not None and (refused is not built or not values.is_encrypted(*PREFIX)):
        yield _found(
            "validation-regex-refuses", place, f"validation_regex {regex!r} refuses {refused}",
            "built images are submitted as the unlisted choice, and KubeSpawner refuses them"
            if refused is built else "valid image names are refused", "write ^.+:.+$",
        )  # fmt: skip


def choices(subject: Subject) -> Iterator[Finding]:
    """Check that the image of every choice is a valid reference."""
    for path, key, option in options(subject):
        if key != "image" and BUILDING not in option:
            continue
        for name, choice in mapping(option.get("choices")).items():
            here = (*path, "choices", name)
            override = mapping(choice).get("kubespawner_override")
            image = mapping(override).get("image")
            if image is None or isinstance(image, Encrypted):
                continue
            try:
                ImageRef.parse(str(image).format_map(_Anything()))
            except (BadInputError, ValueError, KeyError, IndexError) as error:
                yield _found(
                    "choice-image-invalid", subject.values.place(*here, "kubespawner_override", "image"),
                    f"choice {name!r}: {error}", "servers with this choice fail with InvalidImageName",
                    "correct the name",
                )  # fmt: skip


class _Anything(dict[str, str]):
    """Stands in for what KubeSpawner expands, such as {username}."""

    def __missing__(self, key: str) -> str:
        return "x"


def spelling(subject: Subject) -> Iterator[Finding]:
    """Check for misspelt keys, which KubeSpawner and the form ignore."""
    for number, profile in entries(subject.values.get(*PROFILES)):
        yield from _spelled(subject, (*PROFILES, number), profile, "profile")
    for path, _, option in options(subject):
        yield from _spelled(subject, path, option, "option")
        yield from _spelled(
            subject, (*path, "unlisted_choice"), mapping(option.get("unlisted_choice")), "unlisted_choice"
        )
        for name, choice in mapping(option.get("choices")).items():
            yield from _spelled(subject, (*path, "choices", name), mapping(choice), "choice")


def _spelled(subject: Subject, path: Path, data: dict[str, Any], kind: str) -> Iterator[Finding]:
    for key in data:
        near = difflib.get_close_matches(key, KEYS[kind], n=1) if key not in KEYS[kind] else []
        if near:
            yield _found(
                "form-key-unknown", subject.values.place(*path, key),
                f"unknown key {key!r} in {ARTICLE[kind]}: did you mean {near[0]!r}?",
                "KubeSpawner and the form silently ignore it", f"rename it to {near[0]!r}, or remove it",
            )  # fmt: skip


def slugs(subject: Subject) -> Iterator[Finding]:
    """Check that no two profiles have the same slug."""
    seen: dict[str, str | int] = {}
    for number, profile in entries(subject.values.get(*PROFILES)):
        slug = profile.get("slug")
        if isinstance(slug, str) and slug in seen:
            yield _found(
                "profile-slug-twice", subject.values.place(*PROFILES, number, "slug"),
                f"duplicate slug {slug!r}, first in line "
                f"{subject.values.place(*PROFILES, seen[slug]).line}",
                "KubeSpawner starts the first, whichever the user chooses", "give each profile its own slug",
            )  # fmt: skip
        elif isinstance(slug, str):
            seen[slug] = number


def _found(code: str, place: Any, message: str, why: str, remedy: str) -> Finding:
    return Finding(code, place, message, why, remedy, "form")


RULES = (profile_list, building, choices, spelling, slugs)
