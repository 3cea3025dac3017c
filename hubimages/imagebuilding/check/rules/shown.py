"""What the form shows, and which images its choices start."""

from collections.abc import Iterator
from typing import Any

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.imagebuilding.check.finding import Finding, Subject, warning
from hubimages.imagebuilding.check.kinds import BUILDING, PROFILES
from hubimages.imagebuilding.check.rules.form import entries, mapping, options
from hubimages.imagebuilding.check.rules.pods import MOVING
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

GROUPS = ("allowed_groups", "allowed_teams")  # with them, each user sees a part of the list


def names(subject: Subject) -> Iterator[Finding]:
    """Check that profiles, options and choices have names that users can tell apart."""
    profiles = list(entries(subject.values.get(*PROFILES)))
    for number, profile in profiles:
        path = (*PROFILES, number)
        if not profile.get("display_name"):
            yield _nameless(subject, "profile-name-missing", path, "profile", "" if profile.get("slug") else FATAL)
    yield from _same(subject, "profile-name-twice", "profile", [((*PROFILES, number), one) for number, one in profiles])
    for path, key, option in options(subject):
        if not option.get("display_name"):
            yield _nameless(subject, "option-name-missing", path, f"option {key!r}")
        choices = [
            ((*path, "choices", name), choice)
            for name, choice in mapping(option.get("choices")).items() if isinstance(choice, dict)
        ]  # fmt: skip
        for here, choice in choices:
            if not choice.get("display_name"):
                yield _nameless(subject, "choice-name-missing", here, f"choice {here[-1]!r}")
        yield from _same(subject, "choice-name-twice", "choice", choices)
        unlisted = mapping(option.get("unlisted_choice"))
        if unlisted.get("enabled") is True:
            here = (*path, "unlisted_choice")
            if not unlisted.get("display_name"):
                yield _nameless(subject, "unlisted-name-missing", here, f"the unlisted choice of option {key!r}")
            if unlisted.get("validation_regex") and not unlisted.get("validation_message"):
                yield warning(Finding(
                    "validation-message-missing", subject.values.place(*here, "validation_regex"),
                    "unlisted_choice has a validation_regex, but no validation_message",
                    "the form refuses a value without saying why", "add validation_message",
                    change={(*here, "validation_message"): "Must be written NAME:TAG"},
                ))  # fmt: skip


FATAL = "KubeSpawner cannot make its slug, and the form does not open"


def _nameless(subject: Subject, code: str, path: Path, what: str, fatal: str = "") -> Finding:
    found = Finding(
        code, subject.values.place(*path), f"{what} has no display_name", fatal or "the form shows an empty name",
        "add display_name", change={(*path, "display_name"): "NAME"},
    )  # fmt: skip
    return found if fatal else warning(found)


def _same(subject: Subject, code: str, what: str, items: list[tuple[Path, dict[str, Any]]]) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for path, one in items:
        name = one.get("display_name")
        if not isinstance(name, str) or not name or any(one.get(key) for key in GROUPS):
            continue
        if name in seen:
            yield warning(Finding(
                code, subject.values.place(*path, "display_name"),
                f"duplicate display_name {name!r}, first in line {subject.values.place(*seen[name]).line}",
                f"users cannot tell the {what}s apart", "give each its own name",
                change={(*path, "display_name"): f"{name} (2)"},
            ))  # fmt: skip
        else:
            seen[name] = path


def slugs(subject: Subject) -> Iterator[Finding]:
    """Check that no two profiles have the same slug."""
    seen: dict[str, str | int] = {}
    for number, profile in entries(subject.values.get(*PROFILES)):
        slug, at = profile.get("slug"), (*PROFILES, number, "slug")
        if not isinstance(slug, str) or any(profile.get(key) for key in GROUPS):
            continue
        if slug in seen:
            yield Finding(
                "profile-slug-twice", subject.values.place(*at),
                f"duplicate slug {slug!r}, first in line {subject.values.place(*PROFILES, seen[slug]).line}",
                "KubeSpawner starts the first, whichever the user chooses", "give each profile its own slug",
                change={at: f"{slug}-2"},
            )  # fmt: skip
        seen.setdefault(slug, number)


def defaults(subject: Subject) -> Iterator[Finding]:
    """Check that one profile is the default, and one choice of each option."""
    profiles = [((*PROFILES, number), one) for number, one in entries(subject.values.get(*PROFILES))]
    yield from _defaults(subject, "profile", PROFILES, profiles)
    for path, key, option in options(subject):
        choices = mapping(option.get("choices")).items()
        listed = [((*path, "choices", name), one) for name, one in choices if isinstance(one, dict)]
        yield from _defaults(subject, "choice", (*path, "choices"), listed, f" of option {key!r}")


def _defaults(
    subject: Subject, what: str, path: Path, items: list[tuple[Path, dict[str, Any]]], of: str = ""
) -> Iterator[Finding]:  # fmt: skip
    chosen = [at for at, one in items if one.get("default") and not any(one.get(key) for key in GROUPS)]
    for at in chosen[1:]:
        yield warning(Finding(
            f"{what}-default-twice", subject.values.place(*at, "default"),
            f"a second default {what}{of}, after the one in line {subject.values.place(*chosen[0]).line}",
            f"users get the first of them, not this {what}", "leave `default: true` at one of them",
            change={(*at, "default"): None},
        ))  # fmt: skip
    if len(items) > 1 and not any(one.get("default") for _, one in items):
        first = items[0][0]
        yield warning(Finding(
            f"{what}-default-missing", subject.values.place(*path), f"no {what}{of} is the default",
            f"users get the first one, which a new {what} above it changes", f"add `default: true` to a {what}",
            change={(*first, "default"): True},
        ), style=True)  # fmt: skip


def images(subject: Subject) -> Iterator[Finding]:
    """Check that the image of every choice is a valid reference, and pinned."""
    for path, key, option in options(subject):
        here = (*path, "choices")
        for name, choice in mapping(option.get("choices")).items():
            override = mapping(mapping(choice).get("kubespawner_override"))
            yield from _image(subject, (*here, name, "kubespawner_override", "image"), override, f"choice {name!r}")
            if (key == "image" or BUILDING in option) and isinstance(choice, dict) and "image" not in override:
                wanted = {**override, "image": "quay.io/ORGANISATION/image:1.0"}
                yield warning(Finding(
                    "choice-image-missing", subject.values.place(*here, name), f"choice {name!r} has no image",
                    "servers with it start the hub's default image", "add kubespawner_override: {image: NAME:TAG}",
                    change={(*here, name, "kubespawner_override"): wanted},
                ))  # fmt: skip
    for number, profile in entries(subject.values.get(*PROFILES)):
        override = mapping(profile.get("kubespawner_override"))
        at = (*PROFILES, number, "kubespawner_override", "image")
        yield from _image(subject, at, override, f"profile {profile.get('display_name')!r}")


def _image(subject: Subject, path: Path, override: dict[str, Any], what: str) -> Iterator[Finding]:
    image = override.get("image")
    if image is None or isinstance(image, Encrypted):
        return
    text = str(image)
    try:
        found = ImageRef.parse(text.format_map(_Anything()))
        if text != text.strip():
            raise BadInputError(f"{text!r} has a blank at its start or end")
    except (BadInputError, ValueError, KeyError, IndexError) as error:
        yield Finding(
            "choice-image-invalid", subject.values.place(*path), f"{what}: {error}",
            "servers with this choice fail with InvalidImageName", "correct the name",
            change={path: "quay.io/ORGANISATION/image:1.0"},
        )  # fmt: skip
        return
    if not found.digest and (not found.tag or found.tag in MOVING):
        said = (
            f"tag `{found.tag}` of {text} moves"
            if found.tag
            else f"{text} has no tag, so that it is `latest`, which moves"
        )
        yield warning(Finding(
            "choice-image-moving", subject.values.place(*path), f"{what}: {said}", "a restart can change the image",
            "pin a tag that does not move", change={path: f"{text.rpartition(':')[0] if found.tag else text}:TAG"},
        ))  # fmt: skip


class _Anything(dict[str, str]):
    """Stands in for what KubeSpawner expands, such as {username}."""

    def __missing__(self, key: str) -> str:
        return "x"


RULES = (names, slugs, defaults, images)
