"""What the registry has; push, and make sure of what was pushed. Docker talks to it, with Docker's own login."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import nox

from image_build.programs import Done, docker, inspect, last
from image_build.settings import where_set

NOT_LOGGED_IN = r"no basic auth|unauthorized|authentication required|\b401\b"
NO_RIGHT = r"denied|forbidden|insufficient|\b403\b"
NOT_THERE = r"not found|\b404\b|manifest unknown|name unknown|does not exist"
NO_ANSWER = r"\b(429|5\d\d)\b|too ?many ?requests|internal server error|timeout|refused|no such host|EOF"


@dataclass(frozen=True)
class Found:
    """What a registry says of a tag: its digest (nothing where there is no such tag), or why it does not say."""

    digest: str = ""
    problem: str = ""


def look_up(reference: str) -> Found:
    """What the registry has under a tag."""
    done = docker("buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", reference)
    if done.returncode == 0:
        return Found(json.loads(done.stdout)["digest"])
    said = done.stderr.replace(reference, "")
    return Found() if re.search(NOT_THERE, said, re.IGNORECASE) else Found(problem=last(done))


def manifest(reference: str) -> dict:
    """An image's manifest in the registry; empty where there is none."""
    done = docker("buildx", "imagetools", "inspect", "--raw", reference)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def push_image(session: nox.Session, reference: str, image_id: str, tags: Sequence[str], settings: Mapping[str, str]) -> str:
    """Push the image that was tested under each tag, and make sure that it was that one; its digest in the registry."""
    if inspect(session, reference, "{{.Id}}") != image_id:
        session.error(f"not pushed: {reference} is not the image that was tested any more")
    name = reference.rpartition(":")[0]
    targets = [f"{name}:{tag}" for tag in tags]
    for target in targets:
        check_not_taken(session, target, {image_id, *digests(session, reference)})
    for target in targets:
        docker("tag", image_id, target)
        done = docker("push", target)
        if done.returncode:
            what = "nothing was pushed" if target == targets[0] else f"pushed as {targets[0]}, but not as {target}"
            session.error(f"{what}: {why_refused(done, target, settings)}")
    known = digests(session, reference)
    for target in targets:
        check_pushed(session, target, known)
    return look_up(targets[0]).digest


def digests(session: nox.Session, reference: str) -> list[str]:
    """The digests that an image of the engine is known to have in its registry."""
    known = json.loads(inspect(session, reference, "{{json .RepoDigests}}")) or []
    return [one.partition("@")[2] for one in known if one.startswith(reference.rpartition(":")[0] + "@")]


def check_not_taken(session: nox.Session, reference: str, ours: set[str]) -> None:
    """Stop when a tag is another image's in the registry: hubs may run it. `latest` alone may move."""
    found = look_up(reference)
    if found.problem and re.search(NO_ANSWER, found.problem, re.IGNORECASE):
        host = reference.split("/")[0]
        session.error(f"nothing was pushed: {host} gave no good answer, try again later: nox -s push. {found.problem}")
    if not found.digest or reference.endswith(":latest"):
        return  # without the right to look there is none to push, and that says why
    theirs = {found.digest, manifest(reference).get("config", {}).get("digest")}
    if not theirs & ours:
        session.error(
            f"nothing was pushed: {reference} is in the registry already, with another digest ({found.digest}), and a tag "
            "is never moved, since hubs may run it. Use the image that is there, or make a new commit: "
            "git commit --allow-empty"
        )


def check_pushed(session: nox.Session, reference: str, pushed: Sequence[str]) -> None:
    """Ask the registry what it has now."""
    found = look_up(reference)
    if found.problem:
        session.error(f"pushed, but the registry does not say what it has as {reference}: {found.problem}")
    if found.digest not in pushed:
        session.error(f"the registry has {found.digest or 'nothing'} as {reference}, not {', '.join(pushed)}, which was pushed")


def join(session: nox.Session, name: str, parts: Sequence[str], tags: Sequence[str], settings: Mapping[str, str]) -> str:
    """Put images of several architectures, by digest, under one tag (or more); the digest of what was made."""
    sources = [f"{name}@{digest}" for digest in parts]
    targets = [f"{name}:{tag}" for tag in tags]
    for target in targets:
        found = look_up(target)
        if found.digest and not target.endswith(":latest") and listed(target) != set(parts):
            check_not_taken(session, target, set())
    words = [word for target in targets for word in ("--tag", target)]
    done = docker("buildx", "imagetools", "create", *words, *sources)
    if done.returncode:
        session.error(f"nothing was pushed: {why_refused(done, targets[0], settings)}")
    for target in targets:
        if listed(target) != set(parts):
            session.error(f"the registry does not have {' and '.join(parts)} as {target}, which was pushed")
    return look_up(targets[0]).digest


def listed(reference: str) -> set[str]:
    """The digests of the architectures' images behind one tag."""
    return {one["digest"] for one in manifest(reference).get("manifests", [])}


def why_refused(done: Done, reference: str, settings: Mapping[str, str]) -> str:
    """What a registry's refusal means, and what to do."""
    said = done.stderr.replace(reference, "")  # the layers' ids are in stdout: their digits would be read as a status
    host = reference.split("/")[0]
    if re.search(NOT_LOGGED_IN, said, re.IGNORECASE):
        return f"not logged in to {host}, or with a wrong password: docker login {host} ({where_set(settings)}). {last(done)}"
    if re.search(NO_RIGHT, said, re.IGNORECASE):
        return f"{host} does not let you push {reference}: ask its owner for the right to ({where_set(settings)}). {last(done)}"
    if re.search(NOT_THERE, said, re.IGNORECASE):
        return (
            f"{host} has no such repository, and makes none by itself: {reference}. Create it (README.md says how), or "
            f"correct IMAGE in noxfile.py. {last(done)}"
        )
    if re.search(NO_ANSWER, said, re.IGNORECASE):
        return f"{host} gave no good answer, try again later: nox -s push. {last(done)}"
    return last(done)
